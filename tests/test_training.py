"""The training code: what it learns from, what it must not see, and that it learns."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from readout_diff.embed.cache import RememberingRichEncoder
from readout_diff.judge.joint import JointNetwork
from readout_diff.judge.model import SETTINGS as MODEL_SETTINGS
from tests.rich_encoder import HashRichEncoder
from tests.test_benchmark import DATA
from training import benchmark, ntrex
from training.benchmark import OWN_CASES, Case
from training.examples import FOLDS, Example, KnownOdds, examples, folds
from training.judge import GRID, SETTINGS
from training.strangers import strangers

STATUSES = {"shared", "partial", "only"}


@pytest.fixture(scope="module")
def example() -> Example:
    (found,) = examples([Case("own", DATA)], HashRichEncoder(), own=True)
    return found


def own_cases() -> list[dict[str, Any]]:
    return [json.loads(path.read_text("utf-8")) for path in sorted(OWN_CASES.glob("*.json"))]


def test_our_own_cases_are_labelled_as_the_benchmark_is() -> None:
    cases = own_cases()
    assert cases
    for case in cases:
        claims = {claim["id"]: claim for claim in case["claims"]}
        assert len(claims) == len(case["claims"])
        for claim in claims.values():
            assert case[claim["side"]]["text"].count(claim["quote"]) == 1
            assert claim["label"] in STATUSES
            assert (claim["label"] == "only") == (not claim["matches"])
            assert (claim["label"] == "partial") == bool(claim.get("missing"))
            assert all(claim["quote"].count(words) == 1 for words in claim.get("missing", []))
            assert all(claim["id"] in claims[match]["matches"] for match in claim["matches"])


def test_our_own_cases_have_names_and_groups_of_their_own() -> None:
    names = {path.stem for path in OWN_CASES.glob("*.json")}
    assert names == {case["id"] for case in own_cases()}
    assert all(name.startswith("own-") for name in names)
    grouped = {name for group in benchmark.ONE_MEETING for name in group}
    assert {name for name in grouped if name.startswith("own-")} <= names


def test_folds_keep_meetings_whole_and_deal_the_benchmark_s_evenly() -> None:
    pair = benchmark.ONE_MEETING[0]
    cases = [Case(name, {}) for name in (*pair, *"abcdefgh")]
    cases += [Case(f"own-{number}", {}, measured=False) for number in range(20)]
    dealt = folds(cases)
    assert len(dealt) == FOLDS
    assert sorted(name for fold in dealt for name in fold) == sorted({c.group for c in cases})
    counts = [sum(not name.startswith("own-") for name in fold) for fold in dealt]
    assert max(counts) - min(counts) <= 1


def test_news_kept_out_for_measuring_is_never_trained_on(tmp_path: Path) -> None:
    documents = [f"document-{number // 4}" for number in range(400)]
    (tmp_path / "DOCUMENT_IDS.tsv").write_text("\n".join(documents) + "\n", "utf-8")
    for name in ntrex.FILES.values():
        lines = (f"In {d.replace('-', ' ')}, line {n} is told." for n, d in enumerate(documents))
        (tmp_path / f"{name}.txt").write_text("\n".join(lines) + "\n", "utf-8")
    trained = ntrex.training_cases(tmp_path, RememberingRichEncoder(HashRichEncoder()))
    assert trained
    assert all(not case.measured for case in trained)
    text = " ".join(case.text(side) for case in trained for side in "ab")
    kept_out = {document for document in documents if ntrex.held_out(document)}
    assert kept_out
    for document in kept_out:
        assert f"{document.replace('-', ' ')}," not in text


def test_training_sets_what_a_model_file_says() -> None:
    assert set(SETTINGS) == MODEL_SETTINGS
    assert set(GRID) <= MODEL_SETTINGS


def test_what_is_known_of_an_example_fits_its_claims(example: Example) -> None:
    for side, columns, labels, tokens in zip(
        example.sides,
        example.claim_columns,
        example.claim_labels,
        example.token_labels,
        strict=True,
    ):
        size = len(side.spans)
        assert labels.shape == (size,)
        assert all(values.shape == (size,) for values in columns.values())
        assert len(tokens) == sum(len(claim.spans) for claim in side.tokens or ())
    pairs = len(example.sides[0].spans) * len(example.sides[1].spans)
    assert all(values.shape == (pairs,) for values in example.pair_columns.values())


def test_odds_that_are_known_are_given_back(example: Example) -> None:
    a, b = example.sides
    read = JointNetwork().read(a.tokens or (), b.tokens or (), example.alignment)
    assert KnownOdds(read).read(a.tokens, b.tokens, example.alignment) is read


def test_a_network_learns_its_lesson(example: Example) -> None:
    torch = pytest.importorskip("torch")
    from training import joint
    from training.joint_net import Network, base_shapes

    torch.manual_seed(0)
    base = {name: torch.randn(size) * 0.05 for name, size in base_shapes().items()}
    given = joint.lesson(example)
    assert len(given.tokens) == len(given.inputs["states"])
    assert len(given.claims) == sum(len(side.spans) for side in example.sides)
    assert set(given.pairs.tolist()) <= {0.0, 1.0}
    recipe = joint.Recipe(layers=(8,), passes=12, dropout=0.0)
    torch.manual_seed(recipe.seed)
    fresh = Network(base, recipe.layers, recipe.dropout)
    trained = joint.fit([given], [given], base, recipe)
    with torch.no_grad():
        before, after = (float(joint.loss(network, given, recipe)) for network in (fresh, trained))
    assert np.isfinite(after)
    assert after < before - 0.1


def test_strangers_share_nothing_and_stay_in_the_fold_of_both() -> None:
    cases = []
    for number in range(40):
        data = json.loads(json.dumps(DATA))
        data["a"]["office"], data["b"]["office"] = f"office {number}", f"office {number % 3}b"
        cases.append(Case(f"case-{number}", data))
    # One pair of offices that meets every year, twice.
    yearly = json.loads(json.dumps(DATA))
    yearly["a"]["office"], yearly["b"]["office"] = "north", "south"
    cases += [Case(f"case-{2000 + n // 2}-0{1 + n % 2}", yearly) for n in range(40)]
    found = strangers(cases, 20)
    made, kin = found[:20], found[20:]
    assert len(kin) == 20
    for pair in kin:
        assert [pair.data[side]["office"] for side in "ab"] == ["north", "south"]
        (own_year, _), (other_year, _) = re.findall(r"case-(\d+)-(\d+)", pair.id)
        assert own_year != other_year
    dealt = folds(cases)
    assert folds([*cases, *found]) == dealt
    by_office = {case.data["a"]["office"]: case for case in cases}
    for pair in made:
        assert not pair.measured
        assert {claim["label"] for claim in pair.data["claims"]} == {"only"}
        assert pair.data["a"]["office"] != pair.data["b"]["office"]
        (fold,) = (fold for fold in dealt if pair.group in fold)
        office = pair.data["a"]["office"]
        assert office == "north" or by_office[office].group in fold
        other = pair.id.removeprefix(f"strangers-{pair.group}-")
        assert other in fold
        assert other != pair.group
        assert np.nanmin(pair.lacking("a")) == 1.0
