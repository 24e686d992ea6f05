"""A web page: its main text, without menus, related links and footers.

trafilatura finds the main text; what a page marks as not being it (`nav`, `aside`, `footer`) is
taken out before. Nothing is fetched, and no script is run.
"""

import logging
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from readout_diff.errors import InputError
from readout_diff.load.document import Document, stated, stated_date
from readout_diff.load.encodings import decode

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_BYTES = 10_000_000
"""Of a page's source."""
MAX_ELEMENTS = 30_000
_HEAD = 4096
_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]+)|<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w:.-]+)""",
    re.IGNORECASE,
)
_LINE_END = re.compile(r"\s*[\r\n]\s*")
_CONTROL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML can't hold, which is how the page's tree is kept."""
_XML = re.compile(r"\s*<\?xml[^>]*>")
_NOT_MAIN = (
    "//nav|//aside|//footer|//script|//style|//noscript|//template|//iframe|//object|//svg|//form"
    "|//*[@hidden]|//*[@role='navigation' or @role='contentinfo' or @role='complementary'"
    " or @role='search' or @role='menu']|//comment()|//processing-instruction()"
)
_INLINE = {
    "a", "abbr", "b", "bdi", "bdo", "cite", "em", "font", "i", "mark", "q", "s", "small", "span",
    "strong", "sub", "sup", "time", "u",
}  # fmt: skip
_BLOCKS = {"p", "head", "quote", "table", "list", "code", "div", "ab"}
_PARTS = {"item": "list", "row": "table"}
_BULLET = "- "
_FEWEST = 0.5
"""Share of the letters in a page's <article> or <main> that the main text must hold: where less of
them is found, the element is taken whole."""


for _name in ("trafilatura", "htmldate", "justext", "courlan"):
    # What they warn of is said here in a sentence, or of no use to a reader.
    logging.getLogger(_name).addHandler(logging.NullHandler())


def read(data: bytes, shown: str, encoding: str | None) -> Document:
    """The main text, paragraphs apart; title, date and office from the page's own metadata."""
    if len(data) > MAX_BYTES:
        raise InputError(
            f"{shown} is a web page of more than {MAX_BYTES // 1_000_000} MB, which no readout "
            "is; save its text."
        )
    found = decode(data, shown, given=encoding, declared=_declared(data))
    tree = _parsed(found.text, shown)
    about = _about(tree)
    text = _main_text(tree)
    if not text:
        raise InputError(f"{shown} is a web page without a text in it; save the text that you see.")
    return Document(
        text,
        found.encoding,
        lang=tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang"),
        title=stated(about.title),
        date=stated_date(about.date),
        office=_office(about.sitename),
        doubt=found.doubt,
    )


def _declared(data: bytes) -> str | None:
    match = _CHARSET.search(data[:_HEAD])
    return (match[1] or match[2]).decode("ascii", "replace") if match else None


def _parsed(page: str, shown: str) -> "HtmlElement":
    from lxml import etree, html

    page = _XML.sub("", page, count=1).replace("\0", "\ufffd")
    # Beyond 256 levels libxml2 drops what is inside; no page is written so.
    parser = html.HTMLParser(encoding="utf-8", no_network=True)
    try:
        tree = html.document_fromstring(page.encode("utf-8"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise InputError(f"{shown} is a web page without a text in it; save its text.") from error
    if any("xcessive depth" in entry.message for entry in parser.error_log):
        raise InputError(f"{shown} is a web page nested too deeply to be read; save its text.")
    if sum(1 for _ in tree.iter()) > MAX_ELEMENTS:
        raise InputError(
            f"{shown} is a web page of more than {MAX_ELEMENTS:,} elements, which no readout is; "
            "save its text."
        )
    kept = set(tree.xpath("//pre/descendant-or-self::*"))
    for element in tree.iter():
        if element.text:
            element.text = _shown(element.text, element in kept)
        if element.tail:
            element.tail = _shown(element.tail, element.getparent() in kept)
    for element in tree.xpath(_NOT_MAIN):
        if element.getparent() is not None:
            element.drop_tree()
    return tree


def _shown(text: str, kept: bool) -> str:
    """Text as a page shows it: a line end in the source is a space, unless it is kept."""
    text = _CONTROL.sub("\ufffd", text)
    return text if kept else _LINE_END.sub(" ", text)


def _about(tree: "HtmlElement") -> Any:
    from trafilatura.metadata import extract_metadata

    # Without the extensive search a date is only taken where the page marks it as one.
    return extract_metadata(tree, date_config={"extensive_search": False, "original_date": True})


def _office(site: str | None) -> str | None:
    """The site's name, where it is a name and not an address."""
    name = stated(site)
    return None if name is None or re.fullmatch(r"[\w.@-]+\.[a-z]{2,}|@\S+", name) else name


def _main_text(tree: "HtmlElement") -> str:
    from trafilatura import bare_extraction

    marked = tree.xpath("//article") or tree.xpath("//main|//*[@role='main']")
    whole = [_plain(element) for element in marked[:1]]
    found = bare_extraction(
        tree, include_comments=False, include_tables=True, include_formatting=True
    )
    body = getattr(found, "body", None)
    text = "" if body is None else _join(_paragraphs(body))
    if whole and _letters(text) < _FEWEST * _letters(whole[0]):
        return whole[0]
    return text or _plain(tree)


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))


def _plain(tree: "HtmlElement") -> str:
    """All text of an element, its blocks apart."""
    from lxml import etree

    lines = [""]
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if element.tag not in _INLINE:
            lines.append("")
        if event == "start" or element is not tree:
            lines[-1] += (element.text if event == "start" else element.tail) or ""
    return _join((line, "") for line in lines)


def _join(parts: Iterable[tuple[str, str]]) -> str:
    """Paragraphs apart by an empty line; the parts of one list or table by a line end."""
    text = last = ""
    for line, part in parts:
        line = _squeezed(line)
        if line and line != _BULLET.strip():
            text += ("\n" if part and part == last else "\n\n") if text else ""
            text += line
            last = part
    return text


def _squeezed(text: str) -> str:
    """White space as a browser shows it: a run of it is one space, line breaks apart."""
    lines = (re.sub(r"[ \t\r\f\v]+", " ", line).strip(" ") for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _paragraphs(body: "HtmlElement") -> Iterator[tuple[str, str]]:
    """The paragraphs of trafilatura's tree, and "list" or "table" for one that is a part of it."""
    from lxml import etree

    line = part = ""
    for event, element in etree.iterwalk(body, events=("start", "end")):
        tag = element.tag
        if tag in _BLOCKS or tag in _PARTS:
            if line != _BULLET:  # else the item's own paragraph begins
                yield line, part
                line = ""
                part = _PARTS.get(tag, "") if event == "start" else ""
            if event == "start" and tag == "item":
                line, part = _BULLET, "list"
        elif event == "end" and tag == "cell":
            line += " "
        elif event == "end" and tag == "lb":
            line += "\n"
        line += (element.text if event == "start" else element.tail) or ""
    yield line, part
