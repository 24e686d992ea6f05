"""What labels and what each part of the network's recipe bring: a learning curve and ablations.

    python -m training.curve

Trains the network (`training/joint.py`) on parts of the training cases and with parts of its recipe
left out, always measured on the first fold's benchmark cases, and prints a table of areas under the
curve: how well it tells claims that the other side lacks from conveyed ones, partly conveyed ones
from wholly conveyed ones, lacking tokens from conveyed ones, matches from other pairs. One cycle,
one fold and one seed a row: differences below .01 say nothing. The last row is the network that
ships.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from readout_diff.embed.bundled import BundledEncoder
from readout_diff.embed.cache import RememberingRichEncoder
from training import benchmark, joint
from training.examples import Example, examples, folds
from training.joint import Lesson, Recipe
from training.joint_net import LAYERS, Network, restore
from training.judge import all_cases, networks
from training.splitter import unseen

SIZES = (18, 35, 70)
LEAST_STEPS = 300
"""Few cases are seen more often, until so many steps are done."""


def main() -> None:
    """Print the table, a row as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=Path, default=Path("../shared/benchmark/train"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    options = parser.parse_args()
    encoder = RememberingRichEncoder(BundledEncoder())
    cases = all_cases(options.cases, options.data, encoder)
    splitter_of = unseen(options.cases, cases, encoder)
    own = examples(cases, encoder, own=True, splitter_of=splitter_of)
    gold = examples(cases, encoder, own=False)
    fold = folds(cases)[0]
    measured = [e for e in own if e.case.group in fold and e.case.measured]
    lessons = [[joint.lesson(example) for example in part] for part in (own, gold)]
    seen = [joint.lesson(example) for example in measured]
    base = joint.base_tensors()
    print("| trained on | only/shared | partial/shared | tokens | matches | conflicts |")
    print("|---|---|---|---|---|---|", flush=True)
    for row in _rows(own, fold):
        mine, theirs = ([part[place] for place in row.cases] for part in lessons)
        given = seen
        if row.uncovered:
            mine, theirs, given = (list(map(_uncovered, part)) for part in (mine, theirs, seen))
        if row.own_claims:
            theirs = mine
        _print(row.name, auc(joint.fit(mine, theirs, base, row.recipe), given))
    (content,) = networks(own, gold, only=0)
    _print("all: the same, the rest of our own, news and strangers", auc(restore(content), seen))


def _print(name: str, found: Sequence[float]) -> None:
    print("| " + " | ".join((name, *(f"{value:.3f}" for value in found))) + " |", flush=True)


class Row(Struct, frozen=True):
    """One training."""

    name: str
    cases: Sequence[int]
    recipe: Recipe
    uncovered: bool = False
    """Without what the similarity of tokens says."""
    own_claims: bool = False
    """From the tool's own claims alone, not the labelled ones too."""


def _rows(own: Sequence[Example], fold: set[str]) -> Iterator[Row]:
    """The curve but for its last point, with ablations on the benchmark's cases among it."""
    kinds: dict[bool, list[int]] = {True: [], False: []}
    for place, example in enumerate(own):
        labelled = example.case.measured or example.case.id.startswith("own-")
        if labelled and example.case.group not in fold:
            kinds[example.case.measured].append(place)
    dealt = np.random.default_rng(0).permutation(kinds[True]).tolist()
    for size in (*SIZES, len(dealt)):
        yield Row(f"{size} of the benchmark", dealt[:size], _enough(size))
    recipe = _enough(len(dealt))
    yield Row("all of it, two layers", dealt, replace(recipe, layers=LAYERS[:2]))
    yield Row("all of it, no coverage", dealt, recipe, uncovered=True)
    yield Row("all of it, only the tool's own claims", dealt, recipe, own_claims=True)
    half = kinds[False][::2]
    yield Row(f"all of it and {len(half)} of our own", [*dealt, *half], _enough(len(own)))


def _enough(cases: int) -> Recipe:
    """One cycle, as many passes as so few cases need."""
    recipe = Recipe(cycles=1)
    return replace(recipe, passes=max(recipe.passes, -(-LEAST_STEPS // cases)))


def _uncovered(given: Lesson) -> Lesson:
    """Without what the similarity of tokens says."""
    inputs = dict(given.inputs)
    inputs["evidence"] = torch.zeros_like(inputs["evidence"])
    return replace(given, inputs=inputs)


def auc(network: Network, lessons: Sequence[Lesson]) -> list[float]:
    """Only against shared, partial against shared, tokens, matches, conflicts."""
    from sklearn.metrics import roc_auc_score

    said: list[list[NDArray[np.float32]]] = [[], [], [], []]
    with torch.no_grad():
        for given in lessons:
            for part, values in zip(said, network(given.inputs), strict=True):
                part.append(values.numpy())
    tokens, claims, pairs, conflicts = map(np.concatenate, said)
    truth = [
        np.concatenate([getattr(given, kind).numpy() for given in lessons])
        for kind in ("tokens", "claims", "pairs", "conflicts")
    ]
    found = []
    for status, other in ((benchmark.ONLY, benchmark.PARTIAL), (benchmark.PARTIAL, benchmark.ONLY)):
        kept = (truth[1] >= 0) & (truth[1] != other)
        odds = claims[kept, status] - claims[kept, benchmark.SHARED]
        found.append(float(roc_auc_score(truth[1][kept] == status, odds)))
    known = truth[0] >= 0
    found.append(float(roc_auc_score(truth[0][known], tokens[known])))
    found.append(float(roc_auc_score(truth[2], pairs)))
    return [*found, float(roc_auc_score(truth[3].any(axis=1), conflicts.max(axis=1)))]


if __name__ == "__main__":
    main()
