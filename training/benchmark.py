"""Labelled cases as training data: which letters of a claim the other side lacks, what matches."""

import hashlib
import importlib.util
import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from readout_diff.language import normalize_tag

SHARED, PARTIAL, ONLY = 0, 1, 2
OWN_CASES = Path(__file__).parent / "cases"

ONE_MEETING = (
    ("t-kor-jpn-export-2019", "t-kor-jpn-export-controls-2019"),
    ("t-kor-jpn-control-joint-2024", "t2-kor-jpn-industry-2024-04"),
    ("t-kor-jpn-summit-2011", "own-kor-jpn-currency-swap-seoul-2011-10"),
    ("own-aus-jpn-economic-2023-10", "own-jpn-aus-resources-2024-06"),
    ("own-irl-jpn-summit-2022-07", "own-irl-jpn-summit-tokyo-2022-07"),
    ("own-jpn-kor-seoul-2009-10", "own-kor-jpn-summit-seoul-2009-10"),
    ("own-kor-jpn-economic-2023-12", "own-kor-jpn-hlec-2023-12"),
    ("own-phl-jpn-22-2024-07", "own-phl-jpn-2plus2-2024-07"),
)
"""Cases on one meeting, or on the same facts: never one in training, the other in validation."""


class Case(Struct, frozen=True):
    """One labelled pair of readouts."""

    id: str
    data: dict[str, Any]
    measured: bool = True
    """Whether it counts in figures: the benchmark's does, one of our own is for training alone."""
    beside: str | None = None
    """The group whose fold it has to be in."""

    @property
    def digest(self) -> str:
        """Changes with anything in the case."""
        return hashlib.sha256(json.dumps(self.data, sort_keys=True).encode()).hexdigest()

    @property
    def group(self) -> str:
        """Cases of one group stay in one fold."""
        if self.beside is not None:
            return self.beside
        return next((cases[0] for cases in ONE_MEETING if self.id in cases), self.id)

    def text(self, side: str) -> str:
        """One side's readout."""
        return str(self.data[side]["text"])

    def lang(self, side: str) -> str:
        """One side's language tag, as the tool writes it."""
        return normalize_tag(str(self.data[side]["lang"]))

    def gold(self, side: str) -> list[tuple[int, int, dict[str, Any]]]:
        """Labelled claims of a side in text order: start, end, label."""
        text = self.text(side)
        return sorted(
            (
                (start := text.index(claim["quote"]), start + len(claim["quote"]), claim)
                for claim in self.data["claims"]
                if claim["side"] == side
            ),
            key=lambda found: found[0],
        )

    def lacking(self, side: str) -> NDArray[np.float64]:
        """Per character: 1 the other side lacks it, 0 it conveys it, nan no claim or no letter."""
        text = self.text(side)
        lacking = np.full(len(text), np.nan)
        for start, end, claim in self.gold(side):
            lacking[start:end] = claim["label"] == "only"
            for words in claim.get("missing", []):
                at = start + claim["quote"].index(words)
                lacking[at : at + len(words)] = 1.0
        lacking[[not character.isalnum() for character in text]] = np.nan
        return lacking

    def matches(
        self, spans_a: Sequence[tuple[int, int]], spans_b: Sequence[tuple[int, int]]
    ) -> NDArray[np.bool_]:
        """Whether two spans lie over labelled claims that match, shape (a, b)."""
        true = {
            (claim["id"], match)
            for claim in self.data["claims"]
            if claim["side"] == "a"
            for match in claim.get("matches", [])
        }
        over_a, over_b = self._over("a", spans_a), self._over("b", spans_b)
        return np.array(
            [
                [any((x, y) in true for x in mine for y in yours) for yours in over_b]
                for mine in over_a
            ],
            dtype=np.bool_,
        ).reshape(len(spans_a), len(spans_b))

    def conflicts(
        self, spans_a: Sequence[tuple[int, int]], spans_b: Sequence[tuple[int, int]]
    ) -> dict[tuple[int, int], set[str]]:
        """The kinds of conflict between spans over labelled claims, where there are any."""
        over = self._over("a", spans_a), self._over("b", spans_b)
        found: defaultdict[tuple[int, int], set[str]] = defaultdict(set)
        for conflict in self.data.get("conflicts", []):
            mine, theirs = (
                [n for n, claims in enumerate(side) if conflict[key] in claims]
                for key, side in zip("ab", over, strict=True)
            )
            for pair in itertools.product(mine, theirs):
                found[pair].add(conflict["kind"])
        return dict(found)

    def _over(self, side: str, spans: Sequence[tuple[int, int]]) -> list[set[str]]:
        """The labelled claims that share at least half of the shorter of the two."""
        gold = self.gold(side)
        return [
            {
                claim["id"]
                for at, until, claim in gold
                if min(until, end) - max(at, start) > 0
                and 2 * (min(until, end) - max(at, start)) >= min(until - at, end - start)
            }
            for start, end in spans
        ]


def read_cases(folder: Path, *, measured: bool = True) -> list[Case]:
    """All cases of a folder, by name."""
    return [
        Case(path.stem, json.loads(path.read_text(encoding="utf-8")), measured)
        for path in sorted(folder.glob("*.json"))
    ]


def claim_labels(
    lacking: NDArray[np.float64], spans: Sequence[tuple[int, int]]
) -> NDArray[np.int64]:
    """What became of each span by its letters: nearly all lacking, hardly any, or part; -1 none."""
    labels = []
    for start, end in spans:
        known = lacking[start:end][~np.isnan(lacking[start:end])]
        share = known.mean() if len(known) else np.nan
        labels.append(
            -1 if np.isnan(share) else ONLY if share > 0.85 else SHARED if share < 0.1 else PARTIAL
        )
    return np.array(labels, dtype=np.int64)


def token_labels(
    lacking: NDArray[np.float64], start: int, places: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Per token: 1 if most of its letters are lacking, else 0; nan where it has none."""
    labels = []
    for at, until in places:
        known = lacking[start + at : start + until]
        known = known[~np.isnan(known)]
        labels.append(float(known.mean() >= 0.5) if len(known) else np.nan)
    return np.array(labels, dtype=np.float64)


def folds(groups: Sequence[str], count: int, seed: int = 0) -> list[set[str]]:
    """The groups dealt into `count` folds."""
    names = sorted(set(groups))
    np.random.default_rng(seed).shuffle(names)
    return [set(names[number::count]) for number in range(count)]


Figures = dict[str, Any]
Scorer = Callable[[Iterable[tuple[Case, dict[str, Any]]]], Figures]


def load_scorer(path: Path) -> Scorer:
    """The benchmark's own scorer, as a function of cases and reports."""
    module = scorer_module(path)

    def score(judged: Iterable[tuple[Case, dict[str, Any]]]) -> Figures:
        counts: defaultdict[str, float] = defaultdict(float)
        ranked: list[tuple[float, bool]] = []
        for case, report in judged:
            found, order = module.score_case(report, case.data)
            ranked += order
            for key, value in found.items():
                counts[key] += value
        return dict(module.summary(counts, ranked))

    return score


def scorer_module(path: Path) -> ModuleType:
    """The benchmark's scorer, imported from its file."""
    spec = importlib.util.spec_from_file_location("score", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
