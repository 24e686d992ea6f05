"""A deterministic encoder for tests: hashed character n-grams, no model, no language."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from readout_diff.embed import Encoder


class HashEncoder:
    """Texts that share character n-grams get similar unit vectors; satisfies `Encoder`."""

    def __init__(self, dimensions: int = 64) -> None:
        self.name = f"hash-{dimensions}"
        self.dimensions = dimensions

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit rows, shape (n, d), float32."""
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for gram in _grams(text):
                digest = hashlib.blake2b(gram.encode("utf-8", "surrogatepass"), digest_size=8)
                number = int.from_bytes(digest.digest(), "little")
                row[number % self.dimensions] += 1.0 if number >> 63 else -1.0
            if not row.any():
                row[0] = 1.0
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / lengths, dtype=np.float32)


def _grams(text: str) -> list[str]:
    padded = f" {text.casefold()} "
    return [padded[i : i + n] for n in (1, 2, 3) for i in range(len(padded) - n + 1)]


if TYPE_CHECKING:
    _satisfies: Encoder = HashEncoder()
