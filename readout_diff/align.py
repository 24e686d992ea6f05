"""Vectors -> which claims of the two sides may be about the same thing; numpy only.

Many-to-many, free of order, nothing forced. A pair of claims is compared in every view that the
encoder gives (cosines, with what is common to all texts of a side removed) and by how much of each
one's words, in context, the other covers. Two things are kept side by side: a relative similarity,
which says who is nearer to whom in this pair of readouts (z-scores, then CSLS), and the absolute
ones, without which two unrelated readouts would look alike.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from readout_diff.embed import Embedding, TokenStates, Vectors
from readout_diff.embed.anchors import Scale

Matrix = NDArray[np.float32]

CSLS_NEIGHBOURS = 3
_CENTRING_PRIOR = 6.0
"""Texts (or tokens) a side needs before half of their mean counts as what is common to them."""
_BLOCK_TOKENS = 2048
"""Tokens of side a that are compared with all of side b at a time, at most."""
_BLOCK = 4_000_000
"""Cosines of tokens that are held at a time, about."""
_NOTHING = -1.0
"""Cosine with a claim that has no tokens."""
_TINY = 1e-9


class Coverage(Struct, frozen=True):
    """How far the words of one side's claims are covered by the other side's claims."""

    words: Matrix
    """For each token of this side, its highest cosine with a token of each claim of the other
    side, shape (tokens, other claims)."""
    starts: NDArray[np.int64]
    """First token of each claim in `words`, shape (claims + 1,)."""
    share: Matrix
    """Mean over a claim's tokens, shape (claims, other claims)."""


class Alignment(Struct, frozen=True):
    """Claims of side a (rows) against claims of side b (columns)."""

    views: tuple[Matrix, ...]
    """Cosines of each view, as they are or on the scale given, each (a, b)."""
    centred: tuple[Matrix, ...]
    """Cosines of each view with its side's mean removed, each (a, b)."""
    coverage: tuple[Coverage, Coverage] | None
    """Side a's words in side b's claims, and side b's in side a's; None without tokens."""
    similarity: Matrix
    """Mean of the centred cosines and both coverages as z-scores over the pair, (a, b)."""
    csls: Matrix
    """`similarity` less the mean of either claim's nearest neighbours, (a, b)."""

    @property
    def shown(self) -> Matrix:
        """The similarity that reports show: the mean of the centred cosines, 0 to 1, (a, b)."""
        mean = np.stack(self.centred).mean(axis=0)
        return np.asarray(np.clip(mean, 0.0, 1.0), dtype=np.float32)

    def nearest(self, count: int) -> NDArray[np.intp]:
        """For each claim of side a the nearest of b by CSLS, best first, (a, at most count)."""
        return np.argsort(-self.csls, axis=1, kind="stable")[:, :count]

    @property
    def mirrored(self) -> "Alignment":
        """The same with the sides exchanged."""
        return Alignment(
            tuple(view.T for view in self.views),
            tuple(view.T for view in self.centred),
            None if self.coverage is None else (self.coverage[1], self.coverage[0]),
            self.similarity.T,
            self.csls.T,
        )


def align(a: Embedding, b: Embedding, scale: Scale | None = None) -> Alignment:
    """Compare all claims of side a with all of side b.

    `scale` maps the cosines of `views` to 0 for unrelated texts and 1 for translations.
    """
    scale = scale or Scale()
    views = tuple(
        (_cosines(x, y) - np.float32(scale.unrelated))
        / np.float32(scale.translated - scale.unrelated)
        for x, y in zip(a.views, b.views, strict=True)
    )
    cosines = tuple(_cosines(centred(x), centred(y)) for x, y in zip(a.views, b.views, strict=True))
    coverage = None
    parts = list(cosines)
    if a.tokens is not None and b.tokens is not None:
        coverage = _coverages(a.tokens, b.tokens)
        parts.append((coverage[0].share + coverage[1].share.T) / np.float32(2))
    similarity = np.stack([_z_scores(part) for part in parts]).mean(axis=0, dtype=np.float32)
    return Alignment(views, cosines, coverage, np.asarray(similarity), csls(similarity))


