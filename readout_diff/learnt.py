"""Small networks over named columns of numbers, as data: what a stage has learnt.

Weights are JSON in `models/`, or safetensors where they are many, run with numpy. `training/`
writes them.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from readout_diff.errors import ModelError

Array = NDArray[np.float64]
Columns = Mapping[str, Array]
"""Numbers by name, each (rows,)."""

FAR = 6.0
"""Standard deviations: what lies farther out says no more than this."""
_ROWS = 1 << 15
"""That are looked at at once: of long readouts there are hundreds of thousands."""


class Member(Struct, frozen=True):
    """One small network: a hidden layer with tanh, or none, and a linear output."""

    hidden: tuple[Array, Array] | None
    """Weights (units, names) and bias (units,)."""
    weights: Array
    """Shape (classes, units), or (classes, names) without a hidden layer."""
    bias: Array

    def logits(self, rows: Array) -> Array:
        """Shape (rows, classes)."""
        if self.hidden is not None:
            rows = np.tanh(rows @ self.hidden[0].T + self.hidden[1])
        return np.asarray(rows @ self.weights.T + self.bias)


class Model(Struct, frozen=True):
    """The mean of some members' probabilities, over standardised columns."""

    names: tuple[str, ...]
    mean: Array
    scale: Array
    members: tuple[Member, ...]

    def probabilities(self, columns: Mapping[str, Array]) -> Array:
        """Of each class, shape (rows, classes), or of "yes", shape (rows,), for a single one."""
        count = len(next(iter(columns.values()), ()))
        parts = [
            self._shares({name: values[at : at + _ROWS] for name, values in columns.items()})
            for at in range(0, max(count, 1), _ROWS)
        ]
        found = np.concatenate(parts)
        return np.asarray(found[:, 0] if found.shape[1] == 1 else found)

    def _shares(self, columns: Mapping[str, Array]) -> Array:
        rows = (table(columns, self.names) - self.mean) / self.scale
        rows = np.clip(rows, -FAR, FAR)
        return np.asarray(
            np.mean([_shares(member.logits(rows)) for member in self.members], axis=0)
        )

    def to_data(self) -> dict[str, Any]:
        """For a JSON file; six digits are more than the data can tell."""
        return {
            "names": list(self.names),
            "mean": _rounded(self.mean),
            "scale": _rounded(self.scale),
            "members": [
                {
                    "hidden": member.hidden and [_rounded(part) for part in member.hidden],
                    "weights": _rounded(member.weights),
                    "bias": _rounded(member.bias),
                }
                for member in self.members
            ],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Model":
        """The inverse of `to_data`."""
        return cls(
            tuple(data["names"]),
            np.array(data["mean"], dtype=np.float64),
            np.array(data["scale"], dtype=np.float64),
            tuple(
                Member(
                    (np.array(member["hidden"][0]), np.array(member["hidden"][1]))
                    if member["hidden"]
                    else None,
                    np.array(member["weights"], dtype=np.float64),
                    np.array(member["bias"], dtype=np.float64),
                )
                for member in data["members"]
            ),
        )


def table(columns: Mapping[str, Array], names: Sequence[str]) -> Array:
    """The named columns side by side, shape (rows, names); ModelError for one that is not there."""
    if missing := [name for name in names if name not in columns]:
        raise ModelError(
            f"A model asks for {missing[0]!r}, which this version does not measure; train it again."
        )
    return np.stack([columns[name] for name in names], axis=1)


def packed(tensors: Mapping[str, NDArray[Any]], about: Mapping[str, str]) -> bytes:
    """A safetensors file in half precision, with what there is to say about it."""
    from safetensors.numpy import save

    half = {name: np.ascontiguousarray(v, dtype=np.float16) for name, v in tensors.items()}
    return bytes(save(half, dict(about)))


def unpacked(content: bytes) -> tuple[dict[str, NDArray[np.float32]], dict[str, str]]:
    """The inverse of `packed`, but for the precision; ValueError where the content is no such."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        size = int.from_bytes(content[:8], "little")
        about = json.loads(content[8 : 8 + size])["__metadata__"]
        tensors = {name: values.astype(np.float32) for name, values in load(content).items()}
    except (SafetensorError, KeyError) as error:
        raise ValueError(error) from error
    return tensors, about


def _shares(logits: Array) -> Array:
    """Softmax, or the logistic function of a single column."""
    if logits.shape[1] == 1:
        return np.asarray((1.0 + np.tanh(logits / 2)) / 2)  # exp would overflow
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def _rounded(values: Array) -> Any:
    if values.ndim > 1:
        return [_rounded(row) for row in values]
    return [float(f"{value:.6g}") for value in values.tolist()]
