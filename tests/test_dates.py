"""Dates and times over ten languages: cases in our own words, and what must hold of any text."""

import datetime
import json
import re
import unicodedata
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readout_diff.conflicts import dates as dates_module
from readout_diff.conflicts import table
from readout_diff.conflicts.dates import dates, dates_clash
from readout_diff.conflicts.periods import PARTS, Date
from readout_diff.lexicon import LexiconError, languages

CASES = json.loads((Path(__file__).parent / "cases" / "dates.json").read_text("utf-8"))
EXPECTED = {"clash": True, "same": False, "none": None}
TODAY = datetime.date(2025, 6, 9)

PIECES = [
    "June ", "9", " 2025", "2025年", "6月", "9日", "31", "February 30", "30 февраля", "（月）",
    "월", "令和7年", "令和", "元", "民國114年", "올해 ", "내년 ", "상반기", "年内", "下半年",
    "明年", "next year", "this week", "today", "by ", "until ", "since ", "까지", "以降",
    "before 2025 begins", "Monday", "周四", "в ", "15:00", "24:00", "3 p.m.", "午後", "오후 3시",
    " Uhr", " KST", " Eastern Time", "early ", "end of ", "winter ", "初", "末", "الاثنين ",
    "يونيو", ", ", " of ", "の", " ", "\n", "\ud800", "\u1112\u1161\u11ab", "\u200b", "\x00",
    "２０２５．６．９", "2025-06-09", "1999", "九", "十",
]  # fmt: skip
texts = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
langs = st.sampled_from([*languages(), "und", "../../etc/passwd"])
todays = st.one_of(st.none(), st.dates())
some = st.builds(
    Date,
    start=st.just(0),
    end=st.just(1),
    year=st.one_of(st.none(), st.integers(2023, 2026)),
    month=st.one_of(st.none(), st.integers(1, 12)),
    day=st.one_of(st.none(), st.integers(1, 31)),
    weekday=st.one_of(st.none(), st.integers(0, 6)),
    part=st.sampled_from(["", *sorted(PARTS)]),
    hour=st.one_of(st.none(), st.integers(0, 23)),
    zone=st.sampled_from(["", "+9", "US East", "Central Europe"]),
    home=st.sampled_from(["", "+9", "+8"]),
    bound=st.sampled_from(["", "by", "before", "since", "after"]),
    today=st.sampled_from([None, TODAY, datetime.date.max, datetime.date.min]),
)
relative = st.builds(
    Date,
    start=st.just(0),
    end=st.just(1),
    unit=st.sampled_from(["year", "fiscal year", "month", "week", "day"]),
    offset=st.integers(-2, 2),
    part=st.sampled_from(["", *sorted(PARTS)]),
    bound=st.sampled_from(["", "by", "since"]),
    today=st.sampled_from([None, TODAY, datetime.date.max, datetime.date.min]),
)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case,
            id=" ".join((case["why"], case["expect"], *case["a"], *case["b"])),
            marks=[pytest.mark.xfail(strict=True)] if case.get("fails") else [],
        )
        for case in CASES["pairs"]
    ],
)
def test_pair(case: dict[str, Any], form: Any) -> None:
    today = datetime.date.fromisoformat(case["today"]) if "today" in case else None
    found = [
        dates(unicodedata.normalize(form, text), lang, today)
        for lang, text in (case["a"], case["b"])
    ]
    (a,), (b,) = found
    assert dates_clash(a, b) is EXPECTED[case["expect"]]


@pytest.mark.parametrize("case", CASES["none"], ids=lambda case: f"{case['lang']} {case['text']}")
def test_no_date(case: dict[str, str]) -> None:
    found = dates(case["text"], case["lang"])
    assert [case["text"][d.start : d.end] for d in found] == []


def test_there_are_cases_in_every_language_and_few_that_fail() -> None:
    pairs = CASES["pairs"]
    assert sum(case.get("fails", False) for case in pairs) <= 0.03 * len(pairs)
    seen = {lang for case in pairs for lang, _ in (case["a"], case["b"])}
    assert seen == set(languages()) == {case["lang"] for case in CASES["none"]}


@pytest.mark.parametrize(
    ("lang", "text", "quote", "fields"),
    [
        (
            "en",
            "It ends by the end of 2025.",
            "by the end of 2025",
            {"year": 2025, "part": "end", "bound": "by"},
        ),
        (
            "en",
            "on Monday, June 9, at 3 p.m. KST.",
            "Monday, June 9, at 3 p.m. KST",
            {"month": 6, "day": 9, "weekday": 0, "hour": 15, "zone": "+9"},
        ),
        (
            "ja",
            "令和7年6月9日（月）午後３時半に",
            "令和7年6月9日（月）午後３時半",
            {"year": 2025, "month": 6, "day": 9, "weekday": 0, "hour": 15, "minute": 30},
        ),
        (
            "ko",
            "2025. 6. 9.(월) 오후 3시에 만났다",
            "2025. 6. 9.(월) 오후 3시",
            {"year": 2025, "month": 6, "day": 9, "weekday": 0, "hour": 15},
        ),
        ("zh", "中華民國一一四年六月九日", "", {}),
        (
            "zh",
            "双方商定明年上半年举行",
            "明年上半年",
            {"unit": "year", "offset": 1, "part": "first half"},
        ),
        (
            "ru",
            "не позднее сентября 2025 года",
            "не позднее сентября 2025 года",
            {"year": 2025, "month": 9, "bound": "by"},
        ),
        (
            "fr",
            "d’ici à la fin de l’année.",
            "d’ici à la fin de l’année",
            {"unit": "year", "offset": 0, "part": "end", "bound": "by"},
        ),
        (
            "ar",
            "في 9 حزيران/يونيو 2025",
            "9 حزيران/يونيو 2025",
            {"year": 2025, "month": 6, "day": 9},
        ),
    ],
)
def test_span_and_fields(lang: str, text: str, quote: str, fields: dict[str, Any]) -> None:
    found = dates(text, lang)
    if not quote:
        # Han numerals of a year below a thousand are read in part only.
        assert [(d.month, d.day) for d in found] == [(6, 9)]
        return
    (date,) = found
    assert text[date.start : date.end] == quote
    assert {name: getattr(date, name) for name in fields} == fields


