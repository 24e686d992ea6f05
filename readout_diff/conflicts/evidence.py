"""What speaks for a conflict between two claims: named numbers, and the words that clash.

Quantities, dates and names of both claims are laid side by side: what agrees is set aside, and what
is left and can't both be right is a clue. Who speaks and how strongly gives the others. How likely
the other side lacks the clashing words (the judge's absence) tells a slip from another number
about another thing.
"""

import datetime
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Protocol, TypeVar

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from readout_diff.conflicts import stance
from readout_diff.conflicts.amounts import Quantity, clash, reach
from readout_diff.conflicts.cast import SideText, parties
from readout_diff.conflicts.dates import dates
from readout_diff.conflicts.elsewhere import Thing, Values
from readout_diff.conflicts.names import Name, name_clash, names, rival_words
from readout_diff.conflicts.periods import Date, dates_clash
from readout_diff.conflicts.quantities import quantities
from readout_diff.conflicts.reconcile import reconciled
from readout_diff.conflicts.same_names import same_name
from readout_diff.conflicts.speech import Speech, speeches
from readout_diff.datamodel import CONFLICT_KINDS, ConflictKind, Status

Place = tuple[int, int]
Columns = dict[str, float]
NO_ODDS = -8.0
"""Log-odds of a conflict in a pair that the network has not read together."""
_HEAD = 600
"""Characters in which a readout says its day."""
_LACKED = 0.5
"""Absence from which a character counts as lacked by the other side."""


class _Placed(Protocol):
    @property
    def start(self) -> int: ...


Found = TypeVar("Found", bound=_Placed)


class Things(Struct, frozen=True):
    """What a text names that another may contradict, each in its order."""

    quantities: tuple[Quantity, ...]
    dates: tuple[Date, ...]
    names: tuple[Name, ...]

    @classmethod
    def of(cls, text: str, lang: str, day: datetime.date | None = None) -> "Things":
        """All of it; `day` is the readout's where it is known, else it is looked for."""
        said = dates(text, lang, day or _day_of(text, lang))
        return cls(quantities(text, lang), said, names(text, lang))


class Said(Struct, frozen=True, dict=True):
    """What one readout says that another may contradict, by its claims."""

    text: str
    lang: str
    claims: tuple[Place, ...]
    """In text order."""
    sentences: tuple[Place, ...]
    things: Things

    @cached_property
    def quantities(self) -> list[list[Quantity]]:
        """In each claim."""
        return self._by_claim(self.things.quantities)

    @cached_property
    def dates(self) -> list[list[Date]]:
        """In each claim."""
        return self._by_claim(self.things.dates)

    @cached_property
    def all_quantities(self) -> Values[Quantity]:
        """In whatever claim."""
        return Values(self.quantities, clash, reach)

    @cached_property
    def all_dates(self) -> Values[Date]:
        """In whatever claim."""
        return Values(self.dates, dates_clash)

    @cached_property
    def names(self) -> list[list[Name]]:
        """In each claim."""
        return self._by_claim(self.things.names)

    def _by_claim(self, found: Sequence[Found]) -> list[list[Found]]:
        parts: list[list[Found]] = [[] for _ in self.claims]
        number = 0
        for thing in found:
            while number < len(self.claims) and self.claims[number][1] <= thing.start:
                number += 1
            if number < len(self.claims) and self.claims[number][0] <= thing.start:
                parts[number].append(thing)
        return parts


class Side(Struct, frozen=True, dict=True):
    """One readout as conflicts are looked for in it: what it says, and what the other lacks."""

    said: Said
    absence: NDArray[np.float64]
    """How likely the other side lacks each character, shape (characters,)."""

    @property
    def text(self) -> str:
        """The readout."""
        return self.said.text

    @property
    def claims(self) -> tuple[Place, ...]:
        """In text order."""
        return self.said.claims

    def lacking(self, place: Place) -> float:
        """Mean absence over the letters there; 0 where there are none."""
        here = self.absence[place[0] : place[1]]
        letters = here[[c.isalnum() for c in self.text[place[0] : place[1]]]]
        return float(letters.mean()) if len(letters) else 0.0

    @cached_property
    def lacking_at_all(self) -> float:
        """How much of all claims the other side lacks: unrelated readouts don't disagree."""
        claimed = [self.absence[start:end] for start, end in self.claims]
        return float(np.concatenate(claimed).mean()) if claimed else 1.0

    def lacked_words(self, claim: int) -> Place:
        """From the first to the last word of a claim that the other side lacks; all without any."""
        start, end = self.claims[claim]
        lacked = np.flatnonzero(self.absence[start:end] >= _LACKED)
        if not len(lacked):
            return start, end
        first, last = start + int(lacked[0]), start + int(lacked[-1]) + 1
        while first > start and self.text[first - 1].isalnum() and self.text[first].isalnum():
            first -= 1
        while last < end and self.text[last - 1].isalnum() and self.text[last].isalnum():
            last += 1
        return first, last


def _day_of(text: str, lang: str) -> datetime.date | None:
    """The day of the readout: the first whole date near its beginning, as datelines have it."""
    for found in dates(text[:_HEAD], lang):
        if found.year and found.month and found.day:
            try:
                return datetime.date(found.year, found.month, found.day)
            except ValueError:
                continue
    return None


class Pair(Struct, frozen=True):
    """Two claims that may be about one thing."""

    a: int
    b: int
    """Place of the claim among its side's."""
    matching: float
    """Probability that they match."""
    similarity: float
    statuses: tuple[Status, Status]
    odds: tuple[float, ...] | None = None
    """The network's log-odds of a conflict, by CONFLICT_KINDS; None without a network."""


