"""Arrays of a safetensors file, mapped or read row by row: nothing more than is used."""

import json
import math
import mmap
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES = {"F16": np.float16, "F32": np.float32, "F64": np.float64, "U8": np.uint8,
          "U64": np.uint64, "I32": np.int32, "I64": np.int64}  # fmt: skip


def map_tensors(path: Path, *, but: Sequence[str] = ()) -> dict[str, NDArray[Any]]:
    """The arrays by name, read-only, `but` some; OSError or ValueError if the file isn't whole."""
    with open(path, "rb") as file:
        header, first = _header(file)
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return {
        name: np.frombuffer(
            mapped,
            _TYPES[entry["dtype"]],
            math.prod(entry["shape"]),
            first + entry["data_offsets"][0],
        ).reshape(entry["shape"])
        for name, entry in header.items()
        if name not in but
    }


class Table:
    """A matrix of which a few rows are used: mapped, sixteen pages would come with each of them."""

    def __init__(self, path: Path, name: str) -> None:
        """Raises OSError, ValueError or KeyError where the matrix is not there."""
        self._file = open(path, "rb", buffering=0)  # noqa: SIM115 - as long as the encoder is
        weakref.finalize(self, self._file.close)
        self._reading = threading.Lock()
        header, first = _header(self._file)
        entry = header[name]
        self._type = np.dtype(_TYPES[entry["dtype"]])
        self.shape: tuple[int, int] = tuple(entry["shape"])
        self._first = first + entry["data_offsets"][0]

    def __getitem__(self, rows: NDArray[np.integer]) -> NDArray[Any]:
        """Those rows, (rows, d)."""
        wanted, places = np.unique(rows, return_inverse=True)
        found = np.empty((len(wanted), self.shape[1]), dtype=self._type)
        size = found.strides[0]
        with self._reading:  # a file is at one place at a time
            for place, row in enumerate(wanted.tolist()):
                self._file.seek(self._first + row * size)
                self._file.readinto(found[place].data)
        return found[places]


def _header(file: Any) -> tuple[dict[str, Any], int]:
    """What the file says of its arrays, and where they begin."""
    size = int.from_bytes(file.read(8), "little")
    header = json.loads(file.read(size))
    header.pop("__metadata__", None)
    return header, 8 + size
