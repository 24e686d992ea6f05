"""Train the similarity judge on labelled readouts and print how it does in cross-validation.

    python -m training.similarity [--cases ../shared/benchmark/train] [--out readout_diff/models]

Cases stay whole in every fold. The claim model learns from the tool's own claims and from the
labelled ones; the token model from claim probabilities that the claim model gave for cases it had
not seen. Thresholds are those that do best in cross-validation. Writes `similarity.json` (for the
bundled encoder) and `similarity-vectors.json` (for any other, trained on e5 and USE as encoders
of one view each). Folds, starting weights and order of examples come from fixed seeds.
"""

import argparse
import itertools
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from readout_diff.align import Alignment, align
from readout_diff.datamodel import ClaimSpan
from readout_diff.embed import Encoder, Vectors, embed, load_encoder
from readout_diff.embed.anchors import measure
from readout_diff.embed.claims import ClaimPlaces, embed_claims
from readout_diff.judge import SimilarityJudge
from readout_diff.judge import features as columns
from readout_diff.judge.features import Evidence
from readout_diff.judge.model import FAR, JudgeModel, Member, Model, table
from readout_diff.segment import segment
from training import benchmark
from training.benchmark import Case
from training.remembering import Remembering

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one of the models is trained."""

    members: int
    """Networks, each from another seed, whose probabilities are averaged."""
    units: int
    """In the hidden layer; 0 for none, which is logistic regression."""
    penalty: float
    """On the squared weights: scikit-learn's alpha, or 1/C without a hidden layer."""
    epochs: int = 0
    batch: int = 128


RECIPES = {
    "claim": Recipe(members=4, units=48, penalty=1.0, epochs=14),
    "pair": Recipe(members=1, units=0, penalty=10.0),
    "token": Recipe(members=3, units=24, penalty=1.0, epochs=4, batch=256),
}
SETTINGS: dict[str, float] = {
    "threshold": 0.4,
    "switch": 2.0,
    "only_from": 0.85,
    "shared_to": 0.12,
    "match": 0.5,
    "unsure_from": 0.3,
    "unsure_to": 0.65,
    "partial_share": 0.4,
}
GRID = {"threshold": (0.3, 0.35, 0.4, 0.45), "switch": (1.0, 3.0, 5.0)}
"""Tried one with each other; without tokens there is nothing to switch between."""


LISTED = ("omission", "letters", "links")
"""Figures that are precision, recall and F1; the others are one number."""
FIGURES = ("BAcc", "AP", *LISTED)


@dataclass(frozen=True)
class Example:
    """One case as the judge meets it, with labels; claims are the tool's own or the labelled."""

    case: Case
    sides: tuple[Evidence, Evidence]
    alignment: Alignment

    def views(self) -> Iterator[tuple[str, Evidence, Evidence, Alignment]]:
        """Either side as own against other."""
        yield "a", self.sides[0], self.sides[1], self.alignment
        yield "b", self.sides[1], self.sides[0], self.alignment.mirrored


def main() -> None:
    """Train both models and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=Path, default=Path("../shared/benchmark/train"))
    parser.add_argument("--out", type=Path, default=Path("readout_diff/models"))
    options = parser.parse_args()
    cases = benchmark.read_cases(options.cases)
    score = benchmark.load_scorer(options.cases.parent / "score.py")
    encoder = Remembering(load_encoder())
    one_view = [_OneView(encoder, 0), _OneView(encoder, 1)]
    for name, known, encoders in (
        ("similarity", encoder.name, [encoder]),
        ("similarity-vectors", None, one_view),
    ):
        own = [example for each in encoders for example in examples(cases, each, own=True)]
        gold = [example for each in encoders for example in examples(cases, each, own=False)]
        model = train(name, known, own, gold, score)
        (options.out / f"{name}.json").write_text(model.to_json(), encoding="utf-8")


def examples(cases: Sequence[Case], encoder: Encoder, *, own: bool) -> list[Example]:
    """Embed and align every case, by the tool's own claims or by the labelled ones."""
    found = []
    for case in cases:
        places = [_places(case, side, own=own) for side in "ab"]
        parts = embed_claims(encoder, places)
        scale = None if parts[0].tokens is not None else measure(encoder, *map(case.lang, "ab"))
        sides = [
            Evidence(side.text, side.claims, part.tokens, case.lang(key))
            for key, side, part in zip("ab", places, parts, strict=True)
        ]
        found.append(Example(case, (sides[0], sides[1]), align(parts[0], parts[1], scale)))
    return found


def _places(case: Case, side: str, *, own: bool) -> ClaimPlaces:
    """The claims of one side, and the tool's own sentence around each."""
    segments = segment(case.text(side), case.lang(side))
    claims = (
        tuple((claim.start, claim.end) for claim in segments.claims)
        if own
        else tuple((start, end) for start, end, _ in case.gold(side))
    )
    around = []
    for start, end in claims:
        over = [s for s in segments.sentences if s.start < end and start < s.end]
        around.append((min([start, *(s.start for s in over)]), max([end, *(s.end for s in over)])))
    return ClaimPlaces(case.text(side), claims, tuple(around))