def test_time_of_the_readout_decides() -> None:
    (this,), (that,) = dates("this year", "en", TODAY), dates("in 2025", "en", TODAY)
    assert dates_clash(this, that) is False
    (this,) = dates("this year", "en", datetime.date(2024, 6, 9))
    assert dates_clash(this, that) is True
    (this,) = dates("this year", "en")
    assert dates_clash(this, that) is None


def test_summer_time() -> None:
    winter, summer = "on January 9, 2025", "on June 9, 2025"
    for day, hour in ((winter, 8), (summer, 9)):
        (east,) = dates(f"{hour} a.m. Eastern Time {day}", "en")
        (utc,) = dates(f"1 p.m. UTC {day}", "en")
        assert dates_clash(east, utc) is False


@settings(max_examples=300, deadline=None)
@given(text=texts, lang=langs, today=todays)
def test_any_text_has_its_dates_in_order(text: str, lang: str, today: datetime.date | None) -> None:
    found = dates(text, lang, today)
    assert found == dates(text, lang, today)
    for date in found:
        assert text[date.start : date.end].strip()
        assert date.month is None or 1 <= date.month <= 12
        assert date.hour is None or 0 <= date.hour < 24
        assert date.bound in ("", "by", "before", "since", "after")
        assert date.part == "" or date.part in PARTS
        assert not dates_clash(date, date)
    assert all(a.end <= b.start for a, b in pairwise(found))
    for a, b in pairwise(found):
        assert dates_clash(a, b) is dates_clash(b, a)


@settings(max_examples=500, deadline=None)
@given(a=st.one_of(some, relative), b=st.one_of(some, relative))
def test_clash_is_symmetric(a: Date, b: Date) -> None:
    assert dates_clash(a, b) is dates_clash(b, a)


@settings(max_examples=200, deadline=None)
@given(
    day=st.dates(datetime.date(1950, 1, 1), datetime.date(2090, 12, 31)),
    other=st.dates(datetime.date(1950, 1, 1), datetime.date(2090, 12, 31)),
)
def test_days_clash_where_they_differ(day: datetime.date, other: datetime.date) -> None:
    (korean,) = dates(f"{day.year}년 {day.month}월 {day.day}일", "ko")
    (chinese,) = dates(f"{other.year}年{other.month}月{other.day}日", "zh")
    assert dates_clash(korean, chinese) is (day != other)


@pytest.mark.parametrize("lang", ["en", "ko", "zh", "fr", "ar"])
@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "1,",
        "9.",
        "2025 ",
        "a",
        "June ",
        "一",
        "年",
        "月9",
        "9日",
        "「1",
        "(",
        "by ",
        "-",
        "\u0301",
        "т",
        "و",
        "in ",
        "in the ",
        "내년 ",
        "12:",
        "the end of ",
    ],
)
def test_long_texts_take_no_longer_than_they_must(unit: str, lang: str) -> None:
    # Code that takes time with the square of the length would not come back from this.
    text = unit * (20_000 // len(unit)) + " 2025"
    assert all(date.end <= len(text) for date in dates(text, lang))


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"colour": "red"}, "dates.colour"),
        ({"months": [["January"]]}, "dates.months"),
        ({"forms": ["{day} {mouth}"]}, "dates.forms"),
        ({"forms": ["("]}, "dates.forms"),
        ({"parts": {"third half": ["x"]}}, "dates.parts.third half"),
        ({"relative": {"year": ["x"]}}, "dates.relative.year"),
        ({"day_parts": {"noon": ["x"]}}, "dates.day_parts.noon"),
        ({"times": {"noon": ["x"]}}, "dates.times.noon"),
        ({"zones": {"KST": ["x"]}}, "dates.zones.KST"),
        ({"before": {"on": ["x"]}}, "dates.before.on"),
        ({"eras": {"令和": "2018"}}, "dates.eras.令和"),
        ({"home": "KST"}, "dates.home"),
    ],
)
def test_says_where_the_lexicon_is_wrong(
    data: dict[str, Any], key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "section", lambda lang, name: data)
    with pytest.raises(LexiconError, match=re.escape(f"lexicons/xx.toml: {key} ")):
        dates_module._words.__wrapped__("xx")
