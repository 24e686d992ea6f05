"""Matched claims of the two sides -> where they can't both be right: of a kind, with the words.

What speaks for a conflict is measured pair by pair (`evidence`): values and names that clash, who
speaks and how strongly, and what the judge's network says of the pair. A small model, trained on
labelled readouts (`training/conflicts.py`), says how likely the two are in a conflict of each
kind. Precision goes before recall: a wrong flag costs a reporter's trust.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib import resources

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from readout_diff.conflicts.evidence import (
    Clue,
    Pair,
    Place,
    Said,
    Side,
    Speeches,
    Things,
    columns,
    read_speeches,
    reconciled_speeches,
)
from readout_diff.conflicts.scope import pairs as scope_pairs
from readout_diff.conflicts.speech_words import speech_words
from readout_diff.datamodel import (
    CONFLICT_KINDS,
    Claim,
    Conflict,
    ConflictKind,
    ConflictSide,
    Match,
    Missing,
)
from readout_diff.errors import ModelError
from readout_diff.learnt import Model

__all__ = [
    "ConflictModel",
    "Pair",
    "Said",
    "Side",
    "Similarity",
    "Speeches",
    "Things",
    "find",
    "load_conflict_model",
    "read_speeches",
    "reconciled_speeches",
    "with_conflicts",
]

Similarity = NDArray[np.floating] | Mapping[tuple[int, int], float]
"""Of a claim of side a and one of side b, by their places."""
_DIGITS = 4
_LIKELY = 0.3
"""Probability of a match from which two claims are about one thing enough to disagree on it."""


class ConflictModel(Struct, frozen=True):
    """What has been learnt about conflicts."""

    model: Model
    """Classes: no conflict, then CONFLICT_KINDS."""
    threshold: float
    """Probability from which two claims are reported as in conflict."""


@lru_cache(maxsize=2)
def load_conflict_model(name: str) -> ConflictModel:
    """`joint`, with the network's odds, or `plain`, without; ModelError where it can't be read."""
    path = resources.files("readout_diff") / "models" / "conflicts.json"
    try:
        data = json.loads(path.read_bytes())[name]
        return ConflictModel(Model.from_data(data["model"]), float(data["threshold"]))
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise ModelError(
            f"What was learnt about conflicts can't be read ({error}); reinstall readout-diff."
        ) from error


def prepare(langs: Iterable[str]) -> None:
    """Have at hand what is looked for in readouts of these languages; it takes time once."""
    for lang in dict.fromkeys(langs):
        speech_words(lang)
        # An empty text has nothing in it, but what could be in it is read all the same.
        Things.of("", lang)
        scope_pairs(lang)


def find(
    a: Side, b: Side, speech: Speeches, pairs: Sequence[Pair], learnt: ConflictModel
) -> tuple[Conflict, ...]:
    """The conflicts among `pairs`, in the text order of side a, then of side b.

    A pair is in one conflict at most, of its likeliest kind; a claim may be in several. Of pairs
    with overlapping words of both sides only the likeliest is kept.
    """
    pairs = [pair for pair in pairs if pair.matching >= _LIKELY]
    if not pairs:
        return ()
    found = measure(a, b, speech, pairs)
    likely = learnt.model.probabilities(found.columns)
    conflicts: list[Conflict] = []
    for number in np.argsort(likely[:, 0], kind="stable").tolist():
        confidence = 1.0 - float(likely[number, 0])
        if confidence < learnt.threshold:
            break
        pair = pairs[number]
        kind = CONFLICT_KINDS[int(likely[number, 1:].argmax())]
        words = _words(found.clues[number], kind, a, b, pair)
        conflict = Conflict(
            kind,
            round(confidence, _DIGITS),
            _side(a, "a", pair.a, words[0]),
            _side(b, "b", pair.b, words[1]),
        )
        if not any(_same_words(conflict, other) for other in conflicts):
            conflicts.append(conflict)
    return tuple(sorted(conflicts, key=in_text_order))


def in_text_order(conflict: Conflict) -> tuple[int, int]:
    """Sorts conflicts by side a's words, then side b's."""
    return conflict.a.start, conflict.b.start


class Measured(Struct, frozen=True):
    """What speaks for conflicts in some pairs."""

    columns: Mapping[str, NDArray[np.float64]]
    """Each (pairs,)."""
    clues: tuple[tuple[Clue, ...], ...]
    """Of each pair."""


def measure(a: Side, b: Side, speech: Speeches, pairs: Sequence[Pair]) -> Measured:
    """The columns that the model sees, and the words that clash; there must be pairs."""
    found = [columns(a, b, pair, speech) for pair in pairs]
    rows = [row for row, _ in found]
    return Measured(
        {name: np.array([row[name] for row in rows], dtype=np.float64) for name in rows[0]},
        tuple(clues for _, clues in found),
    )


def _words(
    clues: Sequence[Clue], kind: ConflictKind, a: Side, b: Side, pair: Pair
) -> tuple[Place, Place]:
    """The words to show: of the weightiest clue of that kind, else what the other side lacks."""
    mine = [clue for clue in clues if clue.kind == kind]
    if mine:
        best = max(mine, key=lambda clue: clue.weight)
        return best.a, best.b
    return a.lacked_words(pair.a), b.lacked_words(pair.b)


def _side(side: Side, key: str, number: int, place: tuple[int, int]) -> ConflictSide:
    first, last = side.claims[number]
    start, end = max(place[0], first), min(place[1], last)
    if start >= end:  # a speaker who is named in a claim before
        start, end = side.lacked_words(number)
    return ConflictSide(f"{key}{number + 1}", start, end, side.text[start:end])


def _same_words(one: Conflict, other: Conflict) -> bool:
    return all(
        mine.start < theirs.end and theirs.start < mine.end
        for mine, theirs in ((one.a, other.a), (one.b, other.b))
    )


def with_conflicts(
    claims: Sequence[Claim],
    conflicts: Sequence[Conflict],
    similarity: Similarity,
    least: float = 0.0,
) -> tuple[Claim, ...]:
    """The claims with what the conflicts say of them: clashing words are missing, pairs match.

    A claim that was shared is partial now. One that only its side makes stays so, since there is
    no more than a subject in common; so does one whose conflict is less sure than `least`.
    `similarity` is what reports show of side a's claims with side b's.
    """
    found = {claim.id: claim for claim in claims}
    for conflict in conflicts:
        mine, theirs = (found[side.claim] for side in (conflict.a, conflict.b))
        if conflict.confidence < least or "only" in (mine.status, theirs.status):
            continue
        for claim, words, other in ((mine, conflict.a, theirs), (theirs, conflict.b, mine)):
            near = similarity[int(mine.id[1:]) - 1, int(theirs.id[1:]) - 1]
            match = Match(other.id, round(float(near), _DIGITS))
            found[claim.id] = _clashing(found[claim.id], words, conflict.confidence, match)
    return tuple(found[claim.id] for claim in claims)


def _clashing(claim: Claim, words: ConflictSide, confidence: float, other: Match) -> Claim:
    matches = claim.matches
    if other.id not in {match.id for match in matches}:
        matches = (*matches, other)
    whole = (words.start, words.end) == (claim.start, claim.end)
    if whole or any(gap.start < words.end and words.start < gap.end for gap in claim.missing):
        return replace(claim, matches=matches)
    gap = Missing(words.start, words.end, words.text, confidence)
    missing = tuple(sorted((*claim.missing, gap), key=lambda gap: gap.start))
    return replace(claim, status="partial", matches=matches, missing=missing, unsure=False)
