"""Whether one side has a value anywhere: asked of thousands of values of long readouts."""

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

import numpy as np
from msgspec.structs import replace

from readout_diff.conflicts.amounts import Quantity
from readout_diff.conflicts.periods import Date

Thing = TypeVar("Thing", Quantity, Date)
Reach = tuple[float, float]
"""The least and the greatest of what a value may agree with."""
ANY: Reach = (-np.inf, np.inf)


class Values(Generic[Thing]):
    """The quantities or the dates of a side, whatever claims they are in."""

    def __init__(
        self,
        claims: Iterable[Sequence[Thing]],
        clashes: Callable[[Thing, Thing], bool | None],
        reach: Callable[[Thing], Reach] = lambda _thing: ANY,
    ) -> None:
        """`clashes` is False where two agree; two of which one is out of the other's `reach` never
        do."""
        self._clashes: Callable[[Thing, Thing], bool | None] = clashes
        self._reach: Callable[[Thing], Reach] = reach
        distinct = dict.fromkeys(_bare(thing) for claim in claims for thing in claim)
        self._things: tuple[Thing, ...] = tuple(distinct)
        self._low, self._high = np.array([reach(thing) for thing in distinct]).reshape(-1, 2).T
        self._known: dict[Thing, bool] = {}

    def have(self, thing: Thing) -> bool:
        """Whether any of them agrees with this one."""
        bare = _bare(thing)
        if bare not in self._known:
            low, high = self._reach(bare)
            near = np.flatnonzero((self._low <= high) & (self._high >= low)).tolist()
            self._known[bare] = any(
                self._clashes(bare, self._things[place]) is False for place in near
            )
        return self._known[bare]


def _bare(thing: Thing) -> Thing:
    """The same, wherever it stands."""
    return replace(thing, start=0, end=0)
