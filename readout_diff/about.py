"""Title, day and office of a readout: what its file states, else what stands above its text."""

import datetime
import re
from functools import lru_cache

from msgspec.structs import replace

from readout_diff.conflicts.dates import dates
from readout_diff.datamodel import Readout, Segmentation
from readout_diff.lexicon import section

_LONGEST = 200
"""Characters of a title or an office."""


def with_heading(readout: Readout, found: Segmentation) -> Readout:
    """The readout with what its heading says and its file did not; nothing is guessed.

    A title is the first line above the first sentence that is one, a day stands in a dateline with
    its year, an office is a line of the letterhead that names one (`offices` of the lexicon).
    """
    first = found.sentences[0].start if found.sentences else len(readout.text)
    above = [
        (piece.why, " ".join(readout.text[piece.start : piece.end].split()))
        for piece in found.ignored
        if piece.end <= first
    ]
    return replace(
        readout,
        title=readout.title or _first(above, "title"),
        date=readout.date or _date(above, readout.lang),
        office=readout.office or _office(above, readout.lang),
    )


def day_of(date: str | None) -> datetime.date | None:
    """The day of an ISO 8601 date; None where it is none."""
    try:
        return None if date is None else datetime.date.fromisoformat(date)
    except ValueError:
        return None


def _first(above: list[tuple[str, str]], kind: str) -> str | None:
    return next((line for why, line in above if why == kind and len(line) <= _LONGEST), None)


def _date(above: list[tuple[str, str]], lang: str) -> str | None:
    for why, line in above:
        for date in dates(line, lang) if why == "dateline" else ():
            if date.year and date.month and date.day:
                day = f"{date.year:04}-{date.month:02}-{date.day:02}"
                return day if day_of(day) else None
    return None


def _office(above: list[tuple[str, str]], lang: str) -> str | None:
    names = _offices(lang)
    if names is None:
        return None
    return next(
        (line for why, line in above if why == "letterhead" and len(line) <= _LONGEST
         and names.search(line)),
        None,
    )  # fmt: skip


@lru_cache(maxsize=16)
def _offices(lang: str) -> re.Pattern[str] | None:
    patterns = section(lang, "offices").get("lines", ())
    return re.compile("|".join(f"(?:{p})" for p in patterns), re.IGNORECASE) if patterns else None
