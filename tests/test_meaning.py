import numpy as np
import pytest

from readout_diff.topics.catalogue import built_in
from readout_diff.topics.meaning import (
    Classifier,
    across,
    asked_columns,
    classifier,
    flat,
    from_bytes,
    known_columns,
    overlap,
    to_bytes,
    weigher,
)


def test_the_shipped_classifier_knows_the_built_in_topics() -> None:
    found = classifier()
    assert found.topics == tuple(built_in().entries)
    assert found.weights.shape == (len(found.topics), found.means.shape[1])
    assert found.means.shape[0] == len(found.langs) + 1


def test_a_classifier_comes_back_from_its_bytes() -> None:
    found = Classifier(
        "it", ("x", "y"), ("en",), np.ones((2, 3), np.float32),
        np.array([[1, 0, 2], [0, 1, 0]], np.float32), np.array([0.5, -0.5], np.float32),
    )  # fmt: skip
    back = from_bytes(to_bytes(found))
    assert (back.encoder, back.topics, back.langs) == (found.encoder, found.topics, found.langs)
    np.testing.assert_array_equal(back.weights, found.weights)
    np.testing.assert_array_equal(back.bias, found.bias)
    with pytest.raises(ValueError, match="Expecting value"):
        from_bytes(b"nothing of the sort")


def test_probabilities_are_of_one_topic_and_a_language_without_a_mean_is_centred_too() -> None:
    found = Classifier(
        "it", ("x", "y"), ("en",), np.zeros((2, 2), np.float32),
        np.array([[3, 0], [0, 3]], np.float32), np.zeros(2, np.float32),
    )  # fmt: skip
    view = np.array([[1, 0], [0, 1]], np.float32)
    likely = found.probabilities(found.directions([view], "xx"))
    np.testing.assert_allclose(likely.sum(axis=1), 1)
    assert likely[0, 0] > 0.9 < likely[1, 1]
    many = np.tile(view, (1300, 1))
    np.testing.assert_allclose(found.likely([many], "xx"), np.tile(likely, (1300, 1)))
    assert found.likely([many[:0]], "xx").shape == (0, 2)


def test_columns_have_a_row_for_each_claim_and_topic() -> None:
    likely, cued = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]]), np.eye(3, 2)
    matched = across(likely[:2], [[0, 1], [], [1]])
    np.testing.assert_array_equal(matched, [[0.9, 0.8], [-1, -1], [0.2, 0.8]])
    there = across(cued[:2], [[0], [], []])
    by_claim = known_columns(likely, cued, matched, there)
    columns = flat(by_claim)
    assert {len(values) for values in columns.values()} == {6}
    assert all(np.isfinite(values).all() for values in columns.values())
    assert columns["unmatched"].tolist() == [0, 0, 1, 1, 0, 0]
    for first, last in ((0, 1), (1, 2), (1, 3), (3, 4)):
        rows = slice(first, last)
        some = known_columns(likely, cued, matched[rows], there[rows], rows)
        assert {name: values.tolist() for name, values in some.items()} == {
            name: values[rows].tolist() for name, values in by_claim.items()
        }
    assert set(weigher("known").model.names) == set(columns)
    asked = flat(asked_columns(likely, cued, overlap(likely, likely[:2])))
    assert set(weigher("asked").model.names) == set(asked)
    assert set(weigher("scaled").model.names) == set(asked_columns(likely, cued))
    assert asked["term.before"].tolist() == [1, 0, 1, 0, 0, 1]


def test_no_claims_make_no_rows() -> None:
    nothing = np.zeros((0, 2))
    columns = flat(known_columns(nothing, nothing, nothing, nothing))
    assert {len(values) for values in columns.values()} == {0}
