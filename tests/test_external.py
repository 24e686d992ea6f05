"""The generators and figures of the external checks: what is deleted is what is labelled."""

from itertools import pairwise

import numpy as np
import pytest

from bench.calibration import Bin, Judged, bins, calibration_error, cuts, draw
from bench.external.figures import letter_absence, ranks, spearman
from bench.external.pawsx import auc, best_threshold
from bench.external.swissgov import words
from training.benchmark import ONLY, PARTIAL, SHARED, Case
from training.deletions import Cut, Line, find_cut, without_clauses, without_sentences
from training.ntrex import held_out
from training.pawsx import held_out_row

NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
LANGS = ("en", "ja")


def lines() -> list[Line]:
    """Ten sentences of our own; the first half of them have a cut."""
    found = []
    for place, number in enumerate(NUMBERS):
        a = f"Minister {number} met the press, and office {number} took notes."
        b = f"{number}大臣は記者団と会い、{number}事務所が記録した。"
        found.append(Line(a, b, find_cut(a, b, LANGS) if place < 5 else None))
    return found


def test_a_cut_is_a_comma_on_both_sides() -> None:
    line = lines()[0]
    assert line.cut is not None
    assert line.a[: line.cut.a] == "Minister one met the press,"
    assert line.b[line.cut.b :] == "one事務所が記録した。"


@pytest.mark.parametrize(
    ("a", "b", "why"),
    [
        ("He met the press and took notes.", "彼は記者団と会い、記録した。", "no comma in a"),
        ("Yesterday, he met the press.", "彼は記者団と会って話をし、記録も。", "another place"),
        ("He met 3 people, and then he left.", "彼は人々と会って、3時に去った。", "numbers"),
        ('He said "yes, and more" to them.', "彼は会って話し、それから去った。", "within quotes"),
        ("He met them, and talked. He left.", "彼は会って話し、それから去った。", "two sentences"),
    ],
)
def test_no_cut_where_the_two_sides_may_differ(a: str, b: str, why: str) -> None:
    assert find_cut(a, b, LANGS) is None, why


def test_lines_that_assert() -> None:
    assert Line("He left.", "彼は去った。」").asserts
    assert not Line("Minister leaves", "大臣去る").asserts
    assert not Line("Did he leave?", "彼は去ったか？").asserts


@pytest.mark.parametrize("seed", range(5))
def test_a_deleted_sentence_is_labelled_only(seed: int) -> None:
    found = lines()
    case = Case("own", without_sentences("own", found, LANGS, np.random.default_rng(seed)))
    only = {claim["quote"] for claim in case.data["claims"] if claim["label"] == "only"}
    gone = {line.a for line in found if line.b not in case.text("b")}
    assert only == gone
    assert len(gone) == 3
    assert all(line.a in case.text("a") for line in found)


@pytest.mark.parametrize("seed", range(5))
def test_a_deleted_clause_is_labelled_missing(seed: int) -> None:
    found = lines()
    case = Case("own", without_clauses("own", found, LANGS, np.random.default_rng(seed)))
    by_quote = {line.a: line for line in found}
    claims = [claim for claim in case.data["claims"] if claim["side"] == "a"]
    partial = [claim for claim in claims if claim["label"] == "partial"]
    assert len(partial) == 2
    assert len(claims) == 8
    for claim in claims:
        line = by_quote[claim["quote"]]
        if claim["label"] == "shared":
            assert line.b in case.text("b")
            continue
        assert line.cut is not None
        first, second = line.b[: line.cut.b - 1], line.b[line.cut.b : -1]
        missing = claim["missing"][0]
        gone, left = (first, second) if missing.startswith("Minister") else (second, first)
        assert gone not in case.text("b").lower()
        assert left + "。" in case.text("b").lower()


def test_every_quote_is_found_where_it_was_put() -> None:
    for make in (without_sentences, without_clauses):
        case = Case("own", make("own", [*lines(), lines()[0]], LANGS, np.random.default_rng(0)))
        for side in "ab":
            spans = [(start, end) for start, end, _ in case.gold(side)]
            assert all(x[1] <= y[0] for x, y in pairwise(spans))


def test_shortening_a_cased_sentence() -> None:
    line = Line("彼は去り、彼女は残った。", "He left, and she stayed.", Cut(5, 8))
    rests = set()
    for seed in range(20):
        case = without_clauses("own", [line], ("ja", "en"), np.random.default_rng(seed))
        rests.add(case["b"]["text"].strip())
    assert rests == {"He left.", "And she stayed."}


def test_what_is_held_out_stays_so() -> None:
    assert sum(map(held_out_row, range(2000))) == 705
    assert [held_out_row(row) for row in range(6)] == [held_out_row(row) for row in range(6)]
    assert 250 < sum(held_out(f"paper.{number}") for number in range(1000)) < 420


def test_rank_correlation() -> None:
    assert ranks([3, 1, 3, 2]).tolist() == [3.5, 1, 3.5, 2]
    assert spearman([1, 2, 3], [2, 4, 9]) == pytest.approx(1)
    assert spearman([1, 2, 3, 4], [4, 3, 1, 2]) == pytest.approx(-0.8)
    assert np.isnan(spearman([1, 1], [1, 2]))


def test_absence_by_letter_and_by_word() -> None:
    missing = {"start": 3, "end": 6, "absence": 0.9}
    claim = {"side": "a", "start": 0, "end": 7, "absence": 0.2, "missing": [missing]}
    absence = letter_absence([claim], "a", 11)
    assert absence[:7].tolist() == [0.2, 0.2, 0.2, 0.9, 0.9, 0.9, 0.2]
    assert np.isnan(absence[7:]).all()
    found = words("ab (cd) . e", np.array([0.2] * 3 + [0.9] * 3 + [0.2, 0.2, 0.4, 0.4, np.nan]))
    assert found.tolist() == pytest.approx([0.2, 0.9, 0.4, 0.5])


def test_telling_two_kinds_apart() -> None:
    values, truth = np.array([0.1, 0.4, 0.6, 0.9]), np.array([False, False, True, True])
    assert best_threshold(values, truth) == 0.6
    assert auc(values, truth) == 1.0
    assert auc(-values, truth) == 0.0
    assert auc(np.zeros(4), truth) == 0.5


def test_calibration_error_over_bins() -> None:
    found = bins(np.array([0.05, 0.05, 0.95, 1.0]), np.array([False, False, True, True]))
    assert found[0] == Bin(2, 0.05, 0.0)
    assert found[9].count == 2
    assert calibration_error(found) == pytest.approx(0.5 * 0.05 + 0.5 * 0.025)
    assert draw({"claims": found}).count("<circle") == 3


def test_what_a_higher_threshold_leaves() -> None:
    claims = [
        Judged("only", 0.95, ONLY),
        Judged("only", 0.75, PARTIAL),
        Judged("only", 0.55, SHARED),
        Judged("shared", 0.1, ONLY),
    ]
    rows = [row.split() for row in cuts(claims)][1:]
    assert rows[0] == ["any", "3", "0.333", "0.667", "0.500"]
    assert rows[3] == ["0.7", "2", "0.500", "1.000", "0.500"]
    assert rows[5] == ["0.9", "1", "1.000", "1.000", "0.500"]
