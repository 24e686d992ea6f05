"""What a run would compare, as text."""

from msgspec import Struct

from readout_diff.batch.meetings import LeftOut, Meeting, Source
from readout_diff.batch.run import Plan
from readout_diff.load import printable


class Listing(Struct, frozen=True):
    """The pairs, and what has none."""

    text: str
    failed: int
    """Meetings that can't be compared."""


def listing(plan: Plan) -> Listing:
    """A line a comparison, then what is left out and why, then counts."""
    lines, rest = [], []
    meetings = pairs = failed = 0
    for found in plan.meetings():
        if isinstance(found, Meeting):
            meetings += 1
            pairs += len(found.pairs)
            lines += [
                f"{found.name}: {_side(pair.a)} and {_side(pair.b)} -> {pair.key}"
                for pair in found.pairs
            ]
        else:
            failed += found.failed
            rest.append(_left_out(found))
    if rest:
        lines += ["", "Not compared:", *rest]
    lines += [
        "",
        f"{meetings} meetings, {pairs} comparisons; {failed} meetings can't be compared, "
        f"{len(rest) - failed} files are left out.",
    ]
    shown = ("".join(char if char.isprintable() else "\ufffd" for char in line) for line in lines)
    return Listing("\n".join(shown) + "\n", failed)


def _side(source: Source) -> str:
    return f"{source.name} ({printable(source.path)})"


def _left_out(found: LeftOut) -> str:
    return f"{found.what}: {'CAN NOT BE COMPARED, ' if found.failed else ''}{found.why}"
