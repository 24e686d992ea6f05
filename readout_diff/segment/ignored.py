"""What asserts nothing: titles, datelines, letterheads, questions, contacts."""

import re
from collections.abc import Sequence

from readout_diff.lexicon import IgnoreRule, Lexicon
from readout_diff.segment.blocks import Block, columns
from readout_diff.segment.sentences import CLOSERS

_COLON = re.compile(rf"[:：][{re.escape(CLOSERS)}\s]*$")
_DATE_END = re.compile(r"\d{1,4}[.．]\s?\d{1,2}[.．]\s?\d{0,2}[.．]?$")
_HEADING_COLUMNS = 90
"""Columns: a line without a full stop that is longer than this is a sentence that lost it."""
_SHORT_COLUMNS = 24
_OPENERS = "(（[【「『«“„‘'\""
_LEAD_IN_CHARACTERS = 240


def prefix(text: str, start: int, end: int, lexicon: Lexicon) -> tuple[int, str] | None:
    """Where the label at the beginning of a block ends, and why it asserts nothing."""
    for rule in lexicon.prefixes:
        match = rule.line.match(text, start, min(end, start + 160))
        if match and match.end() > start:
            return match.end(), rule.why
    return None


def whole_line(text: str, start: int, end: int, lexicon: Lexicon) -> str | None:
    """Why a line asserts nothing wherever it stands, if so."""
    if end - start > 400:
        return None
    line = text[start:end]
    if not any(c.isalnum() for c in line):
        return "ornament"
    return _first(lexicon.lines, line)


def _first(rules: Sequence[IgnoreRule], line: str) -> str | None:
    return next((rule.why for rule in rules if rule.line.search(line)), None)


def is_question(text: str, start: int, end: int) -> bool:
    """Does a sentence ask? One that ends with another's question, “…?”, tells who asked it."""
    tail = text[max(start, end - 8) : end].rstrip()
    bare = tail.rstrip(CLOSERS + " ")
    return bare[-1:] in {"?", "？", "؟"} and (bare == tail or text[start] in _OPENERS)


def leads_in(text: str, block: Block, following: Block | None) -> bool:
    """Does a block only announce what follows: "The two agreed on the following:"?"""
    if block.end - block.start > _LEAD_IN_CHARACTERS or following is None:
        return False
    return _COLON.search(text, max(block.start, block.end - 8), block.end) is not None


def ends(text: str, block: Block, count: int, lexicon: Lexicon) -> bool:
    """Does a sentence end in the block? `count` is how many sentences it falls into."""
    tail = text[max(block.start, block.end - 40) : block.end]
    # Quote marks, brackets, emoji may follow the full stop.
    while tail and not (tail[-1].isalnum() or tail[-1] in lexicon.enders or tail[-1] in ";；-"):
        tail = tail[:-1]
    if tail[-1:] and tail[-1] in lexicon.enders and tail[-1] != "…" and not _DATE_END.search(tail):
        return True
    if tail[-1:] in {";", "；"}:
        return True
    return count > 1 and not (count == 2 and "…" in text[block.start : block.end])


def asserts(text: str, block: Block, lexicon: Lexicon) -> bool:
    """Does a line without a full stop end as lines do that assert something: "…하기로 함"?"""
    tail = text[max(block.start, block.end - 40) : block.end]
    return lexicon.assertion_ends is not None and bool(lexicon.assertion_ends.search(tail))


def head_why(text: str, block: Block, lexicon: Lexicon) -> str:
    """How to call a block above the first sentence: dateline, letterhead or title."""
    return _first(lexicon.head, text[block.start : min(block.end, block.start + 400)]) or "title"


def heads(text: str, block: Block, following: Block | None, next_ended: bool) -> bool:
    """Is a block in which no sentence ends a heading or a signature, below the first sentence?"""
    wide = columns(text[block.start : min(block.end, block.start + 200)])
    if block.kind == "plain":
        return wide <= _HEADING_COLUMNS
    if following is None:
        return False
    sibling = _style(text, block) == _style(text, following)
    if block.kind == "numbered":
        return wide <= _SHORT_COLUMNS or (wide <= 60 and not (sibling and not next_ended))
    return wide <= 40 and not sibling


def _style(text: str, block: Block) -> str:
    """A list marker with its number or letter taken out: 3. and 4. are alike, 3. and (1) not."""
    if block.marker is None:
        return ""
    marker = text[slice(*block.marker)]
    return re.sub(r"[^\W_]+", "0", marker) if block.kind == "numbered" else marker
