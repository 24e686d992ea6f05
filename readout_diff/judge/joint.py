"""A network that reads both sides at once: what of each claim the other side conveys.

It goes on where the encoder's layer 8 stopped, with four more layers that began as the encoder's
own. In each of them a token attends to its own claim and to the claims of the other side that are
most likely about the same thing; these are read at the same time, each with its own candidates, so
that a whole meeting is read in one pass (a very long one in several) and every claim once. A
cross-encoder over each claim with
its candidates would cost several times as much (Vaswani et al. 2017, section 3.2, for attention
over keys of another text; training: `training/joint.py`).
"""

import hashlib
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from readout_diff.align import Alignment, Coverage, Matrix
from readout_diff.datamodel import CONFLICT_KINDS
from readout_diff.embed import TokenStates
from readout_diff.embed.runner import run, session
from readout_diff.errors import ModelError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Inputs = dict[str, NDArray[np.float32] | NDArray[np.int64]]

CANDIDATES = 5
"""Claims of the other side, the nearest by CSLS, that a claim is read with."""
_CLOSE = 3
EVIDENCE = 6
"""Numbers on each token's coverage that come with its states: by the nearest claim, the nearest
_CLOSE, all, all on the mean; and the means of the first two over the claim."""
OUTPUTS = ("token_logits", "claim_logits", "pair_logits", "conflict_logits")
KINDS = CONFLICT_KINDS
"""In the order of their logits."""
NO_CANDIDATE = -8.0
"""Log-odds of a match between claims that were not read together."""
MOST_TOKENS = 192
"""Of a claim; the rest of a longer one is taken to fare like what was read."""
GROUPS = 4
"""Of claims of about the same length, in each of which attention is padded by itself."""
_ROOM = 5_000_000
"""Numbers in one attention matrix of one head, padding included: 12 heads of it are 240 MB."""
_UNSEEN = -1e4


class Odds(Struct, frozen=True):
    """What the network says of one side's claims against the other's; log-odds throughout."""

    claims: NDArray[np.float64]
    """Of shared, partial and only, each up to one constant a row, shape (own claims, 3)."""
    tokens: tuple[NDArray[np.float64], ...]
    """That the other side lacks the token, for each own claim, each (tokens,)."""
    pairs: NDArray[np.float64]
    """That two claims match, (own claims, other claims)."""
    conflicts: Mapping[tuple[int, int], NDArray[np.float64]]
    """Of pairs (own claim, other claim) that were read together: that they are in a conflict, by
    kind, (KINDS,)."""


