"""Claims of a sentence: where it falls into pieces that each assert something."""

import re
from collections.abc import Iterator
from itertools import pairwise

from readout_diff.lexicon import Lexicon, Need, Split
from readout_diff.segment.blocks import trim
from readout_diff.segment.sentences import PAIRS, brackets

_WINDOW = 400
"""Characters looked at on either side of a place: keeps a five-megabyte sentence linear."""
_FIRST_WORDS = re.compile(r"[\s,]*(?:[^\W_][\w'’-]*\s+){0,3}")


def claims(text: str, start: int, end: int, lexicon: Lexicon) -> list[tuple[int, int]]:
    """Spans of the claims in a sentence, trimmed; together they hold all of it."""
    cuts = _cuts(text, start, end, lexicon)
    edges = [start, *cuts, end]
    return [trim(text, a, b) for a, b in pairwise(edges)]


def _cuts(text: str, start: int, end: int, lexicon: Lexicon) -> list[int]:
    closed = iter([*brackets(text, start, end, PAIRS), (end, end + 1)])
    bracket = next(closed)
    cuts: list[int] = []
    begun = start
    for at, split in _candidates(text, start, end, lexicon):
        while bracket[1] <= at:
            bracket = next(closed)
        if bracket[0] < at < bracket[1] or at <= begun:
            continue
        if _parts(text, begun, at, end, split, lexicon):
            cuts.append(at)
            begun = at
    return cuts


def _candidates(text: str, start: int, end: int, lexicon: Lexicon) -> Iterator[tuple[int, Split]]:
    """Every place where a rule would split, in text order; the first rule of the file first."""
    found = [
        (match.end(), i, split)
        for i, split in enumerate(lexicon.splits)
        for match in split.at.finditer(text, start, end)
    ]
    return ((at, split) for at, _, split in sorted(found, key=lambda item: item[:2]))


def _parts(text: str, begun: int, at: int, end: int, split: Split, lexicon: Lexicon) -> bool:
    left = text[max(begun, at - _WINDOW) : at].strip()
    right = text[at : min(end, at + _WINDOW)].strip()
    if _letters(left) < split.shortest or _letters(right) < split.shortest:
        return False
    if lexicon.unless_left and lexicon.unless_left.search(left):
        return False
    whole = begun >= at - _WINDOW
    if whole and lexicon.unless_whole_left and lexicon.unless_whole_left.match(left):
        return False
    if lexicon.unless_right and lexicon.unless_right.match(right):
        return False
    return _holds(left, split.left, lexicon) and _holds(right, split.right, lexicon)


def _letters(text: str) -> int:
    return sum(c.isalnum() for c in text)


def _holds(claim: str, need: Need, lexicon: Lexicon) -> bool:
    if need == "any" or lexicon.predicate is None:
        return True
    if need == "verb first":
        claim = claim[: _first_words(claim)]
    return any(m[0].lower() not in lexicon.not_predicate for m in lexicon.predicate.finditer(claim))


def _first_words(claim: str) -> int:
    """Offset after the connective and two more words ("and also", "and")."""
    match = _FIRST_WORDS.match(claim)
    return match.end() if match else 0
