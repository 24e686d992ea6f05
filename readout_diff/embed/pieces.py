"""Texts -> token ids, by SentencePiece with only the pieces that can stand in them.

Loading a model of 250,000 pieces takes SentencePiece half a second, mostly for its trie, and a
readout needs a few hundred of them. Which ones could stand in a text is looked up in an index of
hashes, mapped from disk; a model of these pieces with the same scores segments the text as the
whole model does, since any other piece can't be part of a segmentation of it.
"""

import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from readout_diff.errors import ModelError

if TYPE_CHECKING:
    from sentencepiece import SentencePieceProcessor

_Number = TypeVar("_Number", np.int32, np.uint64)
Tokens = tuple[list[int], NDArray[np.int64]]
"""Ids without begin and end marks, and their spans in code points, shape (ids, 2)."""

_BASE = 0x9E3779B97F4A7C15
"""Of the polynomial hash over code points; odd, so that no digit of it is lost."""
_MOST_CHARACTERS = 50_000
"""In texts of more, most common pieces stand: then the whole model is quicker."""
_MOST_MODELS = 12
"""After so many models of some pieces the whole one is loaded: there is more to come."""
_NORMAL = 1
_LOW_BITS = np.uint64((1 << 21) - 1)


class PieceIndex(Struct, frozen=True, dict=True):
    """Where the pieces of a SentencePiece model stand in its file, by their hashes."""

    hashes: NDArray[np.uint64]
    """Of the pieces, sorted, (pieces,)."""
    ids: NDArray[np.int32]
    """The pieces' ids in that order, (pieces,)."""
    starts: NDArray[np.int64]
    """Where each piece's entry begins, by id, and where the last one ends, (pieces + 1,)."""
    always: NDArray[np.int32]
    """Ids of the pieces that any part of the model has: marks, and the one of the lowest score,
    from which SentencePiece takes what an unknown character costs."""
    longest: NDArray[np.int64]
    """Characters of the longest piece, (1,)."""

    @classmethod
    def of(cls, model: bytes) -> "PieceIndex":
        """The index of a model whose file begins with its pieces, as all do."""
        starts, pieces, marks = [0], [], []
        lowest, low = 0, np.inf
        for number, (end, piece, score, kind) in enumerate(_entries(model)):
            starts.append(end)
            pieces.append(piece)
            if kind != _NORMAL:
                marks.append(number)
            elif score < low:
                lowest, low = number, score
        hashes = _hashes_of(pieces)
        order = np.argsort(hashes, kind="stable")
        return cls(
            hashes[order],
            order.astype(np.int32),
            np.array(starts, dtype=np.int64),
            np.array(sorted({*marks, lowest}), dtype=np.int32),
            np.array([max(map(len, pieces))], dtype=np.int64),
        )

    @cached_property
    def _perhaps(self) -> NDArray[np.bool_]:
        """Of the lowest bits of a hash, whether a piece has them: most hashes have others."""
        found = np.zeros(int(_LOW_BITS) + 1, dtype=np.bool_)
        found[self.hashes & _LOW_BITS] = True
        return found

    def standing_in(self, text: str) -> NDArray[np.int32]:
        """Ids of the pieces that are part of a text, and perhaps of a few others, sorted."""
        codes = _codes(text)
        found = []
        powers = _powers(int(self.longest[0]))
        sums = np.zeros(len(codes), dtype=np.uint64)
        for size in range(1, min(len(powers), len(codes)) + 1):
            sums = sums[: len(codes) - size + 1] + codes[size - 1 :] * powers[size - 1]
            found.append(sums[self._perhaps[sums & _LOW_BITS]])
        if not found:
            return np.zeros(0, dtype=np.int32)
        asked = _distinct(*found)
        places = np.searchsorted(self.hashes, asked)
        places = places[places < len(self.hashes)]
        asked = asked[: len(places)]
        return np.sort(self.ids[places[self.hashes[places] == asked]])


