"""An encoder that knows what it has met: the same sentences come back in several comparisons."""

from collections.abc import Sequence

import numpy as np

from readout_diff.embed import Embedding, RichEncoder, TokenStates, Vectors, embed


class Remembering:
    """The bundled encoder with a memory."""

    def __init__(self, encoder: RichEncoder) -> None:
        self._encoder = encoder
        self.name = encoder.name
        self._known: dict[str, Embedding] = {}
        self._read: dict[str, TokenStates] = {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The first view."""
        return self.embed(texts).views[0]

    def embed(self, texts: Sequence[str]) -> Embedding:
        """All that the encoder gives, from memory where it can be."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            found = embed(self._encoder, new)
            self._known |= {text: found.part(row, row + 1) for row, text in enumerate(new)}
        parts = [self._known[text] for text in texts]
        return Embedding(
            tuple(map(np.concatenate, zip(*(part.views for part in parts), strict=True))),
            tuple(tokens for part in parts for tokens in part.tokens or ()),
        )

    def read(self, texts: Sequence[str]) -> tuple[TokenStates, ...]:
        """The tokens, from memory where they can be."""
        new = [text for text in dict.fromkeys(texts) if text not in self._read]
        self._read |= zip(new, self._encoder.read(new), strict=True)
        return tuple(self._read[text] for text in texts)

    def forget(self) -> None:
        """Start anew: tokens in context take much memory."""
        self._known.clear()
        self._read.clear()
