"""PDF with a text layer: its paragraphs, by where lines stand on the page.

pdfium says which characters a page shows and where. Lines that a page's width broke are put
together again, and what every page repeats (numbers, running heads) is left out.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from readout_diff.errors import InputError
from readout_diff.language import is_rtl
from readout_diff.lexicon import languages, section
from readout_diff.load.document import Document, stated_title, too_long
from readout_diff.load.wrapped import HYPHEN, UNSPACED, Vocabulary, joined

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfTextPage

MAX_PAGES = 500
_HYPHEN = "\x02"
"""How pdfium writes a hyphen at the end of a line."""
_BREAKS = ("\r", "\n", _HYPHEN)
_UNKNOWN = "\ufffd"
_MARKER = re.compile(
    r"\s*(?:[○●◯◦•∙‣▪▫■□◆◇▲△▶►※★☆➢✓·ㅇ–—-]\s|[(（]?\d{1,2}[)）]|\d{1,2}[.．]\s|[①-⓿])"
)
"""How an item of a list begins."""
_EDGE_LINES = 2
"""Lines at the top and at the bottom of a page, apart from the rest, in which running heads and
page numbers stand."""
_REPEATED = 0.5
"""Share of the pages that a running head is on, of at least three pages."""
_GAP = 1.35
"""Distance of two lines, as a multiple of the usual one, from which a paragraph begins."""
_SLACK = 1.3
"""How much wider than its letters on the mean a word may be."""
_RAGGED = 2.2
"""Of a line's height: how far apart lines end where words are not broken."""
_INDENT = 0.8
"""Of a line's height: how far a first line stands in."""
# Made of their shapes by programs that took them for symbols; NFKC leaves these alone.
_RADICALS = str.maketrans(
    "⺟⺠⺘⻁⻄⻅⻑⻘⻙⻝⻤⻨⻩⻫⻬⻭⻰⻲", "母民手虎西见長青韦食鬼麦黄斉齐歯龙亀"
)
_SHAPES = re.compile("[\u2e80-\u2fdf\uf900-\ufaff\ufb00-\ufdff\ufe70-\ufefc]+")
"""Radicals, characters doubled for old codes, ligatures, Arabic letters by place in a word."""


class Line(Struct, frozen=True):
    """A line of a page, with its place in points; `y` is its baseline, from the page's bottom."""

    text: str
    left: float
    right: float
    y: float
    height: float
    """Of its characters."""
    page: int


def read(data: bytes, shown: str, max_chars: int) -> Document:
    """The words, paragraphs apart by an empty line; the title from the file's properties."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise _unreadable(shown, str(error)) from error
    try:
        return _read(document, shown, max_chars)
    except pypdfium2.PdfiumError as error:
        raise _unreadable(shown, str(error)) from error
    finally:
        document.close()


def _unreadable(shown: str, reason: str) -> InputError:
    if "assword" in reason:
        return InputError(f"{shown} is protected by a password; save it without one.")
    said = " ".join(reason.split()).rstrip(".")
    return InputError(f"{shown} is a damaged PDF ({said}); open it and save it anew.")


def _read(document: "PdfDocument", shown: str, max_chars: int) -> Document:
    if len(document) > MAX_PAGES:
        raise InputError(
            f"{shown} has {len(document):,} pages, more than {MAX_PAGES}; give the pages of the "
            "readout alone."
        )
    pages: list[list[Line]] = []
    characters = pictures = 0
    for number in range(len(document)):
        page = document[number]
        text_page = page.get_textpage()
        characters += text_page.count_chars()
        if characters > 2 * max_chars:  # what is left out of pages is less than half of them
            raise too_long(shown, max_chars)
        pages.append(_lines(text_page, number))
        pictures += not pages[-1]
        text_page.close()
        page.close()
    lines = [line for page in _without_edges(pages) for line in page]
    text = _text(lines)
    if not any(map(str.isalnum, text)):
        what = "is a scan without text" if pictures else "holds no text"
        raise InputError(f"{shown} {what}; run it through text recognition (OCR) first.")
    # When the file was made says nothing of the readout's day: pages are printed years later.
    return Document(text, title=_title(document))


def _title(document: "PdfDocument") -> str | None:
    try:
        return stated_title(document.get_metadata_value("Title"))
    except UnicodeError:  # half a character
        return None


def _lines(page: "PdfTextPage", number: int) -> list[Line]:
    """The page's lines in the order in which pdfium reads them."""
    from pypdfium2 import raw

    count = page.count_chars()
    characters = _characters([raw.FPDFText_GetUnicode(page.raw, at) for at in range(count)])
    _turn_words(page, characters)
    lines: list[Line] = []
    first = 0
    for at in range(count + 1):
        if at < count and characters[at] not in _BREAKS:
            continue
        start, end = first, at
        while end > start and characters[end - 1].isspace():
            end -= 1
        while start < end and characters[start].isspace():
            start += 1
        if start < end:
            # A space that the line ends with says that a word ends there.
            text = _composed("".join(characters[start:at]))
            if at < count and characters[at] == _HYPHEN:
                text += HYPHEN
            lines.append(Line(text, *_place(page, start, end), number))
        first = at + 1
    return lines


