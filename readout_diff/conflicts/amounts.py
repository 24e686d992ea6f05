"""What a number amounts to, and whether two amounts of one thing can both be right."""

import math
from fractions import Fraction

from msgspec import Struct

_MINUTES: dict[str, Fraction | int] = {
    "second": Fraction(1, 60),
    "minute": 1,
    "hour": 60,
    "day": 1440,
    "week": 10_080,
}
_MONTHS: dict[str, Fraction | int] = {
    "month": 1,
    "quarter": 3,
    "half-year": 6,
    "year": 12,
    "decade": 120,
    "century": 1200,
}
_MINUTES_OF_A_MONTH = Fraction(1440 * 487, 16)
DOLLARS = frozenset({"dollar", "USD", "AUD", "CAD", "NZD", "SGD", "HKD", "TWD"})
_KINDS = {
    "percent": "percent",
    "percentage point": "percentage point",
    "ordinal": "ordinal",
    "anniversary": "ordinal",
    "a year": "frequency",
}


class Quantity(Struct, frozen=True):
    """A number and what it counts."""

    start: int
    end: int
    """The span in the given text, with the unit and with "about" or "more than"."""
    value: Fraction
    """In base units: money in units of its currency, durations of up to weeks in minutes and of
    months and more in months, a percentage as its number, a frequency in times a year."""
    high: Fraction | None
    """The upper end of a range."""
    unit: str
    """minute, year, percent, USD, person, ship, ordinal, anniversary …; empty for a bare number.
    "dollar" is a dollar of a country that isn't named."""
    dimension: str
    """duration, money, percent, ordinal, frequency or count."""
    approximate: bool
    bound: str
    """Empty, "at least" or "at most"; "more than" and "nearly" are approximate bounds."""
    step: Fraction
    """To what the number seems to be rounded, in base units: 10 for 40, a tenth for 2.5."""


def dimension(unit: str) -> str:
    if unit in _MINUTES or unit in _MONTHS:
        return "duration"
    if unit in DOLLARS or (len(unit) == 3 and unit.isupper()):
        return "money"
    return _KINDS.get(unit, "count")


def factor(unit: str) -> Fraction:
    """How many base units one of these is."""
    return Fraction(_MINUTES.get(unit, _MONTHS.get(unit, 1)))


def compounds(large: str, small: str) -> bool:
    """Whether "2 hours 30 minutes" is one duration: units of one base, the larger one first."""
    return any(
        large in base and small in base and base[large] > base[small]
        for base in (_MINUTES, _MONTHS)
    )


Interval = tuple[Fraction, Fraction]
_ENDLESS = Fraction(10**40)


def _tolerance(a: Quantity) -> Fraction:
    """How far "about" reaches."""
    tolerance = max(a.value * 3 / 100, a.step / 10)
    if a.unit == "hour":
        return min(max(tolerance, Fraction(15, 2)), a.step * 3 / 20)
    fives = a.unit == "minute" or a.dimension == "count"
    if fives and a.value >= 10 and a.value % 5 == 0:
        return max(tolerance, Fraction(5, 2))
    return tolerance


def _reach(a: Quantity, tolerance: Fraction) -> tuple[Interval, Interval]:
    """The values that agree with a quantity, and those outside which values clash with it.

    "More than three hours" agrees with up to four, and four and a half is no longer that: a reader
    who is told the one would not expect the other.
    """
    low, high = a.value, a.high if a.high is not None else a.value
    if a.bound == "at least":
        if a.approximate:
            next_step = low + a.step * 9 / 10
            return (low, next_step), (low, max(low * 7 / 5, next_step))
        return (low, _ENDLESS), (low, _ENDLESS)
    if a.bound == "at most":
        if a.approximate:
            near, far = min(a.step / 2, low / 10), min(a.step * 3 / 4, low / 8)
            return (low - near, high), (low - far, high)
        return (high, high), (Fraction(0), high)
    if a.approximate:
        far = tolerance * 3 / 2
        return (low - tolerance, high + tolerance), (low - far, high + far)
    return (low, high), (low, high)


