"""Labelled cases as training data, on a case of our own."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from training import benchmark
from training.benchmark import ONLY, PARTIAL, SHARED, Case, claim_labels, folds, token_labels

TEXT_A = "They met in May. The quota, of 12 tonnes, stays. He left."
TEXT_B = "장관들은 5월에 만났다. 장어 어획량은 그대로다."
DATA: dict[str, Any] = {
    "a": {"lang": "en", "text": TEXT_A},
    "b": {"lang": "ko", "text": TEXT_B},
    "claims": [
        {"id": "a2", "side": "a", "quote": "The quota, of 12 tonnes, stays.",
         "label": "partial", "missing": ["of 12 tonnes"], "matches": ["b2"]},
        {"id": "a1", "side": "a", "quote": "They met in May.", "label": "shared",
         "matches": ["b1"]},
        {"id": "a3", "side": "a", "quote": "He left.", "label": "only"},
        {"id": "b1", "side": "b", "quote": "장관들은 5월에 만났다.", "label": "shared",
         "matches": ["a1"]},
        {"id": "b2", "side": "b", "quote": "장어 어획량은 그대로다.", "label": "shared",
         "matches": ["a2"]},
    ],
}  # fmt: skip


@pytest.fixture
def case() -> Case:
    return Case("own", DATA)


def span(text: str, words: str) -> tuple[int, int]:
    start = text.index(words)
    return start, start + len(words)


def test_labelled_claims_stand_in_text_order(case: Case) -> None:
    gold = case.gold("a")
    assert [claim["id"] for _, _, claim in gold] == ["a1", "a2", "a3"]
    assert [TEXT_A[start:end] for start, end, _ in gold] == [claim["quote"] for *_, claim in gold]
    assert (case.text("b"), case.lang("b")) == (TEXT_B, "ko")


def test_letters_are_lacking_where_a_claim_is_or_its_missing_words(case: Case) -> None:
    lacking = case.lacking("a")
    assert lacking.shape == (len(TEXT_A),)
    by_value = {
        value: "".join(c for c, known in zip(TEXT_A, lacking, strict=True) if known == value)
        for value in (0.0, 1.0)
    }
    assert by_value == {0.0: "TheymetinMayThequotastays", 1.0: "of12tonnesHeleft"}
    assert all(np.isnan(lacking[at]) != c.isalnum() for at, c in enumerate(TEXT_A))


def test_letters_outside_labelled_claims_are_unknown() -> None:
    case = Case("own", {**DATA, "claims": DATA["claims"][2:3]})
    lacking = case.lacking("a")
    start, _ = span(TEXT_A, "He left.")
    assert np.isnan(lacking[:start]).all()
    assert lacking[start] == 1.0
    assert np.isnan(case.lacking("b")).all()


def test_spans_match_where_the_claims_under_them_do(case: Case) -> None:
    a = [
        span(TEXT_A, "They met in May. The quota, of 12 tonnes, stays."),
        span(TEXT_A, "stays"),
        span(TEXT_A, "He left."),
        span(TEXT_A, "May. The"),
    ]
    b = [span(TEXT_B, "장관들은 5월에 만났다."), span(TEXT_B, "어획량은")]
    assert case.matches(a, b).tolist() == [
        [True, True],
        [False, True],
        [False, False],
        # Half of the shorter of the two lies in the first claim, less in the second.
        [True, False],
    ]
    assert case.matches([], b).shape == (0, 2)
    assert case.matches(a, []).shape == (4, 0)


def test_claims_are_labelled_by_their_share_of_lacking_letters() -> None:
    nan = np.nan
    lacking = np.array([1.0] * 10 + [0.0] * 10 + [1.0] * 5 + [0.0] * 5 + [nan] * 5)
    spans = [(0, 10), (10, 20), (20, 30), (30, 35), (0, 11), (9, 20), (25, 35), (0, 20)]
    assert claim_labels(lacking, spans).tolist() == [
        ONLY, SHARED, PARTIAL, -1, ONLY, SHARED, SHARED, PARTIAL,
    ]  # fmt: skip
    assert claim_labels(lacking, []).shape == (0,)


def test_tokens_are_lacking_where_most_of_their_letters_are() -> None:
    nan = np.nan
    lacking = np.array([nan, 0.0, 0.0, 1.0, 1.0, nan, 1.0])
    places: npt.NDArray[np.int64] = np.array([[0, 2], [1, 3], [0, 4], [4, 5], [4, 4]])
    found = token_labels(lacking, 1, places)
    assert np.array_equal(found, [0.0, 1.0, 1.0, nan, nan], equal_nan=True)
    assert token_labels(lacking, 0, places[:0]).shape == (0,)


def test_folds_deal_every_group_once_and_the_same_way_again() -> None:
    groups = [f"meeting {number}" for number in range(11)] * 2
    dealt = folds(groups, 4)
    assert len(dealt) == 4
    assert sorted(name for fold in dealt for name in fold) == sorted(set(groups))
    assert {len(fold) for fold in dealt} == {2, 3}
    assert folds(groups[::-1], 4) == dealt
    assert folds(groups, 4, seed=1) != dealt


def test_two_cases_on_one_meeting_are_one_group() -> None:
    for cases in benchmark.ONE_MEETING:
        assert len({Case(name, {}).group for name in cases}) == 1
    assert Case("own", {}).group == "own"


def test_cases_are_read_by_name(tmp_path: Path) -> None:
    for name in ("b", "a"):
        text = json.dumps(DATA, ensure_ascii=False)
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    (tmp_path / "README.md").write_text("no case")
    found = benchmark.read_cases(tmp_path)
    assert [case.id for case in found] == ["a", "b"]
    assert found[0].data == DATA


def test_the_scorer_is_the_benchmark_s_own(tmp_path: Path, case: Case) -> None:
    scorer = tmp_path / "score.py"
    scorer.write_text(
        "def score_case(report, data):\n"
        "    return {'claims': len(data['claims'])}, [(report['x'], True)]\n"
        "def summary(counts, ranked):\n"
        "    return {'claims': counts['claims'], 'ranked': ranked}\n"
    )
    score = benchmark.load_scorer(scorer)
    assert score([(case, {"x": 0.5}), (case, {"x": 0.7})]) == {
        "claims": 10,
        "ranked": [(0.5, True), (0.7, True)],
    }
    with pytest.raises(FileNotFoundError):
        benchmark.load_scorer(tmp_path / "none.py")
