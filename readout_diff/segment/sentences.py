"""Sentences of a block: where the full stop is one, and where it is not."""

import re
from collections.abc import Iterator

from readout_diff.lexicon import Lexicon
from readout_diff.segment.blocks import INVISIBLE, trim

PAIRS = {"(": ")", "（": "）", "「": "」", "『": "』", "《": "》", "〈": "〉", "【": "】", "[": "]"}
"""Brackets; a bracket left open is no bracket."""
CLOSERS = ")]}）】」』》〉”’»'\""
_LONG_QUOTATION = 60
"""Characters: a longer quotation is taken apart, a shorter one is part of its sentence."""
_LONGEST_BRACKET = 600
"""Characters: a bracket that closes later than this was left open by mistake."""

_DATE = re.compile(
    r"(?<!\d)(?:\d{4}[.．]\s?\d{1,2}[.．](?:\s?\d{1,2}[.．])?"
    r"|\d{1,2}[.．]\s?\d{1,2}[.．](?=\s?[(（~∼\d]|\s[^\W\d_])|['’]\d{2}[.．]\s?\d{1,2}[.．](?:\s?\d{1,2}[.．])?)"
)
_WORD_BEFORE = re.compile(r"[^\s(（\[\"“«„,/–—]+$")
_WORD_AFTER = re.compile(r"[\s\"'“”‘«„(]*([^\W_]+)")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]$")


def brackets(text: str, start: int, end: int, pairs: dict[str, str]) -> list[tuple[int, int]]:
    """Outermost brackets in a span, as spans that hold both marks."""
    closing = {close: opener for opener, closes in pairs.items() for close in closes}
    marks = re.compile("[" + re.escape("".join({*pairs, *closing})) + "]")
    stack: list[tuple[str, int]] = []
    found: list[tuple[int, int]] = []
    for match in marks.finditer(text, start, end):
        mark, at = match[0], match.start()
        if mark in closing and stack:
            depth = len(stack) - 1
            while depth >= max(0, len(stack) - 8) and mark not in pairs[stack[depth][0]]:
                depth -= 1
            if depth >= 0 and mark in pairs[stack[depth][0]]:
                opened = stack[depth][1]
                del stack[depth:]
                if at - opened <= _LONGEST_BRACKET:
                    while found and found[-1][0] > opened:
                        found.pop()
                    found.append((opened, at + 1))
                continue
        if mark in pairs:
            stack.append((mark, at))
    return found


def sentences(text: str, start: int, end: int, lexicon: Lexicon) -> list[tuple[int, int]]:
    """Spans of the sentences in a block, trimmed; together they hold every word of it."""
    spans: list[tuple[int, int]] = []
    begun = start
    for stop in _stops(text, start, end, lexicon):
        span = trim(text, begun, stop)
        if any(c.isalnum() for c in text[span[0] : span[1]]):
            spans.append(span)
            begun = stop
    rest = trim(text, begun, end)
    if rest[0] < rest[1]:
        if any(c.isalnum() for c in text[rest[0] : rest[1]]) or not spans:
            spans.append(rest)
        else:
            spans[-1] = (spans[-1][0], rest[1])
    return spans


def _stops(text: str, start: int, end: int, lexicon: Lexicon) -> Iterator[int]:
    """Offsets right after each sentence but, perhaps, the last."""
    enders = re.compile(f"[{re.escape(lexicon.enders)}]+")
    closed = iter([*brackets(text, start, end, PAIRS), (end, end + 1)])
    dates = iter([*(match.span() for match in _DATE.finditer(text, start, end)), (end, end + 1)])
    bracket, date = next(closed), next(dates)
    for match in enders.finditer(text, start, end):
        at, stop = match.start(), match.end()
        while bracket[1] <= at:
            bracket = next(closed)
        while date[1] <= at:
            date = next(dates)
        if date[0] <= at < date[1] and stop <= date[1]:
            continue
        if bracket[0] <= at and not _quotes_sentences(text, bracket, match, lexicon):
            yield from _closing_stop(text, stop, bracket, start, end, lexicon)
            continue
        while stop < end and text[stop] in CLOSERS + INVISIBLE:
            stop += 1
        if _ends(text, match, stop, end, lexicon):
            yield stop


def _closing_stop(
    text: str, stop: int, bracket: tuple[int, int], start: int, end: int, lexicon: Lexicon
) -> Iterator[int]:
    """The end of a bracket or quotation that a sentence ends with, after a full stop inside it."""
    closing = bracket[1]
    if text[stop:closing].strip(CLOSERS + INVISIBLE + " "):
        return  # a full stop in the middle
    if text[closing - 1] in ")）":
        if _opens_sentence(text, bracket[0], start, lexicon):
            yield closing
    elif not _goes_on(text, closing, end, lexicon):
        yield closing


def _quotes_sentences(
    text: str, bracket: tuple[int, int], match: re.Match[str], lexicon: Lexicon
) -> bool:
    """Is this full stop one between the sentences of a long quotation in corner brackets?"""
    return (
        text[bracket[0]] in "「『"
        and bracket[1] - bracket[0] > _LONG_QUOTATION
        and match[0][-1] in "。！？"
        and bool(text[match.end() : bracket[1]].strip(CLOSERS + INVISIBLE + " "))
    )


def _opens_sentence(text: str, at: int, start: int, lexicon: Lexicon) -> bool:
    before = text[max(start, at - 6) : at].rstrip()
    return not before or before[-1] in lexicon.enders + CLOSERS


def _goes_on(text: str, at: int, end: int, lexicon: Lexicon) -> bool:
    """Does the sentence go on after a closing quote mark? "「…。」と述べた" does."""
    rest = text[at : min(end, at + 30)]
    if lexicon.continuation and lexicon.continuation.match(rest):
        return True
    rest = rest.lstrip()
    return bool(rest) and (rest[0].islower() or rest[0] in ",，、;；:：")


def _ends(text: str, match: re.Match[str], stop: int, end: int, lexicon: Lexicon) -> bool:
    mark, at = match[0], match.start()
    if stop >= end:
        return True
    following = text[stop]
    quoted = stop > match.end()
    if quoted and _goes_on(text, stop, end, lexicon):
        return False
    if mark[-1] not in ".!?…":
        return True  # the full stops of other scripts do nothing else
    before = text[max(0, at - 24) : at]
    if not following.isspace():
        # "다.그" and "…”他": no space where the script needs none; else "2.5", "nasa.gov".
        wide = "\u1100" <= following <= "\ud7ff" or following in "「『【（"
        return wide and bool(before) and not before[-1].isdigit() and not before[-1].isascii()
    after = _WORD_AFTER.match(text, stop, min(end, stop + 60))
    word_after = after[1] if after else ""
    if word_after[:1].islower():
        return False
    if mark != ".":
        return mark[-1] != "…" or bool(word_after)
    word = _WORD_BEFORE.search(before)
    last = word[0] if word else ""
    lower = last.lower().lstrip("'’‘")
    if lower in lexicon.abbreviations or (lexicon.ordinal_stop and last.isdigit()):
        return False
    if lower in lexicon.soft_abbreviations:
        return word_after in lexicon.sentence_starts
    if _INITIALS.fullmatch(last) and last[0].isupper():
        return word_after in lexicon.sentence_starts
    # "No. 5", "2025. 6": a number after a bare number's full stop goes on.
    return not (last.isdigit() and len(last) <= 4 and word_after[:1].isdigit())
