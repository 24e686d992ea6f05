"""What asserts nothing: titles, datelines, letterheads, questions, contacts."""

import re
from collections.abc import Sequence

from readout_diff.lexicon import IgnoreRule, Lexicon
from readout_diff.segment.blocks import Block, columns
from readout_diff.segment.sentences import CLOSERS, sentences

_COLON = re.compile(rf"[:：][{re.escape(CLOSERS)}\s]*$")
_HEADING_COLUMNS = 90
"""Columns: a line without a full stop that is longer than this is a sentence that lost it."""
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
    """Does a sentence end with a question mark?"""
    return text[max(start, end - 8) : end].rstrip(CLOSERS + " ")[-1:] in {"?", "？", "؟"}


def leads_in(text: str, block: Block, following: Block | None) -> bool:
    """Does a block only announce what follows: "The two agreed on the following:"?"""
    if block.end - block.start > _LEAD_IN_CHARACTERS or following is None:
        return False
    return _COLON.search(text, max(block.start, block.end - 8), block.end) is not None


def ends(text: str, block: Block, lexicon: Lexicon) -> bool:
    """Does a sentence end in the block, or a line that asserts something without a full stop?"""
    tail = text[max(block.start, block.end - 40) : block.end].rstrip(CLOSERS + " \u3000")
    if tail[-1:] and tail[-1] in lexicon.enders:
        return True
    if lexicon.assertion_ends and lexicon.assertion_ends.search(tail):
        return True
    if tail[-1:] in {";", "；"} and block.kind != "plain":
        return True
    return len(sentences(text, block.start, block.end, lexicon)) > 1


def head_why(text: str, block: Block, lexicon: Lexicon) -> str:
    """How to call a block above the first sentence: dateline, letterhead or title."""
    return _first(lexicon.head, text[block.start : min(block.end, block.start + 400)]) or "title"


def heads(text: str, block: Block, following: Block | None, ended: bool, next_ended: bool) -> bool:
    """Is a block below the first sentence a heading or a signature rather than a sentence?"""
    if ended:
        return False
    wide = columns(text[block.start : min(block.end, block.start + 200)])
    if block.kind == "plain":
        return wide <= _HEADING_COLUMNS
    if block.kind == "numbered":
        sibling = following is not None and following.kind == "numbered" and not next_ended
        return wide <= 60 and following is not None and not sibling
    other = following is not None and (following.kind != "item" or _deeper(text, block, following))
    return wide <= 40 and other


def _deeper(text: str, block: Block, following: Block) -> bool:
    """Has the next item another marker, so that this one heads a list?"""
    if block.marker is None or following.marker is None:
        return False
    return text[slice(*block.marker)].strip() != text[slice(*following.marker)].strip()
