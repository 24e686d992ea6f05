"""Dates as stretches of days, and whether two of them can be one."""

import datetime
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

_HALVES = {"first half": (1, 6), "second half": (7, 12)}
_QUARTERS = {f"quarter {i}": (3 * i - 2, 3 * i) for i in (1, 2, 3, 4)}
# Of a year: first and last month and day. Offices mean different days by these words, so that
# neighbours overlap: nobody is contradicted who says "autumn" for early December.
_OF_YEAR = {name: ((a, 1), (b, 31)) for name, (a, b) in (_HALVES | _QUARTERS).items()} | {
    "early": ((1, 1), (4, 30)),
    "mid": ((4, 15), (9, 15)),
    "late": ((9, 1), (12, 31)),
    "end": ((11, 1), (12, 31)),
    "spring": ((3, 1), (6, 20)),
    "summer": ((6, 1), (9, 22)),
    "autumn": ((9, 1), (12, 10)),
    "winter": ((12, 1), (15, 20)),
}
_OF_MONTH = {
    "first half": (1, 16),
    "second half": (15, 31),
    "early": (1, 12),
    "mid": (9, 22),
    "late": (19, 31),
    "end": (24, 31),
}
PARTS = frozenset(_OF_YEAR)
DEADLINES = frozenset({"by", "before"})
STARTS = frozenset({"since", "after"})
_EVER = 10**7
_FAR = 150
"""Days between a deadline and the end of a stretch that a reader wouldn't take for one thing."""
_SOME_DAY = datetime.date(2001, 6, 15)


class Date(Struct, frozen=True):
    """A date, a stretch of time or a time of day, as far as the text says it."""

    start: int
    end: int
    """The span in the given text, with "by" or "since"."""
    year: int | None = None
    month: int | None = None
    day: int | None = None
    last_day: int | None = None
    """The last of several days of one month."""
    weekday: int | None = None
    """0 is Monday."""
    part: str = ""
    """Of the month, or of the year where no month is said: first half, second half, quarter 1 to
    quarter 4, early, mid, late, end, and of the year spring, summer, autumn, winter."""
    day_part: str = ""
    """morning, afternoon, evening or night."""
    hour: int | None = None
    minute: int | None = None
    zone: str = ""
    """Hours from UTC with their sign, or US East, Britain, Central Europe, Eastern Europe."""
    home: str = ""
    """The zone of a government that writes in this language, where it is one."""
    unit: str = ""
    """What `offset` counts: year, fiscal year, month, week or day. A year that is itself said may
    be a fiscal year too."""
    offset: int | None = None
    """From the day of the readout: 0 is this year, 1 next year."""
    bound: str = ""
    """by, before, since or after."""
    today: datetime.date | None = None
    """The day of the readout, where it is known."""


