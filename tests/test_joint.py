"""The network that reads both sides: what goes in, what comes out, that it is what was trained."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import fields

from readout_diff.align import Alignment, align
from readout_diff.embed import Embedding, TokenStates, embed
from readout_diff.errors import ModelError
from readout_diff.judge import joint
from readout_diff.judge.joint import (
    CANDIDATES,
    EVIDENCE,
    GROUPS,
    NO_CANDIDATE,
    JointNetwork,
    grouped,
    whole,
)
from tests.rich_encoder import HashRichEncoder

A = [
    "The two ministers met in the harbour city for forty minutes.",
    "They agreed to open a fisheries office",
    "and to share what they know of eels and of the weather.",
    "두 장관은 북한 문제를 논의하였다.",
]
B = [
    "両大臣は港の町で会談した。",
    "A fisheries office will be opened, they agreed.",
    "They spoke of eels.",
]
WORDS = ["eel", "harbour", "minister", "회담", "会談", "met", "12", "!", "…"]
NETWORK = JointNetwork()
sides = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=0, max_size=7).map(" ".join), min_size=1, max_size=8
)


def aligned(
    a: Sequence[str], b: Sequence[str]
) -> tuple[tuple[TokenStates, ...], tuple[TokenStates, ...], Alignment]:
    """The tokens of both sides, and how their claims align."""
    found: list[Embedding] = [embed(HashRichEncoder(), claims) for claims in (a, b)]
    return found[0].tokens or (), found[1].tokens or (), align(found[0], found[1])


@given(sides, sides)
def test_inputs_name_every_token_once(a: list[str], b: list[str]) -> None:
    inputs, pairs = whole(*aligned(a, b))
    total, claims = len(inputs["states"]), len(a) + len(b)
    queries, inside = inputs["queries"], inputs["inside"]
    assert queries.shape == inside.shape
    assert len(queries) == claims
    assert queries[inside == 1].tolist() == list(range(total))
    # The place of a token among the queries leads back to it.
    assert queries.ravel()[inputs["place"]].tolist() == list(range(total))
    assert inputs["evidence"].shape == (total, EVIDENCE)
    assert inputs["seen"].shape == inputs["bias"].shape
    assert inputs["seen"].max(initial=0) < max(2 * total, 1)
    assert all(0 <= i < len(a) <= j < claims for i, j in pairs)
    assert len(set(pairs)) == len(pairs) == len(inputs["nearness"])


@given(sides, sides)
def test_a_claim_sees_itself_and_its_candidates_alone(a: list[str], b: list[str]) -> None:
    tokens_a, tokens_b, alignment = aligned(a, b)
    inputs, _ = whole(tokens_a, tokens_b, alignment)
    total = len(inputs["states"])
    lengths = [len(claim.spans) for claim in (*tokens_a, *tokens_b)]
    owner = np.repeat(np.arange(len(lengths)), lengths)
    nearness = [*alignment.csls, *alignment.csls.T]
    for number, (seen, bias) in enumerate(zip(inputs["seen"], inputs["bias"], strict=True)):
        visible = seen[bias > -1e3] if total else seen[:0]
        own, others = visible[visible < total], visible[visible >= total] - total
        if lengths[number]:
            assert set(owner[own].tolist()) == {number}
        best = np.argsort(-nearness[number], kind="stable")[:CANDIDATES]
        first = len(a) if number < len(a) else 0
        expected = {first + place for place in best.tolist() if lengths[first + place]}
        assert set(owner[others].tolist()) == expected


@given(sides, sides)
def test_groups_lose_no_claim_and_no_token(a: list[str], b: list[str]) -> None:
    inputs, _ = whole(*aligned(a, b))
    found = grouped(inputs)
    groups = [
        {name: found[f"{name}{group}"] for name in ("queries", "inside", "seen", "bias")}
        for group in range(GROUPS)
    ]
    queries = np.concatenate([group["queries"].ravel() for group in groups])
    assert queries[found["place"]].tolist() == list(range(len(inputs["states"])))
    rows = [(group, row) for group in groups for row in range(len(group["queries"]))]
    assert len(found["order"]) == len(a) + len(b)
    for number, place in enumerate(found["order"].tolist()):
        group, row = rows[place]
        inside, bias = inputs["inside"][number] == 1, inputs["bias"][number] > -1e3
        own, known = group["inside"][row] == 1, group["bias"][row] > -1e3
        assert group["queries"][row][own].tolist() == inputs["queries"][number][inside].tolist()
        assert group["seen"][row][known].tolist() == inputs["seen"][number][bias].tolist()
        assert group["bias"][row][known].tolist() == inputs["bias"][number][bias].tolist()


@given(sides, sides)
@settings(max_examples=20)
def test_whatever_is_read_gets_finite_odds(a: list[str], b: list[str]) -> None:
    tokens_a, tokens_b, alignment = aligned(a, b)
    found = NETWORK.read(tokens_a, tokens_b, alignment)
    for odds, tokens, other in zip(found, (tokens_a, tokens_b), (tokens_b, tokens_a), strict=True):
        assert odds.claims.shape == (len(tokens), 3)
        assert odds.pairs.shape == (len(tokens), len(other))
        assert [len(part) for part in odds.tokens] == [len(claim.spans) for claim in tokens]
        for values in (odds.claims, odds.pairs, *odds.tokens):
            assert np.isfinite(values).all()
    assert (found[0].pairs == found[1].pairs.T).all()


def test_an_empty_side_is_read_as_nothing() -> None:
    tokens, _, _ = aligned(A, B)
    empty = align(embed(HashRichEncoder(), A), embed(HashRichEncoder(), []))
    mine, theirs = NETWORK.read(tokens, (), empty)
    assert mine.claims.shape == (len(A), 3)
    assert mine.pairs.shape == (len(A), 0)
    assert theirs.claims.shape == (0, 3)


def test_exchanging_the_sides_hardly_changes_what_is_read() -> None:
    tokens_a, tokens_b, alignment = aligned(A, B)
    a, b = NETWORK.read(tokens_a, tokens_b, alignment)
    theirs, mine = NETWORK.read(tokens_b, tokens_a, alignment.mirrored)
    for one, other in ((a, mine), (b, theirs)):
        assert np.allclose(one.claims, other.claims, atol=1e-3)
        assert np.allclose(one.pairs, other.pairs, atol=1e-3)
        for part, same in zip(one.tokens, other.tokens, strict=True):
            assert np.allclose(part, same, atol=1e-3)


def test_a_long_readout_is_read_in_several_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    a = [f"{claim} {number}" for number in range(4) for claim in A]
    b = [f"{claim} {number}" for number in range(4) for claim in B]
    tokens_a, tokens_b, alignment = aligned(a, b)
    once = NETWORK.read(tokens_a, tokens_b, alignment)
    monkeypatch.setattr(joint, "_ROOM", 20_000)
    often = NETWORK.read(tokens_a, tokens_b, alignment)
    for one, other in zip(once, often, strict=True):
        # Candidates lack some of their own candidates then, so odds move a little.
        assert ((one.pairs == NO_CANDIDATE) == (other.pairs == NO_CANDIDATE)).all()
        assert np.corrcoef(one.claims.ravel(), other.claims.ravel())[0, 1] > 0.9
        assert all(part.any() for part in other.tokens)


def test_the_rest_of_a_very_long_claim_fares_like_its_beginning() -> None:
    long = " ".join(["eels and harbours"] * 100)
    tokens_a, tokens_b, alignment = aligned([long, *A], B)
    odds = NETWORK.read(tokens_a, tokens_b, alignment)[0].tokens[0]
    assert len(odds) == len(tokens_a[0].spans) > joint.MOST_TOKENS
    assert np.allclose(odds[joint.MOST_TOKENS :], odds[: joint.MOST_TOKENS].mean())


def test_reading_needs_token_states() -> None:
    alignment = align(
        embed(HashRichEncoder(), A).first_view, embed(HashRichEncoder(), B).first_view
    )
    with pytest.raises(ValueError, match="token states"):
        whole((), (), alignment)


def test_a_network_that_can_not_be_read_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = aligned(A, B)
    with pytest.raises(ModelError, match=r"^[^\n]*can't be loaded[^\n]*reinstall"):
        JointNetwork(b"no model")
    monkeypatch.setattr("readout_diff.judge.joint.resources.files", lambda _package: tmp_path)
    joint._shipped_session.cache_clear()
    joint.shipped.cache_clear()
    try:
        with pytest.raises(ModelError, match=r"^[^\n]*can't be read[^\n]*reinstall"):
            JointNetwork().read(*given)
    finally:
        joint._shipped_session.cache_clear()
        joint.shipped.cache_clear()


def test_the_shipped_file_is_what_the_training_code_computes() -> None:
    torch = pytest.importorskip("torch")
    from training.joint_net import export, restore

    tokens_a, tokens_b, alignment = aligned(A, B)
    inputs, pairs = whole(tokens_a, tokens_b, alignment)
    network = restore(joint.shipped())
    with torch.no_grad():
        tokens, claims, matches, clashes = (
            part.numpy()
            for part in network({name: torch.from_numpy(v) for name, v in inputs.items()})
        )
    a, b = NETWORK.read(tokens_a, tokens_b, alignment)
    read = [a.pairs[i, j - len(A)] for i, j in pairs]
    suspected = np.array([a.conflicts[i, j - len(A)] for i, j in pairs])
    for said, expected in (
        (np.concatenate([*a.tokens, *b.tokens]), tokens),
        (np.concatenate([a.claims, b.claims]), claims),
        (np.array(read), matches),
        (suspected, clashes),
    ):
        # onnxruntime multiplies the 8-bit matrices in 8 bits: odds move in the second decimal.
        assert np.allclose(said, expected, atol=0.1)
        assert np.corrcoef(said.ravel(), expected.ravel())[0, 1] > 0.999
    assert tokens.std() > 0.1  # it says something
    # What is exported again says the same.
    again = JointNetwork(export(network)).read(tokens_a, tokens_b, alignment)
    for one, other in zip((a, b), again, strict=True):
        for field in fields(one):
            if field.name != "conflicts":
                for x, y in zip(getattr(one, field.name), getattr(other, field.name), strict=True):
                    assert np.allclose(x, y, atol=0.1)
        assert one.conflicts.keys() == other.conflicts.keys()
        assert all(
            np.allclose(one.conflicts[k], other.conflicts[k], atol=0.1) for k in other.conflicts
        )
