"""Numbers, durations, money, percentages, ordinals and anniversaries of a text."""

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from readout_diff.conflicts.amounts import Quantity, clash, compounds, dimension, factor
from readout_diff.conflicts.dates import dates
from readout_diff.conflicts.numerals import KEYS, Numeral, numerals
from readout_diff.conflicts.plain import NO_BREAK, Plain, plain
from readout_diff.conflicts.table import Pattern, Table, read

__all__ = ["Quantity", "clash", "quantities"]

# Names, whatever the language: G7, F-35, COP28, 5G, 2+2, telephone numbers, № 3, web addresses.
_NAMES = re.compile(
    r"(?<![^\W\d_])(?!(?:USD|EUR|JPY|KRW|CNY|RMB|GBP|AUD|CAD|CHF|RUB|UAH|SAR|AED|INR|Rs)\d)[A-Z][A-Za-z]{0,11}-?\d{1,6}(?:[A-Z]\b)?(?![\d,.]*\d)"
    r"|(?<![\d.,])\d{1,3}[A-Z]{1,2}\b|(?<!\d)\d\+\d(?:\+\d)?(?!\d)"
    r"|(?<!\d)\d{2,4}-\d{3,4}-\d{4}(?!\d)|\+\d{1,3}[\d -]{6,14}\d|\(\d{2,4}\) ?\d{3,4}[- ]?\d{3,4}"
    r"|№ ?\d+|(?:https?://|www\.)\S+|#\d+"
)
_MODIFIERS = {
    "about": (True, ""),
    "more": (True, "at least"),
    "least": (False, "at least"),
    "nearly": (True, "at most"),
    "most": (False, "at most"),
}
_LOOK = 28
"""Characters before a number in which "about" and a currency are looked for."""
_BLANK = f"[ {NO_BREAK}]?"


@dataclass(frozen=True, slots=True)
class _Words:
    """How a language says what a number counts."""

    units: tuple[tuple[Pattern, str], ...]
    currencies_before: tuple[tuple[Pattern, str], ...]
    halves: Pattern | None
    before: tuple[tuple[Pattern, str], ...]
    after: tuple[tuple[Pattern, str], ...]
    ranges: Pattern | None
    between: tuple[Pattern, Pattern] | None
    """between, and: what stands before a range and in it."""
    compound_joins: Pattern | None
    ordinal_before: Pattern | None
    ordinal_after: Pattern | None
    anniversary_before: Pattern | None
    anniversary_after: Pattern | None
    fixed: tuple[tuple[Pattern, Fraction, str], ...]
    vague: tuple[tuple[Pattern, Fraction, Fraction], ...]
    fractions: Pattern | None
    not_numbers: Pattern | None
    gaps: Pattern | None


def _patterns(table: Table, key: str, before: str, after: str) -> tuple[tuple[Pattern, str], ...]:
    sub = table.table(key)
    return tuple(
        (pattern, name)
        for name in sub.data
        if (pattern := sub.any_of(name, before, after)) is not None
    )


def _fraction(table: Table, key: str, text: str) -> Fraction:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise table.wrong(key, "does not begin with a number") from error


def _between(table: Table, left: str) -> tuple[Pattern, Pattern] | None:
    words = table.texts("between")
    if len(words) not in (0, 2):
        raise table.wrong("between", "must be a list of two patterns")
    if not words:
        return None
    return (
        table.compiled("between", f"{left}(?:{words[0]}){_BLANK}$"),
        table.compiled("between", f"{_BLANK}(?:{words[1]}){_BLANK}"),
    )


