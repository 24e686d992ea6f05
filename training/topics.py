"""Train what tells topics of claims, and print how it does in cross-validation.

    python -m training.topics

Learns from the labelled cases (the benchmark's for training and our own), whose claims each name
their topic in the annotators' words; `topic_names.toml` says which topic of the catalogue these
mean. Claims of one meeting stay in one fold; figures are those of the benchmark's cases. What tells
a topic by its description, for topics of a user's own, learns from the catalogue's labels as if
users had asked for them in some language.
"""

import argparse
import json
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from readout_diff.embed import Encoder, Vectors, embed
from readout_diff.embed.anchors import measure
from readout_diff.embed.bundled import BundledEncoder
from readout_diff.learnt import Columns, Model
from readout_diff.topics.catalogue import ANY_LANG, Catalogue, Entry, built_in
from readout_diff.topics.find import cued, with_narrower
from readout_diff.topics.meaning import (
    Classifier,
    Matrix,
    across,
    asked_columns,
    flat,
    known_columns,
    overlap,
    to_bytes,
)
from training import benchmark
from training.examples import folds
from training.fitting import Recipe, fit_model

NAMES = Path(__file__).parent / "topic_names.toml"
UNKNOWN = -1
_PENALTY = 0.3
"""Of the classifier: scikit-learn's C."""
_STRETCH = 4.0
"""Of its unit vectors, so that the penalty leaves weights of the right size."""
_LEAST = 0.01
"""Likelihood below which a claim without a term is of no topic, and teaches nothing."""
_NEAR = 0.1
"""The same of the similarity with a description."""
_TELLING = 20
"""Claims that a topic must have to get a threshold of its own."""
_FEWEST = 5
"""Claims that a topic must have for its F1 to say something."""
RECIPES = {
    "known": Recipe(members=1, units=12, penalty=1.0, epochs=12, batch=4096),
    "asked": Recipe(members=1, units=0, penalty=1.0),
    "scaled": Recipe(members=1, units=0, penalty=1.0),
}
WORTH = {"known": ("macro F1", "presence"), "asked": ("F1",), "scaled": ("F1",)}
"""Figures whose sum is best at the threshold. Presence, for which any claim will do, doesn't count
for a user's own words: claims of something else would not be forgiven."""
OWN_THRESHOLDS = (0.07, 0.1, 0.125, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
THRESHOLDS = (0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.125, 0.15, 0.2, 0.25, 0.3, 0.4)


Truth = dict[int, NDArray[np.bool_]]
"""Whether each claim is of each topic, (claims, topics), by the id of the lesson."""


class Lesson(Struct, frozen=True):
    """One side of a case."""

    case: benchmark.Case
    lang: str
    quotes: tuple[str, ...]
    """The labelled claims, in text order."""
    views: tuple[Vectors, ...]
    matches: tuple[tuple[int, ...], ...]
    """Of each claim, places among the other side's claims."""
    topics: NDArray[np.int64]
    """Place of each claim's topic in the catalogue, or UNKNOWN."""


def main() -> None:
    """Train and write `models/topics.safetensors` and `models/topics.json`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=Path, default=Path("../shared/benchmark/train"))
    parser.add_argument("--out", type=Path, default=Path("readout_diff/models"))
    options = parser.parse_args()
    encoder = BundledEncoder()
    cases = [
        *benchmark.read_cases(options.cases),
        *benchmark.read_cases(benchmark.OWN_CASES, measured=False),
    ]
    content, weighers = train(lessons(cases, encoder), encoder)
    (options.out / "topics.safetensors").write_bytes(content)
    (options.out / "topics.json").write_text(weighers, encoding="utf-8")


def train(found: Sequence[Lesson], encoder: Encoder) -> tuple[bytes, str]:
    """The contents of both files; prints the figures."""
    catalogue = built_in()
    held_out = folds([lesson.case for lesson in found])
    parts = [(fold, fit_classifier(_outside(found, fold), encoder.name)) for fold in held_out]
    ids = list(catalogue.entries)
    alone = {
        id(lesson): unseen.probabilities(unseen.directions(lesson.views, lesson.lang))
        for fold, unseen in parts
        for lesson in _inside(found, fold)
    }
    likely = {key: with_narrower(catalogue, ids, values) for key, values in alone.items()}
    cues = {id(lesson): cued(catalogue, ids, lesson.lang, lesson.quotes) for lesson in found}
    sides = list(zip(found[::2], found[1::2], strict=True))
    facing = {id(a): b for a, b in sides} | {id(b): a for a, b in sides}

    def known(lesson: Lesson) -> Columns:
        there = id(facing[id(lesson)])
        columns = known_columns(
            likely[id(lesson)],
            cues[id(lesson)],
            across(likely[there], lesson.matches),
            across(cues[there], lesson.matches),
        )
        return flat(columns)

    shipped = fit_classifier(found, encoder.name)
    asked = _asked(catalogue)
    described = embed(encoder, [entry.about for entry in asked.entries.values()]).views
    directions = shipped.directions(described, "")
    terms = {id(x): cued(asked, list(asked.entries), x.lang, x.quotes) for x in found}

    def by_direction(lesson: Lesson) -> Columns:
        mine = shipped.directions(lesson.views, lesson.lang)
        near = mine @ directions.T / len(described)
        alike = _strangely_alike(alone[id(lesson)], shipped.probabilities(directions))
        return flat(asked_columns(near.astype(np.float64), terms[id(lesson)], alike))

    def by_scale(lesson: Lesson) -> Columns:
        scale = measure(encoder, lesson.lang, "en")
        near = (lesson.views[0] @ described[0].T - scale.unrelated) / (
            scale.translated - scale.unrelated
        )
        return flat(asked_columns(near.astype(np.float64), terms[id(lesson)]))

    weighers = {
        name: _weigher(name, [(lesson, columns(lesson)) for lesson in found], held_out, catalogue)
        for name, columns in (("known", known), ("asked", by_direction), ("scaled", by_scale))
    }
    return to_bytes(shipped), json.dumps(weighers, separators=(",", ":")) + "\n"


def lessons(cases: Sequence[benchmark.Case], encoder: Encoder) -> list[Lesson]:
    """Both sides of all cases, embedded."""
    names = tomllib.loads(NAMES.read_text(encoding="utf-8"))
    place = {topic: number for number, topic in enumerate(built_in().entries)}
    sides = [
        (case, side, [claim for *_, claim in case.gold(side)]) for case in cases for side in "ab"
    ]
    places = [{claim["id"]: row for row, claim in enumerate(claims)} for _, _, claims in sides]
    quotes = [claim["quote"] for _, _, claims in sides for claim in claims]
    views = embed(encoder, quotes).views
    found, at = [], 0
    for number, (case, side, claims) in enumerate(sides):
        there = places[number + 1 if side == "a" else number - 1]
        rows = slice(at, at + len(claims))
        at += len(claims)
        topics = [place.get(names.get(claim["topic"], ""), UNKNOWN) for claim in claims]
        found.append(
            Lesson(
                case,
                case.lang(side),
                tuple(claim["quote"] for claim in claims),
                tuple(view[rows] for view in views),
                tuple(tuple(there[match] for match in claim["matches"]) for claim in claims),
                np.array(topics, dtype=np.int64),
            )
        )
    return found


def fit_classifier(found: Sequence[Lesson], encoder: str) -> Classifier:
    """A classifier trained on the claims whose topic is known."""
    from sklearn.linear_model import LogisticRegression

    vectors = np.concatenate([np.concatenate(lesson.views, axis=1) for lesson in found])
    langs = np.array([lesson.lang for lesson in found for _ in lesson.quotes])
    listed = tuple(sorted(set(langs.tolist())))
    means = [vectors[langs == lang].mean(axis=0) for lang in listed]
    means.append(np.mean(means, axis=0))
    topics = tuple(built_in().entries)
    width = vectors.shape[1]
    found_means = np.array(means, dtype=np.float32)
    blank = Classifier(
        encoder,
        topics,
        listed,
        found_means,
        np.zeros((len(topics), width), np.float32),
        np.full(len(topics), -20.0, np.float32),
    )
    rows = np.concatenate([blank.directions(lesson.views, lesson.lang) for lesson in found])
    truth = np.concatenate([lesson.topics for lesson in found])
    kept = truth != UNKNOWN
    line = LogisticRegression(C=_PENALTY, max_iter=100).fit(rows[kept] * _STRETCH, truth[kept])
    blank.weights[line.classes_] = line.coef_ * _STRETCH
    blank.bias[line.classes_] = line.intercept_
    return blank


def _asked(catalogue: Catalogue) -> Catalogue:
    """The same topics as users might ask for them: each by its label in some language."""
    random = np.random.default_rng(0)
    entries = {}
    for topic, entry in catalogue.entries.items():
        text = entry.label[str(random.choice(sorted(entry.label)))]
        entries[topic] = Entry(topic, {ANY_LANG: text}, text, {ANY_LANG: (text,)}, entry.part_of)
    return Catalogue(entries, catalogue.spelling)


def _strangely_alike(claims: Matrix, described: Matrix) -> Matrix:
    """`overlap` as if the topic described were unknown to the classifier: users ask about such."""
    found = np.zeros((len(claims), len(described)))
    for topic in range(len(described)):
        kept = np.arange(len(described)) != topic
        mine, theirs = (part[:, kept] for part in (claims, described[[topic]]))
        mine, theirs = (part / part.sum(axis=1, keepdims=True) for part in (mine, theirs))
        found[:, [topic]] = overlap(mine, theirs)
    return found


def _weigher(
    name: str,
    seen: Sequence[tuple[Lesson, Columns]],
    held_out: Sequence[set[str]],
    catalogue: Catalogue,
) -> dict[str, Any]:
    """The model of that name and its threshold, as data; prints its figures."""
    truth = {id(lesson): _truth(lesson, catalogue) for lesson, _ in seen}

    def fit(part: Sequence[tuple[Lesson, Columns]]) -> Model:
        rows, labels = [], []
        for lesson, columns in part:
            said = np.repeat(lesson.topics != UNKNOWN, len(catalogue.entries))
            kept = said & _tells(columns)
            rows.append({key: values[kept] for key, values in columns.items()})
            labels.append(truth[id(lesson)].ravel()[kept])
        return fit_model(RECIPES[name], rows, labels)

    judged: list[tuple[Lesson, Matrix]] = []
    for fold in held_out:
        model = fit([each for each in seen if each[0].case.group not in fold])
        judged += [
            (lesson, model_says(model, columns, len(catalogue.entries)))
            for lesson, columns in seen
            if lesson.case.group in fold and lesson.case.measured
        ]
    best, threshold = -1.0, THRESHOLDS[0]
    for tried in THRESHOLDS:
        found = figures(judged, truth, np.array(tried))
        print(f"{name}, from {tried}:", ", ".join(f"{k} {v:.3f}" for k, v in found.items()))
        worth = sum(found[figure] for figure in WORTH[name])
        if worth > best:
            best, threshold = worth, tried
    print(f"{name}: chosen {threshold}", flush=True)
    own = _own_thresholds(judged, truth, threshold, catalogue) if name == "known" else {}
    return {"threshold": threshold, "thresholds": own, "model": fit(seen).to_data()}


def _own_thresholds(
    judged: Sequence[tuple[Lesson, Matrix]], truth: Truth, usual: float, catalogue: Catalogue
) -> dict[str, float]:
    """The threshold of each topic with the best F1, where enough claims tell; prints the figures.

    Claims of unknown topic don't count. Near the usual one ties are broken in its favour.
    """
    rows = [lesson.topics != UNKNOWN for lesson, _ in judged]
    labels = np.concatenate([truth[id(x)][r] for (x, _), r in zip(judged, rows, strict=True)])
    likely = np.concatenate([each[r] for (_, each), r in zip(judged, rows, strict=True)])
    found = {}
    for column, topic in enumerate(catalogue.entries):
        label = labels[:, column]
        if label.sum() < _TELLING:
            continue
        worth = {}
        for tried in OWN_THRESHOLDS:
            said = likely[:, column] >= tried
            worth[tried] = 2 * (label & said).sum() / (label.sum() + said.sum())
        best = max(worth, key=lambda tried: (round(worth[tried], 2), -abs(tried - usual)))
        found[topic] = best
    cut = np.array([found.get(topic, usual) for topic in catalogue.entries])
    for what, least in (("one threshold", np.array(usual)), ("their own", cut)):
        told = figures(judged, truth, least)
        print(f"known, {what}:", ", ".join(f"{k} {v:.3f}" for k, v in told.items()))
    return found


def model_says(model: Model, columns: Columns, topics: int) -> Matrix:
    """Shape (claims, topics)."""
    return model.probabilities(columns).reshape(-1, topics)


def _tells(columns: Columns) -> NDArray[np.bool_]:
    """Rows that may be of the topic at all."""
    near = columns["odds"] > np.log(_LEAST) if "odds" in columns else columns["similarity"] > _NEAR
    return np.asarray(near | (columns["term"] > 0))


def _truth(lesson: Lesson, catalogue: Catalogue) -> NDArray[np.bool_]:
    """Whether each claim is of each topic, wider ones included, (claims, topics)."""
    ids = list(catalogue.entries)
    found = np.zeros((len(lesson.topics), len(ids)), dtype=np.bool_)
    for row, topic in enumerate(lesson.topics):
        if topic != UNKNOWN:
            found[row, [ids.index(wider) for wider in catalogue.wider(ids[topic])]] = True
    return found


def figures(
    judged: Sequence[tuple[Lesson, Matrix]], truth: Truth, least: NDArray[np.float64]
) -> dict[str, float]:
    """What there is to say of a threshold; claims of unknown topic count for presence alone."""
    rows = [lesson.topics != UNKNOWN for lesson, _ in judged]
    labels = np.concatenate([truth[id(x)][r] for (x, _), r in zip(judged, rows, strict=True)])
    said = np.concatenate([likely[r] for (_, likely), r in zip(judged, rows, strict=True)]) >= least
    kept = labels.sum(axis=0) >= _FEWEST
    right = (labels & said).sum(axis=0)
    each = 2 * right[kept] / (labels.sum(axis=0) + said.sum(axis=0))[kept]
    return {
        "precision": right.sum() / max(said.sum(), 1),
        "recall": right.sum() / labels.sum(),
        "F1": 2 * right.sum() / (labels.sum() + said.sum()),
        "macro F1": float(each.mean()),
        "presence": presence_right(judged, truth, least),
    }


def presence_right(
    judged: Sequence[tuple[Lesson, Matrix]], truth: Truth, least: NDArray[np.float64]
) -> float:
    """Share of the topics of each case of which it is rightly said which sides have them."""
    right = []
    for (a, said_a), (b, said_b) in zip(judged[::2], judged[1::2], strict=True):
        assert a.case is b.case
        has = [truth[id(side)].any(axis=0) for side in (a, b)]
        told = [(said >= least).any(axis=0) for said in (said_a, said_b)]
        met = has[0] | has[1]
        right += ((has[0] == told[0]) & (has[1] == told[1]))[met].tolist()
    return float(np.mean(right))


def _inside(found: Sequence[Lesson], fold: set[str]) -> Iterator[Lesson]:
    return (lesson for lesson in found if lesson.case.group in fold)


def _outside(found: Sequence[Lesson], fold: set[str]) -> list[Lesson]:
    return [lesson for lesson in found if lesson.case.group not in fold]


if __name__ == "__main__":
    main()