def _day(year: int, month: int, day: int) -> int:
    """The ordinal of a day; the last of the month where the month is shorter."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    for last in (day, 30, 29, 28):
        try:
            return datetime.date(year, month, min(day, last)).toordinal()
        except ValueError:
            continue
    return 0


_Window = tuple[int, int]
"""The first and the last day of a stretch."""


def _windows(date: Date, year: int | None, today: datetime.date | None) -> list[_Window]:
    """The days that a date may be, each stretch first and last; none where it doesn't say.

    `year` stands in for a year that isn't said.
    """
    month, day = date.month, date.day
    said = date.year
    if date.offset is not None and today is not None:
        if date.unit == "week":
            monday = today.toordinal() - today.weekday() + 7 * date.offset
            if date.weekday is not None:
                return [(monday + date.weekday, monday + date.weekday)]
            # Weeks begin on a Sunday in some countries.
            return [(monday - 1, monday + 6)]
        if date.unit == "day":
            # A readout may be of the day after, or of another time zone.
            day_then = today.toordinal() + date.offset
            return [(day_then - 1, day_then + 1)]
        if date.unit == "month":
            index = today.year * 12 + today.month - 1 + date.offset
            said, month = index // 12, index % 12 + 1
        elif date.unit == "fiscal year":
            said = today.year - (today.month < 4) + date.offset
        else:
            said = today.year + date.offset
    year = said if said is not None else year
    if year is None or not 1 < year < 9990:
        return []
    if date.unit == "fiscal year":
        if month is None:
            return [(_day(year, 4, 1), _day(year, 15, 31))]
        year += month < 4
    if month is not None:
        if day is not None:
            return [(_day(year, month, day), _day(year, month, date.last_day or day))]
        first, last = _OF_MONTH.get(date.part, (1, 31))
        return [(_day(year, month, first), _day(year, month, last))]
    if date.part:
        (a, first), (b, last) = _OF_YEAR[date.part]
        windows = [(_day(year, a, first), _day(year, b, last))]
        if date.part == "winter":
            windows.insert(0, (_day(year, 1, 1), _day(year, 3, 20)))
        return windows
    if said is None:
        return []
    return [(_day(year, 1, 1), _day(year, 12, 31))]


def _bounded(windows: list[_Window], bound: str) -> list[_Window]:
    if not windows or not bound:
        return windows
    first, last = windows[0][0], windows[-1][1]
    if bound == "before":
        return [(-_EVER, first - 1)]
    if bound == "after":
        return [(last, _EVER)]
    return [(-_EVER, last)] if bound == "by" else [(first, _EVER)]


def _years(a: Date, b: Date) -> Iterator[tuple[list[_Window], list[_Window]]]:
    """The days of both, in the best known way to count them in one calendar."""
    left, right = _windows(a, None, a.today), _windows(b, None, b.today)
    if left and right:
        yield left, right
    elif left or right:
        # Of one of them the year isn't known; the one that suits best is meant.
        known = left or right
        for year in range(_year(known[0][0]) - 1, _year(known[-1][1]) + 2):
            yield left or _windows(a, year, a.today), right or _windows(b, year, b.today)
    elif a.offset is not None and b.offset is not None and _alike(a.unit, b.unit):
        yield _windows(a, None, _SOME_DAY), _windows(b, None, _SOME_DAY)
    elif {a.unit, b.unit} <= {"", "year"}:
        # The time of the year is all there is to compare.
        some = [replace(date, unit="", offset=None, year=None) for date in (a, b)]
        yield _windows(some[0], 2000, None), _windows(some[1], 2000, None)


def _alike(a: str, b: str) -> bool:
    return a == b or {a, b} == {"year", "fiscal year"}


def _year(day: int) -> int:
    return datetime.date.fromordinal(min(max(day, 1), datetime.date.max.toordinal())).year


def _days_clash(a: Date, b: Date) -> bool | None:
    verdicts = [_stretches_clash(a, b, x, y) for x, y in _years(a, b) if x and y]
    if verdicts:
        return False if False in verdicts else None if None in verdicts else True
    if a.day and b.day and not (a.month and b.month):
        return a.last_day == b.last_day is None and a.day != b.day
    return None


def _stretches_clash(a: Date, b: Date, left: list[_Window], right: list[_Window]) -> bool | None:
    a_bound, b_bound = _kind(a, left), _kind(b, right)
    if a_bound == b_bound:
        # Two deadlines are one or two; "by June" and "by the end of June" are one.
        return not _meet(_edge(left, a.bound), _edge(right, b.bound))
    if "deadline" in (a_bound, b_bound) and abs(left[-1][1] - right[-1][1]) > _FAR:
        # This spring is before the end of the year, but nobody who means it says the latter.
        return True
    if not _meet(_bounded(left, a.bound), _bounded(right, b.bound)):
        return True
    return False if _meet(left, right) else None


def _kind(date: Date, windows: list[_Window]) -> str:
    """Whether a date is a deadline, a start that is past, or a stretch of days."""
    if date.bound in DEADLINES:
        return "deadline"
    # What is to begin in spring does not begin in autumn; what has been so since spring is so then.
    future = date.today is not None and windows[0][0] > date.today.toordinal()
    return "start" if date.bound in STARTS and not future else ""


def _edge(windows: list[_Window], bound: str) -> list[_Window]:
    """The days on which a deadline or a start may fall."""
    first, last = windows[0][0], windows[-1][1]
    if bound == "before":
        return [(first - 1, first - 1)]
    return [(last, last + 1)] if bound == "after" else windows


def _meet(left: list[_Window], right: list[_Window]) -> bool:
    return any(x[0] <= y[1] and y[0] <= x[1] for x in left for y in right)


def _weekday(date: Date) -> int | None:
    if date.weekday is not None or date.day is None or date.last_day or date.bound:
        return date.weekday
    windows = _windows(date, None, date.today)
    return (windows[0][0] - 1) % 7 if windows else None


def _nth_sunday(year: int, month: int, nth: int) -> datetime.date:
    """The nth Sunday of a month; the last one for 0."""
    if nth == 0:
        last = datetime.date(year, month, 31)
        return last - datetime.timedelta(days=(last.weekday() + 1) % 7)
    first = datetime.date(year, month, 1)
    return first + datetime.timedelta(days=(6 - first.weekday()) % 7 + 7 * (nth - 1))


_SAVING = {"US East": -300, "Britain": 0, "Central Europe": 60, "Eastern Europe": 120}


def is_zone(zone: str) -> bool:
    """Whether a zone is one of those that `Date` has."""
    return zone in _SAVING or (zone[:1] in ("+", "-") and zone[1:].isdecimal() and len(zone) < 4)


def _offset(zone: str, day: datetime.date | None) -> int | None:
    """Minutes from UTC; none where that hangs on a day that isn't known."""
    if zone not in _SAVING:
        return int(zone) * 60 if zone else None
    if day is None:
        return None
    if zone == "US East":
        saving = _nth_sunday(day.year, 3, 2) <= day < _nth_sunday(day.year, 11, 1)
    else:
        saving = _nth_sunday(day.year, 3, 0) <= day < _nth_sunday(day.year, 10, 0)
    return _SAVING[zone] + 60 * saving


