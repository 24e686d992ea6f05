"""Train the judge on labelled readouts and print how it does in cross-validation.

    python -m training.judge                                  all files in readout_diff/models
    python -m training.judge --only similarity
    python -m training.judge --model NAME --out my-judge.json    one for another encoder

The judge `joint` learns from the benchmark's training cases, from our own (`training/cases`), from
translated news with deletions (`training/ntrex.py`) and from readouts of different meetings put
together (`training/strangers.py`); the others from the first alone. Cases
stay whole in every fold; figures are those of the benchmark's cases. The claim model learns from
the tool's own claims and from the labelled ones; the token model from claim probabilities that the
claim model gave for cases it had not seen; both, for the judge `joint`, from what a network says of
cases that it had not seen (`training/joint.py`). Thresholds are those that do best in
cross-validation. Folds, starting weights and order of examples come from fixed seeds.
"""

import argparse
import itertools
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from readout_diff.datamodel import ClaimSpan
from readout_diff.embed import Encoder, Vectors, embed, load_encoder
from readout_diff.embed.bundled import BundledEncoder
from readout_diff.embed.cache import RememberingRichEncoder
from readout_diff.judge import Judge, Judgement
from readout_diff.judge import features as columns
from readout_diff.judge.joint import JointNetwork, fingerprint
from readout_diff.judge.model import JudgeModel
from readout_diff.learnt import Model
from training import benchmark, conflicts, ntrex
from training.benchmark import Case
from training.examples import FOLDS, WORK, Example, HeldOut, KnownOdds, SplitterOf, examples, folds
from training.fitting import Recipe, fit_model
from training.splitter import unseen
from training.strangers import strangers

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
GRID = {
    "threshold": (0.25, 0.3, 0.35, 0.4),
    "switch": (1.0, 2.0),
    "match": (0.5, 0.65),
}
"""Tried one with each other; without tokens there is nothing to switch between."""


LISTED = ("omission", "letters", "links")
"""Figures that are precision, recall and F1; the others are one number."""
FIGURES = ("BAcc", "AP", *LISTED)


def main() -> None:
    """Train what is asked for and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=Path, default=Path("../shared/benchmark/train"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", choices=("similarity", "similarity-vectors", "joint"))
    parser.add_argument("--model", help="train for this sentence-transformers model alone")
    parser.add_argument(
        "--fold",
        type=int,
        choices=range(FOLDS),
        help="train this fold's network of the judge joint on one core, keep it and stop",
    )
    parser.add_argument("--out", type=Path, help="a folder, or with --model a file")
    options = parser.parse_args()
    import torch

    score = benchmark.load_scorer(options.cases.parent / "score.py")
    if options.model:
        cases = benchmark.read_cases(options.cases)
        encoder = load_encoder(options.model)
        model = train(encoder.name, encoder.name, *_both(cases, encoder), score)
        (options.out or Path("judge.json")).write_text(model.to_json(), encoding="utf-8")
        return
    out = options.out or Path("readout_diff/models")
    bundled = RememberingRichEncoder(BundledEncoder())
    if options.fold is not None:
        torch.set_num_threads(1)
        cases = all_cases(options.cases, options.data, bundled)
        networks(*_both(cases, bundled, unseen(options.cases, cases, bundled)), options.fold)
        return
    for name in ("similarity", "similarity-vectors", "joint"):
        if options.only not in (None, name):
            continue
        cases = benchmark.read_cases(options.cases)
        if name == "joint":
            cases = all_cases(options.cases, options.data, bundled)
        own, gold, network = prepared(name, cases, bundled, options.cases)
        if network is None:
            known = None if name == "similarity-vectors" else bundled.name
            model = train(name, known, own, gold, score)
        else:
            model, clashing = train_joint(bundled.name, own, gold, score)
            model = replace(model, network=fingerprint(network))
            (out / f"{name}.onnx").write_bytes(network)
            (out / "conflicts.json").write_text(clashing, encoding="utf-8")
        (out / f"{name}.json").write_text(model.to_json(), encoding="utf-8")


def all_cases(benchmark_cases: Path, data: Path, encoder: RememberingRichEncoder) -> list[Case]:
    """What the judge `joint` learns from: the benchmark's cases, our own, NTREX and strangers."""
    cases = [
        *benchmark.read_cases(benchmark_cases),
        *benchmark.read_cases(benchmark.OWN_CASES, measured=False),
        *ntrex.training_cases(data / "ntrex", encoder),
    ]
    return [*cases, *strangers(cases)]