@lru_cache(maxsize=64)
def _words(lang: str) -> _Words:
    table = read(lang, "quantities", KEYS)
    left = "" if table.text("edges", "both") == "none" else r"(?<!\w)"
    right = r"(?!\w)" if table.text("edges", "both") == "both" else ""
    fixed = [
        (pattern, _fraction(table, f"fixed.{name}", name.partition(" ")[0]), name.partition(" ")[2])
        for pattern, name in _patterns(table, "fixed", f"{left}(?:", f"){right}")
    ] + [
        (pattern, _fraction(table, f"frequencies.{name}", name), "a year")
        for pattern, name in _patterns(table, "frequencies", f"{left}(?:", f"){right}")
    ]
    vague = []
    for pattern, name in _patterns(table, "vague", f"{left}(?:", f"){right}"):
        low, _, high = name.partition("-")
        vague.append(
            (pattern, *(_fraction(table, f"vague.{name}", end) for end in (low, high or low)))
        )
    for key in ("before", "after"):
        table.table(key).check_keys(set(_MODIFIERS))
    return _Words(
        units=_patterns(table, "units", rf"[ {NO_BREAK}-]?(?:", f"){right}")
        + _patterns(table, "currencies", f"{_BLANK}(?:", ")(?![A-Za-z])"),
        currencies_before=_patterns(table, "currencies", "(?<![A-Za-z])(?:", f"){_BLANK}$"),
        halves=table.any_of("halves", _BLANK),
        before=_patterns(table, "before", f"{left}(?:", f"){_BLANK}$"),
        after=_patterns(table, "after", f"{_BLANK}(?:", f"){right}"),
        ranges=table.any_of("ranges"),
        between=_between(table, left),
        compound_joins=table.any_of("compound_joins"),
        ordinal_before=table.any_of("ordinal_before", f"{left}(?:", f"){_BLANK}$"),
        ordinal_after=table.any_of("ordinal_after", "(?:", f"){right}"),
        anniversary_before=table.any_of("anniversary_before", f"{left}(?:", f"){_BLANK}$"),
        anniversary_after=table.any_of("anniversary_after"),
        fixed=tuple(fixed),
        vague=tuple(vague),
        fractions=table.any_of("fractions"),
        not_numbers=table.any_of("not_numbers", left),
        gaps=table.any_of("gaps"),
    )


def _longest(
    patterns: tuple[tuple[Pattern, str], ...], text: str, position: int
) -> tuple[int, str]:
    """Where the longest of some patterns ends that match here, and its name; -1 for none."""
    found = [(m.end(), name) for p, name in patterns if (m := p.match(text, position))]
    return max(found, default=(-1, ""))


def _before(
    patterns: tuple[tuple[Pattern, str], ...], text: str, floor: int, end: int
) -> tuple[int, str]:
    """The same for what stands before a place: where it starts."""
    left = text[max(floor, end - _LOOK) : end]
    found = [(-m.start(), name) for p, name in patterns if (m := p.search(left))]
    start, name = max(found, default=(1, ""))
    return (end - len(left) - start, name) if start <= 0 else (-1, "")


@dataclass(frozen=True, slots=True)
class _Number:
    """A numeral or a vague number, before it is known what it counts."""

    start: int
    end: int
    value: Fraction
    high: Fraction | None
    ordinal: bool
    needs_unit: bool
    step: Fraction
    looks_like_a_year: bool
    modifier: str = ""
    """about, more …, where the number itself says so: 上千."""


def _step(value: Fraction, decimals: int, written: str) -> Fraction:
    """To what a number seems to be rounded."""
    if value.denominator != 1:
        return Fraction(1, 10 ** max(decimals, 1))
    if decimals and written == "digits":
        # 1.5 million is given to a hundred thousand.
        return max(Fraction(1, 10**decimals), _zeros(value))
    return _zeros(value)


def _zeros(value: Fraction) -> Fraction:
    step = 1
    while value and value % (step * 10) == 0 and step < 10**24:
        step *= 10
    return Fraction(step)


def _number(numeral: Numeral) -> _Number:
    plain_digits = numeral.written == "digits" and numeral.decimals == 0
    return _Number(
        numeral.start,
        numeral.end,
        numeral.value,
        None,
        numeral.ordinal,
        numeral.needs_unit,
        _step(numeral.value, numeral.decimals, numeral.written),
        plain_digits and numeral.end - numeral.start == 4 and 1900 <= numeral.value < 2100,
    )


