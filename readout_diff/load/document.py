"""What a loader gives: a file's words, and what the file states about itself.

The contract of every format: `read(data, shown, ...) -> Document`. `data` are the file's bytes and
`shown` is how a message calls the file. A loader raises InputError, one sentence that says what is
wrong and what to do, for bytes that it can't read, whatever they are; it runs nothing and fetches
nothing that they name.
"""

import datetime
import re
from functools import lru_cache

from msgspec import Struct

from readout_diff.errors import InputError
from readout_diff.lexicon import languages, section

_LONGEST = 300
"""Characters of a title or an office; what is longer is no such thing."""


class Document(Struct, frozen=True):
    """What was read from a file."""

    text: str
    """Its words; offsets in a report count in it."""
    encoding: str | None = None
    """What its bytes were decoded with; None for a format that says so itself."""
    lang: str | None = None
    """The language that it says it is in, as written there."""
    title: str | None = None
    date: str | None = None
    """ISO 8601, YYYY-MM-DD."""
    office: str | None = None
    doubt: str | None = None
    """Why its words may be wrong, as the end of a sentence that begins with the file's name."""


def too_long(shown: str, max_chars: int) -> InputError:
    """What is said of a text that is longer than is allowed."""
    return InputError(
        f"{shown} has more than {max_chars:,} characters; give the text of one readout, or allow "
        "more with --max-chars."
    )


def stated(value: str | None) -> str | None:
    """A title or an office as a file states it, in one line; None where nothing is said."""
    line = " ".join((value or "").split())
    return line if any(map(str.isalnum, line)) and len(line) <= _LONGEST else None


def stated_title(value: str | None) -> str | None:
    """The title among a document's properties; None where it is a program's or a file's name."""
    line = stated(value)
    return None if line is None or _no_title().search(line) else line


@lru_cache(maxsize=1)
def _no_title() -> re.Pattern[str]:
    """What programs write of themselves, and where a title is missing, in any language."""
    tables = [table for lang in languages() if (table := section(lang, "pages"))]
    missing = "|".join(table["untitled"] for table in tables)
    return re.compile(
        rf"^(?:microsoft (?:word|powerpoint)\b.*|normal\.dotm?|{missing})$|"
        r"\.(?:docx?|hwpx?|odt|pdf|rtf|indd|txt|html?|qxd|ai)$",
        re.IGNORECASE,
    )


def stated_date(value: str | None) -> str | None:
    """The day of a date as pages write it: 2026-05-04T10:00:00Z; None for any other."""
    found = re.match(r"\s*((?:19|20)\d\d-\d\d-\d\d)(?!\d)", value or "")
    try:
        return found and datetime.date.fromisoformat(found[1]).isoformat()
    except ValueError:
        return None
