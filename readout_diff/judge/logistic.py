"""Logistic models as data: the files in `models/` that hold standardised weights by name."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from readout_diff.errors import ModelError


@dataclass(frozen=True, slots=True)
class Logistic:
    """Multinomial logistic regression on standardised columns."""

    names: tuple[str, ...]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    weights: NDArray[np.float64]
    """Shape (classes, names); one row means a single probability, of "yes"."""
    bias: NDArray[np.float64]

    def probabilities(self, columns: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """Of each class, shape (rows, classes), or of "yes", shape (rows,)."""
        rows = np.stack([columns[name] for name in self.names], axis=1)
        logits = ((rows - self.mean) / self.scale) @ self.weights.T + self.bias
        if len(self.weights) == 1:
            return np.asarray(1.0 / (1.0 + np.exp(-logits[:, 0])))
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def to_data(self) -> dict[str, object]:
        """For a JSON file; six digits are more than the data can tell."""
        return {
            "names": list(self.names),
            "mean": _rounded(self.mean),
            "scale": _rounded(self.scale),
            "weights": [_rounded(row) for row in self.weights],
            "bias": _rounded(self.bias),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, list[object]]) -> "Logistic":
        """The inverse of `to_data`."""
        return cls(
            tuple(map(str, data["names"])),
            *(
                np.array(data[key], dtype=np.float64)
                for key in ("mean", "scale", "weights", "bias")
            ),
        )


@dataclass(frozen=True, slots=True)
class JudgeModel:
    """What the similarity judge has learnt for one kind of encoder."""

    name: str
    claim: Logistic
    """Classes shared, partial, only."""
    pair: Logistic
    """Whether two claims match."""
    token: Logistic | None
    """Whether the other side lacks a token; None where the encoder gives no tokens."""
    settings: Mapping[str, float]
    """Thresholds, chosen in cross-validation."""


@lru_cache(maxsize=4)
def load_judge_model(name: str) -> JudgeModel:
    """The model file of that name in `models/`; ModelError where it can't be read."""
    try:
        file = resources.files("readout_diff") / "models" / f"{name}.json"
        data = json.loads(file.read_text(encoding="utf-8"))
        return JudgeModel(
            data["name"],
            Logistic.from_data(data["claim"]),
            Logistic.from_data(data["pair"]),
            Logistic.from_data(data["token"]) if data["token"] else None,
            data["settings"],
        )
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"The judge's model {name!r} can't be read ({error}); reinstall readout-diff."
        ) from error


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [float(f"{value:.6g}") for value in values]
