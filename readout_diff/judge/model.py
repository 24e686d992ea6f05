"""What the judge has learnt, as data: the files in `models/` hold standardised weights by name."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from readout_diff.errors import ModelError

Array = NDArray[np.float64]

SETTINGS = frozenset(
    (
        "threshold",
        "switch",
        "only_from",
        "shared_to",
        "match",
        "unsure_from",
        "unsure_to",
        "partial_share",
    )
)
"""What every model file says; docs/json.md says what each is."""
FAR = 6.0
"""Standard deviations: what lies farther out says no more than this."""


@dataclass(frozen=True, slots=True)
class Member:
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


@dataclass(frozen=True, slots=True)
class Model:
    """The mean of some members' probabilities, over standardised columns."""

    names: tuple[str, ...]
    mean: Array
    scale: Array
    members: tuple[Member, ...]

    def probabilities(self, columns: Mapping[str, Array]) -> Array:
        """Of each class, shape (rows, classes), or of "yes", shape (rows,), for a single one."""
        rows = (table(columns, self.names) - self.mean) / self.scale
        rows = np.clip(rows, -FAR, FAR)
        found = np.mean([_shares(member.logits(rows)) for member in self.members], axis=0)
        return np.asarray(found[:, 0] if found.shape[1] == 1 else found)

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


@dataclass(frozen=True, slots=True)
class JudgeModel:
    """What a judge has learnt for one kind of encoder."""

    name: str
    encoder: str | None
    """The encoder that it knows by its scale; None for one view of any encoder."""
    claim: Model
    """Classes shared, partial, only."""
    pair: Model
    """Whether two claims match."""
    token: Model | None
    """Whether the other side lacks a token; None where the encoder gives no tokens."""
    settings: Mapping[str, float]
    """Thresholds, chosen in cross-validation."""
    network: str | None = None
    """Fingerprint of the network that it was trained with; None for one without."""

    def to_json(self) -> str:
        """The content of a model file."""
        data = {
            "name": self.name,
            "encoder": self.encoder,
            "network": self.network,
            "settings": dict(self.settings),
            "claim": self.claim.to_data(),
            "pair": self.pair.to_data(),
            "token": self.token and self.token.to_data(),
        }
        return json.dumps(data, separators=(",", ":")) + "\n"


@lru_cache(maxsize=4)
def load_judge_model(name: str) -> JudgeModel:
    """The model file of that name in `models/`; ModelError where it can't be read."""
    try:
        return _parsed((resources.files("readout_diff") / "models" / f"{name}.json").read_bytes())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"The judge's model {name!r} can't be read ({error}); reinstall readout-diff."
        ) from error


def read_judge_model(path: Path) -> JudgeModel:
    """A model file of one's own, as `training/judge.py` writes it; ModelError where it is none."""
    try:
        return _parsed(path.read_bytes())
    except OSError as error:
        raise ModelError(
            f"The judge {path} can't be read ({error.strerror}); give the path of a model file."
        ) from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ModelError(
            f"{path} holds no judge ({error}); give a file that training/judge.py wrote."
        ) from error


def _parsed(content: bytes) -> JudgeModel:
    data = json.loads(content)
    if missing := sorted(SETTINGS - set(data["settings"])):
        raise ValueError(f"it lacks the setting {missing[0]}")
    return JudgeModel(
        data["name"],
        data["encoder"],
        Model.from_data(data["claim"]),
        Model.from_data(data["pair"]),
        Model.from_data(data["token"]) if data["token"] else None,
        data["settings"],
        data.get("network"),
    )


def table(columns: Mapping[str, Array], names: Sequence[str]) -> Array:
    """The named columns side by side, shape (rows, names); ModelError for one that is not there."""
    if missing := [name for name in names if name not in columns]:
        raise ModelError(
            f"The judge's model asks for {missing[0]!r}, which this version does not measure; "
            "train it again."
        )
    return np.stack([columns[name] for name in names], axis=1)


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
