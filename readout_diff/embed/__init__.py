"""Texts -> unit vectors: what an encoder is, and how to get one.

An encoder is anything with a `name` and `encode(texts)`. The bundled one gives more in one pass,
two views of each text and its tokens in context, and says so by having `embed`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Rows of unit length, shape (texts, dimensions)."""

Device = Literal["auto", "cpu", "cuda"]
"""What an encoder computes on."""
Progress = Callable[[str, float], None]
"""Called with the stage at work and the share of that stage that is done, 0 to 1."""


@runtime_checkable
class Encoder(Protocol):
    """The one method that every encoder has."""

    @property
    def name(self) -> str:
        """How reports name it."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of `texts`, shape (len(texts), d), float32, in the order given."""


class TokenStates(Struct, frozen=True):
    """The tokens of one text in context."""

    states: NDArray[np.float16] | NDArray[np.float32]
    """Hidden states, shape (tokens, d); not normalised. They are most of what a long readout takes
    in memory, and float16 says all that is in them."""
    spans: NDArray[np.int64]
    """Code-point offsets of each token in the text, shape (tokens, 2), end exclusive."""


class Embedding(Struct, frozen=True):
    """What is known of some texts."""

    views: tuple[Vectors, ...]
    """One array of unit vectors an independent encoder; at least one."""
    tokens: tuple[TokenStates, ...] | None = None
    """Per text; None where the encoder gives none."""

    @property
    def first_view(self) -> "Embedding":
        """The first view alone."""
        return Embedding(self.views[:1])

    def part(self, start: int, end: int) -> "Embedding":
        """Of the texts from `start` up to `end`."""
        return Embedding(
            tuple(view[start:end] for view in self.views),
            None if self.tokens is None else self.tokens[start:end],
        )


@runtime_checkable
class RichEncoder(Encoder, Protocol):
    """An encoder that gives several views and token states in one pass."""

    def embed(self, texts: Sequence[str]) -> Embedding:
        """All that is known of `texts`, in the order given."""

    def read(self, texts: Sequence[str]) -> tuple[TokenStates, ...]:
        """The tokens of `texts` alone, in the order given; the same states as `embed` gives."""


@runtime_checkable
class SlowToLoad(Protocol):
    """An encoder that can be told to load what it needs before it is asked for anything."""

    def prepare(self) -> None:
        """Load all that is not there yet; ModelError.

        A `RichEncoder` may be asked to read meanwhile, and waits for no more than that takes.
        """


def prepare(encoder: Encoder) -> None:
    """Have an encoder load what it can load ahead; ModelError."""
    if isinstance(encoder, SlowToLoad):
        encoder.prepare()


def embed(encoder: Encoder, texts: Sequence[str]) -> Embedding:
    """Embed `texts`, each distinct one once and in an order that no caller can change.

    The canonical order makes a text's vectors independent of which side it stands on, so that a
    comparison and its mirror image agree to the last bit.
    """
    distinct = sorted(set(texts))
    found = encoder.embed(distinct) if isinstance(encoder, RichEncoder) else None
    if isinstance(found, Embedding):  # a stranger's `embed` may give anything
        for view in found.views:
            _check(encoder, view, len(distinct))
    else:
        found = Embedding((_checked(encoder, distinct),))
    place = {text: row for row, text in enumerate(distinct)}
    rows = np.array([place[text] for text in texts], dtype=np.intp)
    tokens = found.tokens
    return Embedding(
        tuple(view[rows] for view in found.views),
        None if tokens is None else tuple(tokens[row] for row in rows),
    )


def _checked(encoder: Encoder, texts: list[str]) -> Vectors:
    """An encoder of the user's own may return anything; a bad vector must not pass silently."""
    from readout_diff.errors import ModelError

    given = encoder.encode(texts)
    try:
        vectors = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"The encoder {encoder.name!r} gave no array of numbers ({error}); it must give one "
            "finite row a text."
        ) from error
    _check(encoder, vectors, len(texts))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)


def _check(encoder: Encoder, vectors: NDArray[np.floating], count: int) -> None:
    from readout_diff.errors import ModelError

    if vectors.ndim != 2 or len(vectors) != count or not np.isfinite(vectors).all():
        raise ModelError(
            f"The encoder {encoder.name!r} gave vectors of shape {vectors.shape} for {count} "
            "texts, or numbers that are not finite; it must give one finite row a text."
        )
    if count and not vectors.any():
        raise ModelError(
            f"The encoder {encoder.name!r} gave nothing but zeros; its vectors tell texts apart "
            "by their direction."
        )


def load_encoder(
    name: str | None = None,
    *,
    device: Device = "auto",
    cache_dir: Path | None = None,
    progress: Progress | None = None,
) -> Encoder:
    """The bundled encoder, or the sentence-transformers model of that name or folder.

    `device` is what it computes on: "auto" takes a GPU where torch, or for the bundled one
    onnxruntime, sees one; "cpu" and "cuda" say which.
    `cache_dir` holds the bundled model once it is unpacked (default: `READOUT_DIFF_CACHE`, else
    the user's cache folder); `progress` hears of the unpacking. Raises ModelError.
    """
    if name is None:
        from readout_diff.embed.bundled import BundledEncoder

        return BundledEncoder(cache_dir=cache_dir, progress=progress, device=device)
    from readout_diff.embed.external import ExternalEncoder

    return ExternalEncoder(name, device)
