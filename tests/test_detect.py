"""Conflicts: what is found in a pair of claims, what is made of it, and what holds of any texts."""

import datetime
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from readout_diff.conflicts.detect import (
    ConflictModel,
    Pair,
    Said,
    Side,
    Speeches,
    Things,
    find,
    load_conflict_model,
    measure,
    read_speeches,
    reconciled_speeches,
    with_conflicts,
)
from readout_diff.datamodel import CONFLICT_KINDS, Claim, Conflict, Match, Missing
from readout_diff.learnt import Member, Model
from readout_diff.segment import segment
from tests.test_segment import LANGS, texts

ODDS = tuple(-8.0 for _ in CONFLICT_KINDS)


def side(text: str, lang: str, absence: float = 0.2) -> Side:
    found = segment(text, lang)
    claims = tuple((claim.start, claim.end) for claim in found.claims)
    sentences = tuple((sentence.start, sentence.end) for sentence in found.sentences)
    said = Said(text, lang, claims, sentences, Things.of(text, lang))
    return Side(said, np.full(len(text), absence))


def reacting(**weights: float) -> ConflictModel:
    """Finds a number conflict wherever the weighted sum of the named columns is positive."""
    names = tuple(name.replace("_", ".") for name in weights)
    rows = np.zeros((1 + len(CONFLICT_KINDS), len(names)))
    rows[1] = list(weights.values())
    bias = np.full(len(rows), -9.0)
    bias[:2] = 0.0
    member = Member(None, rows, bias)
    return ConflictModel(Model(names, np.zeros(len(names)), np.ones(len(names)), (member,)), 0.6)


def pairs(a: Side, b: Side, odds: tuple[float, ...] | None = ODDS) -> list[Pair]:
    return [
        Pair(i, j, 0.9, 0.8, ("shared", "shared"), odds)
        for i in range(len(a.claims))
        for j in range(len(b.claims))
    ]


def speeches(a: Side, b: Side) -> Speeches:
    return reconciled_speeches(read_speeches(a.said, b.said), a.said, b.said, [])


def conflicts(a: Side, b: Side, model: ConflictModel) -> tuple[Conflict, ...]:
    return find(a, b, speeches(a, b), pairs(a, b), model)


def columns(a: Side, b: Side, odds: tuple[float, ...] | None = ODDS) -> dict[str, float]:
    """Of the first pair."""
    found = measure(a, b, speeches(a, b), pairs(a, b, odds)[:1]).columns
    return {name: float(values[0]) for name, values in found.items()}


SEOUL = side("양 장관은 25분간 통화하였다. 박 장관은 9월 3일 방문을 제안하였다.", "ko")
TOKYO = side("両大臣は約40分間、電話会談を行いました。", "ja")


def test_values_that_clash_are_shown_with_their_units() -> None:
    (found,) = conflicts(SEOUL, TOKYO, reacting(number_weight=5.0))
    assert (found.kind, found.a.claim, found.b.claim) == ("number", "a1", "b1")
    assert "25분" in found.a.text
    assert "40分" in found.b.text
    assert SEOUL.text[found.a.start : found.a.end] == found.a.text
    assert found.confidence == pytest.approx(1 / (1 + np.exp(-5.0)), abs=1e-3)


def test_values_that_agree_are_no_clue() -> None:
    same = side("The ministers spoke for 25 minutes.", "en")
    found = columns(SEOUL, same)
    assert found["number.agree"] == 1
    assert found["number.clash"] == 0
    assert conflicts(SEOUL, same, reacting(number_weight=5.0)) == ()


def test_a_value_that_the_other_side_has_elsewhere_weighs_less() -> None:
    there = side("The ministers spoke for 40 minutes. The envoys had met for 25 minutes.", "en")
    alone = side("The ministers spoke for 40 minutes.", "en")
    assert columns(SEOUL, there)["number.weight"] < columns(SEOUL, alone)["number.weight"]


def test_dates_are_read_from_the_day_of_the_readout() -> None:
    a = side("서울, 2025. 6. 9.\n\n양측은 내년에 회의를 열기로 하였다.", "ko")
    same = side("The two sides agreed to hold a meeting in 2026.", "en")
    other = side("The two sides agreed to hold a meeting in 2028.", "en")
    assert columns(a, same)["date.clash"] == 0
    assert columns(a, other)["date.clash"] == 1


def test_who_speaks_is_among_the_columns() -> None:
    met = "Foreign Minister Iwaya of Japan met Foreign Minister Wang Yi of China. "
    both = side(met + "The two ministers agreed that the bridge should be rebuilt.", "en")
    one = side("中国外长王毅同日本外相岩屋毅举行会谈。王毅表示，应重建大桥。", "zh")
    last = pairs(both, one)[-1]
    measured = measure(both, one, speeches(both, one), [last]).columns
    found = {name: values[0] for name, values in measured.items()}
    assert found["speech.both_against_single"] == 1
    assert found["stance.lacked"] == pytest.approx(0.2)


def test_nothing_below_the_threshold_and_no_pair_no_conflict() -> None:
    model = reacting(number_weight=0.1)
    assert conflicts(SEOUL, TOKYO, model) == ()
    assert find(SEOUL, TOKYO, speeches(SEOUL, TOKYO), [], model) == ()


def test_two_claims_that_hardly_match_are_in_no_conflict() -> None:
    far = [replace(pair, matching=0.2) for pair in pairs(SEOUL, TOKYO)]
    model = reacting(number_weight=5.0)
    assert find(SEOUL, TOKYO, speeches(SEOUL, TOKYO), far, model) == ()