class _Reader:
    """Reads the quantities of one text; offsets are those of the plain text."""

    def __init__(self, source: Plain, lang: str, taken: bytearray) -> None:
        self.text = source.text
        self.lang = lang
        self.words = _words(lang)
        self.taken = taken
        """Characters that are part of a date, a name or a quantity."""
        self.numbered = bytearray(len(taken))
        """Characters that are part of a quantity."""

    def take(self, start: int, end: int) -> bool:
        """Claim a span; false where some of it is taken."""
        if any(self.taken[start:end]):
            return False
        self.taken[start:end] = self.numbered[start:end] = b"\x01" * (end - start)
        return True

    def fixed(self) -> list[Quantity]:
        """Quantities that are said as a whole: half an hour, twice a year, two thirds."""
        found = []
        matches = [
            (match, value, unit)
            for pattern, value, unit in self.words.fixed
            for match in pattern.finditer(self.text)
        ]
        for match, value, unit in sorted(matches, key=lambda m: (m[0].start() - m[0].end())):
            if match[0] and self.take(*match.span()):
                found.append(self.quantity(*match.span(), value, unit))
        for match in self.words.fractions.finditer(self.text) if self.words.fractions else ():
            top, bottom = (numerals(match[name], self.lang) for name in ("top", "bottom"))
            if not top or not bottom or not bottom[0].value:
                continue
            if self.take(*match.span()):
                value = top[0].value * 100 / bottom[0].value
                found.append(self.quantity(*match.span(), value, "percent"))
        return [self.modified(q, 0) for q in found]

    def quantity(self, start: int, end: int, value: Fraction, unit: str) -> Quantity:
        step = Fraction(1) if value.denominator == 1 else Fraction(1, 10)
        times = factor(unit)
        return Quantity(
            start, end, value * times, None, unit, dimension(unit), False, "", step * times
        )

    def numbers(self) -> list[_Number]:
        found = [
            _Number(
                *match.span(),
                value=low,
                high=None if low == high else high,
                ordinal=False,
                needs_unit=False,
                step=low,
                looks_like_a_year=False,
                modifier="more" if low == high else "",
            )
            for pattern, low, high in self.words.vague
            for match in pattern.finditer(self.text)
            if match[0] and self.take(*match.span())
        ]
        for numeral in numerals(self.text, self.lang):
            if self.take(numeral.start, numeral.end):
                found.append(_number(numeral))
        return sorted(found, key=lambda number: number.start)

    def modified(self, quantity: Quantity, floor: int) -> Quantity:
        """With "about" or "more than" on either side."""
        start, name = _before(self.words.before, self.text, floor, quantity.start)
        if start >= 0 and not any(self.numbered[start : quantity.start]):
            quantity = replace(quantity, start=start)
        else:
            end, name = _longest(self.words.after, self.text, quantity.end)
            if end < 0 or any(self.numbered[quantity.end : end]):
                return quantity
            quantity = replace(quantity, end=end)
        return self.with_modifier(quantity, name)

    def with_modifier(self, quantity: Quantity, name: str) -> Quantity:
        approximate, bound = _MODIFIERS[name]
        return replace(quantity, approximate=approximate, bound=bound)

    def counted(self, number: _Number, floor: int) -> Quantity | None:
        """A number with its unit; none where it counts nothing."""
        words, text = self.words, self.text
        ordinal = self.ordinal(number, floor)
        if ordinal is not None or number.ordinal:
            return ordinal
        start, end, value, step = number.start, number.end, number.value, number.step
        modifier = number.modifier
        after, name = _longest(words.after, text, end)
        if after > end and not any(self.numbered[end:after]):
            unit_end, _ = _longest(words.units, text, after)
            if unit_end > 0:
                end, modifier = after, name
        half = words.halves.match(text, end) if words.halves else None
        place = half.end() if half else end
        unit_end, unit = _longest(words.units, text, place)
        if unit_end < 0 and half:
            half, place = None, end
            unit_end, unit = _longest(words.units, text, place)
        if unit_end < 0 and words.gaps and (gap := words.gaps.match(text, place)):
            unit_end, unit = _longest(words.units, text, gap.end())
            if dimension(unit) != "count":
                unit_end, unit = -1, ""
        currency_start, currency = _before(words.currencies_before, text, floor, start)
        if currency_start >= 0 and (unit_end < 0 or dimension(unit) == "count"):
            start, unit = currency_start, currency
        elif unit_end >= 0:
            end = unit_end
            if not half and words.halves and dimension(unit) == "duration":
                half = words.halves.match(text, end)
                end = half.end() if half else end
        else:
            half = None
        times = Fraction(1)
        if unit[:1].isdigit():
            # 割 is "10 percent".
            factor_text, _, unit = unit.partition(" ")
            times = _fraction(read(self.lang, "quantities", KEYS), "units", factor_text)
        if half:
            value, step = value + Fraction(1, 2), Fraction(1, 2)
        if not unit and (number.needs_unit or number.looks_like_a_year):
            return None
        unit = "" if unit == "any" else unit
        kind = dimension(unit)
        if value == 1 and kind == "count":
            # "One" is mostly no number: one of the issues, 한 나라.
            return None
        times *= factor(unit)
        quantity = Quantity(
            start,
            end,
            value * times,
            None if number.high is None else number.high * times,
            unit,
            kind,
            False,
            "",
            step * times,
        )
        if modifier:
            return self.with_modifier(quantity, modifier)
        return self.modified(quantity, floor)

    def ordinal(self, number: _Number, floor: int) -> Quantity | None:
        words, text = self.words, self.text
        start, end = number.start, number.end
        is_ordinal, unit = number.ordinal, "ordinal"
        if words.ordinal_before:
            place, _ = _before(((words.ordinal_before, ""),), text, floor, start)
            if place >= 0:
                start, is_ordinal = place, True
        if words.ordinal_after and (match := words.ordinal_after.match(text, end)):
            end, is_ordinal = match.end(), True
        if words.anniversary_after and (match := words.anniversary_after.match(text, end)):
            end, is_ordinal, unit = match.end(), True, "anniversary"
        elif words.anniversary_before:
            place, _ = _before(((words.anniversary_before, ""),), text, floor, start)
            if place >= 0:
                start, is_ordinal, unit = place, True, "anniversary"
        if not is_ordinal or number.value.denominator != 1:
            return None
        one = Fraction(1)
        return Quantity(start, end, number.value, None, unit, "ordinal", False, "", one)

    def joined(self, found: list[Quantity]) -> list[Quantity]:
        """Ranges and "1 hour 30 minutes" as one."""
        joined: list[Quantity] = []
        for quantity in found:
            merged = self.merged(joined[-1], quantity) if joined else None
            if merged is not None:
                joined[-1] = merged
            else:
                joined.append(quantity)
        return joined

    def merged(self, a: Quantity, b: Quantity) -> Quantity | None:
        words = self.words
        gap_ok = b.start - a.end <= _LOOK
        if not gap_ok or a.high is not None or a.bound or b.bound:
            return None
        if words.compound_joins and compounds(a.unit, b.unit):
            if not words.compound_joins.fullmatch(self.text, a.end, b.start):
                return None
            about = a.approximate or b.approximate
            return replace(b, start=a.start, value=a.value + b.value, approximate=about)
        if b.high is not None or not self.ranged(a, b):
            return None
        if b.unit == "" and a.dimension == "money":
            b = replace(b, unit=a.unit, dimension=a.dimension)
        if a.unit not in ("", b.unit):
            return None
        low = a.value if a.unit == b.unit else a.value * factor(b.unit)
        # "1 to 3 million": the scale is of both.
        scale = next((s for s in (10**9, 10**6, 1000) if b.value % s == 0), 1)
        if a.unit in ("", "dollar", b.unit) and low < 1000 <= b.value and low * scale < b.value:
            low *= scale
        if low >= b.value or b.dimension == "ordinal":
            return None
        about = a.approximate or b.approximate
        return replace(b, start=a.start, value=low, high=b.value, approximate=about)


    def ranged(self, a: Quantity, b: Quantity) -> bool:
        """Whether what stands between two quantities, or around them, makes a range of them."""
        words = self.words
        if words.ranges and words.ranges.fullmatch(self.text, a.end, b.start):
            return True
        if not words.between or not words.between[1].fullmatch(self.text, a.end, b.start):
            return False
        return words.between[0].search(self.text[max(0, a.start - _LOOK) : a.start]) is not None


