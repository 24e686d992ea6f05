"""How a language says what its numbers count, read from the lexicon's section [quantities]."""

from fractions import Fraction

from msgspec import Struct

from readout_diff.conflicts.numerals import KEYS
from readout_diff.conflicts.table import Pattern, Table, read
from readout_diff.kept import keeps
from readout_diff.plain import NO_BREAK

MODIFIERS = {
    "about": (True, ""),
    "more": (True, "at least"),
    "least": (False, "at least"),
    "nearly": (True, "at most"),
    "most": (False, "at most"),
}
"""Keys of `before` and `after`: is the number approximate, and what bound is it?"""
LOOK = 28
"""Characters before a number in which "about" and a currency are looked for."""
_BLANK = f"[ {NO_BREAK}]?"


class Named(Struct, frozen=True):
    """Patterns with names. Most places match none of them, and one look says so."""

    any: Pattern
    each: tuple[tuple[Pattern, str], ...]

    def longest_at(self, text: str, position: int) -> tuple[int, str]:
        """Where the longest that matches here ends, and its name; -1 for none."""
        if not self.any.match(text, position):
            return -1, ""
        return max((m.end(), name) for p, name in self.each if (m := p.match(text, position)))

    def longest_before(self, text: str, floor: int, end: int) -> tuple[int, str]:
        """Where the longest that ends at `end` starts, not before `floor`; -1 for none."""
        first = max(floor, end - LOOK)
        left = text[first:end]
        if not self.any.search(left):
            return -1, ""
        start, name = max((-m.start(), name) for p, name in self.each if (m := p.search(left)))
        return first - start, name


class Words(Struct, frozen=True):
    """How a language says what a number counts."""

    units: Named
    """With the currencies. Names as in the file, to be looked up in `counts`."""
    counts: dict[str, tuple[Fraction, str]]
    """What a unit is: 割 ("10 percent" in the file) ten of percent, `any` one of nothing said."""
    currencies_before: Named
    halves: Pattern | None
    before: Named
    after: Named
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


def _patterns(table: Table, keys: dict[str, tuple[str, str]]) -> Named:
    """The patterns of some tables, with what stands before and after those of each."""
    each = tuple(
        (pattern, name)
        for key, (before, after) in keys.items()
        for name in table.table(key).data
        if (pattern := table.table(key).any_of(name, before, after)) is not None
    )
    joined = "|".join(pattern.pattern for pattern, _ in each) or "(?!)"
    return Named(table.compiled("/".join(keys), joined), each)


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


@keeps()
def words_of(lang: str) -> Words:
    """The words of a language; LexiconError where its file is wrong."""
    table = read(lang, "quantities", KEYS)
    particles = "|".join(table.texts("particles"))
    left = "" if table.text("edges", "both") == "none" else rf"(?<!\w)(?:{particles})?"
    right = r"(?!\w)" if table.text("edges", "both") == "both" else ""
    word = (f"{left}(?:", f"){right}")
    fixed = [
        (pattern, _fraction(table, f"fixed.{name}", name.partition(" ")[0]), name.partition(" ")[2])
        for pattern, name in _patterns(table, {"fixed": word}).each
    ] + [
        (pattern, _fraction(table, f"frequencies.{name}", name), "a year")
        for pattern, name in _patterns(table, {"frequencies": word}).each
    ]
    vague = []
    for pattern, name in _patterns(table, {"vague": word}).each:
        low, _, high = name.partition("-")
        ends = [_fraction(table, f"vague.{name}", end) for end in (low, high or low)]
        vague.append((pattern, ends[0], ends[1]))
    for key in ("before", "after"):
        table.table(key).check_keys(set(MODIFIERS))
    counts = {"any": (Fraction(1), "")}
    for name in table.table("units").data:
        number, _, unit = name.partition(" ")
        if number.isdecimal():
            counts[name] = (Fraction(number), unit)
    units = {
        "units": (rf"[ {NO_BREAK}-]?(?:", f"){right}"),
        "currencies": (f"{_BLANK}(?:", ")(?![A-Za-z])"),
    }
    before = f"){_BLANK}$"
    return Words(
        units=_patterns(table, units),
        counts=counts,
        currencies_before=_patterns(table, {"currencies": ("(?<![A-Za-z])(?:", before)}),
        halves=table.any_of("halves", _BLANK),
        before=_patterns(table, {"before": (f"{left}(?:", before)}),
        after=_patterns(table, {"after": (f"{_BLANK}(?:", f"){right}")}),
        ranges=table.any_of("ranges"),
        between=_between(table, left),
        compound_joins=table.any_of("compound_joins"),
        ordinal_before=table.any_of("ordinal_before", f"{left}(?:", before),
        ordinal_after=table.any_of("ordinal_after", "(?:", f"){right}"),
        anniversary_before=table.any_of("anniversary_before", f"{left}(?:", before),
        anniversary_after=table.any_of("anniversary_after"),
        fixed=tuple(fixed),
        vague=tuple(vague),
        fractions=table.any_of("fractions"),
        not_numbers=table.any_of("not_numbers", left),
        gaps=table.any_of("gaps"),
    )
