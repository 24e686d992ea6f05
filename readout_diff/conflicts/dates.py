"""Dates, stretches of time and times of day of a text, in the ten languages of the lexicons."""

import datetime
import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Any

from msgspec import Struct

from readout_diff.conflicts.periods import PARTS, Date, dates_clash, is_zone
from readout_diff.conflicts.table import Pattern, Table, read
from readout_diff.kept import keeps
from readout_diff.plain import plain

__all__ = ["Date", "dates", "dates_clash"]

_KEYS = {
    "edges", "particles", "months", "weekdays", "eras", "forms", "parts", "relative", "day_parts",
    "times", "before", "after", "joins", "zones", "home", "not_dates", "days",
    "han",
}  # fmt: skip
_UNITS = ("fiscal year", "year", "month", "week", "day")
_DAY_PARTS = {"morning", "afternoon", "evening", "night"}
_BOUNDS = {"by", "before", "since", "after"}
_HAN_NUMBER = "三十[一]?|[一二]?十[一二三四五六七八九]?|[一二三四五六七八九]|元"
_HAN_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "元": 1}
_LOOK = 24
"""Characters before and after a date in which "by" and "since" are looked for."""
_ROC = 1911
Fields = dict[str, Any]


class _Words(Struct, frozen=True):
    """How a language writes dates."""

    forms: tuple[tuple[Pattern, tuple[tuple[str, Any], ...]], ...]
    """A pattern and the fields that it gives beside those that it captures."""
    months: tuple[Pattern, ...]
    weekdays: tuple[Pattern, ...]
    eras: tuple[tuple[Pattern, int], ...]
    days: dict[str, int]
    joins: Pattern
    before: tuple[tuple[Pattern, str], ...]
    after: tuple[tuple[Pattern, str], ...]
    not_dates: Pattern | None
    home: str


def _lists(table: Table, key: str, length: int) -> list[str]:
    """A list of lists of patterns, each list as one pattern."""
    value = table.data.get(key, [["(?!)"]] * length)
    if not isinstance(value, list) or len(value) != length:
        raise table.wrong(key, f"must be a list of {length} lists")
    items = Table(table.lang, f"{table.path}.{key}", {str(i): v for i, v in enumerate(value)})
    return ["|".join(items.texts(str(i))) for i in range(length)]


def _named(table: Table, months: list[str], weekdays: list[str], eras: Table) -> dict[str, str]:
    """What the placeholders of forms stand for."""
    han = table.flag("han")
    small = rf"|{_HAN_NUMBER}" if han else ""
    days = table.spellings("days")
    words = "".join(f"|{re.escape(word)}" for word in sorted(days, key=len, reverse=True))
    day = rf"(?<!\d)(?:0?[1-9]|[12]\d|3[01])(?!\d){small}{words}"
    year = r"(?<!\d)(?<!\d[.,])(?:19|20)\d\d(?!\d)" + (
        r"|[一二][〇零一二三四五六七八九]{3}" if han else ""
    )
    return {
        "year": f"(?P<year>{year})",
        "month": f"(?P<month>{'|'.join(months)})",
        "number": rf"(?P<number>(?<!\d)(?:1[0-2]|0?[1-9])(?!\d){small})",
        "day": f"(?P<day>{day})",
        "last_day": f"(?P<last_day>{day})",
        "weekday": f"(?P<weekday>{'|'.join(weekdays)})",
        "hour": rf"(?P<hour>(?<!\d)(?:[01]?\d|2[0-4])(?!\d){small})",
        "minute": r"(?P<minute>[0-5]\d(?!\d))",
        "minutes": rf"(?P<minute>(?<!\d)[0-5]?\d(?!\d){small})",
        "era": f"(?P<era>{'|'.join(eras.data) or '(?!)'})",
        "era_year": rf"(?P<era_year>(?<!\d)\d{{1,3}}(?!\d){small})",
    }


def _fields(table: Table, key: str, said: str) -> Fields:
    """What a key of `parts`, `relative`, `day_parts`, `times`, `zones` says of a date."""
    if key == "parts" and said in PARTS:
        return {"part": said}
    if key == "day_parts" and said in _DAY_PARTS:
        return {"day_part": said}
    if key == "times" and (clock := re.fullmatch(r"(\d\d?):(\d\d)", said)):
        return {"hour": int(clock[1]), "minute": int(clock[2])}
    if key == "zones" and is_zone(said):
        return {"zone": said}
    relative = re.fullmatch(rf"({'|'.join(_UNITS)})([+-]\d)", said)
    if key == "relative" and relative:
        return {"unit": relative[1], "offset": int(relative[2])}
    raise table.wrong(f"{key}.{said}", "is not a key that the lexicon knows")


