"""A file or a text becomes a `Readout`: found, read in whatever format it is in, told its language.

`document.py` says what a format gives; each is one file. The text of a plain-text file is never
changed: offsets in a report are offsets into the file's own text, line ends and all. For other
formats the text is what was read from them, and offsets count in that.
"""

import os
import unicodedata
from collections.abc import Callable

from readout_diff import language
from readout_diff.datamodel import Comparison, Readout
from readout_diff.errors import InputError
from readout_diff.load.document import Document, too_long
from readout_diff.load.files import (
    MAX_BYTES,
    READOUT,
    REPORT,
    Given,
    check_not_same,
    printable,
    read_bytes,
)
from readout_diff.load.kinds import kind_of
from readout_diff.load.names import distinct_names, name_of, side_name

__all__ = [
    "MAX_BYTES",
    "MAX_CHARS",
    "distinct_names",
    "from_text",
    "load",
    "load_pair",
    "printable",
    "read_report",
    "side_name",
]

MAX_CHARS = 1_000_000
"""Characters of a text, unless more are allowed: some 10,000 sentences."""
Warn = Callable[[str], None]
"""Called with what may be wrong although it was read, one sentence each."""

# Controls that plain text may hold: tab, line ends, form feed, and the substitute character
# that old DOS editors put at the end.
_ALLOWED_CONTROLS = frozenset("\t\n\v\f\r\x1a\x1b\x85")
_MOST_CONTROLS = 0.02
_TELLING = 400
"""Letters from which the text itself tells its language better than what its page says."""


def load(
    path: str | os.PathLike[str],
    *,
    lang: str | None = None,
    name: str | None = None,
    encoding: str | None = None,
    max_chars: int = MAX_CHARS,
    warn: Warn | None = None,
) -> Readout:
    """Read a readout from a file, or from standard input for `-`.

    The file is text or Markdown in any common encoding, HTML, PDF with a text layer, DOCX, ODT or
    RTF; what it is is told by its content. `lang` is a language tag (`ko`, `zh-Hant`); without it
    the language is found from the text. `name` is how reports call this side; without it the file's
    name makes one. `encoding` is any text encoding that Python knows, for text and HTML; without it
    a byte order mark decides, then whether it is UTF-8, then what the page says, then a guess, and
    `warn` hears of a doubtful one. A text of more than `max_chars` characters is refused.

    InputError for what can't be read, in a sentence that says what to do.
    """
    given = read_bytes(path, READOUT)
    document = document_of(given, encoding, max_chars)
    if document.doubt is not None and warn is not None:
        warn(f"{given.shown} {document.doubt}.")
    return Readout(
        text=document.text,
        lang=_lang(document.text, lang, document.lang),
        name=name_of(given.path or given.shown) if name is None else printable(name),
        path=given.path,
        encoding=document.encoding,
        title=document.title,
        date=document.date,
        office=document.office,
    )


def from_text(
    text: str,
    *,
    lang: str | None = None,
    name: str | None = None,
    max_chars: int = MAX_CHARS,
) -> Readout:
    """A readout from text at hand; InputError for an empty one or an unknown language tag."""
    _check_is_text(text, "The text", max_chars)
    return Readout(text=text, lang=_lang(text, lang), name=printable(name or ""))


def load_pair(
    path_a: str | os.PathLike[str],
    path_b: str | os.PathLike[str],
    *,
    lang_a: str | None = None,
    lang_b: str | None = None,
    name_a: str | None = None,
    name_b: str | None = None,
    encoding_a: str | None = None,
    encoding_b: str | None = None,
    max_chars: int = MAX_CHARS,
    warn: Warn | None = None,
) -> tuple[Readout, Readout]:
    """Read both sides of a comparison; InputError too where both are the same file."""
    check_not_same(path_a, path_b)
    a = load(path_a, lang=lang_a, name=name_a, encoding=encoding_a, max_chars=max_chars, warn=warn)
    b = load(path_b, lang=lang_b, name=name_b, encoding=encoding_b, max_chars=max_chars, warn=warn)
    return distinct_names(a, b)


def read_report(path: str | os.PathLike[str]) -> Comparison:
    """Read a saved JSON report, or standard input for `-`; InputError where it is none."""
    from readout_diff.load.encodings import decode

    given = read_bytes(path, REPORT)
    try:
        text = decode(given.data, given.shown, given=_encoding_of_report(given.data)).text
    except InputError as error:  # which speaks of readouts
        raise InputError(f"{given.shown} is not a readout-diff report; {REPORT.give}.") from error
    return Comparison.from_json(text)


def _encoding_of_report(data: bytes) -> str | None:
    """UTF-8, unless it begins with the mark of another: a shell may have saved it so."""
    return None if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")) else "utf-8"


def document_of(given: Given, encoding: str | None = None, max_chars: int = MAX_CHARS) -> Document:
    """What the file says, by the loader of its format; InputError where that is no text."""
    document = _by_kind(given, encoding, max_chars)
    _check_is_text(document.text, given.shown, max_chars)
    return document


def _by_kind(given: Given, encoding: str | None, max_chars: int) -> Document:
    data, shown = given.data, given.shown
    kind = kind_of(data, shown, given.path)
    if kind == "pdf":
        from readout_diff.load import pdf

        return pdf.read(data, shown, max_chars)
    if kind == "docx":
        from readout_diff.load import docx

        return docx.read(data, shown)
    if kind == "odt":
        from readout_diff.load import odt

        return odt.read(data, shown)
    if kind == "rtf":
        from readout_diff.load import rtf

        return rtf.read(data, shown)
    if kind == "html":
        from readout_diff.load import html

        return html.read(data, shown, encoding)
    from readout_diff.load import plain

    if len(data) > 4 * max_chars + 4:  # no character takes more, nor a mark
        raise too_long(shown, max_chars)
    return plain.read(data, shown, encoding)


def _check_is_text(text: str, shown: str, max_chars: int) -> None:
    if len(text) > max_chars:
        raise too_long(shown, max_chars)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"{shown} holds half a character (a lone surrogate, at {error.start}); decode it anew."
        ) from error
    if not any(_is_visible(char) for char in text):
        raise InputError(f"{shown} is empty; give the text of a readout.")
    controls = sum(1 for char in text if char < " " and char not in _ALLOWED_CONTROLS)
    if "\0" in text or controls > len(text) * _MOST_CONTROLS:
        raise InputError(
            f"{shown} is binary, not text; give the readout as text, HTML, PDF or DOCX."
        )


def _is_visible(char: str) -> bool:
    return not char.isspace() and unicodedata.category(char) not in ("Cc", "Cf")


def _lang(text: str, given: str | None, stated: str | None = None) -> str:
    """The language given; else the text's own, which a short text may leave to its page."""
    if given is not None:
        return language.normalize_tag(given)
    found = language.detect(text)
    if not stated or (found != language.UNKNOWN and sum(map(str.isalpha, text)) >= _TELLING):
        return found
    try:
        page = language.normalize_tag(stated)
    except InputError:
        return found
    # What is written in Hangul or kana is in no other language, whatever the page says.
    return found if {found, page} & {"ko", "ja", "zh"} and found != language.UNKNOWN else page