def _instant(date: Date, zone: str, day: datetime.date | None) -> int | None:
    """Minutes since the calendar began, or since midnight in UTC without a day."""
    offset = _offset(zone, day)
    if date.hour is None or offset is None:
        return None
    return (day.toordinal() * 1440 if day else 0) + date.hour * 60 + (date.minute or 0) - offset


def _known_day(date: Date) -> datetime.date | None:
    windows = [] if date.day is None and date.unit != "day" else _windows(date, None, date.today)
    if len(windows) != 1 or windows[0][0] < 1 or date.last_day:
        return None
    return datetime.date.fromordinal(min(sum(windows[0]) // 2, datetime.date.max.toordinal()))


def _clocks_clash(a: Date, b: Date) -> bool | None:
    if a.hour is None or b.hour is None:
        return None
    if (a.hour * 60 + (a.minute or 0)) == (b.hour * 60 + (b.minute or 0)):
        if a.zone == b.zone or not (a.zone and b.zone):
            return False
    elif not a.zone and not b.zone and a.home == b.home != "":
        return True
    day = _known_day(a) or _known_day(b)
    one, other = (_instant(d, d.zone or d.home, day) for d in (a, b))
    if one is None or other is None:
        return None
    # Without the days of both, one may have written of the day before.
    return (one - other) % 1440 != 0


def dates_clash(a: Date, b: Date) -> bool | None:
    """Whether two dates of one thing can't both be right; None where nothing compares.

    What both say is compared: "June 9" agrees with "9 June 2025", June with the first half of the
    year, 15:00 in Seoul with 6:00 in London. Symmetric.
    """
    days = _known_day(a), _known_day(b)
    if days[0] and days[1] and a.zone and b.zone:
        one, other = (_instant(d, d.zone, day) for d, day in zip((a, b), days, strict=True))
        if one is not None and other is not None:
            return one != other
    verdicts = [_days_clash(a, b), _clocks_clash(a, b)]
    weekdays = _weekday(a), _weekday(b)
    if None not in weekdays:
        verdicts.append(weekdays[0] != weekdays[1])
    if a.day_part and b.day_part and (a.hour is None or b.hour is None):
        parts = {a.day_part, b.day_part}
        if len(parts) == 1:
            verdicts.append(False)
        elif "morning" in parts and parts & {"afternoon", "evening"}:
            verdicts.append(True)
    known = [verdict for verdict in verdicts if verdict is not None]
    return any(known) if known else None
