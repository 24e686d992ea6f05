"""The bundled encoder: multilingual-e5-small beside USE multilingual v3, on onnxruntime and numpy.

The first use writes e5 into the user's cache, once: as an ordinary sentence-transformers folder
(which `--model FOLDER` or any other program can load) with a subfolder `light` for the runner
here, which imports no torch.
"""

import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from readout_diff.embed import Device, Embedding, Progress, TokenStates, Vectors
from readout_diff.embed.anchors import statements
from readout_diff.embed.e5 import BATCH_TOKENS as E5_TOKENS
from readout_diff.embed.e5 import E5, SIZE
from readout_diff.embed.folder import (
    LIGHT_CHECK,
    LIGHT_GRAPH,
    LIGHT_INDEX,
    LIGHT_PIECES,
    USE_GRAPH,
    USE_INDEX,
    USE_TABLE,
    WEIGHTS,
    model_folder,
)
from readout_diff.embed.packed import read_packed
from readout_diff.embed.pieces import PieceIndex, PieceTokenizer
from readout_diff.embed.runner import gpu_session, sees_gpu, session
from readout_diff.embed.tensors import map_tensors
from readout_diff.embed.tokenizer import use_piece_model
from readout_diff.errors import ModelError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

    from readout_diff.embed.use import Use

NAME = "multilingual-e5-small+use-multilingual-v3"
_GPU_TOKENS = 1 << 15
"""Tokens a run on a GPU, padding included: many keep it busy."""


class _Encoded(NamedTuple):
    """What e5 makes of a text."""

    vector: NDArray[np.float32]
    tokens: TokenStates


class BundledEncoder:
    """e5 (first view, and token states of its layer 8) and USE (second view).

    Everything loads at first use: a constructor reads no file.
    """

    name = NAME

    def __init__(
        self,
        *,
        cache_dir: Path | None = None,
        progress: Progress | None = None,
        device: Device = "auto",
    ) -> None:
        """`device` is what it computes on: a GPU where onnxruntime sees one, by default.

        `progress` hears of the unpacking and can't use an encoder meanwhile.
        """
        self._cache_dir = cache_dir
        self._device: Device = device
        self._progress = progress
        self._e5: E5 | None = None
        self._read: dict[str, _Encoded] = {}
        """What was read last: many claims are whole sentences."""
        self._use: Use | None = None

    def prepare(self) -> None:
        """Load both networks; ModelError. Who is to read meanwhile waits for the first only."""
        self._load_e5()
        self._load_use()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """e5's unit vectors, shape (len(texts), 384)."""
        return self._first_view(texts)[0]

    def embed(self, texts: Sequence[str]) -> Embedding:
        """Both views, shapes (len(texts), 384) and (len(texts), 512), and the token states."""
        vectors, tokens = self._first_view(texts)
        return Embedding((vectors, self._load_use().encode(texts)), tokens)

    def _first_view(self, texts: Sequence[str]) -> tuple[Vectors, tuple[TokenStates, ...]]:
        new = [text for text in texts if text not in self._read]
        found = {**self._read, **self._encoded(new)}
        vectors = [found[text].vector for text in texts]
        return (
            np.stack(vectors) if vectors else np.zeros((0, SIZE), dtype=np.float32),
            tuple(found[text].tokens for text in texts),
        )

    def read(self, texts: Sequence[str]) -> tuple[TokenStates, ...]:
        """The token states alone."""
        self._read = self._encoded(texts)
        return tuple(self._read[text].tokens for text in texts)

    def _encoded(self, texts: Sequence[str]) -> "dict[str, _Encoded]":
        """By text; a text's numbers don't depend on those it is encoded with."""
        found = zip(*self._load_e5().embed(texts), strict=True)
        return {text: _Encoded(*each) for text, each in zip(texts, found, strict=True)}

    def _load_e5(self) -> E5:
        if self._e5 is None:
            with _loading_e5:  # also while it is unpacked, which is to be done once
                folder = model_folder(self._cache_dir, self._progress)
                self._e5 = _loaded_e5(folder, self._device)
        return self._e5

    def _load_use(self) -> "Use":
        if self._use is None:
            with _loading_use:
                folder = model_folder(self._cache_dir, self._progress)
                self._use = _loaded_use(folder, self._device)
        return self._use


