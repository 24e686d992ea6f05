"""Long readouts, judged part by part, so that memory grows with their length and not its square.

A part is some neighbouring claims of one side and, of the other side, the claims that are nearest
to any of them; it is judged like a short readout, for the claims of its own side only. The nearest
are found in blocks of cosines, never in a whole matrix of pairs: only there does time grow with the
number of pairs, elsewhere with the number of claims.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from readout_diff.align import CSLS_NEIGHBOURS, Alignment, Matrix, centred
from readout_diff.datamodel import Claim, ClaimSpan, SideKey
from readout_diff.embed import Embedding
from readout_diff.embed.runner import give_back_memory
from readout_diff.judge import Judge, Judgement, OneSide, Verdict
from readout_diff.judge.features import Evidence

MOST_PAIRS = 40_000
"""Pairs of claims up to which two readouts are judged as a whole: 200 by 200 claims."""
_CLAIMS = 128
"""Own claims of a part, at most."""
_OTHERS = 400
"""Claims of the other side in a part, about: a part has fewer own claims where it would be more."""
_CANDIDATES = 8
"""Claims of the other side, the nearest to each own one, that a part holds."""
_BLOCK = 4_000_000
"""Cosines that are held at once."""
Pair = tuple[int, int]
"""A claim of side a and one of side b."""
Align = Callable[[Embedding, Embedding], Alignment]


class Together(Struct, frozen=True):
    """What is known of two claims that were judged together."""

    matching: float
    """Probability that they match."""
    similarity: float
    """As reports show it."""
    odds: tuple[float, ...] | None
    """The network's log-odds of a conflict, by kind; None without a network."""


class Parted(Struct, frozen=True):
    """Two long readouts, judged."""

    judgement: Judgement
    """Without what would be a matrix: `matching` is empty, `odds` None."""
    near: Mapping[Pair, Together]
    """In text order."""


def judge_in_parts(
    judge: Judge,
    sides: tuple[Evidence, Evidence],
    embeddings: tuple[Embedding, Embedding],
    segments: tuple[Sequence[ClaimSpan], Sequence[ClaimSpan]],
    align: Align,
    tell: Callable[[float], None] = lambda _share: None,
) -> Parted:
    """Judge every claim of both sides among its nearest; `tell` hears of the share that is done."""
    give_back_memory()
    views = [tuple(map(centred, side.views)) for side in embeddings]
    nearest = (_nearest(views[0], views[1]), _nearest(views[1], views[0]))
    give_back_memory()
    size = len(sides[0].spans) + len(sides[1].spans)
    read: tuple[list[OneSide], list[OneSide]] = ([], [])
    found: dict[Pair, list[tuple[float, NDArray[np.float64] | None]]] = {}
    done = 0
    for own in (0, 1):
        other = 1 - own
        for part, others in _parts(nearest[own]):
            alignment = align(_chosen(embeddings[own], part), _chosen(embeddings[other], others))
            one = judge.one_side(_some(sides[own], part), _alone(sides[other], others), alignment)
            read[own].append(one)
            places = {claim: place for place, claim in enumerate(others.tolist())}
            for row, claim in enumerate(part.tolist()):
                for candidate in nearest[own][claim].tolist():
                    column = places[candidate]
                    pair = (claim, candidate) if own == 0 else (candidate, claim)
                    found.setdefault(pair, []).append(
                        (float(one.matching[row, column]), one.conflicts.get((row, column)))
                    )
            give_back_memory()
            done += len(part)
            tell(done / size)
    near = {pair: _together(found.pop(pair), _similarity(views, pair)) for pair in sorted(found)}
    return _judgement(judge, sides, segments, read, near)


def _together(
    said: Sequence[tuple[float, NDArray[np.float64] | None]], similarity: float
) -> Together:
    """Where each was among the other's nearest, both parts have judged the pair."""
    odds = next((odds for _, odds in said if odds is not None), None)
    return Together(
        sum(matching for matching, _ in said) / len(said),
        similarity,
        None if odds is None else tuple(odds.tolist()),
    )


