"""DOCX: the paragraphs and tables of the body in their order, as they stand when all changes are
accepted; no headers, footers, notes or comments."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from readout_diff.errors import InputError
from readout_diff.load.document import Document, stated_title
from readout_diff.load.zips import damaged, opened

if TYPE_CHECKING:
    from docx.document import Document as Docx

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_IN_LIST = f"{_W}pPr/{_W}numPr"
_TEXT = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "\u2011"}
_LEFT_OUT = {f"{_W}del", f"{_W}moveFrom", f"{_W}instrText", f"{_W}rt", f"{_W}rPr", f"{_W}pPr",
             "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}  # fmt: skip
"""Deleted words, fields' code, readings above words, and what is said twice for old programs."""


def read(data: bytes, shown: str) -> Document:
    """The body's words; paragraphs apart by an empty line, items of a list marked "- "."""
    import docx

    with opened(data, shown):
        pass
    try:
        document = docx.Document(io.BytesIO(data))
        text = "".join(_parts(document.element.body, _list_styles(document)))
        title = _title(document)
    except InputError:
        raise
    except Exception as error:  # python-docx lets through whatever a broken part makes it raise
        raise damaged(shown, error) from error
    return Document(text.strip("\n"), title=title)


def _list_styles(document: "Docx") -> frozenset[str]:
    """The styles whose paragraphs are items of a list."""
    styles = document.styles.element.iterchildren(f"{_W}style")
    return frozenset(
        style.get(f"{_W}styleId") for style in styles if style.find(_IN_LIST) is not None
    )


def _title(document: "Docx") -> str | None:
    try:
        return stated_title(document.core_properties.title)
    except Exception:  # properties that make no sense say nothing
        return None


def _parts(body: Any, list_styles: frozenset[str]) -> Iterator[str]:
    """The text of each paragraph and row, with what parts it from the one before."""
    last = ""
    for kind, text in _blocks(body, list_styles):
        if text.strip():
            yield "\n" if kind and kind == last else "\n\n"
            yield text
            last = kind


def _blocks(body: Any, list_styles: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Paragraphs, and rows of tables with cells apart by a tab; "list" or "table" for a part.

    Without recursion: tables in tables may be as deep as a file likes.
    """
    waiting = [body]
    while waiting:
        element = waiting.pop()
        if element.tag == f"{_W}p":
            style = element.find(f"{_W}pPr/{_W}pStyle")
            listed = element.find(_IN_LIST) is not None or (
                style is not None and style.get(f"{_W}val") in list_styles
            )
            yield ("list", f"- {_words(element)}") if listed else ("", _words(element))
            # What stands in a frame beside the paragraph comes after it.
            waiting.extend(reversed(_frames(element)))
        elif element.tag == f"{_W}tr":
            cells = [" ".join(filter(None, map(_words, cell.iter(f"{_W}p")))) for cell in
                     element.iterchildren(f"{_W}tc", f"{_W}sdt")]  # fmt: skip
            yield "table", "\t".join(cells).rstrip()
        elif element.tag not in _LEFT_OUT:
            waiting.extend(element.iterchildren(reversed=True))


def _frames(paragraph: Any) -> list[Any]:
    return [
        frame
        for frame in paragraph.iter(f"{_W}txbxContent")
        if not any(above.tag in _LEFT_OUT for above in frame.iterancestors())
    ]


def _words(paragraph: Any) -> str:
    """A paragraph's own words."""
    words = []
    waiting = [paragraph]
    while waiting:
        element = waiting.pop()
        if element.tag == f"{_W}t":
            words.append(element.text or "")
        elif element.tag in _TEXT:
            words.append(_TEXT[element.tag])
        elif element.tag not in _LEFT_OUT and element.tag != f"{_W}txbxContent":
            waiting.extend(element.iterchildren(reversed=True))
    return "".join(words).strip()
