"""Alignment by hand-made vectors, against the same figures worked out one by one."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readout_diff.align import Alignment, align, csls
from readout_diff.embed import Embedding, TokenStates, embed
from readout_diff.embed.anchors import Scale
from tests.rich_encoder import HashRichEncoder

Array = npt.NDArray[Any]


def unit(rows: Any) -> npt.NDArray[np.float32]:
    values = np.asarray(rows, dtype=np.float64)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / lengths, dtype=np.float32)


def spread(rows: Any, noise: float, seed: int) -> npt.NDArray[np.float32]:
    """The rows, a little beside where they were."""
    values = np.asarray(rows, dtype=np.float64)
    return unit(values + noise * np.random.default_rng(seed).normal(size=values.shape))


def claim_tokens(*rows: Any) -> TokenStates:
    states = np.array(rows, dtype=np.float32).reshape(len(rows), -1)
    places = np.arange(len(rows), dtype=np.int64)
    return TokenStates(states, np.stack([places, places + 1], axis=1))


def assert_same(one: Alignment, other: Alignment, tolerance: float = 1e-5) -> None:
    pairs = [
        *zip(one.views, other.views, strict=True),
        *zip(one.centred, other.centred, strict=True),
        (one.similarity, other.similarity),
        (one.csls, other.csls),
    ]
    assert (one.coverage is None) == (other.coverage is None)
    if one.coverage is not None and other.coverage is not None:
        for mine, yours in zip(one.coverage, other.coverage, strict=True):
            pairs += [(mine.words, yours.words), (mine.share, yours.share)]
            assert np.array_equal(mine.starts, yours.starts)
    for mine_values, your_values in pairs:
        assert mine_values.shape == your_values.shape
        assert np.allclose(mine_values, your_values, atol=tolerance)


# Who belongs to whom


def test_claims_find_their_own_in_any_order() -> None:
    subjects = np.eye(8)
    order = np.array([3, 0, 7, 5, 1, 2])
    a = Embedding((spread(subjects, 0.1, 1), spread(subjects, 0.1, 2)))
    b = Embedding((spread(subjects[order], 0.1, 3), spread(subjects[order], 0.1, 4)))
    found = align(a, b)
    assert found.csls.shape == (8, 6)
    assert found.csls.argmax(axis=0).tolist() == order.tolist()
    assert found.similarity.argmax(axis=0).tolist() == order.tolist()
    lacking = {4, 6}
    weakest = set(found.csls.max(axis=1).argsort()[:2].tolist())
    assert weakest == lacking


def test_what_all_texts_share_hides_nothing() -> None:
    common = np.concatenate([np.zeros(6), [5.0]])
    subjects = np.eye(6, 7)
    a = Embedding((spread(subjects + common, 0.05, 1),))
    b = Embedding((spread(subjects + common, 0.05, 2),))
    found = align(a, b)
    assert found.views[0].min() > 0.9
    same = np.eye(6, dtype=bool)
    apart, centred_apart = (
        float(values[same].min() - values[~same].max())
        for values in (found.views[0], found.centred[0])
    )
    assert centred_apart > 3 * apart > 0


def test_one_claim_may_be_near_to_several() -> None:
    a = Embedding((unit([[1, 1, 1, 0], [0, 0, 0, 1]]),))
    b = Embedding((unit([[1, 0.1, 0, 0], [0, 1, 0.1, 0], [0, 0, 1, 0.1]]),))
    found = align(a, b)
    assert (found.csls.argmax(axis=0) == 0).all()


def test_unrelated_texts_keep_low_cosines_however_they_rank() -> None:
    random = np.random.default_rng(0)
    a = Embedding((unit(random.normal(size=(6, 64))),))
    b = Embedding((unit(random.normal(size=(7, 64))),))
    related = Embedding((spread(a.views[0], 0.02, 1),))
    apart, near = align(a, b), align(a, related)
    assert apart.views[0].max() < 0.5 < near.views[0].max()
    # The relative figure alone would not tell.
    assert apart.similarity.max() > 1.0


# The figures


def test_views_are_cosines_on_the_scale_given() -> None:
    a, b = Embedding((unit([[1, 0], [1, 1]]),)), Embedding((unit([[1, 0]]),))
    assert np.allclose(align(a, b).views[0], [[1.0], [np.sqrt(0.5)]])
    scaled = align(a, b, Scale(0.5, 0.75)).views[0]
    assert np.allclose(scaled, [[2.0], [(np.sqrt(0.5) - 0.5) * 4]], atol=1e-6)
    # Only the views are on that scale.
    assert np.allclose(align(a, b, Scale(0.5, 0.75)).centred[0], align(a, b).centred[0])


def test_csls_by_hand() -> None:
    similarity = np.array([[0.9, 0.1, 0.2], [0.3, 0.8, 0.4]], dtype=np.float32)
    rows = [[(0.9 + 0.2) / 2], [(0.8 + 0.4) / 2]]
    columns = [[(0.9 + 0.3) / 2, (0.1 + 0.8) / 2, (0.2 + 0.4) / 2]]
    by_hand = similarity - (np.array(rows) + np.array(columns)) / 2
    assert np.allclose(csls(similarity, 2), by_hand, atol=1e-6)


sizes = st.integers(1, 7)


@given(sizes, sizes, st.integers(1, 4), st.integers(0, 99))
def test_csls_one_by_one(rows: int, columns: int, neighbours: int, seed: int) -> None:
    similarity = np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)
    found = csls(similarity, neighbours)

    def mean_of_best(values: Array) -> float:
        return float(np.mean(sorted(values.tolist(), reverse=True)[:neighbours]))

    for i in range(rows):
        for j in range(columns):
            near = (mean_of_best(similarity[i]) + mean_of_best(similarity[:, j])) / 2
            assert found[i, j] == pytest.approx(similarity[i, j] - near, abs=1e-5)
    assert np.allclose(csls(similarity.T, neighbours), found.T, atol=1e-6)


def test_coverage_by_hand() -> None:
    # Many equal tokens beside those of interest, so that centring moves little.
    a = (claim_tokens([1, 0, 0], [0, 1, 0]), claim_tokens([0, 0, 1]))
    b = (claim_tokens([1, 0, 0], [0, 0, -1]), claim_tokens([0, 1, 1]), claim_tokens([0, -1, 0]))
    found = _naive_coverage(a, b)
    view = unit(np.ones((3, 2)))
    coverage = align(Embedding((view[:2],), a), Embedding((view,), b)).coverage
    assert coverage is not None
    assert np.allclose(coverage[0].words, found[0], atol=1e-5)
    assert np.allclose(coverage[0].share, found[1], atol=1e-5)
    assert coverage[0].starts.tolist() == [0, 2, 3]
    assert coverage[1].starts.tolist() == [0, 2, 3, 4]
    back = _naive_coverage(b, a)
    assert np.allclose(coverage[1].words, back[0], atol=1e-5)
    assert np.allclose(coverage[1].share, back[1], atol=1e-5)


def _naive_coverage(
    own: tuple[TokenStates, ...], other: tuple[TokenStates, ...]
) -> tuple[Array, Array]:
    """Words and shares, token by token."""

    def centred(texts: tuple[TokenStates, ...]) -> list[list[Array]]:
        states = [row.astype(np.float64) for text in texts for row in text.states]
        mean = sum(states, np.zeros_like(states[0])) / len(states)
        moved = []
        for text in texts:
            rows = [row - len(states) / (len(states) + 6) * mean for row in text.states]
            moved.append([row / np.linalg.norm(row) for row in rows])
        return moved

    mine, yours = centred(own), centred(other)
    words = [[max(float(x @ y) for y in claim) for claim in yours] for text in mine for x in text]
    shares = []
    at = 0
    for text in mine:
        shares.append(np.mean(words[at : at + len(text)], axis=0))
        at += len(text)
    return np.array(words), np.array(shares)


def test_similarity_is_the_mean_of_z_scores() -> None:
    texts = ["the harbour opens", "a visit in May", "fish quotas fall"]
    a = embed(HashRichEncoder(), texts)
    b = embed(HashRichEncoder(), ["the harbour closes", "quotas for fish"])
    found = align(a, b)
    assert found.coverage is not None
    parts: list[Array] = [*found.centred, (found.coverage[0].share + found.coverage[1].share.T) / 2]
    by_hand = np.mean([(part - part.mean()) / part.std() for part in parts], axis=0)
    assert np.allclose(found.similarity, by_hand, atol=1e-5)
    assert np.allclose(found.csls, csls(found.similarity), atol=1e-6)


def test_without_tokens_the_cosines_alone_count() -> None:
    a = Embedding((unit([[1, 0], [0, 1]]),))
    found = align(a, a)
    assert found.coverage is None
    centred = found.centred[0]
    assert np.allclose(found.similarity, (centred - centred.mean()) / centred.std(), atol=1e-5)
    # Tokens on one side say nothing of coverage.
    one_sided = Embedding(a.views, (claim_tokens([1.0, 0]), claim_tokens([1.0, 0])))
    assert align(a, one_sided).coverage is None


# Odd sides


@pytest.mark.parametrize("other", [1, 2, 9])
def test_a_side_of_one_claim(other: int) -> None:
    encoder = HashRichEncoder()
    a = embed(encoder, ["the two ministers met"])
    b = embed(encoder, [f"statement number {number}" for number in range(other)])
    for found in (align(a, b), align(b, a).mirrored):
        assert found.csls.shape == (1, other)
        assert np.isfinite(found.csls).all()
        assert np.isfinite(found.similarity).all()
        assert found.coverage is not None
        assert found.coverage[0].share.shape == (1, other)
        assert found.coverage[1].share.shape == (other, 1)


def test_equal_claims_are_told_apart_by_nothing() -> None:
    encoder = HashRichEncoder()
    found = align(embed(encoder, ["the same"] * 3), embed(encoder, ["the same"] * 2))
    for values in (*found.views, *found.centred, found.similarity, found.csls):
        assert np.ptp(values) < 1e-3
        assert np.isfinite(values).all()
    assert np.allclose(found.views[0], 1.0, atol=1e-5)
    assert found.coverage is not None
    assert found.coverage[0].words.min() > 0.99


@pytest.mark.parametrize("counts", [(2, 0), (0, 2), (0, 0)])
def test_a_side_without_claims(counts: tuple[int, int]) -> None:
    whole = embed(HashRichEncoder(), ["one", "two"])
    a, b = (whole.part(0, count) for count in counts)
    found = align(a, b)
    assert found.csls.shape == found.similarity.shape == counts
    assert found.coverage is not None
    assert found.coverage[0].share.shape == counts
    assert_same(found, align(b, a).mirrored)


@pytest.mark.parametrize("empty", [{0}, {1}, {2}, {0, 1}, {1, 2}, {0, 1, 2}])
def test_claims_without_tokens_are_not_covered_and_cover_nothing(empty: set[int]) -> None:
    encoder = HashRichEncoder()
    texts = ["the harbour opens", "a visit in May", "fish quotas fall"]
    whole = embed(encoder, texts)
    assert whole.tokens is not None
    none = TokenStates(np.zeros((0, 384), np.float32), np.zeros((0, 2), np.int64))
    tokens = tuple(none if at in empty else text for at, text in enumerate(whole.tokens))
    thinned = Embedding(whole.views, tokens)
    found = align(thinned, whole)
    assert found.coverage is not None
    mine, yours = found.coverage
    assert len(mine.words) == sum(len(text.states) for text in tokens)
    for place in range(3):
        if place in empty:
            assert (mine.share[place] == 0.0).all()
            assert (yours.share[:, place] == -1.0).all()
        else:
            assert mine.share[place, place] > 0.9
            assert yours.share[place, place] > 0.9
    assert np.isfinite(found.csls).all()
    assert_same(found, align(whole, thinned).mirrored)


# Either side may come first

words = st.lists(
    st.sampled_from(
        ["harbour", "fish", "visit", "장관은", "港", "會談", "May", "5", "!", "\ud800"]
    ),
    max_size=5,
).map(" ".join)


@given(st.lists(words, min_size=1, max_size=6), st.lists(words, min_size=1, max_size=6))
def test_mirrored_is_the_alignment_the_other_way_round(a: list[str], b: list[str]) -> None:
    encoder = HashRichEncoder()
    one, other = embed(encoder, a), embed(encoder, b)
    found = align(one, other)
    assert_same(found.mirrored, align(other, one))
    assert_same(found.mirrored.mirrored, found, 0.0)


def test_the_alignment_of_the_same_is_the_same_to_the_bit() -> None:
    encoder = HashRichEncoder()
    a, b = embed(encoder, ["the harbour", "fish"]), embed(encoder, ["a visit", "fish", "May 5"])
    assert_same(align(a, b), align(a, b), 0.0)
