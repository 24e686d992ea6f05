"""Numbers, durations and money over ten languages: cases in our own words, and what must hold."""

import json
import re
import unicodedata
from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readout_diff.conflicts import numerals as numerals_module
from readout_diff.conflicts import quantity_words, table
from readout_diff.conflicts.amounts import dimension
from readout_diff.conflicts.numerals import numerals
from readout_diff.conflicts.quantities import Quantity, clash, quantities
from readout_diff.lexicon import LexiconError, languages, section
from readout_diff.plain import plain

CASES = json.loads((Path(__file__).parent / "cases" / "quantities.json").read_text("utf-8"))
EXPECTED = {"clash": True, "same": False, "none": None}

PIECES = [
    "25", "1,234", "1.234,5", "２５", "٢٥", "3억", "2만 5천", "二十五", "3億5000万",
    "twenty-five", "fünfundzwanzig", "двадцать пять", "quatre-vingt-dix", "خمس وعشرون", "一",
    "百分之", "half an ", " minutes", "분간", "分", " часа", " and a half", "半", "約",
    "more than ", "以上", "여 명", "%", "$", " million", "周年", "第", "th", " to ", "~", "-",
    " ", "\u202f", "\u00a0", "\n", "\u200b", "\ud800", "\u1112\u1161\u11ab", "e\u0301", "\u064b",
    "G7", "2025", "9999999999999999999999999", "½", "①", "\x00", "/0", "10 percent", "3分の0",
    "hundred", "mil", "十", "万", "兆", "und",
]  # fmt: skip
texts = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
langs = st.sampled_from([*languages(), "und", "../../etc/passwd"])


def name_of(case: Mapping[str, Any]) -> str:
    return " ".join((case["why"], case["expect"], *case["a"], *case["b"]))


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case,
            id=name_of(case),
            marks=[pytest.mark.xfail(strict=True)] if case.get("fails") else [],
        )
        for case in CASES["pairs"]
    ],
)
def test_pair(case: dict[str, Any], form: Any) -> None:
    found = [
        quantities(unicodedata.normalize(form, text), lang) for lang, text in (case["a"], case["b"])
    ]
    (a,), (b,) = found
    assert clash(a, b) is EXPECTED[case["expect"]]


@pytest.mark.parametrize("case", CASES["none"], ids=lambda case: f"{case['lang']} {case['text']}")
def test_no_quantity(case: dict[str, str]) -> None:
    found = quantities(case["text"], case["lang"])
    assert [case["text"][q.start : q.end] for q in found] == []


def test_there_are_enough_cases_in_every_language_and_few_that_fail() -> None:
    pairs = CASES["pairs"]
    assert len(pairs) >= 150
    assert sum(case.get("fails", False) for case in pairs) <= 0.03 * len(pairs)
    seen = {lang for case in pairs for lang, _ in (case["a"], case["b"])}
    assert seen == set(languages()) == {case["lang"] for case in CASES["none"]}


@pytest.mark.parametrize(
    ("lang", "text", "quote", "value", "unit"),
    [
        ("en", "a call of some 25 minutes,", "some 25 minutes", 25, "minute"),
        ("ja", "電話会談は約２５分間行われた", "約２５分間", 25, "minute"),
        ("ko", "참석자는 50여 명이었다", "50여 명", 50, "person"),
        ("zh", "会谈历时近四个小时。", "近四个小时", 240, "hour"),
        ("ru", "на 1,5 млрд долларов США", "1,5 млрд долларов США", 1_500_000_000, "USD"),
        ("fr", "jusqu'à 31\u202f000 personnes", "jusqu'à 31\u202f000 personnes", 31_000, "person"),
        ("de", "über zweieinhalb Jahre", "über zweieinhalb Jahre", 30, "year"),
        ("es", "al menos 1.234.567 euros", "al menos 1.234.567 euros", 1_234_567, "EUR"),
        ("uk", "понад п’ять тисяч осіб", "понад п’ять тисяч осіб", 5000, "person"),
        ("ar", "نحو ثلاثٍ وعشرين سفينة", "نحو ثلاثٍ وعشرين سفينة", 23, "ship"),
    ],
)
def test_span_value_and_unit(lang: str, text: str, quote: str, value: int, unit: str) -> None:
    (found,) = quantities(text, lang)
    assert (text[found.start : found.end], found.unit) == (quote, unit)
    assert found.value == Fraction(value)


@pytest.mark.parametrize(
    ("lang", "text", "value"),
    [
        ("en", "two hundred and five", 205),
        ("en", "twelve thousand three hundred", 12_300),
        ("fr", "quatre-vingt-dix-sept", 97),
        ("fr", "deux mille cinq cents", 2500),
        ("de", "dreihundertfünfundzwanzigtausend", 325_000),
        ("es", "treinta y dos mil", 32_000),
        ("es", "dos mil millones", 2_000_000_000),
        ("ru", "сто двадцать пять", 125),
        ("uk", "дев’яносто дев’ять", 99),
        ("ar", "ألف ومئتين وخمسين", 1250),
        ("ja", "二千三百億", 230_000_000_000),
        ("zh", "一百零五", 105),
        ("zh", "两千三百", 2300),
        ("ko", "이천삼백만", 23_000_000),
        ("ko", "서른아홉", 39),
    ],
)
def test_numeral(lang: str, text: str, value: int) -> None:
    (found,) = numerals(plain(text).text, lang)
    assert (found.start, found.end) == (0, len(text))
    assert found.value == Fraction(value)


def test_numbers_side_by_side_are_two() -> None:
    assert [n.value for n in numerals("two three", "en")] == [2, 3]
    assert [n.value for n in numerals("ten five-year plans", "en")] == [10, 5]


