"""What the judge looks at: named numbers for each claim, each pair of claims and each token.

Everything is computed for one side at a time ("own" against "other"); the other side's figures
come from the mirrored alignment. Names are the columns of the model files in `models/`.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cached_property, lru_cache

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from readout_diff.align import Alignment, Coverage
from readout_diff.embed import TokenStates
from readout_diff.judge.joint import Odds
from readout_diff.judge.spans import counted, of_kind

Column = NDArray[np.float64]
Columns = dict[str, Column]
Add = Callable[[str, "NDArray[np.floating] | NDArray[np.integer] | float"], None]
"""Adds a column by its name; a single number stands for all rows."""

NEAREST = 3
"""Claims of the other side, best first, that one claim may be spread over."""
_LOW_COVERAGE = 0.35
# Marks between digits, whatever they mean in the language; a space only between groups of three.
_NUMBER = re.compile(r"(?<!\d)\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3})+(?!\d)|\d+(?:[.,٫٬'’]\d+)*")


class Evidence(Struct, frozen=True, dict=True):
    """One side's claims as the judge sees them."""

    text: str
    """The whole readout."""
    spans: tuple[tuple[int, int], ...]
    """Claims in text order, as code points."""
    tokens: tuple[TokenStates, ...] | None = None
    """The claims' tokens; spans in them count from the claim's start."""
    lang: str = "und"

    @cached_property
    def claims(self) -> list[str]:
        """The claims' words."""
        return [self.text[start:end] for start, end in self.spans]

    @cached_property
    def numbers(self) -> list[frozenset[str]]:
        """The numbers in each claim."""
        return [numbers(claim) for claim in self.claims]


def numbers(text: str) -> frozenset[str]:
    """Numbers written in digits, in any script's, without separators: 3.5 and 3,5 are "35".

    Languages disagree on which of the two marks is the decimal one, and a mix-up of 3.5 and 35
    hardly happens within one meeting.
    """
    plain = unicodedata.normalize("NFKC", text)
    return frozenset(
        "".join(str(unicodedata.decimal(digit)) for digit in found if digit.isdecimal())
        for found in _NUMBER.findall(plain)
    )


def claim_columns(
    own: Evidence, other: Evidence, alignment: Alignment, odds: Odds | None = None
) -> Columns:
    """A row for each own claim; both sides must have claims.

    `odds`: what the joint network says of the own claims, whose columns come last.
    """
    size, other_size = alignment.csls.shape
    rows = np.arange(size)
    near = alignment.nearest(NEAREST)
    best = near[:, 0]
    columns: Columns = {}

    def add(name: str, values: NDArray[np.floating] | NDArray[np.integer] | float) -> None:
        columns[name] = np.broadcast_to(np.asarray(values, dtype=np.float64), (size,))

    for name, values in _matrices(alignment).items():
        ranked = -np.sort(-values, axis=1)[:, :NEAREST]
        ranked = np.pad(ranked, ((0, 0), (0, NEAREST - ranked.shape[1])), mode="edge")
        at_best = values[rows, best]
        add(f"{name}.max", ranked[:, 0])
        add(f"{name}.gap", ranked[:, 0] - ranked[:, 1])
        add(f"{name}.best", at_best)
        add(f"{name}.top", ranked.mean(axis=1))
        add(f"{name}.rival", values[:, best].max(axis=0) - at_best)
    csls = alignment.csls
    own_best = csls.max(axis=1)
    add("rank", (csls[:, best] > csls[rows, best]).sum(axis=0))
    add("best.taken", csls.max(axis=0)[best])
    add("best.shared_by", np.log(np.bincount(best, minlength=other_size)[best]))
    padded = np.pad(csls, 1, constant_values=csls.min())
    add("diagonal", np.maximum(padded[rows, best], padded[rows + 2, best + 2]))
    around = np.pad(own_best, 1, mode="edge")
    add("previous", around[:-2])
    add("next", around[2:])
    place, other_place = (rows + 0.5) / size, (best + 0.5) / other_size
    add("place", place)
    add("place.off", abs(place - other_place))
    add("sizes", np.log(size / other_size))
    add("other.size", np.log(other_size))
    for number, view in enumerate(alignment.views):
        add(f"pair.view{number}", view.max(axis=1).mean())
    first = alignment.views[0].max(axis=1)
    add("pair.mean", alignment.views[0].mean())
    add("pair.csls", own_best.mean())
    add("pair.similarity", alignment.similarity.max(axis=1).mean())
    add("view0.standing", first - first.mean())
    _add_wording(add, own, other, near)
    if alignment.coverage is not None:
        _add_coverage(add, *alignment.coverage, near)
    else:
        lengths, other_lengths = (
            np.array([len(claim) for claim in side.claims]) for side in (own, other)
        )
        _add_lengths(add, lengths, other_lengths, near)
    if odds is not None:
        _add_odds(add, odds)
    return columns