class PieceTokenizer:
    """A SentencePiece model of the unigram kind, of which no more is loaded than is needed."""

    def __init__(self, path: Path, index: PieceIndex | None = None) -> None:
        """Without an index the whole model is loaded; ModelError where the file can't be read."""
        self._path = path
        self._index = index
        self._known = np.zeros(0, dtype=np.int32)
        self._models = 0
        self._characters = 0
        self._meeting = threading.Lock()
        try:
            self._content: NDArray[np.uint8] | None = np.memmap(path, np.uint8, "r")
            self._normaliser = self._whole() if index is None else self._of(index.always)
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError(f"The tokenizer {path} can't be read ({error}).") from error
        self._processor = self._normaliser

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        """The tokens of each text."""
        # SentencePiece speaks UTF-8, which has no lone surrogates; "?" keeps the offsets right.
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        with self._meeting:
            if self._index is not None:
                self._meet(self._index, clean)
            # Another thread may exchange them while texts are encoded here.
            processor, known = self._processor, None if self._index is None else self._known
        found = []
        for text in clean:
            said: dict[str, Any] = processor.encode(text, return_type="offset_mapping")
            ids = said["ids"]
            if known is not None:
                ids = known[ids].tolist()
            found.append((ids, np.array(said["offsets"], dtype=np.int64).reshape(-1, 2)))
        return found

    def _meet(self, index: PieceIndex, texts: Sequence[str]) -> None:
        """Load the pieces that these texts need and that aren't there yet."""
        self._characters += sum(map(len, texts))
        if self._characters <= _MOST_CHARACTERS:
            normal = "\0".join(self._normaliser.normalize(text) for text in texts)
            wanted = _distinct(index.always, index.standing_in(normal))
            if np.isin(wanted, self._known, assume_unique=True).all():
                return
            if self._models < _MOST_MODELS:
                self._models += 1
                self._known = _distinct(self._known, wanted)
                self._processor = self._of(self._known)
                return
        self._index = None
        self._processor = self._whole()

    def _of(self, ids: NDArray[np.int32]) -> "SentencePieceProcessor":
        """The model of these pieces alone, whose ids are their places here."""
        import sentencepiece

        assert self._index is not None
        assert self._content is not None
        starts = self._index.starts
        entries = [self._content[starts[number] : starts[number + 1]] for number in ids.tolist()]
        rest = self._content[starts[-1] :]
        return sentencepiece.SentencePieceProcessor(
            model_proto=np.concatenate([*entries, rest]).tobytes()
        )

    def _whole(self) -> "SentencePieceProcessor":
        import sentencepiece

        self._content = None
        return sentencepiece.SentencePieceProcessor(model_file=str(self._path))


def _entries(model: bytes) -> Iterator[tuple[int, str, float, int]]:
    """For each piece where its entry ends, the piece, its score and its kind."""
    from readout_diff.embed.tokenizer import PIECES, message_fields, read_piece

    for number, end, value in message_fields(model):
        if number != PIECES or not isinstance(value, bytes):
            return
        yield end, *read_piece(value)


def _distinct(*arrays: NDArray[_Number]) -> NDArray[_Number]:
    """All that is in them, sorted; `np.unique` would import masked arrays, which takes longer."""
    found = np.sort(np.concatenate(arrays))
    first = np.ones(len(found), dtype=np.bool_)
    first[1:] = found[1:] != found[:-1]
    return found[first]


def _codes(text: str) -> NDArray[np.uint64]:
    """Code points, and one more, so that none of them is 0."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    return points.astype(np.uint64) + np.uint64(1)


def _powers(count: int) -> NDArray[np.uint64]:
    return np.cumprod(np.full(count, _BASE, dtype=np.uint64), dtype=np.uint64)


def _hashes_of(pieces: Sequence[str]) -> NDArray[np.uint64]:
    powers = _powers(max(map(len, pieces)))
    hashes = np.zeros(len(pieces), dtype=np.uint64)
    codes = _codes("".join(pieces))
    lengths = np.array([len(piece) for piece in pieces])
    firsts = np.cumsum(lengths) - lengths
    for size in range(len(powers)):
        longer = lengths > size
        hashes[longer] += codes[firsts[longer] + size] * powers[size]
    return hashes
