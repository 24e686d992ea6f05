"""Where a sentence falls into claims, read from its tokens in context.

Rules (`claims`) see words and commas; whether "…, and opened an office" asserts another thing, or
the third item of a list, is in the sentence as a whole. A small network looks at each word's
beginning: at the encoder's states around it, at the means of the stretches on either side, and at
what the rules say there. It was trained on labelled readouts (`training/splitter.py`). Encoders
without token states get the rules alone.
"""

from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from readout_diff.datamodel import ClaimSpan, Segmentation
from readout_diff.errors import ModelError
from readout_diff.learnt import packed, unpacked
from readout_diff.lexicon import lexicon
from readout_diff.segment.blocks import trim

if TYPE_CHECKING:
    from readout_diff.embed import TokenStates

Array = NDArray[np.float32]

_STRETCH = ",，、،;；:：·•"
"""Marks that part the stretches whose means are looked at."""
_OPENING = "「『“‘\"'(（[［〈《«【<"
_SHORTEST = 3
"""Letters that a claim must have."""
_TOGETHER = 64
"""Sentences whose places are looked at together: many small products of matrices take longer than
one, and of a long readout all places take much memory."""
_BEFORE = 3
"""Marks before a word that are looked at, at most."""
_MARKS = (",，、،", "、", ";；", ":：", '「『“"«(（', ")）」』”»", "-–—…·")
"""Kinds of marks that may stand before a place."""
TOLD = slice(-1 - len(_MARKS), None)
"""Columns that say whether a rule lets a claim begin, and which kinds of marks stand before."""
_PARTS = ("hidden", "hidden_bias", "weights", "bias")
"""Of a member, in its file."""


class Places(Struct, frozen=True):
    """The places in one sentence where a claim may begin."""

    at: tuple[int, ...]
    """Offsets into the sentence, each of a word's first letter."""
    rows: Array
    """What the network sees, shape (places, columns)."""


class Splitter(Struct, frozen=True):
    """Small networks with one hidden layer; their mean decides."""

    encoder: str
    """The encoder whose states it knows."""
    threshold: float
    """Probability from which a claim begins at a place."""
    mean: Array
    scale: Array
    members: tuple[tuple[Array, Array, Array, Array], ...]
    """Of each: hidden weights (columns, units) and bias, output weights (units,) and bias (1,)."""

    def probabilities(self, rows: Array) -> NDArray[np.float64]:
        """How likely a claim begins at each place, (places,)."""
        rows = np.clip((rows - self.mean) / self.scale, -6, 6)
        found = np.zeros(len(rows))
        for hidden, bias, weights, last in self.members:
            logits = np.tanh(rows @ hidden + bias) @ weights + last
            found += 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
        return found / len(self.members)

    def split(
        self, found: Segmentation, text: str, lang: str, states: "Sequence[TokenStates]"
    ) -> Segmentation:
        """The same sentences with claims of this splitter's own.

        `found` is what the rules give; `states` the tokens of each of its sentences, whose spans
        count from the sentence's start.
        """
        spaced = lexicon(lang).spaced
        ruled: list[list[int]] = [[] for _ in found.sentences]
        for claim in found.claims:
            ruled[claim.sentence].append(claim.start - found.sentences[claim.sentence].start)
        words = [text[sentence.start : sentence.end] for sentence in found.sentences]
        claims = []
        for first in range(0, len(words), _TOGETHER):
            some = slice(first, first + _TOGETHER)
            places = [
                look(*sentence, spaced=spaced)
                for sentence in zip(words[some], states[some], ruled[some], strict=True)
            ]
            likely = self.probabilities(np.concatenate([each.rows for each in places]))
            parts = np.split(likely, np.cumsum([len(each.at) for each in places])[:-1])
            for number, (here, chances) in enumerate(zip(places, parts, strict=True), first):
                begin, said = found.sentences[number].start, words[number]
                for start, end in pairwise([0, *self._cuts(said, here.at, chances), len(said)]):
                    claims.append(ClaimSpan(*trim(text, begin + start, begin + end), number))
        return replace(found, claims=tuple(claims))

    def _cuts(self, words: str, places: Sequence[int], likely: NDArray[np.float64]) -> list[int]:
        """The likeliest first, as long as every claim keeps enough letters."""
        if not places:
            return []
        letters = np.concatenate([[0], np.cumsum([c.isalnum() for c in words])])
        edges = [0, len(words)]
        for place in np.argsort(-likely, kind="stable"):
            if likely[place] < self.threshold:
                break
            if _within_word(words, places[place]):
                continue
            cut = _before_openings(words, places[place])
            where = bisect_left(edges, cut)
            if edges[where] == cut:
                continue
            left, right = edges[where - 1], edges[where]
            if min(letters[cut] - letters[left], letters[right] - letters[cut]) >= _SHORTEST:
                edges.insert(where, cut)
        return edges[1:-1]