def pair_columns(alignment: Alignment, odds: Odds | None = None) -> Columns:
    """A row for each pair of claims, side a's claims slowest; symmetric in the two sides.

    `odds` is side a's.
    """
    csls = alignment.csls
    columns = dict(_matrices(alignment))
    if alignment.coverage is not None:
        ours, theirs = columns.pop("covered"), columns.pop("covers")
        columns["coverage.high"] = np.maximum(ours, theirs)
        columns["coverage.low"] = np.minimum(ours, theirs)
    ranks = [(-csls).argsort(axis, kind="stable").argsort(axis) for axis in (0, 1)]
    columns["rank.low"] = np.log1p(np.minimum(*ranks))
    columns["rank.high"] = np.log1p(np.maximum(*ranks))
    measures: dict[str, NDArray[np.floating]] = {"behind": csls}
    if odds is not None:
        columns["joint"] = odds.pairs
        measures["joint.behind"] = odds.pairs
    for name, values in measures.items():
        behind = [values - values.max(axis=axis, keepdims=True) for axis in (0, 1)]
        columns[f"{name}.low"] = np.minimum(*behind)
        columns[f"{name}.high"] = np.maximum(*behind)
    padded = np.pad(csls, 1, constant_values=csls.min())
    columns["diagonal"] = np.maximum(padded[:-2, :-2], padded[2:, 2:])
    rows, places = np.indices(csls.shape)
    columns["place.off"] = abs((rows + 0.5) / csls.shape[0] - (places + 0.5) / csls.shape[1])
    columns["pair.csls"] = np.broadcast_to(
        (csls.max(axis=1).mean() + csls.max(axis=0).mean()) / 2, csls.shape
    )
    first = alignment.views[0]
    columns["pair.view0"] = np.broadcast_to(
        (first.max(axis=1).mean() + first.max(axis=0).mean()) / 2, csls.shape
    )
    return {name: np.asarray(values, dtype=np.float64).ravel() for name, values in columns.items()}


def token_columns(
    own: Evidence,
    other_numbers: frozenset[str],
    alignment: Alignment,
    probabilities: NDArray[np.float64],
    odds: Odds | None = None,
) -> Columns:
    """A row for each token of each own claim, in order.

    `probabilities`: of shared, partial and only for each own claim, (claims, 3).
    `other_numbers`: all that the other side's text has. `odds`: what the joint network says of
    the own claims.
    """
    if alignment.coverage is None or own.tokens is None:
        raise ValueError("token columns need token states on both sides")
    coverage = alignment.coverage[0]
    near = alignment.nearest(NEAREST)
    parts = []
    for number, ((start, end), tokens) in enumerate(zip(own.spans, own.tokens, strict=True)):
        words = coverage.words[coverage.starts[number] : coverage.starts[number + 1]]
        if len(words):
            marks = _marks(own.text[start:end], tokens.spans, other_numbers)
            rows = _token_rows(words, near[number], marks, probabilities[number])
            if odds is not None:
                rows |= _odds_rows(odds.tokens[number], probabilities[number])
            parts.append(rows)
    if not parts:
        return {}
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def smooth(values: NDArray[np.floating], window: int) -> Column:
    """Mean over `window` neighbours (odd; fewer at the ends)."""
    low, high, counts = _neighbours(len(values), window)
    sums = np.zeros(len(values) + 1)
    np.cumsum(values, dtype=np.float64, out=sums[1:])
    return np.asarray((sums[high] - sums[low]) / counts)


