"""Arrays of a safetensors file, mapped: a page of it is read when it is used."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES = {"F16": np.float16, "F32": np.float32, "F64": np.float64, "U8": np.uint8, "U64": np.uint64,
          "I32": np.int32, "I64": np.int64}  # fmt: skip


def map_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays by name, read-only; OSError or ValueError where the file is not whole."""
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    header.pop("__metadata__", None)
    return {
        name: np.memmap(
            path,
            _TYPES[entry["dtype"]],
            "r",
            8 + size + entry["data_offsets"][0],
            tuple(entry["shape"]),
        )
        for name, entry in header.items()
    }