_Encode = Callable[[Sequence[str]], Vectors]
_TRIED = 2
"""Anchors of each language that tell whether a GPU says what the processor says."""
_SAME = 0.99
"""Cosine of two networks' vectors of a text."""
_loading_e5, _loading_use = threading.Lock(), threading.Lock()


@lru_cache(maxsize=1)
def _loaded_e5(folder: Path, device: Device) -> E5:
    """Once a process, whoever asks first."""

    def e5(network: "InferenceSession", room: int) -> E5:
        tokenizer = PieceTokenizer(folder / LIGHT_PIECES, _index(folder / LIGHT_INDEX))
        return E5(network, folder / WEIGHTS, tokenizer, room)

    found = e5(_session(folder, LIGHT_GRAPH, whole_numbers=True), E5_TOKENS)
    if not _on_gpu(device):
        return found
    from readout_diff.embed.graph import build
    from readout_diff.embed.network import NetworkGraph

    try:
        # In plain float32: GPUs don't gain by whole numbers of 8 bits as processors do.
        network = gpu_session(build(read_packed(), NetworkGraph()))
    except ModelError:  # what the model was unpacked from is gone
        network = None
    faster = None if network is None else e5(network, _GPU_TOKENS)
    if faster is not None and _alike(faster.encode, found.encode):
        return faster
    _refuse(device)
    return found


@lru_cache(maxsize=1)
def _loaded_use(folder: Path, device: Device) -> "Use":
    from readout_diff.embed.use import BATCH_TOKENS, Use

    def use(network: "InferenceSession", room: int) -> Use:
        tokenizer = PieceTokenizer(use_piece_model(), _index(folder / USE_INDEX))
        return Use(network, folder / USE_TABLE, tokenizer, room)

    found = use(_session(folder, USE_GRAPH), BATCH_TOKENS)
    network = gpu_session(str(folder / USE_GRAPH)) if _on_gpu(device) else None
    faster = None if network is None else use(network, _GPU_TOKENS)
    if faster is not None and _alike(faster.encode, found.encode):
        return faster
    return found


def _alike(one: _Encode, other: _Encode) -> bool:
    """Whether two networks say the same of some texts, which are not of one length."""
    texts = [text for listed in statements().values() for text in listed[:_TRIED]]
    try:
        vectors, others = (encode(texts) for encode in (one, other))
    except Exception:  # onnxruntime raises its own, undocumented classes
        return False
    return bool(((vectors * others).sum(axis=1) > _SAME).all())


def _on_gpu(device: Device) -> bool:
    """Whether to compute on a GPU; ModelError where one is asked for and onnxruntime sees none."""
    if device == "cpu":
        return False
    found = sees_gpu()
    if not found:
        _refuse(device)
    return found


def _refuse(device: Device) -> None:
    """ModelError where it must be the GPU."""
    if device == "cuda":
        raise ModelError(
            "onnxruntime can compute on no GPU here; install onnxruntime-gpu and what it needs of "
            "CUDA, or leave --device out."
        )


def _index(path: Path) -> PieceIndex:
    return PieceIndex(**map_tensors(path))


def _session(folder: Path, graph: str, *, whole_numbers: bool = False) -> "InferenceSession":
    try:
        exact = whole_numbers and _overflows(folder / LIGHT_CHECK)
        return session(str(folder / graph), exact=exact, small=True)
    except Exception as error:  # onnxruntime raises its own, undocumented classes
        raise ModelError(
            f"The bundled model in {folder} can't be loaded ({error}); delete that folder and run "
            "again."
        ) from error


def _overflows(check: Path) -> bool:
    """Whether this processor gets large sums of whole numbers wrong."""
    from readout_diff.embed.quantized import CHECK_INPUT, CHECK_STATE, CHECK_SUM, CHECK_WIDTH

    high = np.full((1, CHECK_WIDTH), CHECK_STATE, dtype=np.uint8)
    (sums,) = session(str(check)).run(None, {CHECK_INPUT: high})
    return bool((sums != CHECK_SUM).any())
