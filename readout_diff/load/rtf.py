"""RTF: its words by striprtf, with what that leaves undone for East Asian code pages."""

import re

from readout_diff.errors import InputError
from readout_diff.load.document import Document, stated_title

MAX_BYTES = 10_000_000
"""Pictures in it included."""
_CODE_PAGE = re.compile(r"\\ansicpg(\d{1,5})")
_TWO_BYTES = {
    "932": "\x81-\x9f\xe0-\xfc",
    "936": "\x81-\xfe",
    "949": "\x81-\xfe",
    "950": "\x81-\xfe",
}
"""Code pages in which a character may take two bytes, and what the first of them may be."""
_TITLE = re.compile(r"\{\\title\s([^{}]{1,600})\}")


def read(data: bytes, shown: str) -> Document:
    """The words, paragraphs apart by a line end, cells of a table by a tab."""
    from striprtf.striprtf import rtf_to_text

    if len(data) > MAX_BYTES:
        raise InputError(
            f"{shown} is an RTF file of more than {MAX_BYTES // 1_000_000} MB; save it as DOCX or "
            "text."
        )
    source = data.lstrip().decode("latin-1")
    page = _CODE_PAGE.search(source)
    source = re.sub(r"\\cell(?![a-z])", r"\\tab", source)
    if page and page[1] in _TWO_BYTES:
        source = _whole_characters(source, _TWO_BYTES[page[1]])
    try:
        text = _joined(rtf_to_text(source))
        title = _TITLE.search(source)
        stated = title and _joined(
            rtf_to_text(rf"{{\rtf1\ansi{page[0] if page else ''} {title[1]}}}")
        )
    except Exception as error:  # striprtf lets through whatever wrong numbers make it raise
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(
            f"{shown} is a damaged RTF file ({reason}); save it anew, or as DOCX."
        ) from error
    return Document(text.strip("\n"), title=stated_title(stated))


def _whole_characters(source: str, first: str) -> str:
    """Second bytes that are ASCII, written as bytes: "\\'83A" is one character, "\\'83\\'41"."""
    lead = re.compile(f"[{first}]")

    def bytewise(run: re.Match[str]) -> str:
        values = bytes.fromhex(run[1].replace("\\'", "")).decode("latin-1")
        open_ = False
        for value in values:
            open_ = not open_ and bool(lead.match(value))
        # The last byte begins a character that the letter after it ends.
        return f"{run[1]}\\'{ord(run[2]):02x}" if open_ and run[2] else run[0]

    return re.sub(r"((?:\\'[0-9a-fA-F]{2})+)([@-~](?<![\\{}]))?", bytewise, source)


def _joined(text: str) -> str:
    """With the two halves of a character beyond U+FFFF, each written as a number, put together."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