def _meet(a: Interval, b: Interval) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]


def _of_one_kind(a: Quantity, b: Quantity) -> bool:
    if a.dimension != b.dimension or a.dimension == "duration":
        return a.dimension == b.dimension
    if a.unit == b.unit:
        return True
    if a.dimension == "money":
        return "dollar" in (a.unit, b.unit) and {a.unit, b.unit} <= DOLLARS
    return a.dimension == "count" and "" in (a.unit, b.unit)


def _rounded(a: Quantity, b: Quantity) -> bool | None:
    """False where one exact number is the other one rounded, None where it may be, else True."""
    coarse, fine = sorted((a, b), key=lambda q: -q.step)
    if coarse.step == fine.step or coarse.high is not None or fine.high is not None:
        return True
    apart = abs(coarse.value - fine.value)
    whole = coarse.value / coarse.step
    if apart * 2 >= coarse.step or apart > coarse.value / 20:
        return True
    # 1.2 billion is 1,234 million; whether 45 million is 45.3 million can't be told.
    if whole >= 10:
        return False if coarse.step >= 1000 and whole % 10 else None if coarse.step > 1 else True
    return None if coarse.step >= 1000 and apart <= coarse.value / 50 else True


def reach(a: Quantity) -> tuple[float, float]:
    """Values outside of which no quantity agrees with this one; wider than what `clash` allows."""
    if a.dimension == "duration" or a.unit == "anniversary":
        return -math.inf, math.inf  # months compare with minutes, the 60th with 60 years
    high = a.value if a.high is None else a.high
    far = high / 10 + a.step + 3
    low = 0 if a.bound == "at most" else a.value
    return float(low - far), math.inf if a.bound == "at least" else float(high + far)


def clash(a: Quantity, b: Quantity) -> bool | None:
    """Whether two quantities of one thing can't both be right.

    False: they agree. None: they don't compare (two currencies, days against people) or are too
    near each other to say. A bare number compares with a count of anything. Symmetric.
    """
    if not _of_one_kind(a, b):
        years, anniversary = sorted((a, b), key=lambda q: q.unit == "anniversary")
        if anniversary.unit == "anniversary" and years.unit == "year":
            # 60 years of ties are their 60th anniversary; 60 years and the 50th may be two things.
            return False if years.value == 12 * anniversary.value else None
        return None
    if a.dimension == "duration" and (a.unit in _MONTHS) != (b.unit in _MONTHS):
        return _across(a, b) if a.unit in _MONTHS else _across(b, a)
    if a.bound and a.bound == b.bound:
        # Two limits are one limit or two.
        return abs(a.value - b.value) * 100 > 3 * max(a.value, b.value)
    tolerance_a, tolerance_b = (
        _tolerance(q) if q.approximate and not q.bound else Fraction(0) for q in (a, b)
    )
    if tolerance_a and tolerance_b:
        # "About 50" and "about 45" are not allowed to meet halfway.
        tolerance_a, tolerance_b = max(tolerance_a, tolerance_b), Fraction(0)
    inner_a, outer_a = _reach(a, tolerance_a)
    inner_b, outer_b = _reach(b, tolerance_b)
    if _meet(inner_a, inner_b):
        return False
    if _meet(outer_a, outer_b):
        return None
    exact = not (a.approximate or b.approximate or a.bound or b.bound)
    return _rounded(a, b) if exact else True


def _across(months: Quantity, minutes: Quantity) -> bool | None:
    """Months against days: 30 days are a month, 90 are not; near ones can't be told."""
    if months.bound or minutes.bound or months.high or minutes.high:
        return None
    ratio = minutes.value / _MINUTES_OF_A_MONTH / months.value if months.value else Fraction(0)
    if Fraction(9, 10) <= ratio <= Fraction(11, 10):
        return False
    return True if ratio > Fraction(5, 4) or ratio < Fraction(4, 5) else None
