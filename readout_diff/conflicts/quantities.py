"""Numbers, durations, money, percentages, ordinals and anniversaries of a text."""

import re
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from readout_diff.conflicts.amounts import Quantity, clash, compounds, dimension, factor
from readout_diff.conflicts.dates import dates
from readout_diff.conflicts.numerals import Numeral, numerals
from readout_diff.conflicts.quantity_words import (
    LOOK,
    MODIFIERS,
    words_of,
)
from readout_diff.conflicts.table import Pattern
from readout_diff.plain import Plain, plain

__all__ = ["Quantity", "clash", "quantities"]

# Names, whatever the language: G7, F-35, COP28, 5G, 2+2, telephone numbers, № 3, web addresses;
# and the numbers of paragraphs.
_CODES = "USD|EUR|JPY|KRW|CNY|RMB|GBP|AUD|CAD|CHF|RUB|UAH|SAR|AED|INR|Rs"
_NAMES = re.compile(
    r"(?m:^)\s{0,4}\(?\d{1,2}(?:[.)](?=\s)|\u3000)"
    rf"|(?<![A-Za-z])(?!(?:{_CODES})\d)[A-Z][A-Za-z]{{0,11}}-?\d{{1,6}}(?:[A-Z]\b)?(?![\d,.]{{0,9}}\d)"
    r"|(?<![\d.,])\d{1,3}[A-Z]{1,2}\b|(?<!\d)\d\+\d(?:\+\d)?(?!\d)"
    r"|(?<!\d)\d{2,4}-\d{3,4}-\d{4}(?!\d)|\+\d{1,3}[\d -]{6,14}\d|\(\d{2,4}\) ?\d{3,4}[- ]?\d{3,4}"
    r"|№ ?\d{1,9}|(?:https?://|www\.)\S{1,400}|#\d{1,9}"
)


class _Number(Struct, frozen=True):
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


def _begins(pattern: Pattern | None, text: str, floor: int, end: int) -> int | None:
    """Where a pattern that ends at `end` begins."""
    first = max(floor, end - LOOK)
    match = pattern.search(text[first:end]) if pattern else None
    return first + match.start() if match else None


class _Reader:
    """Reads the quantities of one text; offsets are those of the plain text."""

    def __init__(self, source: Plain, lang: str, taken: bytearray) -> None:
        self.text = source.text
        self.lang = lang
        self.words = words_of(lang)
        self.taken = taken
        """Characters that are part of a date, a name or a quantity."""
        self.numbered = bytearray(len(taken))
        """Characters that are part of a quantity."""
        self.loose: set[int] = set()
        """Where numbers begin that count only as the lower end of a range: 三至五年."""

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
        for match, value, unit in sorted(matches, key=lambda m: m[0].start() - m[0].end()):
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
        start, name = self.words.before.longest_before(self.text, floor, quantity.start)
        if start >= 0 and not any(self.numbered[start : quantity.start]):
            quantity = replace(quantity, start=start)
        else:
            end, name = self.words.after.longest_at(self.text, quantity.end)
            if end < 0 or any(self.numbered[quantity.end : end]):
                return quantity
            quantity = replace(quantity, end=end)
        return self.with_modifier(quantity, name)

    def with_modifier(self, quantity: Quantity, name: str) -> Quantity:
        approximate, bound = MODIFIERS[name]
        return replace(quantity, approximate=approximate, bound=bound)

    def counted(self, number: _Number, floor: int) -> Quantity | None:
        """A number with its unit; none where it counts nothing."""
        words, text = self.words, self.text
        ordinal = self.ordinal(number, floor)
        if ordinal is not None or number.ordinal:
            return ordinal
        start, end, value, step = number.start, number.end, number.value, number.step
        modifier = number.modifier
        after, name = words.after.longest_at(text, end)
        if after > end and not any(self.numbered[end:after]):
            unit_end, _ = words.units.longest_at(text, after)
            if unit_end > 0:
                end, modifier = after, name
        half = words.halves.match(text, end) if words.halves else None
        place = half.end() if half else end
        unit_end, unit = words.units.longest_at(text, place)
        if unit_end < 0 and half:
            half, place = None, end
            unit_end, unit = words.units.longest_at(text, place)
        if unit_end < 0 and words.gaps and (gap := words.gaps.match(text, place)):
            unit_end, unit = words.units.longest_at(text, gap.end())
            if dimension(unit) != "count":
                unit_end, unit = -1, ""
        currency_start, currency = words.currencies_before.longest_before(text, floor, start)
        if currency_start >= 0 and (unit_end < 0 or dimension(unit) == "count"):
            start, unit = currency_start, currency
        elif unit_end >= 0:
            end = unit_end
            if not half and words.halves and dimension(unit) == "duration":
                half = words.halves.match(text, end)
                end = half.end() if half else end
        else:
            half = None
        named = unit
        times, unit = words.counts.get(unit, (Fraction(1), unit))
        if half:
            value, step = value + Fraction(1, 2), Fraction(1, 2)
        kind = dimension(unit)
        bare = not named and (number.needs_unit or number.looks_like_a_year)
        # "One" is mostly no number: one of the issues, 한 나라.
        loose = bare or (value == 1 and kind == "count")
        if loose and (named or not words.ranges or not words.ranges.match(text, end)):
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
            quantity = self.with_modifier(quantity, modifier)
        else:
            quantity = self.modified(quantity, floor)
        if loose:
            self.loose.add(quantity.start)
        return quantity

    def ordinal(self, number: _Number, floor: int) -> Quantity | None:
        words, text = self.words, self.text
        start, end = number.start, number.end
        is_ordinal, unit = number.ordinal, "ordinal"
        if (place := _begins(words.ordinal_before, text, floor, start)) is not None:
            start, is_ordinal = place, True
        if words.ordinal_after and (match := words.ordinal_after.match(text, end)):
            end, is_ordinal = match.end(), True
        if words.anniversary_after and (match := words.anniversary_after.match(text, end)):
            end, is_ordinal, unit = match.end(), True, "anniversary"
        elif (place := _begins(words.anniversary_before, text, floor, start)) is not None:
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
        return [q for q in joined if q.high is not None or q.start not in self.loose]

    def merged(self, a: Quantity, b: Quantity) -> Quantity | None:
        words = self.words
        gap_ok = b.start - a.end <= LOOK
        if not gap_ok or a.high is not None or a.bound:
            return None
        if words.compound_joins and compounds(a.unit, b.unit) and not b.bound:
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
        return replace(b, start=a.start, value=low, high=b.value, approximate=about, bound="")

    def ranged(self, a: Quantity, b: Quantity) -> bool:
        """Whether what stands between two quantities, or around them, makes a range of them."""
        words = self.words
        if words.ranges and not b.bound and words.ranges.fullmatch(self.text, a.end, b.start):
            return True
        # The word in a range may be "up to" elsewhere: от 3 до 5.
        inner = words.between[1].match(self.text, a.end) if words.between else None
        if not inner or inner.end() < b.start or (b.bound and inner.end() == b.start):
            return False
        left = self.text[max(0, a.start - LOOK) : a.start]
        return words.between is not None and words.between[0].search(left) is not None


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