def csls(similarity: Matrix, neighbours: int = CSLS_NEIGHBOURS) -> Matrix:
    """Cross-domain similarity local scaling: less the mean of the k nearest on either side.

    Conneau et al. 2018, "Word translation without parallel data", section 2.3, halved:
    s - (r_a + r_b) / 2 in place of 2 s - r_a - r_b. Shape as given.
    """
    if similarity.size == 0:
        return similarity

    def nearest(axis: int) -> Matrix:
        size = similarity.shape[axis]
        k = min(neighbours, size)
        top = np.partition(similarity, size - k, axis=axis)
        top = np.take(top, range(size - k, size), axis=axis)
        return np.asarray(top.mean(axis=axis, keepdims=True), dtype=np.float32)

    return similarity - (nearest(1) + nearest(0)) / np.float32(2)


def _cosines(a: Vectors, b: Vectors) -> Matrix:
    return np.asarray(a @ b.T, dtype=np.float32)


def centred(vectors: Vectors) -> Vectors:
    """Less the side's mean, the more so the more claims there are to take it from; unit rows."""
    if len(vectors) == 0:
        return vectors
    weight = len(vectors) / (len(vectors) + _CENTRING_PRIOR)
    moved = vectors - np.float32(weight) * vectors.mean(axis=0)
    return np.asarray(
        moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), _TINY), dtype=np.float32
    )


def _z_scores(values: Matrix) -> Matrix:
    if values.size == 0:
        return values
    return np.asarray((values - values.mean()) / max(float(values.std()), 1e-3), dtype=np.float32)


def _coverages(a: Sequence[TokenStates], b: Sequence[TokenStates]) -> tuple[Coverage, Coverage]:
    """Both coverages in blocks of side a's claims, so that no matrix of all tokens stands."""
    states_a, starts_a = _stack(a)
    states_b, starts_b = _stack(b)
    states_a, states_b = centred(states_a), centred(states_b)
    words_a = np.full((len(states_a), len(b)), _NOTHING, dtype=np.float32)
    words_b = np.full((len(states_b), len(a)), _NOTHING, dtype=np.float32)
    size = min(_BLOCK_TOKENS, max(1, _BLOCK // max(len(states_b), 1)))
    for first, last in _blocks(starts_a, size) if len(states_b) else ():
        rows = slice(starts_a[first], starts_a[last])
        cosines = _cosines(states_a[rows], states_b)
        words_a[rows] = _by_claim(np.maximum, cosines.T, starts_b, _NOTHING).T
        block = starts_a[first : last + 1] - starts_a[first]
        words_b[:, first:last] = _by_claim(np.maximum, cosines, block, _NOTHING).T
    return _coverage(words_a, starts_a), _coverage(words_b, starts_b)


def _blocks(starts: NDArray[np.int64], size: int) -> Iterator[tuple[int, int]]:
    """Claims in blocks of about `size` tokens: first, one past the last."""
    first = 0
    while first < len(starts) - 1:
        last = int(np.searchsorted(starts, starts[first] + size))
        last = min(max(last, first + 1), len(starts) - 1)
        yield first, last
        first = last


def _stack(tokens: Sequence[TokenStates]) -> tuple[Matrix, NDArray[np.int64]]:
    """All tokens of a side in one array, and where each claim's begin."""
    counts = [len(text.states) for text in tokens]
    starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64)
    width = max((text.states.shape[1] for text in tokens), default=1)
    if not tokens:
        return np.zeros((0, width), np.float32), starts
    states = np.concatenate([text.states.reshape(-1, width) for text in tokens])
    return states.astype(np.float32), starts


def _coverage(words: Matrix, starts: NDArray[np.int64]) -> Coverage:
    counts = np.maximum(np.diff(starts), 1)[:, None].astype(np.float32)
    return Coverage(words, starts, _by_claim(np.add, words, starts, 0.0) / counts)


def _by_claim(
    operation: np.ufunc, values: Matrix, starts: NDArray[np.int64], empty: float
) -> Matrix:
    """`operation` over each claim's rows; a claim without tokens gets `empty`. (claims, n)."""
    found = np.full((len(starts) - 1, values.shape[1]), empty, dtype=np.float32)
    filled = np.flatnonzero(np.diff(starts) > 0)
    if len(filled) and values.shape[1]:
        found[filled] = operation.reduceat(values, starts[filled], axis=0)
    return found