class JointNetwork:
    """Runs the network; the shipped one loads at first use, once."""

    def __init__(self, content: bytes | None = None) -> None:
        """`content` is an ONNX model; the shipped one without it."""
        self._own = None if content is None else _session(content)

    def prepare(self) -> None:
        """Load the network where it is not there yet; ModelError."""
        self._network()

    def _network(self) -> "InferenceSession":
        if self._own is not None:
            return self._own
        with _loading:
            return _shipped_session()

    def read(
        self, a: Sequence[TokenStates], b: Sequence[TokenStates], alignment: Alignment
    ) -> tuple[Odds, Odds]:
        """Side a's claims, then side b's; `alignment` has a's as rows and coverage."""
        return self._read(a, b, alignment, len(a) + len(b), _ROOM)

    def read_own(
        self, own: Sequence[TokenStates], other: Sequence[TokenStates], alignment: Alignment
    ) -> Odds:
        """The own claims alone, with less memory; `alignment` has them as rows."""
        return self._read(own, other, alignment, len(own), _ROOM // 16)[0]

    def _read(
        self,
        a: Sequence[TokenStates],
        b: Sequence[TokenStates],
        alignment: Alignment,
        wanted: int,
        room: int,
    ) -> tuple[Odds, Odds]:
        """The first `wanted` claims of both sides."""
        size_a, size = len(a), len(a) + len(b)
        claims = np.zeros((size, 3))
        tokens = [np.zeros(len(claim.spans)) for claim in (*a, *b)]
        pairs = np.full((size_a, len(b)), NO_CANDIDATE)
        conflicts: dict[tuple[int, int], NDArray[np.float64]] = {}
        if size_a and len(b):
            network = self._network()
            for focus, inputs, members, linked in _passes(a, b, alignment, wanted, room):
                if not len(inputs["states"]):
                    continue  # emoji and the like: no tokens, nothing to read
                logits, classes, matches, clashes = run(network, OUTPUTS, grouped(inputs))
                at = 0
                for place, number in enumerate(members):
                    read = min(len(tokens[number]), MOST_TOKENS)
                    if number in focus and read:
                        claims[number] = classes[place]
                        tokens[number][:read] = logits[at : at + read]
                        tokens[number][read:] = logits[at : at + read].mean()
                    at += read
                for (i, j), match, clash in zip(linked, matches, clashes, strict=True):
                    if (i in focus or j in focus) and len(tokens[i]) and len(tokens[j]):
                        pairs[i, j - size_a] = match
                        conflicts[i, j - size_a] = clash.astype(np.float64)
        mirrored = {(j, i): values for (i, j), values in conflicts.items()}
        return (
            Odds(claims[:size_a], tuple(tokens[:size_a]), pairs, conflicts),
            Odds(claims[size_a:], tuple(tokens[size_a:]), pairs.T, mirrored),
        )


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
    a: Sequence[TokenStates],
    b: Sequence[TokenStates],
    alignment: Alignment,
    wanted: int,
    room: int,
) -> Iterator[tuple[set[int], Inputs, list[int], list[tuple[int, int]]]]:
    """The claims in focus, the inputs, the claims in them, and pairs by the claims' numbers.

    One pass but for long readouts, where the candidates of the claims in focus are read without
    those of their own candidates that are not there.
    """
    tokens = [*a, *b]
    candidates = _candidates(alignment)
    evidence = _coverages(alignment)
    lengths = [min(len(claim.spans), MOST_TOKENS) for claim in tokens]
    for focus, members in _parts(lengths, candidates, wanted, room):
        inputs, pairs = _inputs(tokens, evidence, candidates, sorted(members), len(a))
        yield focus, inputs, sorted(members), pairs


def _parts(
    lengths: Sequence[int],
    candidates: Sequence[Sequence[tuple[int, float]]],
    wanted: int,
    room: int,
) -> Iterator[tuple[set[int], set[int]]]:
    """Claims that are read together, and the same with their candidates.

    The first `wanted` of them, as many as there is room for: attention is padded to the longest
    claim and to the one that sees most. Next to the first comes what shares most candidates.
    """
    if _cost(range(len(lengths)), lengths, candidates) <= room:
        yield set(range(len(lengths))), set(range(len(lengths)))
        return
    reads = [{n, *(m for m, _ in read)} for n, read in enumerate(candidates[:wanted])]
    left = list(range(len(reads)))
    focus: set[int] = set()
    members: set[int] = set()
    while left:
        number = min(left, key=lambda n: sum(lengths[m] for m in reads[n] - members))
        wider = members | reads[number]
        if focus and _cost(wider, lengths, candidates) > room:
            yield focus, members
            focus, members = set(), set()
            number = left[0]
            wider = reads[number]
        left.remove(number)
        focus, members = focus | {number}, wider
    yield focus, members


def _cost(
    members: Collection[int],
    lengths: Sequence[int],
    candidates: Sequence[Sequence[tuple[int, float]]],
) -> int:
    """Numbers in the attention matrix of a pass over these claims, at most."""
    longest = max((lengths[n] for n in members), default=0)
    most = max((lengths[n] + sum(lengths[m] for m, _ in candidates[n]) for n in members), default=0)
    return len(members) * longest * most


