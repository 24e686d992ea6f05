"""Readouts of different meetings put together: whatever one says, the other does not."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.benchmark import Case
from training.examples import FOLDS, folds

COUNT = 60


def strangers(cases: Sequence[Case], count: int = COUNT) -> list[Case]:
    """Pairs of readouts in the languages of a case, side b from a meeting of other offices.

    Both readouts are of cases in one fold, and the pair belongs to it: a network or model that
    has not seen the one has not seen the other. All claims are `only`.
    """
    random = np.random.default_rng(0)
    found: list[Case] = []
    for fold in folds(cases):
        inside = [case for case in cases if case.group in fold and "office" in case.data["a"]]
        random.shuffle(inside)
        made = 0
        for case in inside:
            others = [other for other in inside if _apart(case, other)]
            if others and made < -(-count // FOLDS):
                found.append(_together(case, others[int(random.integers(len(others)))]))
                made += 1
    return found


def _apart(case: Case, other: Case) -> bool:
    """Another meeting, side b in the language of the case's, and none of its offices the case's."""
    offices = [{str(each.data[side]["office"]) for side in "ab"} for each in (case, other)]
    alike = case.group != other.group and case.lang("b") == other.lang("b")
    return alike and not offices[0] & offices[1]


def _together(case: Case, other: Case) -> Case:
    claims: list[dict[str, Any]] = [
        {"id": claim["id"], "side": side, "quote": claim["quote"], "label": "only", "matches": []}
        for side, each in (("a", case), ("b", other))
        for claim in each.data["claims"]
        if claim["side"] == side
    ]
    data = {"a": case.data["a"], "b": other.data["b"], "claims": claims, "conflicts": []}
    name = f"strangers-{case.id}-{other.id}"
    return Case(name, {"id": name, **data}, measured=False, beside=case.group)