def look(words: str, tokens: "TokenStates", ruled: Sequence[int], *, spaced: bool) -> Places:
    """The places of a sentence and what is to be seen at each.

    `ruled` are the offsets at which the rules let a claim begin; `spaced`: claims begin only after
    something that is no letter.
    """
    states, spans = tokens.states.astype(np.float32), tokens.spans
    starts = [_first_letter(words, *span) for span in spans.tolist()]
    stretches = [0]
    stretches += [n for n in range(1, len(spans)) if _ends_stretch(words, *spans[n - 1].tolist())]
    stretches.append(len(spans))
    sums = np.concatenate([np.zeros((1, states.shape[1])), np.cumsum(states, 0, dtype=np.float64)])
    letters = np.concatenate([[0], np.cumsum([c.isalnum() for c in words])])
    begins = {_first_letter(words, at, len(words)) for at in ruled}
    at, rows = [], []
    for number in range(1, len(spans)):
        start = starts[number]
        if start is None or (spaced and words[start - 1 : start].isalnum()):
            continue
        if not letters[start]:
            continue
        until = bisect_left(stretches, number + 1)
        first = stretches[until - 1] if stretches[until - 1] < number else stretches[until - 2]
        last = stretches[until]
        rows.append(
            np.concatenate(
                [
                    states[number - 1],
                    states[number],
                    states[number - 2] if number > 1 else np.zeros_like(states[0]),
                    (sums[number] - sums[first]) / (number - first),
                    (sums[last] - sums[number]) / (last - number),
                    [spaced, np.log1p(letters[start]), np.log1p(letters[-1] - letters[start])],
                    [start in begins, *_marks(words, start)],
                ]
            )
        )
        at.append(start)
    size = 5 * states.shape[1] + len(_MARKS) + 4
    return Places(tuple(at), np.array(rows, dtype=np.float32).reshape(-1, size))


def _marks(words: str, start: int) -> list[float]:
    first = start
    while first > max(0, start - _BEFORE) and not words[first - 1].isalnum():
        first -= 1
    before = words[first:start]
    return [float(any(mark in kind for mark in before)) for kind in _MARKS]


def _ends_stretch(words: str, start: int, end: int) -> bool:
    return any(mark in _STRETCH for mark in words[start:end])


def _first_letter(words: str, start: int, end: int) -> int | None:
    return next((at for at in range(start, end) if words[at].isalnum()), None)


def _within_word(words: str, at: int) -> bool:
    """Between the letters of "COVID" or the digits of "2024": words in any script."""
    before, here = words[at - 1], words[at]
    return before.isascii() and here.isascii() and before.isalnum() and here.isalnum()


def _before_openings(words: str, at: int) -> int:
    """An opening bracket or quotation mark goes with what it opens."""
    while at > 0 and words[at - 1] in _OPENING:
        at -= 1
    return at


def splitter_for(encoder: str) -> Splitter | None:
    """The splitter that knows that encoder's states; None where there is none."""
    found = _shipped()
    return found if found.encoder == encoder else None


@lru_cache(maxsize=1)
def _shipped() -> Splitter:
    path = resources.files("readout_diff") / "models" / "splitter.safetensors"
    try:
        return from_bytes(path.read_bytes())
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"The splitter's weights can't be read ({error}); reinstall readout-diff."
        ) from error


def to_bytes(splitter: Splitter) -> bytes:
    """The content of a model file."""
    tensors = {"mean": splitter.mean, "scale": splitter.scale}
    for number, parts in enumerate(splitter.members):
        for name, values in zip(_PARTS, parts, strict=True):
            tensors[f"{number}.{name}"] = values
    about = {"encoder": splitter.encoder, "threshold": str(splitter.threshold)}
    return packed(tensors, about)


def from_bytes(content: bytes) -> Splitter:
    """The inverse of `to_bytes`, but for the precision; ValueError or KeyError where it is none."""
    tensors, about = unpacked(content)
    count = sum(name.endswith(f".{_PARTS[0]}") for name in tensors)
    members = [tuple(tensors[f"{number}.{name}"] for name in _PARTS) for number in range(count)]
    return Splitter(
        about["encoder"],
        float(about["threshold"]),
        tensors["mean"],
        tensors["scale"],
        tuple((hidden, bias, weights, last) for hidden, bias, weights, last in members),
    )
