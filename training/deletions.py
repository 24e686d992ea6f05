"""Translations of one news text -> labelled pairs of readouts, by deleting from one of the two.

Side a is whole, side b lacks what was deleted and has its sentences in another order; so what each
side conveys of the other is known exactly. A pair is made in the form of the benchmark's cases and
is scored by the benchmark's scorer.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from readout_diff.judge.features import numbers
from readout_diff.segment import segment

ENDING = re.compile(r"[.!。！…．]+[\"'”’»」』）)\]]*$")
"""How a sentence ends that asserts something; headlines and questions end otherwise."""
_COMMA = re.compile(r"[,;](?=\s)|[、，；]\s*")
_PAIRED = ("()", "（）", "[]", "“”", "«»", "「」", "『』", "‘’")
_SENTENCES_A_PARAGRAPH = 4
_DELETED_SENTENCES = 0.3
_SENTENCES_A_CLAUSE = 4
"""Sentences of side a for each one that loses a clause on side b."""
_SHARE_APART, _SHARE_AT_LEAST = 0.1, 0.2
"""How far apart the two sides' cuts may be, and how short a clause, as shares of the letters."""


class Cut(Struct, frozen=True):
    """Where a sentence falls into two clauses on either side: ends of the first ones."""

    a: int
    b: int


class Line(Struct, frozen=True):
    """A sentence (at times a few) in both languages."""

    a: str
    b: str
    cut: Cut | None = None
    """None where no place is sure to be the same in both."""

    @property
    def asserts(self) -> bool:
        """Both are whole sentences that assert something: no headlines, no questions."""
        return bool(ENDING.search(self.a) and ENDING.search(self.b))


def find_cut(a: str, b: str, langs: tuple[str, str]) -> Cut | None:
    """A comma on either side that splits both sentences alike, the likest if there are several.

    Both must be one sentence, with as large a share of letters before the comma on both sides
    (within .1, and .2 to .8), marks in pairs whole and the same numbers in corresponding clauses.
    That can't tell whether the translator turned the clauses round: see `ntrex.in_order`.
    """
    if any(
        len(segment(text, lang).sentences) != 1 for text, lang in zip((a, b), langs, strict=True)
    ):
        return None
    found = [
        (abs(_share(a, cut.a) - _share(b, cut.b)), cut.a, cut.b, cut)
        for cut in (Cut(x, y) for x in _commas(a) for y in _commas(b))
        if abs(_share(a, cut.a) - _share(b, cut.b)) <= _SHARE_APART
        and numbers(a[: cut.a]) == numbers(b[: cut.b])
        and numbers(a[cut.a :]) == numbers(b[cut.b :])
    ]
    return min(found)[-1] if found else None


def without_sentences(
    name: str, lines: Sequence[Line], langs: tuple[str, str], rng: np.random.Generator
) -> dict[str, Any]:
    """Three sentences in ten deleted from side b: gold `only` on side a, all else `shared`."""
    lines = _distinct(lines)
    count = round(_DELETED_SENTENCES * len(lines))
    deleted = set(rng.permutation(len(lines))[:count].tolist())
    claims = [
        _claim("a", row, line.a, None if row in deleted else row) for row, line in enumerate(lines)
    ]
    kept = {row: line.b for row, line in enumerate(lines) if row not in deleted}
    return _case(name, lines, langs, claims, kept, rng)


def without_clauses(
    name: str, lines: Sequence[Line], langs: tuple[str, str], rng: np.random.Generator
) -> dict[str, Any]:
    """One clause deleted from some sentences of side b, a quarter of all at most.

    Gold: side a's clause at the same place is the missing part of a `partial` claim, the rest of
    its sentence is conveyed; all else, and what is left of b's sentence, is `shared`. Sentences
    without a cut are left out until there are only three for each with one.
    """
    lines = _distinct(lines)
    rows = rng.permutation(len(lines)).tolist()
    cut = [row for row in rows if lines[row].cut][: max(1, len(lines) // _SENTENCES_A_CLAUSE)]
    plain = [row for row in rows if row not in cut][: len(cut) * (_SENTENCES_A_CLAUSE - 1)]
    lines = [lines[row] for row in sorted(cut + plain)]
    shortened = {sorted(cut + plain).index(row) for row in cut}
    claims, kept = [], {}
    for row, line in enumerate(lines):
        claim = _claim("a", row, line.a, row)
        kept[row] = line.b
        if line.cut and row in shortened:
            first = bool(rng.integers(2))
            kept[row] = _shorten(line.b, line.cut.b, first=first)
            clause = line.a[: line.cut.a] if first else line.a[line.cut.a :]
            claim |= {"label": "partial", "missing": [clause.strip()]}
        claims.append(claim)
    return _case(name, lines, langs, claims, kept, rng)


def _case(
    name: str,
    lines: Sequence[Line],
    langs: tuple[str, str],
    claims: list[dict[str, Any]],
    kept: dict[int, str],
    rng: np.random.Generator,
) -> dict[str, Any]:
    order = rng.permutation(list(kept)).tolist()
    claims += [_claim("b", row, kept[row], row) for row in order]
    return {
        "id": name,
        "a": {"lang": langs[0], "text": _text([line.a for line in lines], langs[0])},
        "b": {"lang": langs[1], "text": _text([kept[row] for row in order], langs[1])},
        "claims": claims,
        "conflicts": [],
    }


def _claim(side: str, row: int, quote: str, match: int | None) -> dict[str, Any]:
    other = "b" if side == "a" else "a"
    return {
        "id": f"{side}{row}",
        "side": side,
        "quote": quote,
        "label": "only" if match is None else "shared",
        "matches": [] if match is None else [f"{other}{match}"],
    }


def _text(sentences: Sequence[str], lang: str) -> str:
    space = "" if lang in ("ja", "zh") else " "
    size = _SENTENCES_A_PARAGRAPH
    parts = [sentences[row : row + size] for row in range(0, len(sentences), size)]
    return "\n\n".join(space.join(part) for part in parts) + "\n"


def _distinct(lines: Sequence[Line]) -> list[Line]:
    """Without those that are found inside another one: the scorer finds claims by their words."""
    return [
        line
        for row, line in enumerate(lines)
        if not any(
            line.a in other.a or line.b in other.b
            for place, other in enumerate(lines)
            if place != row
        )
    ]


def _shorten(sentence: str, cut: int, *, first: bool) -> str:
    """Without its first or its second clause, and still ending as it did."""
    if first:
        rest = sentence[cut:].strip()
        return rest[0].upper() + rest[1:]
    ending = ENDING.search(sentence)
    return sentence[:cut].rstrip(",;、，； ") + (ending.group() if ending else "")


def _commas(sentence: str) -> list[int]:
    """Ends of the commas that leave enough of the sentence on either side and no pair open."""
    return [
        match.end()
        for match in _COMMA.finditer(sentence)
        if _SHARE_AT_LEAST <= _share(sentence, match.end()) <= 1 - _SHARE_AT_LEAST
        and _balanced(sentence[: match.end()])
        and _balanced(sentence[match.end() :])
    ]


def _balanced(text: str) -> bool:
    pairs = all(text.count(pair[0]) == text.count(pair[1]) for pair in _PAIRED if "’" not in pair)
    return pairs and text.count('"') % 2 == 0 and text.count("‘") <= text.count("’")


def _share(sentence: str, end: int) -> float:
    return sum(map(str.isalnum, sentence[:end])) / max(sum(map(str.isalnum, sentence)), 1)