def _candidates(alignment: Alignment) -> list[list[tuple[int, float]]]:
    """For each claim of both sides its candidates, best first, and their CSLS."""
    size_a = len(alignment.csls)
    found = []
    for side, first in ((alignment, size_a), (alignment.mirrored, 0)):
        found += [
            [(first + place, float(row[place])) for place in places.tolist()]
            for row, places in zip(side.csls, side.nearest(CANDIDATES), strict=True)
        ]
    return found


def _coverages(alignment: Alignment) -> list[NDArray[np.float32]]:
    """For each claim of both sides how its tokens are covered, each (tokens, EVIDENCE)."""
    if alignment.coverage is None:
        raise ValueError("reading both sides needs token states")
    found = []
    sides = zip(alignment.coverage, (alignment, alignment.mirrored), strict=True)
    for coverage, side in sides:
        near = enumerate(side.nearest(_CLOSE))
        found += [_covered(coverage, number, places) for number, places in near]
    return found


def _covered(coverage: Coverage, number: int, near: NDArray[np.intp]) -> Matrix:
    words = coverage.words[coverage.starts[number] : coverage.starts[number + 1]]
    if not len(words):
        return np.zeros((0, EVIDENCE), np.float32)
    best, close = words[:, near[0]], words[:, near].max(axis=1)
    means = [np.full(len(words), values.mean()) for values in (best, close)]
    columns = np.stack([best, close, words.max(axis=1), words.mean(axis=1), *means], axis=1)
    # Cosines of tokens lie between .1 and .7 mostly: now about -1 to 1, as states are.
    return np.asarray((columns - 0.4) * 3, dtype=np.float32)


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


def grouped(inputs: Inputs) -> Inputs:
    """The same inputs with the claims in GROUPS groups, as the shipped network takes them.

    `queries`, `inside`, `seen` and `bias` come once a group, each as wide as it needs, and have its
    number after their names. `place` says where a token stands in the queries of all groups, one
    after the other, and `order` (claims,) where a claim stands in the groups.
    """
    by_group = {name: inputs[name] for name in ("queries", "inside", "seen", "bias")}
    found = {name: values for name, values in inputs.items() if name not in by_group}
    lengths = inputs["inside"].sum(axis=1).astype(np.int64)
    known = (inputs["bias"] > _UNSEEN).sum(axis=1)
    sizes = {"queries": lengths, "inside": lengths, "seen": known, "bias": known}
    place, order = np.zeros_like(inputs["place"]), np.zeros(len(lengths), np.int64)
    tokens = claims = 0
    by_length = np.lexsort((known, lengths))
    for group, rows in enumerate(np.array_split(by_length, GROUPS)):
        # No group may be empty: one claim is read twice then.
        rows = rows if len(rows) else by_length[:1]
        for name, values in by_group.items():
            found[f"{name}{group}"] = values[rows, : max(1, int(sizes[name][rows].max()))]
        inside = found[f"inside{group}"] > 0
        place[found[f"queries{group}"][inside]] = tokens + np.flatnonzero(inside)
        order[rows] = claims + np.arange(len(rows))
        tokens += inside.size
        claims += len(rows)
    return {**found, "place": place, "order": order}


@lru_cache(maxsize=1)
def shipped() -> bytes:
    """The ONNX model in `models/`; ModelError where it can't be read."""
    try:
        return (resources.files("readout_diff") / "models" / "joint.onnx").read_bytes()
    except OSError as error:
        raise ModelError(
            f"The judge's network can't be read ({error}); reinstall readout-diff."
        ) from error


def fingerprint(content: bytes) -> str:
    """Tells one network from another."""
    return hashlib.sha256(content).hexdigest()[:16]


_loading = threading.Lock()


@lru_cache(maxsize=1)
def _shipped_session() -> "InferenceSession":
    return _session(shipped())


def _session(content: bytes) -> "InferenceSession":
    try:
        return session(content)
    except Exception as error:  # onnxruntime raises its own, undocumented classes
        raise ModelError(
            f"The judge's network can't be loaded ({error}); reinstall readout-diff."
        ) from error
