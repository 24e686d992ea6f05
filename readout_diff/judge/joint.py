"""A network that reads both sides at once: what of each claim the other side conveys.

It goes on where the encoder's layer 8 stopped, with four more layers that began as the encoder's
own. In each of them a token attends to its own claim and to the claims of the other side that are
most likely about the same thing; these are read at the same time, each with its own candidates, so
that a whole meeting is read in one pass and every claim once. A cross-encoder over each claim with
its candidates would cost several times as much (Vaswani et al. 2017, section 3.2, for attention
over keys of another text; training: `training/joint.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from readout_diff.align import Alignment, Coverage, Matrix
from readout_diff.embed import TokenStates
from readout_diff.errors import ModelError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Inputs = dict[str, NDArray[np.float32] | NDArray[np.int64]]

CANDIDATES = 5
"""Claims of the other side, the nearest by CSLS, that a claim is read with."""
EVIDENCE = 6
"""Numbers on each token's coverage that come with its states."""
OUTPUTS = ("token_logits", "claim_logits", "pair_logits")
NO_CANDIDATE = -8.0
"""Log-odds of a match between claims that were not read together."""
MOST_TOKENS = 192
"""Of a claim; the rest of a longer one is taken to fare like what was read."""
_FOCUS_TOKENS = 6000
"""Tokens of claims that are read in one pass, their candidates' not counted."""
_UNSEEN = -1e4


@dataclass(frozen=True, slots=True)
class Reading:
    """What the network says of one side's claims against the other's; log-odds throughout."""

    claims: NDArray[np.float64]
    """Of shared, partial and only, each up to one constant a row, shape (own claims, 3)."""
    tokens: tuple[NDArray[np.float64], ...]
    """That the other side lacks the token, for each own claim, each (tokens,)."""
    pairs: NDArray[np.float64]
    """That two claims match, (own claims, other claims)."""


class JointReader:
    """Runs the network; loads it at first use."""

    def __init__(self, content: bytes | None = None) -> None:
        """`content` is an ONNX model; the shipped one without it."""
        self._content = content
        self._session: InferenceSession | None = None

    def read(
        self, a: Sequence[TokenStates], b: Sequence[TokenStates], alignment: Alignment
    ) -> tuple[Reading, Reading]:
        """Side a's claims, then side b's; `alignment` has a's as rows and coverage."""
        size_a, size = len(a), len(a) + len(b)
        claims = np.zeros((size, 3))
        tokens = [np.zeros(len(claim.spans)) for claim in (*a, *b)]
        pairs = np.full((size_a, len(b)), NO_CANDIDATE)
        if size_a and len(b):
            session = self._load()
            for focus, inputs, members, linked in _passes(a, b, alignment):
                logits, classes, matches = session.run(list(OUTPUTS), inputs)
                at = 0
                for place, number in enumerate(members):
                    read = min(len(tokens[number]), MOST_TOKENS)
                    if number in focus:
                        claims[number] = classes[place]
                        if read:
                            tokens[number][:read] = logits[at : at + read]
                            tokens[number][read:] = logits[at : at + read].mean()
                    at += read
                for (i, j), match in zip(linked, matches, strict=True):
                    if i in focus or j in focus:
                        pairs[i, j - size_a] = match
        return (
            Reading(claims[:size_a], tuple(tokens[:size_a]), pairs),
            Reading(claims[size_a:], tuple(tokens[size_a:]), pairs.T),
        )

    def _load(self) -> "InferenceSession":
        if self._session is None:
            self._session = _session(_shipped() if self._content is None else self._content)
        return self._session


def whole(
    a: Sequence[TokenStates], b: Sequence[TokenStates], alignment: Alignment
) -> tuple[Inputs, list[tuple[int, int]]]:
    """The network's inputs for a meeting in one pass, and which pairs of claims it looks at.

    Claims count through both sides, a's first. `states` (tokens, d); `evidence` (tokens,
    EVIDENCE); `queries` (claims, longest), the tokens of each claim, filled up with 0; `inside`
    of the same shape, 1 where there is a token; `seen` (claims, most), the tokens that a claim
    attends to: its own, then those of its candidates, which count from `len(states)` on; `bias`
    of the same shape, added to the attention; `place` (tokens,), where a token stands in
    `queries`; `pairs` (pairs, 2) and their `nearness` (pairs,).
    """
    candidates = _candidates(alignment)
    return _inputs([*a, *b], _coverages(alignment), candidates, range(len(candidates)), len(a))


def _passes(
    a: Sequence[TokenStates], b: Sequence[TokenStates], alignment: Alignment
) -> Iterator[tuple[set[int], Inputs, list[int], list[tuple[int, int]]]]:
    """The claims in focus, the inputs, the claims in them, and pairs by the claims' numbers.

    One pass but for very long readouts, where a claim's candidates are read without their own
    candidates outside the pass.
    """
    tokens = [*a, *b]
    candidates = _candidates(alignment)
    evidence = _coverages(alignment)
    sizes = np.array([min(len(claim.spans), MOST_TOKENS) for claim in tokens])
    part = (np.cumsum(sizes) - 1).clip(0) // _FOCUS_TOKENS
    # Both sides are cut alike, so that a pass holds claims that stand near each other.
    for number in np.unique(part):
        focus = set(np.flatnonzero(part == number).tolist())
        members = sorted(focus.union(*([m for m, _ in candidates[n]] for n in focus)))
        inputs, pairs = _inputs(tokens, evidence, candidates, members, len(a))
        yield focus, inputs, members, pairs


