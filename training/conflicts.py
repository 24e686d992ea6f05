"""Train what says whether two claims are in conflict, and print how it does in cross-validation.

It learns from the labelled conflicts of the benchmark's training cases and of our own, in the
tool's own segmentation and in the labelled one, from what judges and networks said of cases that
they had not seen (`training/judge.py` calls it). The threshold is the one with the best F1 in
cross-validation among those at which enough of what is reported is right.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from readout_diff.conflicts import detect
from readout_diff.conflicts.detect import ConflictModel, Pair, Said, Side, Things
from readout_diff.conflicts.evidence import Speeches
from readout_diff.datamodel import CONFLICT_KINDS
from readout_diff.disagreement import (
    KEYS,
    PERHAPS,
    conflict_pairs,
    conflict_side,
    likely_matches,
)
from readout_diff.judge import Judgement
from readout_diff.judge.features import Evidence
from readout_diff.judge.model import JudgeModel
from readout_diff.segment import segment
from training import benchmark
from training.examples import Example, HeldOut
from training.fitting import Recipe, fit_model

RECIPE = Recipe(members=12, units=24, penalty=0.3, epochs=30)
PRECISION = {"joint": 0.75, "plain": 0.85}
"""Of the located conflicts, in cross-validation, at the threshold: a little above what is asked.
`plain` learns from columns of the judge `joint` without the network's odds, and is used with
judges that know less: it has to be surer."""
THRESHOLDS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8)
Judging = Callable[[JudgeModel, Example], Judgement]


class Lesson(Struct, frozen=True):
    """The pairs of one meeting that may be in conflict."""

    example: Example
    sides: tuple[Side, Side]
    speech: Speeches
    pairs: tuple[Pair, ...]
    columns: dict[str, NDArray[np.float64]]
    labels: NDArray[np.int64]
    """0, or the place of the kind in CONFLICT_KINDS from 1, (pairs,)."""


def train(
    judged: Sequence[HeldOut],
    own: Sequence[Example],
    gold: Sequence[Example],
    judging: Judging,
    score: benchmark.Scorer,
) -> str:
    """The content of `models/conflicts.json`; prints figures in cross-validation."""
    said = [
        (example, judging(model, example))
        for fold, model in judged
        for example in (*own, *gold)
        if example.case.group in fold
    ]
    lessons = [given for each in said if (given := lesson(*each))]
    measured = {id(example) for example in own if example.case.measured}
    data = {
        "joint": _trained("joint", judged, lessons, measured, score),
        "plain": _trained("plain", judged, list(map(without_odds, lessons)), measured, score),
    }
    return json.dumps(data, separators=(",", ":")) + "\n"


def _trained(
    name: str,
    judged: Sequence[HeldOut],
    lessons: Sequence["Lesson"],
    measured: set[int],
    score: benchmark.Scorer,
) -> dict[str, Any]:
    """A model on all lessons, with the threshold that cross-validation chooses."""
    fitted = [
        (fold, fit([each for each in lessons if each.example.case.group not in fold]))
        for fold, _ in judged
    ]
    held = [
        (each, replace(model, threshold=0.0))
        for fold, model in fitted
        for each in lessons
        if each.example.case.group in fold and id(each.example) in measured
    ]
    print(f"conflicts, {name}: {sum(each.labels.any() for each in lessons)} meetings with some")
    best, threshold = -1.0, THRESHOLDS[-1]
    for tried in THRESHOLDS:
        figures = score(
            (each.example.case, found(each, replace(model, threshold=tried)))
            for each, model in held
        )
        print("  ", tried, {key: figures[key] for key in ("located", "conflicts")})
        precision, _, f1 = figures["located"]
        if precision >= PRECISION[name] and f1 > best:
            best, threshold = f1, tried
    if best < 0:
        print(f"   none reaches a precision of {PRECISION[name]}")
    print("   chosen", threshold, flush=True)
    return {"threshold": threshold, "model": fit(lessons).model.to_data()}


def lesson(example: Example, judgement: Judgement) -> Lesson | None:
    """What is to be learnt from an example; None where no pair may be in conflict."""
    sides = [
        conflict_side(_said(evidence), evidence, judgement, key)
        for key, evidence in zip(KEYS, example.sides, strict=True)
    ]
    pairs = conflict_pairs(judgement, example.alignment)
    if not pairs:
        return None
    said = sides[0].said, sides[1].said
    matches = likely_matches(judgement)
    speech = detect.reconciled_speeches(detect.read_speeches(*said), *said, matches)
    known = example.case.conflicts(sides[0].claims, sides[1].claims)
    kinds = [known.get((pair.a, pair.b), set()) for pair in pairs]
    return Lesson(
        example,
        (sides[0], sides[1]),
        speech,
        tuple(pairs),
        dict(detect.measure(sides[0], sides[1], speech, pairs).columns),
        np.array([1 + CONFLICT_KINDS.index(min(found)) if found else 0 for found in kinds]),
    )


def _said(evidence: Evidence) -> Said:
    sentences = segment(evidence.text, evidence.lang).sentences
    places = tuple((sentence.start, sentence.end) for sentence in sentences)
    things = Things.of(evidence.text, evidence.lang)
    return Said(evidence.text, evidence.lang, evidence.spans, places, things)


def without_odds(given: Lesson) -> Lesson:
    """The same as a judge without a network sees it, but for pairs that it alone would look at."""
    kept = [pair.matching >= PERHAPS for pair in given.pairs]
    pairs = [replace(pair, odds=None) for pair, keep in zip(given.pairs, kept, strict=True) if keep]
    columns = {n: v[kept] for n, v in given.columns.items() if not n.startswith("odds.")}
    return replace(given, pairs=tuple(pairs), columns=columns, labels=given.labels[kept])


def fit(lessons: Sequence[Lesson], threshold: float = 0.5) -> ConflictModel:
    """A model trained on these meetings."""
    model = fit_model(
        RECIPE, [given.columns for given in lessons], [given.labels for given in lessons]
    )
    return ConflictModel(model, threshold)


def found(given: Lesson, learnt: ConflictModel) -> dict[str, Any]:
    """What the scorer reads: a report with no more than conflicts and the claims they are about."""
    a, b = given.sides
    said = detect.find(a, b, given.speech, given.pairs, learnt)
    return {
        "sides": {key: {"text": given.example.case.text(key)} for key in KEYS},
        "claims": [
            {"id": f"{key}{n + 1}", "side": key, "start": s, "end": e, "status": "shared"}
            for key, side in zip(KEYS, given.sides, strict=True)
            for n, (s, e) in enumerate(side.claims)
        ],
        "conflicts": [msgspec.to_builtins(conflict) for conflict in said],
    }
