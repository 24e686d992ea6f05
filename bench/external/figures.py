"""Figures that several checks need: rank correlation, and a report's absence letter by letter."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Column = NDArray[np.float64]


def ranks(values: ArrayLike) -> Column:
    """Ranks from 1, equal values sharing the mean of theirs."""
    _, place, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[place], dtype=np.float64)


def spearman(a: ArrayLike, b: ArrayLike) -> float:
    """Rank correlation; nan where one of the two does not vary."""
    x, y = ranks(a), ranks(b)
    if x.std() == 0 or y.std() == 0:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def letter_absence(claims: Sequence[dict[str, Any]], side: str, length: int) -> Column:
    """Absence of each character of a side as the report has it; nan where no claim lies.

    A claim's absence, and in its missing words theirs where that is higher: what the benchmark's
    scorer ranks by.
    """
    absence = np.full(length, np.nan)
    for claim in claims:
        if claim["side"] != side:
            continue
        for span in (claim, *claim["missing"]):
            here = absence[span["start"] : span["end"]]
            absence[span["start"] : span["end"]] = np.fmax(here, span["absence"])
    return absence