def _candidates(alignment: Alignment) -> list[list[tuple[int, float]]]:
    """For each claim of both sides its candidates, best first, and their CSLS."""
    size_a = len(alignment.csls)
    found = []
    for csls, first in ((alignment.csls, size_a), (alignment.csls.T, 0)):
        best = np.argsort(-csls, axis=1, kind="stable")[:, :CANDIDATES]
        found += [
            [(first + place, float(row[place])) for place in places.tolist()]
            for row, places in zip(csls, best, strict=True)
        ]
    return found


def _coverages(alignment: Alignment) -> list[NDArray[np.float32]]:
    """For each claim of both sides how its tokens are covered, each (tokens, EVIDENCE)."""
    if alignment.coverage is None:
        raise ValueError("reading both sides needs token states")
    found = []
    sides = zip(alignment.coverage, (alignment.csls, alignment.csls.T), strict=True)
    for coverage, csls in sides:
        near = np.argsort(-csls, axis=1, kind="stable")[:, :3]
        found += [_covered(coverage, number, places) for number, places in enumerate(near)]
    return found


def _covered(coverage: Coverage, number: int, near: NDArray[np.intp]) -> Matrix:
    words = coverage.words[coverage.starts[number] : coverage.starts[number + 1]]
    if not len(words):
        return np.zeros((0, EVIDENCE), np.float32)
    best, close = words[:, near[0]], words[:, near].max(axis=1)
    means = [np.full(len(words), values.mean()) for values in (best, close)]
    columns = np.stack([best, close, words.max(axis=1), words.mean(axis=1), *means], axis=1)
    return np.asarray((columns - 0.4) * 3, dtype=np.float32)  # about -1 to 1


def _inputs(
    tokens: Sequence[TokenStates],
    evidence: Sequence[Matrix],
    candidates: Sequence[Sequence[tuple[int, float]]],
    members: Sequence[int],
    size_a: int,
) -> tuple[Inputs, list[tuple[int, int]]]:
    """The inputs of `whole` for some of the claims; pairs come by the claims' own numbers."""
    place_of = {number: place for place, number in enumerate(members)}
    lengths = [min(len(tokens[number].spans), MOST_TOKENS) for number in members]
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    total, longest = int(starts[-1]), max(1, *lengths)
    reads = [
        [(place_of[m], near) for m, near in candidates[number] if m in place_of]
        for number in members
    ]
    most = max(1, *(lengths[n] + sum(lengths[m] for m, _ in read) for n, read in enumerate(reads)))
    queries = np.zeros((len(members), longest), np.int64)
    inside = np.zeros((len(members), longest), np.float32)
    seen = np.zeros((len(members), most), np.int64)
    bias = np.full((len(members), most), _UNSEEN, np.float32)
    place = np.zeros(total, np.int64)
    pairs: dict[tuple[int, int], float] = {}
    for n, read in enumerate(reads):
        length = lengths[n]
        queries[n, :length] = np.arange(starts[n], starts[n + 1])
        inside[n, :length] = 1.0
        place[starts[n] : starts[n + 1]] = n * longest + np.arange(length)
        at = 0
        for m, near, first in ((n, 0.0, 0), *((m, near, total) for m, near in read)):
            until = at + lengths[m]
            seen[n, at:until] = first + np.arange(starts[m], starts[m + 1])
            bias[n, at:until] = 0.3 * min(near, 0.0)
            at = until
        if at == 0:
            bias[n, 0] = 0.0
        pairs |= {(min(n, m), max(n, m)): near for m, near in read}
    linked = sorted(pairs)
    inputs: Inputs = {
        "states": np.concatenate(
            [tokens[number].states[:MOST_TOKENS] for number in members if len(tokens[number].spans)]
            or [np.zeros((0, tokens[0].states.shape[-1]), np.float32)]
        ).astype(np.float32),
        "evidence": np.concatenate([evidence[number][:MOST_TOKENS] for number in members]),
        "queries": queries,
        "inside": inside,
        "seen": seen,
        "bias": bias,
        "place": place,
        "pairs": np.array(linked, np.int64).reshape(-1, 2),
        "nearness": np.array([pairs[pair] for pair in linked], np.float32),
    }
    return inputs, [(members[i], members[j]) for i, j in linked]


@lru_cache(maxsize=1)
def _shipped() -> bytes:
    try:
        return (resources.files("readout_diff") / "models" / "joint.onnx").read_bytes()
    except OSError as error:
        raise ModelError(
            f"The judge's network can't be read ({error}); reinstall readout-diff."
        ) from error


def _session(content: bytes) -> "InferenceSession":
    from readout_diff.embed.runner import session

    try:
        return session(content)
    except Exception as error:  # onnxruntime raises its own, undocumented classes
        raise ModelError(
            f"The judge's network can't be loaded ({error}); reinstall readout-diff."
        ) from error
