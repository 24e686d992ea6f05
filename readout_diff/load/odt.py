"""ODT: the paragraphs, lists and tables of the body, read from its XML as it streams by."""

import io
import re
from collections.abc import Iterator
from typing import Any

from readout_diff.errors import InputError
from readout_diff.load.document import Document, stated_title
from readout_diff.load.zips import damaged, opened, xml

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_DUBLIN = "{http://purl.org/dc/elements/1.1/}"
_PARAGRAPHS = {f"{_TEXT}p", f"{_TEXT}h"}
_LEFT_OUT = {
    f"{_TEXT}note", f"{_TEXT}tracked-changes", f"{_TEXT}ruby-text", f"{_OFFICE}annotation",
    f"{_TEXT}index-body", f"{_TEXT}sequence-decls",
}  # fmt: skip
_MOST_SPACES = 100


def read(data: bytes, shown: str) -> Document:
    """The body's words; paragraphs apart by an empty line, items of a list marked "- "."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException

    with opened(data, shown) as archive:
        content = xml(archive, "content.xml", shown)
        meta = xml(archive, "meta.xml", shown) if "meta.xml" in archive.namelist() else b""
    try:
        text = "".join(_parts(content))
        about = _properties(meta) if meta else {}
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        if isinstance(error, InputError):
            raise
        raise damaged(shown, error) from error
    return Document(text.strip("\n"), title=stated_title(about.get(f"{_DUBLIN}title")))


def _properties(meta: bytes) -> dict[str, str]:
    from defusedxml.ElementTree import iterparse

    return {
        element.tag: element.text or ""
        for _, element in iterparse(io.BytesIO(meta), forbid_dtd=True)
    }


def _parts(content: bytes) -> Iterator[str]:
    """The text of each paragraph and row, with what parts it from the one before."""
    last = ""
    for kind, text in _blocks(content):
        if text.strip():
            yield "\n" if kind and kind == last else "\n\n"
            yield f"- {text.strip()}" if kind == "list" else text.strip()
            last = kind


def _blocks(content: bytes) -> Iterator[tuple[str, str]]:
    """Paragraphs, and rows of tables with cells apart by a tab; "list" or "table" for a part."""
    from defusedxml.ElementTree import iterparse

    left_out = lists = rows = 0
    row = ""
    for event, element in iterparse(io.BytesIO(content), events=("start", "end"), forbid_dtd=True):
        step = 1 if event == "start" else -1
        tag = element.tag
        if tag in _LEFT_OUT:
            left_out += step
        elif tag == f"{_TEXT}list":
            lists += step
        elif tag == f"{_TABLE}table-row":
            rows += step
            if not rows:
                yield "table", row
                row = ""
        elif tag == f"{_TABLE}table-cell" and event == "end":
            row = f"{row.rstrip(' ')}\t"
        elif tag in _PARAGRAPHS and event == "end":
            # A paragraph in a frame in this one ended before it, and was cleared.
            if left_out:
                pass
            elif rows:
                row += f"{_words(element)} "
            else:
                yield "list" if lists else "", _words(element)
            element.clear()


def _words(paragraph: Any) -> str:
    """A paragraph's own words."""
    words: list[str] = []
    waiting: list[Any] = [paragraph]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            words.append(part)
        elif part.tag not in _LEFT_OUT:
            words.append(_mark(part.tag, part.get(f"{_TEXT}c")) + (part.text or ""))
            for child in reversed(part):
                waiting += [child.tail or "", child]
    return "".join(words).strip()


def _mark(tag: str, count: str | None) -> str:
    if tag == f"{_TEXT}tab":
        return "\t"
    if tag == f"{_TEXT}line-break":
        return "\n"
    if tag == f"{_TEXT}s":
        return " " * min(
            int(count) if count and re.fullmatch(r"\d{1,4}", count) else 1, _MOST_SPACES
        )
    return ""
