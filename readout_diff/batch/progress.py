"""How far a run is, on standard error: a bar on a terminal, a line now and then elsewhere."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from readout_diff.batch.run import Tally

EVERY = 10.0
"""Seconds between two lines."""


@contextlib.contextmanager
def shown(
    say: Callable[[str], None], *, terminal: bool, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[["Tally"], None]]:
    """What is to be told of every comparison, while it lasts; `say` writes a line."""
    pace = _Pace(clock)
    if not terminal:
        yield _lines(say, pace)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def update(tally: "Tally") -> None:
            done = tally.compared + tally.kept + tally.failed
            bar.update(
                task, total=max(tally.total, done), completed=done, description=pace.of(tally)
            )

        yield update


def _lines(say: Callable[[str], None], pace: "_Pace") -> Callable[["Tally"], None]:
    due = pace.now() + EVERY

    def tell(tally: "Tally") -> None:
        nonlocal due
        if pace.now() >= due:
            due = pace.now() + EVERY
            done = tally.compared + tally.kept + tally.failed
            say(f"{done} of {max(tally.total, done)}, {pace.of(tally)}")

    return tell


class _Pace:
    """Comparisons a second, and how long the rest takes at that."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.now = clock
        self._began = clock()

    def of(self, tally: "Tally") -> str:
        done = tally.compared + tally.failed
        left = max(0, tally.total - done - tally.kept)
        seconds = max(self.now() - self._began, 1e-6)
        parts = []
        if tally.compared:
            rate = done / seconds
            parts += [f"{rate:.1f}/s" if rate >= 1 else f"{60 * rate:.1f}/min"]
            parts += [f"{_time(left / rate)} left"]
        if tally.failed:
            parts.append(f"{tally.failed} failed")
        return ", ".join(parts) or "starting"


def _time(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{round(seconds)} s"
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"
