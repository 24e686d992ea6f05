"""The CSV report: one row a claim, side a's first, for spreadsheet programs.

Quotes are the readouts' own, line breaks and all, but for one thing: where a spreadsheet program
would take a text for a formula, an apostrophe stands before it.
"""

import csv
import io
import re
from typing import TypeVar

from readout_diff.datamodel import Claim, Comparison
from readout_diff.report.outline import Outline, sides_of

T = TypeVar("T")

COLUMNS = (
    "id",
    "side",
    "side_name",
    "status",
    "absence",
    "unsure",
    "text",
    "missing",
    "matches",
    "speaker",
    "topics",
    "severity_rank",
    "severity_why",
    "conflicts",
)
# What a cell begins with if it is a formula, full-width signs too; and again after what parts
# cells where the program expects another separator than a comma.
_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[\s\"']*[=+\-@＝＋－＠])")


def render(comparison: Comparison, **_how_it_is_viewed: object) -> str:
    """The claims as CSV (RFC 4180 but for plain line ends), with a line of headings."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(COLUMNS)
    outline = Outline(comparison)
    for claim in comparison.claims:
        writer.writerow(guarded(cell) for cell in _row(outline, claim))
    return out.getvalue()


def _row(outline: Outline, claim: Claim) -> tuple[str | float | None, ...]:
    conflicts = [outline.comparison.conflicts[n] for n in outline.conflicts.get(claim.id, ())]
    return (
        claim.id,
        claim.side,
        outline.name(claim.side),
        claim.status,
        claim.absence,
        "yes" if claim.unsure else "no",
        claim.text,
        " … ".join(gap.text for gap in claim.missing),
        " ".join(match.id for match in claim.matches),
        claim.speaker or "",
        ", ".join(outline.topic_labels(claim)),
        claim.severity.rank if claim.severity else "",
        claim.severity.why if claim.severity else "",
        ", ".join(
            f"{conflict.kind} {id}"
            for conflict in conflicts
            for key, id in sides_of(conflict)
            if key != claim.side
        ),
    )


def guarded(cell: T) -> T | str:
    """A cell with an apostrophe wherever a spreadsheet program would begin a formula."""
    return _FORMULA.sub(r"\1'", cell) if isinstance(cell, str) else cell