@lru_cache(maxsize=1024)
def _neighbours(count: int, window: int) -> tuple[NDArray[np.intp], ...]:
    """Of each of `count` places where its neighbours begin and end, and how many they are."""
    places = np.arange(count)
    low = np.maximum(places - window // 2, 0)
    high = np.minimum(places + window // 2 + 1, count)
    return low, high, high - low


def quantile(values: NDArray[np.floating], share: float) -> float:
    """As `np.quantile` has it, which takes much longer for the few values of a claim."""
    ordered = np.sort(values)
    at = share * (len(ordered) - 1)
    low, high = ordered[int(at)], ordered[min(int(at) + 1, len(ordered) - 1)]
    part = at - int(at)
    return float(low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part))


def _matrices(alignment: Alignment) -> dict[str, NDArray[np.floating]]:
    found: dict[str, NDArray[np.floating]] = {}
    for number, (view, centred) in enumerate(zip(alignment.views, alignment.centred, strict=True)):
        found[f"view{number}"] = view
        found[f"view{number}.centred"] = centred
    if alignment.coverage is not None:
        found["covered"] = alignment.coverage[0].share
        found["covers"] = alignment.coverage[1].share.T
    found["similarity"] = alignment.similarity
    found["csls"] = alignment.csls
    return found


def _add_wording(add: Add, own: Evidence, other: Evidence, near: NDArray[np.intp]) -> None:
    """Numbers found again, and letters in common (names, or all where the language is one)."""
    rows, best = np.arange(len(near)), near[:, 0]
    everywhere = numbers(other.text)
    add("numbers", np.array([len(found) for found in own.numbers]))
    add("numbers.anywhere", np.array([_share(mine, everywhere) for mine in own.numbers]))
    add(
        "numbers.near",
        np.array(
            [
                _share(mine, frozenset().union(*(other.numbers[place] for place in places)))
                for mine, places in zip(own.numbers, near, strict=True)
            ]
        ),
    )
    in_common = _letters_in_common(tuple(own.claims), tuple(other.claims))
    for name, ratios in zip(("letters", "letters.part"), in_common, strict=True):
        add(f"{name}.max", ratios.max(axis=1))
        add(f"{name}.best", ratios[rows, best])
        add(f"{name}.standing", ratios[rows, best] - ratios.mean(axis=1))


@lru_cache(maxsize=2)
def _letters_in_common(
    own: tuple[str, ...], other: tuple[str, ...]
) -> tuple[NDArray[np.floating], ...]:
    """By rapidfuzz's token_set_ratio and partial_ratio, each (own, other), 0 to 1.

    They are the same both ways; the second side to ask gets what the first one got.
    """
    if other < own:
        return tuple(found.T for found in _letters_in_common(other, own))
    from rapidfuzz import fuzz, process

    return tuple(
        process.cdist(own, other, scorer=scorer, dtype=np.float32) / 100
        for scorer in (fuzz.token_set_ratio, fuzz.partial_ratio)
    )


def _share(mine: frozenset[str], theirs: frozenset[str]) -> float:
    return len(mine & theirs) / len(mine) if mine else 1.0


def _add_lengths(
    add: Add,
    lengths: NDArray[np.integer],
    other_lengths: NDArray[np.integer],
    near: NDArray[np.intp],
) -> None:
    add("length", np.log1p(lengths))
    add("length.best", np.log1p(lengths) - np.log1p(other_lengths[near[:, 0]]))
    add("length.near", np.log1p(lengths) - np.log1p(other_lengths[near].sum(axis=1)))


def _add_coverage(add: Add, mine: Coverage, theirs: Coverage, near: NDArray[np.intp]) -> None:
    """How the claim's words are covered one by one, not only on the mean."""
    rows = []
    for number, places in enumerate(near):
        words = mine.words[mine.starts[number] : mine.starts[number + 1]]
        back = theirs.words[theirs.starts[places[0]] : theirs.starts[places[0] + 1]]
        rows.append(_coverage_row(words, back[:, number], places))
    for name in rows[0]:
        add(f"words.{name}", np.array([row[name] for row in rows]))
    add("pair.words", np.array([row["all"] for row in rows]).mean())
    share = mine.share.max(axis=1)
    for size in (2, 3):
        wider = _windows(mine, size).max(axis=1, initial=-1.0)
        add(f"window{size}", np.maximum(wider, share))
        add(f"window{size}.gain", np.maximum(wider, share) - share)
    _add_lengths(add, np.diff(mine.starts), np.diff(theirs.starts), near)


def _add_odds(add: Add, odds: Odds) -> None:
    """What the joint network says of each claim, and of its words one by one."""
    shared, partial, only = odds.claims.T
    add("joint.partial.shared", partial - shared)
    add("joint.only.shared", only - shared)
    add("joint.only.partial", only - partial)
    rows = []
    for tokens in odds.tokens:
        absent = (1 + np.tanh(tokens / 2)) / 2 if len(tokens) else np.zeros(1)
        runs = smooth(absent, 5)
        rows.append((absent.mean(), absent.std(), runs.max(), runs.min(), (absent > 0.5).mean()))
    names = ("mean", "spread", "high", "low", "share")
    for name, values in zip(names, np.array(rows).T, strict=True):
        add(f"joint.words.{name}", values)
    matches = np.sort(odds.pairs, axis=1)
    add("joint.match", matches[:, -1])
    # Of the side as a whole: where nothing matches, what could be in any readout doesn't either.
    likely = (1 + np.tanh(matches[:, -1] / 2)) / 2
    classes = np.exp(odds.claims - odds.claims.max(axis=1, keepdims=True))
    add("pair.joint.match", likely.mean())
    add("pair.joint.high", quantile(likely, 0.75))
    add("pair.joint.only", (classes[:, 2] / classes.sum(axis=1)).mean())
    add("joint.match.gap", matches[:, -1] - matches[:, -2:].min(axis=1))


def _coverage_row(
    words: NDArray[np.float32], back: NDArray[np.float32], places: NDArray[np.intp]
) -> dict[str, float]:
    names = (
        "near", "all", "best.low", "near.low", "best.run", "near.run", "uncovered", "spread",
        "back.low", "back.run",
    )  # fmt: skip
    if len(words) == 0 or len(back) == 0:
        return dict.fromkeys(names, 0.0)
    best, close = words[:, places[0]], words[:, places].max(axis=1)
    values = (
        close.mean(), words.max(axis=1).mean(), quantile(best, 0.1), quantile(close, 0.1),
        smooth(best, 5).min(), smooth(close, 5).min(), (close < _LOW_COVERAGE).mean(), close.std(),
        quantile(back, 0.1), smooth(back, 5).min(),
    )  # fmt: skip
    return dict(zip(names, map(float, values), strict=True))


def _windows(coverage: Coverage, size: int) -> NDArray[np.float64]:
    """Each claim's coverage by `size` neighbouring claims of the other side together."""
    words = coverage.words
    joined = words
    for step in range(1, min(size, words.shape[1])):
        joined = np.maximum(joined[:, :-1], words[:, step:])
    sums = np.concatenate(
        [np.zeros((1, joined.shape[1])), np.cumsum(joined, axis=0, dtype=np.float64)]
    )
    counts = np.maximum(np.diff(coverage.starts), 1)[:, None]
    return np.asarray((sums[coverage.starts[1:]] - sums[coverage.starts[:-1]]) / counts)


def _marks(claim: str, places: NDArray[np.int64], other_numbers: frozenset[str]) -> Columns:
    """Which tokens are digits, which belong to a number that the other side has not, which are
    punctuation."""
    new = np.zeros(len(claim), dtype=np.bool_)
    for found in _NUMBER.finditer(claim):
        new[found.start() : found.end()] = not numbers(found.group()) & other_numbers
    digits, letters = (of_kind(kind, claim) for kind in (str.isdigit, str.isalnum))
    return {
        "digits": (counted(digits, places) > 0).astype(np.float64),
        "digits.new": (counted(new, places) > 0).astype(np.float64),
        "mark": (counted(letters, places) == 0).astype(np.float64),
    }


def _token_rows(
    words: NDArray[np.float32],
    near: NDArray[np.intp],
    marks: Columns,
    probabilities: NDArray[np.float64],
) -> Columns:
    size = len(words)
    views = {
        "best": words[:, near[0]].astype(np.float64),
        "near": words[:, near].max(axis=1).astype(np.float64),
        "all": words.max(axis=1).astype(np.float64),
    }
    columns: Columns = dict(views)
    columns["mean"] = words.mean(axis=1).astype(np.float64)
    for name, values in views.items():
        for window in (5, 9, 15):
            columns[f"{name}.{window}"] = smooth(values, window)
    for name in ("best", "near", "near.5", "near.9"):
        columns[f"{name}.off"] = columns[name] - columns[name].mean()
    places = np.arange(size)
    columns["from.start"] = np.exp(-places / 4)
    columns["from.end"] = np.exp(-(size - 1 - places) / 4)
    columns["length"] = np.full(size, np.log(size))
    columns |= marks
    shared, partial, only = np.log(np.clip(probabilities, 1e-3, 1.0))
    for name, value in (
        ("only.shared", only - shared),
        ("partial.shared", partial - shared),
        ("only.partial", only - partial),
        ("partial", probabilities[1]),
        ("only", probabilities[2]),
    ):
        columns[name] = np.full(size, value)
    # Where in a claim words stand out matters only if something is missing there at all.
    for name in (
        "best.off", "near.off", "near.5.off", "near.9.off", "best.5", "near.5", "all.5", "best.9",
        "near.9", "all.9", "from.start", "from.end", "digits.new",
    ):  # fmt: skip
        columns[f"partial*{name}"] = columns["partial"] * columns[name]
    for name in ("best.off", "near.off", "near.5.off", "near.9.off"):
        columns[f"only*{name}"] = columns["only"] * columns[name]
    return columns


def _odds_rows(tokens: Column, probabilities: NDArray[np.float64]) -> Columns:
    """The joint network's log-odds of one claim's tokens, with their neighbours' and alone."""
    columns: Columns = {"joint": tokens}
    for window in (3, 7, 15):
        columns[f"joint.{window}"] = smooth(tokens, window)
    columns["joint.off"] = tokens - tokens.mean()
    columns["joint.mean"] = np.full(len(tokens), tokens.mean())
    columns["joint.highest"] = np.full(len(tokens), smooth(tokens, 5).max())
    for name in ("joint", "joint.7", "joint.off"):
        columns[f"partial*{name}"] = probabilities[1] * columns[name]
    return columns