def quantities(text: str, lang: str) -> tuple[Quantity, ...]:
    """The quantities of a text in a language of the lexicons, in its order; they don't overlap.

    What is part of a date or of a name ("G7", "Resolution 2397") is none, nor is "both" or "one".
    A language without a section [quantities] has none.
    """
    source = plain(text)
    taken = bytearray(len(source.text))
    reader = _Reader(source, lang, taken)
    masks = [match.span() for match in _NAMES.finditer(source.text)]
    if reader.words.not_numbers:
        masks += [match.span() for match in reader.words.not_numbers.finditer(source.text)]
    for start, end in masks:
        taken[start:end] = b"\x01" * (end - start)
    for date in dates(source.text, lang):
        taken[date.start : date.end] = b"\x01" * (date.end - date.start)
    found = reader.fixed()
    floor = 0
    for number in reader.numbers():
        quantity = reader.counted(number, floor)
        if quantity is not None:
            found.append(quantity)
            floor = quantity.end
    found.sort(key=lambda quantity: (quantity.start, quantity.end))
    apart: list[Quantity] = []
    for quantity in reader.joined(found):
        # What stands between two quantities belongs to the first.
        start = max(quantity.start, apart[-1].end) if apart else quantity.start
        if start < quantity.end:
            apart.append(replace(quantity, start=start))
    spans = (source.span(quantity.start, quantity.end) for quantity in apart)
    return tuple(
        replace(quantity, start=start, end=end)
        for quantity, (start, end) in zip(apart, spans, strict=True)
    )