class _OneView:
    """One view of the bundled encoder as an encoder of its own."""

    def __init__(self, encoder: Encoder, view: int) -> None:
        self._encoder, self._view = encoder, view
        self.name = f"{encoder.name}, view {view}"

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of that view."""
        return embed(self._encoder, texts).views[self._view]


def train(
    name: str,
    encoder: str | None,
    own: list[Example],
    gold: list[Example],
    score: benchmark.Scorer,
) -> JudgeModel:
    """The judge's model on all examples; prints its figures in cross-validation."""
    groups = [example.case.group for example in own]
    held_out = []
    for fold in benchmark.folds(groups, FOLDS):
        inside = [e for e in own if e.case.group not in fold]
        model = fit(name, encoder, inside, [e for e in gold if e.case.group not in fold])
        held_out.append((model, [e for e in own if e.case.group in fold]))

    def figures(settings: dict[str, float]) -> benchmark.Figures:
        return score(
            (example.case, report(replace(model, settings=settings), example))
            for model, inside in held_out
            for example in inside
        )

    best, settings = -1.0, SETTINGS
    print(f"{name}: cross-validation over {len(set(groups))} meetings")
    has_tokens = own[0].sides[0].tokens is not None
    grid = {
        key: values if has_tokens or key != "switch" else (1.0,) for key, values in GRID.items()
    }
    for values in itertools.product(*grid.values()):
        changed = dict(zip(grid, values, strict=True))
        tried = {**SETTINGS, **changed}
        found = figures(tried)
        print("  ", changed, {key: found[key] for key in FIGURES})
        worth = found["BAcc"] + found["AP"] + sum(found[key][2] for key in LISTED)
        if worth > best:
            best, settings = worth, tried
    print("   chosen", settings)
    return replace(fit(name, encoder, own, gold), settings=settings)


def report(model: JudgeModel, example: Example) -> dict[str, object]:
    """What the scorer reads of a report, from the judge itself."""
    segments = [[ClaimSpan(*span, 0) for span in side.spans] for side in example.sides]
    claims = SimilarityJudge(model).judge(
        *example.sides, example.alignment, (segments[0], segments[1])
    )
    return {
        "sides": {key: {"text": example.case.text(key)} for key in "ab"},
        "claims": [msgspec.to_builtins(claim) for claim in claims],
        "conflicts": [],
    }


def fit(name: str, encoder: str | None, own: list[Example], gold: list[Example]) -> JudgeModel:
    """The three models on these examples."""
    claim = fit_claims(own + gold)
    pair = fit_model(
        "pair",
        [columns.pair_columns(example.alignment) for example in own],
        [
            example.case.matches(example.sides[0].spans, example.sides[1].spans).ravel()
            for example in own
        ],
    )
    token = fit_tokens(own, gold) if own[0].sides[0].tokens is not None else None
    return JudgeModel(name, encoder, claim, pair, token, SETTINGS)


def fit_claims(found: list[Example]) -> Model:
    """Shared, partial or only."""
    rows, labels = [], []
    for example in found:
        for key, own, other, alignment in example.views():
            rows.append(columns.claim_columns(own, other, alignment))
            labels.append(benchmark.claim_labels(example.case.lacking(key), own.spans))
    return fit_model("claim", rows, labels)


def fit_tokens(own: list[Example], gold: list[Example]) -> Model:
    """Lacking or not, knowing what an unseen-case claim model says of the claim."""
    rows, labels = [], []
    for fold in benchmark.folds([e.case.group for e in own], FOLDS):
        claims = fit_claims([e for e in own + gold if e.case.group not in fold])
        for example in own:
            if example.case.group not in fold:
                continue
            for key, mine, other, alignment in example.views():
                likely = claims.probabilities(columns.claim_columns(mine, other, alignment))
                numbers = columns.numbers(other.text)
                rows.append(columns.token_columns(mine, numbers, alignment, likely))
                lacking = example.case.lacking(key)
                labels.append(
                    np.concatenate(
                        [
                            benchmark.token_labels(lacking, start, tokens.spans)
                            for (start, _), tokens in zip(
                                mine.spans, mine.tokens or (), strict=True
                            )
                        ]
                    )
                )
    return fit_model("token", rows, labels)


def fit_model(
    kind: str,
    rows: Sequence[columns.Columns],
    labels: Sequence[NDArray[np.floating] | NDArray[np.integer] | NDArray[np.bool_]],
) -> Model:
    """Fit by the kind's recipe on standardised columns; unlabelled rows are left out."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    recipe = RECIPES[kind]
    names = tuple(rows[0])
    values = np.concatenate([table(part, names) for part in rows])
    truth = np.concatenate([np.asarray(part, dtype=np.float64) for part in labels])
    known = ~np.isnan(truth) & (truth >= 0)
    values, truth = values[known], truth[known].astype(np.int64)
    mean, scale = values.mean(axis=0), values.std(axis=0)
    scale[scale < 1e-9] = 1.0
    values = np.clip((values - mean) / scale, -FAR, FAR)
    members = []
    for seed in range(recipe.members):
        if recipe.units == 0:
            line = LogisticRegression(C=1 / recipe.penalty, max_iter=3000).fit(values, truth)
            members.append(Member(None, line.coef_, line.intercept_))
            continue
        network = MLPClassifier(
            (recipe.units,),
            activation="tanh",
            alpha=recipe.penalty,
            learning_rate_init=2e-3,
            batch_size=recipe.batch,
            max_iter=recipe.epochs,
            random_state=seed,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # stopping early is what the recipe wants
            network.fit(values, truth)
        (first, last), (bias, last_bias) = network.coefs_, network.intercepts_
        members.append(Member((first.T, bias), last.T, last_bias))
    return Model(names, mean, scale, tuple(members))


if __name__ == "__main__":
    main()