def test_without_a_clue_the_words_that_the_other_side_lacks_are_shown() -> None:
    absence = np.zeros(len(SEOUL.text))
    words = SEOUL.text.index("25분간"), SEOUL.text.index("통화")
    absence[words[0] : words[1]] = 0.9
    (found, *_) = conflicts(replace(SEOUL, absence=absence), TOKYO, reacting(matching=9.0))
    assert found.a.text.strip() == "25분간"


def test_of_pairs_with_the_same_words_the_likeliest_is_kept() -> None:
    a = side("The envoys met for 25 minutes.", "en")
    b = side("특사들은 40분간 만났다.", "ko")
    twice = [*pairs(a, b), replace(pairs(a, b)[0], matching=0.5)]
    found = find(a, b, speeches(a, b), twice, reacting(number_weight=3.0, matching=1.0))
    assert len(found) == 1


def claim(side_: Side, key: str, number: int, **more: object) -> Claim:
    start, end = side_.claims[number]
    text = side_.text[start:end]
    given = {"status": "shared", "absence": 0.1, **more}
    return Claim(f"{key}{number + 1}", key, start, end, text, 0, **given)  # type: ignore[arg-type]


def test_clashing_words_are_missing_words_of_both_claims() -> None:
    found = conflicts(SEOUL, TOKYO, reacting(number_weight=5.0))
    claims = [claim(SEOUL, "a", 0), claim(SEOUL, "a", 1, status="only"), claim(TOKYO, "b", 0)]
    a, other, b = with_conflicts(claims, found, np.full((2, 1), 0.7))
    assert (a.status, b.status, other.status) == ("partial", "partial", "only")
    assert [gap.text for gap in a.missing] == [found[0].a.text]
    assert a.matches == (Match("b1", 0.7),)
    assert b.matches == (Match("a1", 0.7),)


def test_what_only_one_side_says_stays_so_and_known_gaps_are_not_doubled() -> None:
    found = conflicts(SEOUL, TOKYO, reacting(number_weight=5.0))
    mine = found[0].a
    gap = Missing(mine.start, mine.end, mine.text, 0.6)
    claims = [
        claim(SEOUL, "a", 0, status="partial", missing=(gap,), matches=(Match("b1", 0.7),)),
        claim(SEOUL, "a", 1),
        claim(TOKYO, "b", 0, status="only"),
    ]
    assert with_conflicts(claims, found, np.full((2, 1), 0.7)) == tuple(claims)
    claims[2] = claim(TOKYO, "b", 0)
    a, *_ = with_conflicts(claims, found, np.full((2, 1), 0.7))
    assert a.missing == (gap,)


@pytest.mark.parametrize("name", ["joint", "plain"])
def test_what_is_shipped_asks_for_what_is_measured(name: str) -> None:
    learnt = load_conflict_model(name)
    measured = columns(SEOUL, TOKYO, ODDS if name == "joint" else None)
    assert set(learnt.model.names) == set(measured)
    assert 0.0 < learnt.threshold < 1.0


def test_a_conflict_about_all_of_a_claim_marks_no_word() -> None:
    a, b = side("The envoys met.", "en"), side("특사들은 만나지 않았다.", "ko")
    found = conflicts(a, b, reacting(matching=9.0))
    claims = [claim(a, "a", 0), claim(b, "b", 0)]
    assert found[0].a.text == a.text
    one, other = with_conflicts(claims, found, np.full((1, 1), 0.7))
    assert (one.status, one.missing, one.matches) == ("shared", (), (Match("b1", 0.7),))
    assert other.missing == ()


def test_a_conflict_that_is_not_sure_enough_changes_no_claim() -> None:
    found = conflicts(SEOUL, TOKYO, reacting(number_weight=5.0))
    claims = [claim(SEOUL, "a", 0), claim(SEOUL, "a", 1), claim(TOKYO, "b", 0)]
    assert with_conflicts(claims, found, np.full((2, 1), 0.7), least=0.9999) == tuple(claims)


@given(texts, texts, st.sampled_from(LANGS), st.sampled_from(LANGS))
def test_any_two_texts_are_measured_and_quoted(x: str, y: str, lang_x: str, lang_y: str) -> None:
    a, b = side(x, lang_x, 0.7), side(y, lang_y)
    some = pairs(a, b)[:6]
    speech = speeches(a, b)
    assert (len(speech.a), len(speech.b)) == (len(a.claims), len(b.claims))
    if not some:
        return
    found = measure(a, b, speech, some)
    assert all(np.isfinite(values).all() for values in found.columns.values())
    for clues in found.clues:
        for clue in clues:
            for text, (start, end) in ((x, clue.a), (y, clue.b)):
                assert 0 <= start < end <= len(text)
    said = find(a, b, speech, some, reacting(matching=9.0))
    check_quotes(said, x, y)


def check_quotes(found: Sequence[Conflict], x: str, y: str) -> None:
    for conflict in found:
        for text, words in ((x, conflict.a), (y, conflict.b)):
            assert text[words.start : words.end] == words.text
    order = [(conflict.a.start, conflict.b.start) for conflict in found]
    assert all(one <= two for one, two in pairwise(order))


def test_a_known_day_goes_before_one_that_is_looked_for() -> None:
    text = "On 3 May 2019 they had met. The ministers will meet next month."
    found = side(text, "en").said
    known = replace(found, things=Things.of(text, "en", datetime.date(2026, 5, 4)))
    last = [dates[-1] for dates in (found.dates[-1], known.dates[-1])]
    assert [date.today for date in last] == [datetime.date(2019, 5, 3), datetime.date(2026, 5, 4)]
