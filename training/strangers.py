"""Readouts of different meetings put together: whatever one says, the other does not."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from training.benchmark import Case
from training.examples import FOLDS, folds

COUNT = 60
"""Pairs of each kind."""
_YEAR = re.compile(r"(?:19|20)\d\d")


def strangers(cases: Sequence[Case], count: int = COUNT) -> list[Case]:
    """Pairs of readouts in the languages of a case, side b from another meeting.

    `count` of them are of other offices, and as many of the same offices in another year, which
    have their set phrases in common. Both readouts are of cases in one fold, and the pair belongs
    to it: a network or model that has not seen the one has not seen the other. All claims are
    `only`.
    """
    return [*_pairs(cases, count, _apart), *_pairs(cases, count, _in_another_year)]


def _pairs(cases: Sequence[Case], count: int, fit: Callable[[Case, Case], bool]) -> list[Case]:
    random = np.random.default_rng(0)
    found: list[Case] = []
    for fold in folds(cases):
        inside = [case for case in cases if case.group in fold and "office" in case.data["a"]]
        random.shuffle(inside)
        made = 0
        for case in inside:
            others = [other for other in inside if case.group != other.group and fit(case, other)]
            if others and made < -(-count // FOLDS):
                found.append(_together(case, others[int(random.integers(len(others)))]))
                made += 1
    return found


def _apart(case: Case, other: Case) -> bool:
    """Side b in the language of the case's, and none of its offices the case's."""
    return case.lang("b") == other.lang("b") and not _offices(case) & _offices(other)


def _in_another_year(case: Case, other: Case) -> bool:
    """The same offices and languages, the years in the cases' names not the same."""
    years = [set(_YEAR.findall(each.id)) for each in (case, other)]
    languages = [[each.lang(side) for side in "ab"] for each in (case, other)]
    return (
        _offices(case) == _offices(other)
        and languages[0] == languages[1]
        and all(years)
        and not years[0] & years[1]
    )


def _offices(case: Case) -> set[str]:
    return {str(case.data[side]["office"]) for side in "ab"}


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
