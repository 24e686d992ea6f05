"""What speaks for a conflict between two claims: named numbers, and the words that clash.

Quantities, dates and names of both claims are laid side by side: what agrees is set aside, and what
is left and can't both be right is a clue. Who speaks and how strongly gives the others. How likely
the other side lacks the clashing words (the judge's absence) tells a slip from another number
about another thing.
"""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from readout_diff.conflicts import speech
from readout_diff.conflicts.amounts import Quantity, clash
from readout_diff.conflicts.dates import dates
from readout_diff.conflicts.names import Name, name_clash, names, rivals, same_name
from readout_diff.conflicts.periods import Date, dates_clash
from readout_diff.conflicts.quantities import quantities
from readout_diff.datamodel import ConflictKind

Place = tuple[int, int]
Thing = TypeVar("Thing", Quantity, Date)


@dataclass(frozen=True)
class Side:
    """One readout with its claims, as conflicts are looked for in it."""

    text: str
    lang: str
    claims: tuple[Place, ...]
    """In text order."""
    sentences: tuple[Place, ...]
    absence: NDArray[np.float64] = field(repr=False)
    """How likely the other side lacks each character, shape (characters,)."""
    today: datetime.date | None = None
    """The day of the readout, where it is known."""

    @cached_property
    def quantities(self) -> list[list[Quantity]]:
        """In each claim."""
        return self._by_claim(quantities(self.text, self.lang))

    @cached_property
    def dates(self) -> list[list[Date]]:
        """In each claim."""
        return self._by_claim(dates(self.text, self.lang, self.today))

    @cached_property
    def names(self) -> list[list[Name]]:
        """In each claim."""
        return self._by_claim(names(self.text, self.lang))

    def _by_claim(self, found: Sequence[Thing] | Sequence[Name]) -> list[list]:  # type: ignore[type-arg]
        parts: list[list[Thing | Name]] = [[] for _ in self.claims]
        number = 0
        for thing in found:
            while number < len(self.claims) and self.claims[number][1] <= thing.start:
                number += 1
            if number < len(self.claims) and self.claims[number][0] <= thing.start:
                parts[number].append(thing)
        return parts

    def lacking(self, place: Place) -> float:
        """Mean absence over the letters there; 0 where there are none."""
        here = self.absence[place[0] : place[1]]
        letters = here[[c.isalnum() for c in self.text[place[0] : place[1]]]]
        return float(letters.mean()) if len(letters) else 0.0


@dataclass(frozen=True, slots=True)
class Clue:
    """Words of two claims that can't both be right, if they are about one thing."""

    kind: ConflictKind
    a: Place
    b: Place
    weight: float
    """How much it says alone, 0 to 1."""


def clues_of_values(
    a: Side, b: Side, i: int, j: int
) -> tuple[list[Clue], dict[str, float]]:
    """Numbers and dates of claim i of side a and claim j of side b that clash; what they count."""
    clues: list[Clue] = []
    columns: dict[str, float] = {}
    for kind, own, other, compare in (
        ("number", a.quantities, b.quantities, clash),
        ("date", a.dates, b.dates, dates_clash),
    ):
        found, counts = _compared(kind, own, other, i, j, compare)
        clues += found
        columns |= counts
    return clues, columns


def _compared(
    kind: ConflictKind,
    own: list[list[Thing]],
    other: list[list[Thing]],
    i: int,
    j: int,
    clashes: Callable[[Thing, Thing], bool | None],
) -> tuple[list[Clue], dict[str, float]]:
    mine, theirs = list(own[i]), list(other[j])
    verdicts = {(x, y): clashes(x, y) for x in mine for y in theirs}
    agreeing = [(x, y) for (x, y), verdict in verdicts.items() if verdict is False]
    for x, y in agreeing:
        if x in mine and y in theirs:
            mine.remove(x)
            theirs.remove(y)
    left = [(x, y) for x in mine for y in theirs if verdicts[x, y]]
    clues = []
    for x, y in left:
        rivals_ = sum(x is m for m, _ in left) + sum(y is n for _, n in left) - 1
        # A value that the other side has in another claim is about another thing.
        elsewhere = _anywhere(x, other, clashes) or _anywhere(y, own, clashes)
        clues.append(
            Clue(kind, (x.start, x.end), (y.start, y.end), (0.3 if elsewhere else 1.0) / rivals_)
        )
    return clues, {
        f"{kind}.agree": float(len(agreeing)),
        f"{kind}.clash": float(len(left)),
        f"{kind}.left.low": float(min(len(mine), len(theirs))),
        f"{kind}.left.high": float(max(len(mine), len(theirs))),
        f"{kind}.weight": max((clue.weight for clue in clues), default=0.0),
    }


def _anywhere(
    thing: Thing, claims: list[list[Thing]], clashes: Callable[[Thing, Thing], bool | None]
) -> bool:
    return any(clashes(thing, other) is False for claim in claims for other in claim)
