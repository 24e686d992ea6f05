"""multilingual-e5-small (Wang et al. 2024), the first view of a text, and its tokens in context.

The network gives the states of layer 8 and of the last layer; word embeddings are read row by row
from the model's file and added to those of places here.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from readout_diff.embed import TokenStates, Vectors
from readout_diff.embed.batches import batches
from readout_diff.embed.graph import EMBEDDED, LAST, LENGTHS, MIDDLE
from readout_diff.embed.pieces import PieceTokenizer
from readout_diff.embed.runner import threads
from readout_diff.embed.tensors import Table, map_tensors
from readout_diff.embed.tokenizer import BEGIN, END

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

PREFIX = "query: "
"""e5 was trained with a prefix a text; "query: " on both sides is its advice for similarity."""
SIZE = 384
"""Of e5's vectors."""
_WORDS = "embeddings.word_embeddings.weight"
BATCH_TOKENS = 288
"""Tokens a run, padding included, at most but for a longer text: so many states, 1.7 MB in the
widest place, stay in a core's own cache. Cores run a batch each."""


class E5:
    """Texts -> unit vectors and token states."""

    def __init__(
        self, network: "InferenceSession", weights: Path, tokenizer: PieceTokenizer, room: int
    ) -> None:
        """`network` is a session of what `graph.build` gives, `weights` the model's file of them,
        and `room` for how many tokens a run is, padding included."""
        self._session = network
        self._tokenizer = tokenizer
        self._batch_tokens = room
        self._words = Table(weights, _WORDS)
        tables = map_tensors(weights, but=[_WORDS])
        self._positions = np.asarray(
            tables["embeddings.position_embeddings.weight"], dtype=np.float32
        ) + np.asarray(tables["embeddings.token_type_embeddings.weight"][0], dtype=np.float32)
        ((self._prefix, _),) = self._tokenizer.encode([PREFIX.strip()])
        self._room = len(self._positions) - len(self._prefix) - 2

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors alone."""
        return self.embed(texts)[0]

    def embed(self, texts: Sequence[str]) -> tuple[Vectors, tuple[TokenStates, ...]]:
        """Unit vectors and token states; a text longer than the model reads goes in windows."""
        windows: list[tuple[int, list[int]]] = []
        spans = []
        for number, (ids, where) in enumerate(self._tokenizer.encode(texts)):
            spans.append(where)
            for at in range(0, max(len(ids), 1), self._room):
                windows.append((number, ids[at : at + self._room]))
        size = self._positions.shape[1]
        sums = np.zeros((len(texts), size), dtype=np.float64)
        middles: list[list[NDArray[np.float16]]] = [[] for _ in texts]
        found = self._run([[BEGIN, *self._prefix, *ids, END] for _, ids in windows])
        for (number, _), (last, middle) in zip(windows, found, strict=True):
            sums[number] += last
            middles[number].append(middle)
        vectors = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
        tokens = tuple(
            TokenStates(parts[0] if len(parts) == 1 else np.concatenate(parts), where)
            for parts, where in zip(middles, spans, strict=True)
        )
        return vectors.astype(np.float32), tokens

    def _run(
        self, inputs: list[list[int]]
    ) -> list[tuple[NDArray[np.float64], NDArray[np.float16]]]:
        """Of each list of ids the sum of the last states (d,), and the middle ones (ids, d).

        Prefix and marks, which are no part of the text, have no middle ones.
        """
        found: list[Any] = [None] * len(inputs)
        skip = 1 + len(self._prefix)

        def run(batch: list[int]) -> None:
            lengths = np.array([len(inputs[row]) for row in batch], dtype=np.int32)
            embedded = np.zeros(
                (len(batch), int(lengths.max()), self._positions.shape[1]), dtype=np.float32
            )
            words = self._words[np.concatenate([inputs[row] for row in batch])]
            first = 0
            for place, row in enumerate(batch):
                count = len(inputs[row])
                embedded[place, :count] = words[first : first + count]
                embedded[place, :count] += self._positions[:count]
                first += count
            last, middle = self._session.run([LAST, MIDDLE], {EMBEDDED: embedded, LENGTHS: lengths})
            for place, row in enumerate(batch):
                count = lengths[place]
                found[row] = (
                    last[place, :count].sum(axis=0, dtype=np.float64),
                    middle[place, skip : count - 1].astype(np.float16),
                )

        with ThreadPoolExecutor(threads()) as cores:
            list(cores.map(run, batches(list(map(len, inputs)), self._batch_tokens)))
        return found