def _bounds(table: Table, key: str, before: str, after: str) -> tuple[tuple[Pattern, str], ...]:
    bounds = table.table(key)
    bounds.check_keys(_BOUNDS)
    return tuple(
        (pattern, bound)
        for bound in bounds.data
        if (pattern := bounds.any_of(bound, before, after)) is not None
    )


@keeps()
def _words(lang: str) -> _Words | None:
    table = read(lang, "dates", _KEYS)
    if not table.data:
        return None
    months, weekdays = _lists(table, "months", 12), _lists(table, "weekdays", 7)
    eras = table.table("eras")
    named = _named(table, months, weekdays, eras)
    edges = table.text("edges", "both")
    particles = "|".join(table.texts("particles"))
    left = "" if edges == "none" else rf"(?<!\w)(?:{particles})?"
    right = r"(?!\w)" if edges == "both" else ""
    forms: list[tuple[Pattern, tuple[tuple[str, Any], ...]]] = [
        (table.compiled("forms", f"{left}(?:{form}){right}", named), ())
        for form in table.texts("forms")
    ]
    for key in ("parts", "relative", "day_parts", "times", "zones"):
        sub = table.table(key)
        for said in sub.data:
            says = tuple(_fields(table, key, said).items())
            sources = sub.texts(said)
            # A group's name may stand once in a pattern; those with names are their own.
            joined = "|".join(source for source in sources if "(?P<" not in source) or "(?!)"
            for source in (joined, *(source for source in sources if "(?P<" in source)):
                forms.append((sub.compiled(said, f"{left}(?:{source}){right}"), says))
    for name, first in eras.data.items():
        if not isinstance(first, int):
            raise eras.wrong(name, "must be the year before its first")
    home = table.text("home")
    if home and not is_zone(home):
        raise table.wrong("home", "is not a zone")
    edge = "" if edges == "none" else r"(?<!\w)"
    return _Words(
        forms=tuple(forms),
        months=tuple(table.compiled("months", source) for source in months),
        weekdays=tuple(table.compiled("weekdays", source) for source in weekdays),
        eras=tuple(
            (eras.compiled(name, plain(name).text), year) for name, year in eras.data.items()
        ),
        days=table.spellings("days"),
        joins=table.compiled("joins", table.text("joins")),
        before=_bounds(table, "before", f"{edge}(?:", r")\s?$"),
        after=_bounds(table, "after", r"\s?(?:", ")"),
        not_dates=table.any_of("not_dates"),
        home=home,
    )


def _int(text: str, words: _Words) -> int:
    if text.isdecimal():
        return int(text)
    if text.lower() in words.days:
        return words.days[text.lower()]
    if "十" in text:
        tens, _, ones = text.partition("十")
        return 10 * _HAN_DIGITS.get(tens, 1) + _HAN_DIGITS.get(ones, 0)
    return int("".join(str(_HAN_DIGITS[c]) for c in text))


def _index(match: re.Match[str], name: str, patterns: tuple[Pattern, ...]) -> int:
    """Which of some patterns a group was matched by; what stands around it may matter."""
    ends = [m.end() if (m := p.match(match.string, match.start(name))) else -1 for p in patterns]
    return ends.index(match.end(name)) if match.end(name) in ends else ends.index(max(ends))


def _captured(match: re.Match[str], words: _Words) -> Fields:
    fields: Fields = {}
    for name, text in match.groupdict().items():
        if text is None:
            continue
        if name == "month":
            fields["month"] = _index(match, name, words.months) + 1
        elif name == "weekday":
            fields["weekday"] = _index(match, name, words.weekdays)
        elif name == "number":
            fields["month"] = _int(text, words)
        elif name == "era":
            era = next(first for pattern, first in words.eras if pattern.fullmatch(text))
            fields["year"] = era + _int(match["era_year"], words)
        elif name in ("year", "day", "last_day", "hour", "minute"):
            fields[name] = _int(text, words)
        elif name == "half":
            fields["minute"] = 30
        elif name == "roc":
            fields["year"] = _ROC + int(text)
        elif name == "fiscal":
            fields["unit"] = "fiscal year"
        elif name in ("by", "before", "since", "after"):
            fields["bound"] = name
        elif name in ("early", "mid", "late", "end"):
            fields["part"] = name
    return fields


Atom = tuple[int, int, Fields]


