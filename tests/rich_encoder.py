"""A deterministic encoder for tests that gives what the bundled one gives: two views and tokens."""

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from readout_diff.embed import Embedding, TokenStates
from readout_diff.embed.bundled import NAME
from tests.fake_encoder import HashEncoder

if TYPE_CHECKING:
    from readout_diff.embed import RichEncoder

_STATE_SIZE = 384
"""As the bundled encoder's, so that the judge's network takes them; views have its sizes too."""
_WORD_SIZE = 24
# A token is up to four Latin, Cyrillic or Arabic letters, two Hangul or digits, or one character
# else: often a piece of a word, as from a real tokenizer.
_TOKEN = re.compile(r"[a-zA-Z\u00c0-\u06ff]{1,4}|[\uac00-\ud7a3]{1,2}|\d{1,2}|\S")


class HashRichEncoder:
    """Hashed n-grams as two views, hashed words as token states; satisfies `RichEncoder`."""

    name = NAME
    """The bundled one's, so that the judge trained on that one is used."""

    def __init__(self) -> None:
        self._views = HashEncoder(384), HashEncoder(512)
        self.asked: list[tuple[str, ...]] = []
        """The texts of each call."""

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """The first view: unit rows, shape (n, 384)."""
        return self._views[0].encode(texts)

    def embed(self, texts: Sequence[str]) -> Embedding:
        """Both views, and a state for each token, which leans towards its neighbours'."""
        self.asked.append(tuple(texts))
        views = tuple(view.encode(texts) for view in self._views)
        return Embedding(views, tuple(map(tokens, texts)))

    def read(self, texts: Sequence[str]) -> tuple[TokenStates, ...]:
        """The states of `embed`."""
        self.asked.append(tuple(texts))
        return tuple(map(tokens, texts))


def tokens(text: str) -> TokenStates:
    """The tokens of one text."""
    spans = [match.span() for match in _TOKEN.finditer(text)]
    words = np.array([_state(text[start:end]) for start, end in spans], dtype=np.float32)
    words = words.reshape(-1, _STATE_SIZE)
    padded = np.pad(words, ((1, 1), (0, 0)))
    states = words + np.float32(0.25) * (padded[:-2] + padded[2:])
    return TokenStates(states, np.array(spans, dtype=np.int64).reshape(-1, 2))


@lru_cache(maxsize=4096)
def _state(word: str) -> tuple[float, ...]:
    digest = hashlib.blake2b(word.casefold().encode("utf-8", "surrogatepass")).digest()
    return tuple(byte / 128 - 1 for byte in digest[:_WORD_SIZE]) * (_STATE_SIZE // _WORD_SIZE)


if TYPE_CHECKING:
    _satisfies: RichEncoder = HashRichEncoder()
