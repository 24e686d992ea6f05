"""The block pre-pass: lines, list markers, and hard-wrapped lines put together again.

A block is what a reader sees as one paragraph, list item or heading. Nothing here depends on the
language but the names of months, which tell "3. Oktober" from the third point of a list.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

from msgspec import Struct

from readout_diff.lexicon import Lexicon

Kind = Literal["plain", "item", "numbered"]

INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\ufe0e\ufe0f"
"""Characters that take no room; str.strip() leaves them."""
BLANK = " \t\u00a0\u3000\u1680\u2000-\u200a\u202f\u205f" + INVISIBLE

_LINE = re.compile(r"[^\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_NUMBER = r"(?:\d{1,3}|[一二三四五六七八九十]{1,3}|[ivx]{1,4}|[IVX]{1,4}|[a-zA-Z]|[가나다라마바사])"
_MARKER = re.compile(
    rf"""[{BLANK}]*(?:
      (?P<item>
        (?:[○●◯◦•∙‣▪▫■□◆◇▲△▶►▷▸※★☆➢➤✓✔❖]|[·・](?=\S))[\ufe0e\ufe0f]?
        | [-–—―*+oㅇ](?=[{BLANK}]) | ——(?=\w)
      )
      | (?P<numbered>
          [(（]{_NUMBER}[)）][.．]?
        | \d{{1,2}}[)）] | [①-⓿❶-➓㈀-㊰]
        | \d{{1,2}}[.．](?=[{BLANK}])(?![{BLANK}]*\d{{1,2}}[{BLANK}]*[.．])
        | \d{{1,2}}(?:[．、/](?!\d)|[.](?=[^\W\d_])) | \d{{1,2}}(?=[{BLANK}])
        | [一二三四五六七八九十]{{1,3}}、
        | (?:[IVX]{{1,4}}|[가나다라마바사])\.(?=[{BLANK}])
      )
    )[{BLANK}]*""",
    re.VERBOSE,
)
_BARE = re.compile(r"\d+$")
_DASHES = "-–—―"
_WORD = re.compile(r"[^\W\d_]+")
_FULL_STOP = re.compile(r"[.!?。！？…．:：;；][\"'”’」』)）\]»]*$")
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_WIDEST_WRAP = 132
"""Columns: a paragraph with a wider line is not hard-wrapped."""
_NARROWEST_WRAP = 28
"""Columns: a narrower line ends where its writer meant it to."""
_FULL_LINE = 0.7
"""Share of the widest line's width: a wrapped line is about as wide as its neighbours."""


class Block(Struct, frozen=True):
    """One paragraph, list item or heading; offsets are into the text, without the marker."""

    start: int
    end: int
    kind: Kind
    marker: tuple[int, int] | None
    """Where the list marker stands."""


class _Line(Struct, frozen=True):
    start: int
    end: int
    body: int
    """Where the text begins after the marker."""
    kind: Kind
    columns: int
    after_blank: bool


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without surrounding white space and invisible characters."""
    while start < end and (text[start].isspace() or text[start] in INVISIBLE):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in INVISIBLE):
        end -= 1
    return start, end


def columns(text: str) -> int:
    """Width on a terminal: wide East Asian characters take two columns."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def blocks(text: str, lexicon: Lexicon) -> list[Block]:
    """The blocks of a text, in order; white space between them belongs to none."""
    found: list[Block] = []
    lines = list(_lines(text, lexicon))
    joined = _joined(text, lines)
    for line, continues in zip(lines, joined, strict=True):
        if continues:
            last = found[-1]
            found[-1] = Block(last.start, line.end, last.kind, last.marker)
        else:
            marker = (line.start, trim(text, line.start, line.body)[1])
            found.append(
                Block(line.body, line.end, line.kind, None if line.kind == "plain" else marker)
            )
    return found


def _joined(text: str, lines: list[_Line]) -> list[bool]:
    """For each line: does it go on with the paragraph of the line before?"""
    joined: list[bool] = []
    first = 0
    for at in range(1, len(lines) + 1):
        if at == len(lines) or lines[at].after_blank:
            widest = max(line.columns for line in lines[first:at])
            joined.append(False)
            # The first lines are a title and a date more often than a paragraph.
            top = first == 0 and at <= 3
            joined += [_wrapped(text, a, b, widest, top) for a, b in pairwise(lines[first:at])]
            first = at
    return joined


def _lines(text: str, lexicon: Lexicon) -> Iterator[_Line]:
    last: _Line | None = None
    number = 0
    for match in _LINE.finditer(text):
        start, end = trim(text, match.start(), match.end())
        if start == end:
            continue
        last_end = last.end if last else 0
        gap = text.count("\n", last_end, start) - text.count("\r\n", last_end, start)
        gap += text.count("\r", last_end, start)
        within = last is not None and gap < 2 and last.kind == "plain" and _unfinished(text, last)
        kind: Kind = "plain"
        body = start
        marker = _MARKER.match(text, start, end)
        if marker and marker.end() < end and _is_marker(text, marker, end, number, within, lexicon):
            kind = "item" if marker["item"] else "numbered"
            digits = _digits(marker)
            number = int(digits) if digits else number
            body = marker.end()
        wide = columns(text[start : min(end, start + 400)])
        last = _Line(start, end, body, kind, wide, gap > 1)
        yield last


def _digits(marker: re.Match[str]) -> str:
    return re.sub(r"\D", "", marker["numbered"] or "")


def _unfinished(text: str, line: _Line) -> bool:
    """May a line be one of a wrapped paragraph that goes on below?"""
    if line.columns < _NARROWEST_WRAP:
        return False
    return not _FULL_STOP.search(text, max(line.start, line.end - 12), line.end)


def _is_marker(
    text: str, marker: re.Match[str], end: int, number: int, within: bool, lexicon: Lexicon
) -> bool:
    """Is this a list marker? `number` is the last one's, `within` says a paragraph may go on."""
    numbered = marker["numbered"]
    if within and marker["item"] == "o" and text[marker.end()].islower():
        return False  # a word: Spanish "o bien"
    if within and _digits(marker) and int(_digits(marker)) not in (1, number + 1):
        return False  # "on June / 12. The talks"
    if not numbered:
        # "- A line between dashes -" is a subtitle.
        return not (text[marker.start("item")] in _DASHES and text[end - 1] in _DASHES)
    word = _WORD.match(text, marker.end())
    if word and word[0].lower() in {month.lower() for month in lexicon.months}:
        return False  # "3. Oktober", "3 May 2025"
    # A bare number counts only where it continues the numbering: else it is "25 minutes".
    return not _BARE.match(numbered) or int(numbered) == number + 1


def _wrapped(text: str, line: _Line, following: _Line, widest: int, top: bool) -> bool:
    """Is `following` the rest of a paragraph that `line` was cut off from?

    `widest` is the width of the widest line between the blank lines around the two.
    """
    if following.after_blank or following.kind != "plain" or not _unfinished(text, line):
        return False  # after a full stop comes a sentence of its own, wrapped or not
    if text[following.start].islower() or text[line.end - 1] in ",，、":
        return True
    if top or widest > _WIDEST_WRAP:
        return False
    if _IDEOGRAPH.match(text, line.end - 1) and _IDEOGRAPH.match(text, following.start):
        return line.columns >= widest - 6  # such scripts break anywhere, so lines are full
    return line.columns >= widest * _FULL_LINE