def _characters(codes: Sequence[int]) -> list[str]:
    """One string a code; what has no meaning in Unicode is shown so, halves are put together."""
    characters = [chr(code) if 0 < code < 0x110000 else _UNKNOWN for code in codes]
    for at, code in enumerate(codes):
        if 0xD800 <= code < 0xE000:
            characters[at] = ""
            if code < 0xDC00 and at + 1 < len(codes) and 0xDC00 <= codes[at + 1] < 0xE000:
                pair = 0x10000 + ((code - 0xD800) << 10) + (codes[at + 1] - 0xDC00)
                characters[at] = chr(pair)
    return characters


def _turn_words(page: "PdfTextPage", characters: list[str]) -> None:
    """Put the letters of right-to-left words in the order of reading.

    Some programs draw a word's letters from left to right; where they stand tells.
    """
    at = 0
    while at < len(characters):
        end = at
        while end < len(characters) and _runs_left(characters[end]):
            end += 1
        if end - at > 1 and _place(page, at, at + 1)[0] < _place(page, end - 1, end)[0]:
            characters[at:end] = characters[at:end][::-1]
        at = end + 1


def _runs_left(character: str) -> bool:
    return len(character) == 1 and unicodedata.bidirectional(character) in ("R", "AL", "NSM")


def _place(page: "PdfTextPage", start: int, end: int) -> tuple[float, float, float, float]:
    """Left, right, baseline and height of some characters."""
    import ctypes

    from pypdfium2 import raw

    box = [ctypes.c_double() for _ in range(4)]
    left = bottom = math.inf
    right = top = -math.inf
    # The ends of a line tell its width, whichever way it runs; a few between them its height.
    for at in sorted({start, end - 1, *range(start, end, max(1, (end - start) // 8))}):
        if raw.FPDFText_GetCharBox(page.raw, at, *map(ctypes.byref, box)):
            left, right = min(left, box[0].value), max(right, box[1].value)
            bottom, top = min(bottom, box[2].value), max(top, box[3].value)
    if not left <= right:
        return 0.0, 0.0, 0.0, 1.0
    size = float(raw.FPDFText_GetFontSize(page.raw, start))
    return left, right, bottom, size if 4.0 < size < 100.0 else max(top - bottom, 1.0)


def _composed(text: str) -> str:
    """Characters that only a PDF has, as anyone writes them."""
    text = text.translate(_RADICALS)
    return _SHAPES.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text).replace(
        "\u00ad", ""
    )


def _without_edges(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """The pages without their numbers and without what most of them repeat at the same place."""
    edges = [set(_edge(page)) | set(_edge(page[::-1])) for page in pages]
    repeated = Counter(_head(line) for edge in edges for line in edge)
    least = max(2, math.ceil(_REPEATED * len(pages)))
    numbers = Counter(
        number - line.page for edge in edges for line in edge if (number := _number(line.text))
    )
    offset, times = numbers.most_common(1)[0] if numbers else (0, 0)
    sure = times >= least

    def stays(line: Line, edge: set[Line]) -> bool:
        if line not in edge:
            return True
        number = _number(line.text)
        if number is not None and (sure or not line.text.strip().isdecimal()):
            return number - line.page != offset
        return repeated[_head(line)] < least

    return [
        [line for line in page if stays(line, edge)]
        for page, edge in zip(pages, edges, strict=True)
    ]


def _edge(page: Sequence[Line]) -> Sequence[Line]:
    """The first lines of a page that stand apart from the rest."""
    steps = sorted(abs(a.y - b.y) for a, b in pairwise(page))
    usual = steps[(len(steps) - 1) // 4] if steps else 0.0
    for at in range(min(_EDGE_LINES, len(page) - 1), 0, -1):
        if abs(page[at - 1].y - page[at].y) > _GAP * max(usual, 1.0):
            return page[:at]
    return page[:1]


def _head(line: Line) -> tuple[str, int]:
    return re.sub(r"\d+", "0", line.text.strip()), round(line.y)


def _number(text: str) -> int | None:
    """The number of a line that says nothing but a page's."""
    match = _numbering().fullmatch(text.strip())
    return int(match[1]) if match else None


@lru_cache(maxsize=1)
def _numbering() -> re.Pattern[str]:
    """How pages write their number, in any language: which one it is isn't known yet."""
    tables = [table for lang in languages() if (table := section(lang, "pages"))]
    before, between, after = (
        "|".join(table[key] for table in tables if table[key])
        for key in ("before", "between", "after")
    )
    return re.compile(
        rf"[\W_]{{0,3}}(?:{before})?\s*(\d{{1,3}})(?:\s*(?:-|{between})\s*\d{{1,3}})?"
        rf"\s*(?:{after})?[\W_]{{0,3}}",
        re.IGNORECASE,
    )


def _text(lines: Sequence[Line]) -> str:
    """The paragraphs, an empty line between them."""
    rows = _rows(lines)
    if not rows:
        return ""
    follows = [False, *(_goes_on(a, b, rows) for a, b in pairwise(rows))]
    wrapped = [(a, b) for (a, b), goes in zip(pairwise(rows), follows[1:], strict=True) if goes]
    vocabulary = Vocabulary.of(
        (line.text for line in rows), [(a.text, b.text) for a, b in wrapped], _is_ragged(wrapped)
    )
    paragraphs: list[str] = []
    for line, goes in zip(rows, follows, strict=True):
        if goes:
            paragraphs[-1] = joined(paragraphs[-1], line.text, vocabulary)
        else:
            paragraphs.append(line.text)
    return "\n\n".join(paragraph.replace(HYPHEN, "-").strip() for paragraph in paragraphs)


def _rows(lines: Sequence[Line]) -> list[Line]:
    """Lines with what stands beside them on the same baseline, such as the cells of a table."""
    rows: list[Line] = []
    for line in lines:
        last = rows[-1] if rows else None
        if (
            last is not None
            and last.page == line.page
            and abs(last.y - line.y) < line.height / 3
            and (line.left >= last.right or line.right <= last.left)
        ):
            rows[-1] = replace(
                last,
                text=f"{last.text.rstrip()} {line.text}",
                left=min(last.left, line.left),
                right=max(last.right, line.right),
            )
        else:
            rows.append(line)
    return rows


def _goes_on(line: Line, following: Line, rows: Sequence[Line]) -> bool:
    """Whether the following line goes on with the paragraph of the line."""
    if line.text.endswith(HYPHEN):
        return True
    page = [row for row in rows if row.page == line.page]
    left, right = min(row.left for row in page), max(row.right for row in page)
    rtl = is_rtl(line.text)
    free = line.left - left if rtl else right - line.right
    # Where the next word had found room, the line ended on purpose.
    letter = (line.right - line.left) / len(line.text.strip())
    if free > _SLACK * letter * (_next_word(following.text) + 1):
        return False
    if abs(line.height - following.height) > 0.15 * line.height or _MARKER.match(following.text):
        return False
    if following.page == line.page:
        steps = sorted(a.y - b.y for a, b in pairwise(page) if a.y > b.y)
        usual = steps[(len(steps) - 1) // 4] if steps else 0.0
        if not 0.0 < line.y - following.y <= _GAP * max(usual, line.height):
            return False
    indent = line.right - following.right if rtl else following.left - line.left
    # Only a first line stands in; the line after it stands out by as much.
    return indent <= _INDENT * line.height


def _next_word(text: str) -> int:
    """Letters that would have had to go on the line before: a word, or one Han character."""
    word = text.split(maxsplit=1)[0] if text.split() else ""
    wide = UNSPACED.match(word)
    return 1 if wide else len(word)


def _is_ragged(wrapped: Sequence[tuple[Line, Line]]) -> bool:
    """Whether lines that go on end at different places, as they do where no word is broken."""
    ends = sorted(line.right for line, _ in wrapped)
    return bool(ends) and ends[-1] - ends[0] > _RAGGED * wrapped[0][0].height
