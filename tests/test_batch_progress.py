"""How far a run is."""

from readout_diff.batch.progress import EVERY, shown
from readout_diff.batch.run import Tally


def test_a_line_now_and_then() -> None:
    now = [0.0]
    said: list[str] = []
    with shown(said.append, terminal=False, clock=lambda: now[0]) as tell:
        for done in range(1, 101):
            now[0] += 0.5
            tell(Tally(total=250, compared=done, kept=50, failed=0))
    assert len(said) == 50 // EVERY
    assert said[-1] == "150 of 250, 2.0/s, 50 s left"


def test_slow_runs_and_failures_are_told() -> None:
    now = [0.0]
    said: list[str] = []
    with shown(said.append, terminal=False, clock=lambda: now[0]) as tell:
        now[0] = 60.0
        tell(Tally(total=100, compared=9, failed=1))
        now[0] = 120.0
        tell(Tally(total=4000, compared=9, failed=1))
        now[0] = 180.0
        tell(Tally(total=4, kept=2))
    assert said == [
        "10 of 100, 10.0/min, 9 min left, 1 failed",
        "10 of 4000, 5.0/min, 13 h left, 1 failed",
        "2 of 4, starting",
    ]


def test_a_bar_on_a_terminal() -> None:
    with shown(lambda _line: None, terminal=True) as tell:
        tell(Tally(total=2, compared=1))