def prepared(
    name: str, cases: Sequence[Case], encoder: RememberingRichEncoder, benchmark_cases: Path
) -> tuple[list[Example], list[Example], bytes | None]:
    """What the judge of that name learns from, in either segmentation; the network of `joint`.

    `benchmark_cases` is their folder, from which the splitters learn that cut the claims.
    """
    if name == "similarity-vectors":
        one_view = [_both(cases, _OneView(encoder, view)) for view in (0, 1)]
        own, gold = ([ex for part in one_view for ex in part[place]] for place in (0, 1))
        return own, gold, None
    own, gold = _both(cases, encoder, unseen(benchmark_cases, cases, encoder))
    return with_odds(own, gold) if name == "joint" else (own, gold, None)


def _both(
    cases: Sequence[Case], encoder: Encoder, splitter_of: SplitterOf | None = None
) -> tuple[list[Example], list[Example]]:
    """The cases in the tool's own segmentation and in the labelled one."""
    own = examples(cases, encoder, own=True, splitter_of=splitter_of)
    return own, examples(cases, encoder, own=False)


def with_odds(
    own: Sequence[Example], gold: Sequence[Example]
) -> tuple[list[Example], list[Example], bytes]:
    """The examples with odds by networks that have not seen them, and the network that ships.

    That one is the first fold's: it has seen four cases in five, so that what it says of new ones
    is as sure as what the small models learnt from.
    """
    from training import joint

    found = list(own), list(gold)
    contents = networks(own, gold)
    for fold, content in zip(folds([example.case for example in own]), contents, strict=True):
        fitted = JointNetwork(content)
        for part in found:
            for place, example in enumerate(part):
                if example.case.group in fold:
                    part[place] = replace(example, odds=joint.odds(fitted, example))
    return *found, contents[0]


def networks(
    own: Sequence[Example], gold: Sequence[Example], only: int | None = None
) -> list[bytes]:
    """For each fold, or for one, a network that has not seen it.

    They are kept in WORK under what they were trained on and by, so that a run that was stopped
    goes on where it was, and several processes may train a fold each.
    """
    from training import joint
    from training.joint_net import export

    recipe, base = joint.Recipe(), joint.base_tensors()
    lessons = [[joint.lesson(example) for example in part] for part in (own, gold)]
    found = []
    for number, fold in enumerate(folds([example.case for example in own])):
        if only not in (None, number):
            continue
        kept = [place for place, example in enumerate(own) if example.case.group not in fold]
        mine, theirs = ([part[place] for place in kept] for part in lessons)
        path = WORK / f"joint-{joint.digest([*mine, *theirs], recipe)}.onnx"
        if not path.exists():
            print(f"joint: fold {number}, a network on {len(kept)} cases", flush=True)
            WORK.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            part.write_bytes(export(joint.fit(mine, theirs, base, recipe)))
            part.replace(path)
        found.append(path.read_bytes())
    return found


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
    settings = chosen(name, held_out(name, encoder, own, gold), own, score)
    return replace(fit(name, encoder, own, gold), settings=settings)