@lru_cache(maxsize=4)
def _atoms(text: str, lang: str) -> tuple[Atom, ...]:
    """The pieces of dates in a text, the longest first where they overlap, in its order.

    Quantities ask for those of the same text too.
    """
    words = _words(lang)
    if words is None:
        return ()
    found: list[Atom] = []
    for pattern, fixed in words.forms:
        for match in pattern.finditer(text):
            if match.end() > match.start():
                fields = _captured(match, words) | dict(fixed)
                found.append((match.start(), match.end(), fields))
    taken = bytearray(len(text))
    if words.not_dates:
        for match in words.not_dates.finditer(text):
            taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
    kept = []
    for start, end, fields in sorted(found, key=lambda atom: (atom[0] - atom[1], atom[0])):
        if not any(taken[start:end]):
            taken[start:end] = b"\x01" * (end - start)
            kept.append((start, end, fields))
    return tuple(sorted(kept, key=lambda atom: atom[:2]))


def _fits(a: Fields, b: Fields, comma: bool) -> bool:
    """Whether two pieces may be of one date: they say different things of it."""
    if a.keys() & b.keys() or ("minute" in b and "hour" not in b):
        return False
    if comma and not (a.keys() | b.keys()) & {"weekday", "day", "hour"}:
        return False
    if "part" in (a | b) and (a.keys() | b.keys()) & {"day", "hour"}:
        return False
    # "June, and in 2026" says no more of June; a year goes with a month or its part only.
    years = [f for f in (a, b) if "year" in f or f.get("unit") in ("year", "fiscal year")]
    return len(years) < 2


def _joined(text: str, atoms: Iterable[Atom], words: _Words) -> list[Atom]:
    joined: list[Atom] = []
    for start, end, fields in atoms:
        if joined:
            first, last, said = joined[-1]
            gap = text[last : min(start, last + _LOOK + 1)]
            comma = "," in gap or "،" in gap
            if words.joins.fullmatch(gap) and _fits(said, fields, comma):
                joined[-1] = (first, end, said | fields)
                continue
        joined.append((start, end, fields))
    return joined


def _bound(text: str, atom: Atom, floor: int, ceiling: int, words: _Words) -> Atom:
    """A date with the "by" or "since" beside it, which no other date has."""
    start, end, fields = atom
    if "bound" in fields:
        return atom
    left = text[max(floor, start - _LOOK) : start]
    # Before the end of a year is by its end.
    ends = {"before": "by"} if fields.get("part") == "end" else {}
    for pattern, bound in words.before:
        if match := pattern.search(left):
            bound = ends.get(bound, bound)
            return start - len(left) + match.start(), end, fields | {"bound": bound}
    for pattern, bound in words.after:
        match = pattern.match(text, end, min(ceiling, end + _LOOK))
        if match and match.end() > end:
            return start, match.end(), fields | {"bound": ends.get(bound, bound)}
    return atom


def _says_something(fields: Fields) -> bool:
    said = fields.keys() - {"bound", "minute", "zone", "part"}
    return bool(said) or fields.get("part", "early") not in ("early", "mid", "late", "end")


def _date(fields: Fields, start: int, end: int, home: str, today: datetime.date | None) -> Date:
    hour, part = fields.get("hour"), fields.get("day_part")
    if hour is not None:
        if (part in ("afternoon", "evening") and hour < 12) or (part == "night" and 6 <= hour < 12):
            hour += 12
        elif part in ("morning", "night") and hour == 12:
            hour = 0
        fields = fields | {"hour": hour % 24}
    if fields.get("last_day", 99) <= fields.get("day", 0):
        fields = {name: value for name, value in fields.items() if name != "last_day"}
    return Date(start, end, **fields, home=home, today=today)


def dates(text: str, lang: str, today: datetime.date | None = None) -> tuple[Date, ...]:
    """The dates of a text in a language of the lexicons, in its order; they don't overlap.

    `today` is the day of the readout, from which this year and next month count. A language without
    a section [dates] has none.
    """
    words = _words(lang)
    if words is None:
        return ()
    source = plain(text)
    atoms = _joined(source.text, _atoms(source.text, lang), words)
    found = []
    floor = 0
    for i, atom in enumerate(atoms):
        ceiling = atoms[i + 1][0] if i + 1 < len(atoms) else len(source.text)
        if not _says_something(atom[2]):
            continue
        start, end, fields = _bound(source.text, atom, floor, ceiling, words)
        floor = end
        found.append(_date(fields, *source.span(start, end), words.home, today))
    assert all(a.end <= b.start for a, b in pairwise(found))
    return tuple(found)