def _nearest(own: tuple[Matrix, ...], other: tuple[Matrix, ...]) -> NDArray[np.intp]:
    """For each own claim the other side's nearest, best first, (own claims, _CANDIDATES at most).

    By cosines, less half of the mean of the other claim's own nearest, as CSLS has it.
    """
    crowded = np.concatenate(
        [_top(block, CSLS_NEIGHBOURS).mean(axis=1) for block in _blocks(other, own)]
    )
    count = min(_CANDIDATES, len(crowded))
    rows = []
    for block in _blocks(own, other):
        block -= crowded / 2
        best = np.argpartition(-block, count - 1, axis=1)[:, :count]
        best.sort(axis=1)
        values = np.take_along_axis(block, best, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        rows.append(np.take_along_axis(best, order, axis=1))
    return np.concatenate(rows)


def _blocks(own: tuple[Matrix, ...], other: tuple[Matrix, ...]) -> Iterator[Matrix]:
    """The mean over the views of own claims' cosines with all others, some rows at a time."""
    height = max(1, _BLOCK // max(len(other[0]), 1))
    for first in range(0, len(own[0]), height):
        rows = slice(first, first + height)
        block = own[0][rows] @ other[0].T
        for mine, theirs in zip(own[1:], other[1:], strict=True):
            block += mine[rows] @ theirs.T
        block /= np.float32(len(own))
        yield block


def _top(block: Matrix, count: int) -> Matrix:
    count = min(count, block.shape[1])
    return np.partition(block, block.shape[1] - count, axis=1)[:, -count:]


def _parts(nearest: NDArray[np.intp]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Own claims, and the other side's in text order that are near to any of them."""
    first = 0
    while first < len(nearest):
        last = first
        others: set[int] = set()
        while last < min(first + _CLAIMS, len(nearest)) and len(others) < _OTHERS:
            others.update(nearest[last].tolist())
            last += 1
        yield np.arange(first, last), np.array(sorted(others), dtype=np.intp)
        first = last


def _chosen(embedding: Embedding, claims: NDArray[np.intp]) -> Embedding:
    tokens = embedding.tokens
    return Embedding(
        tuple(view[claims] for view in embedding.views),
        None if tokens is None else tuple(tokens[claim] for claim in claims.tolist()),
    )


def _some(side: Evidence, claims: NDArray[np.intp]) -> Evidence:
    """Some claims of a side, as they stand in its text."""
    tokens = side.tokens
    return Evidence(
        side.text,
        tuple(side.spans[claim] for claim in claims.tolist()),
        None if tokens is None else tuple(tokens[claim] for claim in claims.tolist()),
        side.lang,
    )


def _alone(side: Evidence, claims: NDArray[np.intp]) -> Evidence:
    """Some claims of a side in a text of nothing else, which is quicker to look through."""
    some = _some(side, claims)
    ends = np.cumsum([end - start + 1 for start, end in some.spans]).tolist()
    spans = tuple(
        (until - (end - start) - 1, until - 1)
        for until, (start, end) in zip(ends, some.spans, strict=True)
    )
    return replace(some, text="\n".join(some.claims), spans=spans)


def _similarity(views: Sequence[tuple[Matrix, ...]], pair: Pair) -> float:
    cosines = [float(a[pair[0]] @ b[pair[1]]) for a, b in zip(*views, strict=True)]
    return min(max(sum(cosines) / len(cosines), 0.0), 1.0)


def _judgement(
    judge: Judge,
    sides: tuple[Evidence, Evidence],
    segments: tuple[Sequence[ClaimSpan], Sequence[ClaimSpan]],
    read: tuple[list[OneSide], list[OneSide]],
    near: Mapping[Pair, Together],
) -> Parted:
    """The parts put together: what each claim is, and which claims of the other side it matches."""
    verdicts = tuple([verdict for part in parts for verdict in part.verdicts] for parts in read)
    absent = tuple([words for part in parts for words in part.absent or ()] for parts in read)
    matches = _matches(verdicts, near, judge.settings["match"])
    claims: list[Claim] = []
    keys: tuple[SideKey, SideKey] = ("a", "b")
    for own, key in enumerate(keys):
        text = sides[own].text
        claims += judge.claims(key, text, verdicts[own], matches[own], segments[own])
    told = all(part.absent is not None for parts in read for part in parts)
    judgement = Judgement(
        tuple(claims), np.zeros((0, 0)), (absent[0], absent[1]) if told else None, None
    )
    return Parted(judgement, near)


def _matches(
    verdicts: Sequence[Sequence[Verdict]], near: Mapping[Pair, Together], least: float
) -> tuple[list[list[tuple[int, float]]], list[list[tuple[int, float]]]]:
    """The matches of each claim of both sides, the likeliest first, with their similarity.

    As a judge of whole readouts chooses them: claims that the other side lacks take no part, but
    one that is conveyed keeps its likeliest match, whatever became of that one.
    """
    conveyed = [[verdict.status != "only" for verdict in side] for side in verdicts]
    kept = {
        pair for pair, said in near.items()
        if said.matching >= least and conveyed[0][pair[0]] and conveyed[1][pair[1]]
    }  # fmt: skip
    matches: tuple[list[list[tuple[int, float]]], list[list[tuple[int, float]]]] = (
        [[] for _ in verdicts[0]],
        [[] for _ in verdicts[1]],
    )
    for side in (0, 1):
        has = {pair[side] for pair in kept}
        likeliest: dict[int, Pair] = {}
        for pair, said in near.items():
            best = likeliest.setdefault(pair[side], pair)
            if said.matching > near[best].matching:
                likeliest[pair[side]] = pair
        kept |= {
            pair for claim, pair in likeliest.items() if conveyed[side][claim] and claim not in has
        }
    for pair in sorted(kept, key=lambda pair: -near[pair].matching):
        for side in (0, 1):
            matches[side][pair[side]].append((pair[1 - side], near[pair].similarity))
    return matches
