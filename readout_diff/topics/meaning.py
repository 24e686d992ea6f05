"""What claims mean: how likely each is of a topic.

Of the built-in topics with the bundled encoder, from what labelled claims of each mean: a linear
classifier over the claim's vectors. Of any other topic, and with another encoder, from how near the
claim's vector comes to that of the words that say what the topic is about. Either is one of several
columns that a small model weighs, with the topic's terms in the claim and in those around it.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from readout_diff.embed import Vectors
from readout_diff.errors import ModelError
from readout_diff.learnt import Columns, Model, packed, unpacked

Matrix = NDArray[np.float64]
"""A row for each claim of one side in text order, a column for each topic."""

_TINY = 1e-6
_ROWS = 1024
"""Claims that a classifier looks at together."""
_ALL = slice(None)


class Classifier(Struct, frozen=True):
    """Softmax over topics, linear in the claim's vectors with their language's mean removed."""

    encoder: str
    """The encoder whose vectors it knows."""
    topics: tuple[str, ...]
    langs: tuple[str, ...]
    means: NDArray[np.float32]
    """Of each language, and in a last row of all, (langs + 1, d); views side by side."""
    weights: NDArray[np.float32]
    """Shape (topics, d)."""
    bias: NDArray[np.float32]
    """Shape (topics,)."""

    def directions(self, views: Sequence[Vectors], lang: str) -> NDArray[np.float32]:
        """The vectors without what is common to a language: a unit row in each view, (texts, d)."""
        row = self.langs.index(lang) if lang in self.langs else len(self.langs)
        found, at = [], 0
        for view in views:
            size = view.shape[1]
            centred = view - self.means[row, at : at + size]
            length = np.linalg.norm(centred, axis=1, keepdims=True)
            found.append(centred / np.maximum(length, _TINY))
            at += size
        return np.concatenate(found, axis=1)

    def probabilities(self, directions: NDArray[np.float32]) -> Matrix:
        """Of each topic, (claims, topics)."""
        logits = directions.astype(np.float64) @ self.weights.T + self.bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True, initial=0.0))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def likely(self, views: Sequence[Vectors], lang: str) -> Matrix:
        """The same of texts by their vectors, some at a time: directions take more room."""
        count = len(views[0])
        blocks = (slice(at, at + _ROWS) for at in range(0, max(count, 1), _ROWS))
        return np.concatenate(
            [
                self.probabilities(self.directions([view[rows] for view in views], lang))
                for rows in blocks
            ]
        )


class Weigher(Struct, frozen=True):
    """What has been learnt about one kind of columns."""

    model: Model
    threshold: float
    """Probability from which a claim is of a topic."""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """The same for topics with an own one, by id."""

    def least(self, topics: Sequence[str]) -> NDArray[np.float64]:
        """The threshold of each topic, (topics,)."""
        return np.array([self.thresholds.get(topic, self.threshold) for topic in topics])


def known_columns(
    likely: Matrix, cued: Matrix, matched: Matrix, cued_there: Matrix, rows: slice = _ALL
) -> dict[str, Matrix]:
    """Of claims and topics that the classifier knows, each (rows, topics); `flat` is next.

    `likely` is what it says of all claims of a side, wider topics including what they contain;
    `cued` whether the claim has one of the topic's terms. `rows` are the claims that are wanted,
    and `matched` and `cued_there` the highest of the same of the claims of the other side that
    match these (`across`).
    """
    here = likely[rows]
    odds = _odds(here)
    best = here.max(axis=1, keepdims=True) if here.shape[1] else np.zeros((len(here), 1))
    return {
        "odds": odds,
        "behind": np.log(here + _TINY) - np.log(best + _TINY),
        "odds.before": _odds(_shifted(likely, 1, rows)),
        "odds.after": _odds(_shifted(likely, -1, rows)),
        "odds.readout": np.log(_everywhere(likely, rows) + _TINY),
        "odds.matched": np.where(matched < 0, odds.mean(axis=1, keepdims=True), _odds(matched)),
        "unmatched": (matched < 0).astype(np.float64),
        "term.matched": np.maximum(cued_there, 0.0),
        **_cues(cued, rows),
    }


def across(values: Matrix, matches: Sequence[Sequence[int]]) -> Matrix:
    """For each claim the highest values of the claims of the other side that match it; -1 for none.

    `values` are the other side's, (other claims, topics), `matches` rows of it for each claim.
    """
    found = np.full((len(matches), values.shape[1]), -1.0)
    for row, places in enumerate(matches):
        if len(places):
            found[row] = values[list(places)].max(axis=0)
    return found


def _odds(likely: Matrix) -> Matrix:
    inside = np.clip(likely, 0.0, 1.0)
    return np.asarray(np.log((inside + _TINY) / (1 - inside + 2 * _TINY)))


def asked_columns(
    similarity: Matrix, cued: Matrix, alike: Matrix | None = None, rows: slice = _ALL
) -> dict[str, Matrix]:
    """The same for topics that are known by their description, and what is near to it.

    `alike`, where there is a classifier, is how far description and claim are of the same known
    topics (`overlap`). All are of all claims, (claims, topics).
    """
    near = similarity[rows]
    columns = {
        "similarity": near,
        "similarity.readout": _everywhere(similarity, rows),
        **_cues(cued, rows),
    }
    if alike is not None:
        columns |= {"alike": alike[rows], "alike*similarity": alike[rows] * near}
    return columns


def overlap(claims: Matrix, described: Matrix) -> Matrix:
    """Bhattacharyya's coefficient of topics' likelihoods, 0 to 1, (claims, descriptions)."""
    return np.asarray(np.sqrt(claims) @ np.sqrt(described).T)


def _cues(cued: Matrix, rows: slice) -> dict[str, Matrix]:
    here = cued[rows]
    others = here.sum(axis=1, keepdims=True) - here
    return {
        "term": here,
        "term.before": _shifted(cued, 1, rows),
        "term.after": _shifted(cued, -1, rows),
        "term.others": np.minimum(others, 3.0),
        "term.readout": _everywhere(cued, rows),
    }


def _everywhere(values: Matrix, rows: slice) -> Matrix:
    """The mean over all claims, in each of the rows."""
    here = values[rows]
    return here if len(here) == 0 else np.broadcast_to(values.mean(axis=0), here.shape)


def _shifted(values: Matrix, step: int, rows: slice) -> Matrix:
    """The row before (1) or after (-1) each of the rows, the end row its own neighbour."""
    places = np.arange(len(values))[rows] - step
    return values[np.clip(places, 0, max(len(values) - 1, 0))]


def flat(columns: Mapping[str, Matrix]) -> Columns:
    """A row for each claim and each topic, claims slowest, as models are asked."""
    return {name: np.asarray(values, dtype=np.float64).ravel() for name, values in columns.items()}


@lru_cache(maxsize=1)
def classifier() -> Classifier:
    """The one that is shipped; ModelError where it can't be read."""
    path = resources.files("readout_diff") / "models" / "topics.safetensors"
    try:
        return from_bytes(path.read_bytes())
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"What was learnt about topics can't be read ({error}); reinstall readout-diff."
        ) from error


@lru_cache(maxsize=3)
def weigher(name: str) -> Weigher:
    """`known`, `asked` or, with another encoder, `scaled`; ModelError where it can't be read."""
    path = resources.files("readout_diff") / "models" / "topics.json"
    try:
        data = json.loads(path.read_bytes())[name]
        return Weigher(Model.from_data(data["model"]), data["threshold"], data["thresholds"])
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise ModelError(
            f"What was learnt about topics can't be read ({error}); reinstall readout-diff."
        ) from error


def to_bytes(found: Classifier) -> bytes:
    """The content of a model file."""
    tensors = {"means": found.means, "weights": found.weights, "bias": found.bias}
    about = {
        "encoder": found.encoder,
        "topics": json.dumps(found.topics),
        "langs": json.dumps(found.langs),
    }
    return packed(tensors, about)


def from_bytes(content: bytes) -> Classifier:
    """The inverse of `to_bytes`, but for the precision; ValueError or KeyError where it is none."""
    tensors, about = unpacked(content)
    return Classifier(
        about["encoder"],
        tuple(json.loads(about["topics"])),
        tuple(json.loads(about["langs"])),
        tensors["means"],
        tensors["weights"],
        tensors["bias"],
    )
