"""What the judge has learnt, as data: three models and thresholds in each file in `models/`."""

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path

from msgspec import Struct

from readout_diff.errors import ModelError
from readout_diff.learnt import Model

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


class JudgeModel(Struct, frozen=True):
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