def train_joint(
    encoder: str, own: list[Example], gold: list[Example], score: benchmark.Scorer
) -> tuple[JudgeModel, str]:
    """The judge's model, and what is learnt about conflicts from what held-out ones say."""
    judged = held_out("joint", encoder, own, gold)
    settings = chosen("joint", judged, own, score)
    judged = [(fold, replace(model, settings=settings)) for fold, model in judged]
    clashing = conflicts.train(judged, own, gold, judgement, score)
    return replace(fit("joint", encoder, own, gold), settings=settings), clashing


def judgement(model: JudgeModel, example: Example) -> Judgement:
    """What the judge makes of an example."""
    segments = [[ClaimSpan(*span, 0) for span in side.spans] for side in example.sides]
    judge = Judge(model, KnownOdds(example.odds) if example.odds else None)
    return judge.judge(*example.sides, example.alignment, (segments[0], segments[1]))


def chosen(
    name: str, judged: Sequence[HeldOut], own: Sequence[Example], score: benchmark.Scorer
) -> dict[str, float]:
    """The settings that do best in cross-validation; prints the figures of all."""

    def figures(settings: dict[str, float]) -> benchmark.Figures:
        return score(
            (example.case, report(replace(model, settings=settings), example))
            for fold, model in judged
            for example in own
            if example.case.measured and example.case.group in fold
        )

    best, settings = -1.0, SETTINGS
    print(f"{name}: cross-validation over {_meetings(own)} meetings")
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
    print("   chosen", settings, flush=True)
    return settings


def held_out(
    name: str, encoder: str | None, own: list[Example], gold: list[Example]
) -> list[HeldOut]:
    """For each fold its groups, and a model that has not seen them.

    With a network this holds to first order, as always where models are stacked: the small models
    learn from odds of cases in other folds, by networks that have seen this one's.
    """
    judged = []
    for fold in folds([example.case for example in own]):
        inside, labelled = ([e for e in part if e.case.group not in fold] for part in (own, gold))
        judged.append((fold, fit(name, encoder, inside, labelled)))
    return judged


def _meetings(own: Sequence[Example]) -> int:
    return len({example.case.group for example in own if example.case.measured})


def report(model: JudgeModel, example: Example) -> dict[str, object]:
    """What the scorer reads of a report, from the judge itself."""
    return {
        "sides": {key: {"text": example.case.text(key)} for key in "ab"},
        "claims": [msgspec.to_builtins(claim) for claim in judgement(model, example).claims],
        "conflicts": [],
    }


def fit(name: str, encoder: str | None, own: list[Example], gold: list[Example]) -> JudgeModel:
    """The three models on these examples."""
    claim = fit_claims(own + gold)
    pair = fit_model(
        RECIPES["pair"],
        [example.pair_columns for example in own],
        [
            example.case.matches(example.sides[0].spans, example.sides[1].spans).ravel()
            for example in own
        ],
    )
    token = fit_tokens(own, gold) if own[0].sides[0].tokens is not None else None
    return JudgeModel(name, encoder, claim, pair, token, SETTINGS)


def fit_claims(found: list[Example]) -> Model:
    """Shared, partial or only."""
    rows = [side for example in found for side in example.claim_columns]
    labels = [side for example in found for side in example.claim_labels]
    return fit_model(RECIPES["claim"], rows, labels)


def fit_tokens(own: list[Example], gold: list[Example]) -> Model:
    """Lacking or not, knowing what an unseen-case claim model says of the claim."""
    rows: list[columns.Columns] = []
    labels: list[NDArray[np.float64]] = []
    for fold in folds([example.case for example in own]):
        claims = fit_claims([e for e in own + gold if e.case.group not in fold])
        for example in own:
            if example.case.group not in fold:
                continue
            views = zip(example.views(), example.claim_columns, strict=True)
            for (_, mine, other, alignment, odds), seen in views:
                likely = claims.probabilities(seen)
                numbers = columns.numbers(other.text)
                rows.append(columns.token_columns(mine, numbers, alignment, likely, odds))
            labels += example.token_labels
    return fit_model(RECIPES["token"], rows, labels)


if __name__ == "__main__":
    main()