class Clue(Struct, frozen=True):
    """Words of two claims that can't both be right, if they are about one thing."""

    kind: ConflictKind
    a: Place
    b: Place
    weight: float
    """How much it says alone, 0 to 1."""


def columns(a: Side, b: Side, pair: Pair, speech: "Speeches") -> tuple[Columns, tuple[Clue, ...]]:
    """What a model sees of a pair, by name, and the words that clash."""
    clues: list[Clue] = []
    found: Columns = {
        "matching": pair.matching,
        "similarity": pair.similarity,
        **_fates(a, b, pair),
    }
    if pair.odds is not None:
        odds = np.array(pair.odds)
        found |= {
            f"odds.{kind}": float(value) for kind, value in zip(CONFLICT_KINDS, odds, strict=True)
        }
        found["odds.highest"] = float(odds.max())
    x, y = a.said, b.said
    numbers = x.quantities[pair.a], y.quantities[pair.b]
    days = x.dates[pair.a], y.dates[pair.b]
    for clashing, counts in (
        _compared("number", *numbers, x.all_quantities, y.all_quantities, clash),
        _compared("date", *days, x.all_dates, y.all_dates, dates_clash),
        _names(x.names[pair.a], y.names[pair.b]),
    ):
        clues += clashing
        found |= counts
    mine, theirs = speech.a[pair.a], speech.b[pair.b]
    found |= {f"speech.{name}": value for name, value in stance.features(mine, theirs).items()}
    clues += [Clue(c.kind, c.a, c.b, c.confidence) for c in stance.clashes(mine, theirs)]
    for kind in CONFLICT_KINDS:
        lacked = [min(a.lacking(clue.a), b.lacking(clue.b)) for clue in clues if clue.kind == kind]
        found[f"{kind}.lacked"] = max(lacked, default=0.0)
    return found, tuple(clues)


def _fates(a: Side, b: Side, pair: Pair) -> Columns:
    """What the judge says of the two claims."""
    absences = a.lacking(a.claims[pair.a]), b.lacking(b.claims[pair.b])
    return {
        "absence.low": min(absences),
        "absence.high": max(absences),
        "absence.all": (a.lacking_at_all + b.lacking_at_all) / 2,
        **{
            f"status.{status}": float(pair.statuses.count(status))
            for status in ("shared", "partial", "only")
        },
    }


def _names(mine: Sequence[Name], theirs: Sequence[Name]) -> tuple[list[Clue], Columns]:
    wrong = name_clash(tuple(mine), tuple(theirs))
    rival = rival_words(tuple(mine), tuple(theirs))
    clues = [Clue("name", (x.start, x.end), (y.start, y.end), 1.0) for x, y in wrong]
    clues += [Clue("name", (x.start, x.end), (y.start, y.end), 0.5) for x, y in rival]
    return clues, {"name.clash": float(len(wrong)), "name.rivals": float(len(rival))}


def _compared(
    kind: ConflictKind,
    own: Sequence[Thing],
    other: Sequence[Thing],
    all_own: Values[Thing],
    all_other: Values[Thing],
    clashes: Callable[[Thing, Thing], bool | None],
) -> tuple[list[Clue], Columns]:
    mine, theirs = list(own), list(other)
    verdicts = {(x, y): clashes(x, y) for x in mine for y in theirs}
    agreeing = [(x, y) for (x, y), verdict in verdicts.items() if verdict is False]
    for x, y in agreeing:
        if x in mine and y in theirs:
            mine.remove(x)
            theirs.remove(y)
    left = [(x, y) for x in mine for y in theirs if verdicts[x, y]]
    clues = []
    for x, y in left:
        competing = sum(x is m for m, _ in left) + sum(y is n for _, n in left) - 1
        # A value that the other side has in another claim is about another thing.
        elsewhere = all_other.have(x) or all_own.have(y)
        clues.append(
            Clue(kind, (x.start, x.end), (y.start, y.end), (0.3 if elsewhere else 1.0) / competing)
        )
    return clues, {
        f"{kind}.agree": float(len(agreeing)),
        f"{kind}.clash": float(len(left)),
        f"{kind}.left.low": float(min(len(mine), len(theirs))),
        f"{kind}.left.high": float(max(len(mine), len(theirs))),
        f"{kind}.weight": max((clue.weight for clue in clues), default=0.0),
    }


class Speeches(Struct, frozen=True):
    """Who speaks in each claim of both sides, read with both texts in view."""

    a: tuple[Speech, ...]
    b: tuple[Speech, ...]


def read_speeches(a: Said, b: Said) -> Speeches:
    """Whose words each claim reports, as far as each text says; one Speech a claim."""
    known = parties(SideText(a.text, a.lang), SideText(b.text, b.lang))
    mine, theirs = (
        speeches(side.text, side.lang, side.claims, side.sentences, *known.of(key))
        for key, side in (("a", a), ("b", b))
    )
    return Speeches(mine, theirs)


def reconciled_speeches(
    speech: Speeches, a: Said, b: Said, matches: Sequence[tuple[int, int]]
) -> Speeches:
    """The same by what the other readout says.

    `matches` are places of claims that match: whose minister a name is, a readout often says only
    by what the other one gives him to say.
    """

    def same(mine: str, theirs: str) -> float:
        return same_name(mine, a.lang, theirs, b.lang)

    return Speeches(*reconciled(speech.a, speech.b, matches, same))