def test_a_range_a_bound_and_an_approximation() -> None:
    (ranged,) = quantities("10 to 12 ships", "en")
    assert (ranged.value, ranged.high) == (Fraction(10), Fraction(12))
    (more,) = quantities("more than three hours", "en")
    assert (more.approximate, more.bound) == (True, "at least")
    (most,) = quantities("no more than 20 ships", "en")
    assert (most.approximate, most.bound) == (False, "at most")


@settings(max_examples=300, deadline=None)
@given(text=texts, lang=langs)
def test_any_text_has_its_quantities_in_order(text: str, lang: str) -> None:
    found = quantities(text, lang)
    assert found == quantities(text, lang)
    for quantity in found:
        quote = text[quantity.start : quantity.end]
        assert quote.strip()
        assert quantity.value >= 0
        assert quantity.high is None or quantity.high > quantity.value
        assert quantity.dimension == dimension(quantity.unit)
        assert quantity.bound in ("", "at least", "at most")
    assert all(a.end <= b.start for a, b in pairwise(found))


some = st.builds(
    Quantity,
    start=st.just(0),
    end=st.just(1),
    value=st.integers(1, 400).map(Fraction),
    high=st.none(),
    unit=st.sampled_from(["", "person", "minute", "hour", "month", "USD", "dollar", "anniversary"]),
    dimension=st.just(""),
    approximate=st.booleans(),
    bound=st.sampled_from(["", "at least", "at most"]),
    step=st.sampled_from([Fraction(1), Fraction(10)]),
).map(
    lambda q: Quantity(
        q.start, q.end, q.value, q.high, q.unit, dimension(q.unit), q.approximate, q.bound, q.step
    )
)


@settings(max_examples=500, deadline=None)
@given(a=some, b=some)
def test_clash_is_symmetric_and_nothing_clashes_with_itself(a: Quantity, b: Quantity) -> None:
    assert clash(a, b) is clash(b, a)
    assert not clash(a, a)


@settings(max_examples=200, deadline=None)
@given(number=st.integers(2, 10**9), lang=st.sampled_from(languages()))
def test_digits_mean_one_thing_in_all_digits(number: int, lang: str) -> None:
    # Below 1900 and above 2100, so that no number is a year.
    number += 2100 if 1900 <= number < 2100 else 0
    digits = str(number)
    wide = digits.translate({48 + i: 0xFF10 + i for i in range(10)})
    arabic = digits.translate({48 + i: 0x660 + i for i in range(10)})
    values = [[q.value for q in quantities(f"({text}%)", lang)] for text in (digits, wide, arabic)]
    assert values == [[number]] * 3


@pytest.mark.parametrize("lang", ["en", "ko", "zh", "fr", "ar"])
@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "1,",
        "1.",
        "1 ",
        "a",
        "one ",
        "一",
        "十",
        "万",
        "「1",
        "$",
        "第",
        "1-",
        "\u0301",
        "G",
        "G7",
        "две ",
        "fünf",
        "quatre-vingt-",
        "و",
        "(1",
        "half ",
        "mil ",
        "https://",
        "약",
    ],
)
def test_long_texts_take_no_longer_than_they_must(unit: str, lang: str) -> None:
    # Code that takes time with the square of the length would not come back from this.
    text = unit * (20_000 // len(unit)) + " 25 %"
    assert all(q.end <= len(text) for q in quantities(text, lang))


def test_every_language_reads_its_units() -> None:
    for lang in languages():
        units = section(lang, "quantities")["units"]
        assert {"minute", "hour", "day", "year", "percent", "person", "ship"} <= set(units), lang
        assert {"USD", "EUR", "JPY", "CNY", "KRW"} <= set(section(lang, "quantities")["currencies"])


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"colour": "red"}, "quantities.colour"),
        ({"edges": "right"}, "quantities.edges"),
        ({"han": "yes"}, "quantities.han"),
        ({"joins": 1}, "quantities.joins"),
        ({"groups": ","}, "quantities.groups"),
        ({"numerals": ["one"]}, "quantities.numerals"),
        ({"numerals": {"one": "1"}}, "quantities.numerals.one"),
        ({"units": {"minute": ["("]}}, "quantities.units.minute"),
        ({"before": {"roughly": ["about"]}}, "quantities.before.roughly"),
        ({"fixed": {"half hour": ["half"]}}, "quantities.fixed.half hour"),
        ({"vague": {"some-more": ["some"]}}, "quantities.vague.some-more"),
        ({"frequencies": {"1/0": ["never"]}}, "quantities.frequencies.1/0"),
        ({"between": ["from"]}, "quantities.between"),
    ],
)
def test_says_where_the_lexicon_is_wrong(
    data: dict[str, Any], key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_words() -> None:
        numerals_module._words.__wrapped__("xx")
        quantity_words.words_of.__wrapped__("xx")

    monkeypatch.setattr(table, "section", lambda lang, name: data)
    with pytest.raises(LexiconError, match=re.escape(f"lexicons/xx.toml: {key} ")):
        read_words()


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_plain_text_knows_where_it_came_from(form: Any) -> None:
    text = unicodedata.normalize(form, "약 ２５분간\u200b – ١٢ ساعةً")
    source = plain(text)
    assert source.text == "약 25분간 - 12 ساعة"
    spans = [source.span(i, i + 1) for i in range(len(source.text))]
    assert all(a[1] <= b[0] for a, b in combinations(spans, 2))
    for i, (start, end) in enumerate(spans):
        assert plain(text[start:end]).text == source.text[i]
