"""Is absence a probability? Reliability in cross-validation on the training cases.

    python -m bench.calibration [--cases ../shared/benchmark/train] [--svg bench/reliability.svg]

Every case is judged by a model that was trained without it (the training code's own folds, cases
whole, the shipped thresholds; networks that `make train` left behind are used again). Claims: those
that the other side lacks wholly or conveys wholly; a claim that is partly lacking is neither.
Letters: all that are labelled. The expected calibration error is the mean distance between absence
and the share really lacking, over ten bins.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from bench.external.figures import Column, letter_absence
from bench.run import signature
from readout_diff.embed.bundled import BundledEncoder
from readout_diff.embed.cache import RememberingRichEncoder
from readout_diff.judge.model import load_judge_model
from training import benchmark, judge
from training.examples import FOLDS, Example

BINS = 10
CUTS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9)
_WIDTH, _HEIGHT, _LEFT, _TOP, _SIDE = 400, 400, 60, 20, 310


class Bin(Struct, frozen=True):
    """What falls into one tenth of absence."""

    count: int
    absence: float
    """Mean of what was predicted; nan where the bin is empty."""
    lacking: float
    """Share that the other side really lacks; nan where the bin is empty."""


class Judged(Struct, frozen=True):
    """One claim of a case, judged by a model that never saw the case."""

    status: str
    absence: float
    label: int
    """`benchmark.SHARED`, `PARTIAL` or `ONLY`."""


def main() -> None:
    """Print both tables, draw the plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=Path, default=Path("../shared/benchmark/train"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--svg", type=Path, default=Path("bench/reliability.svg"))
    options = parser.parse_args()
    encoder = RememberingRichEncoder(BundledEncoder())
    cases = judge.all_cases(options.cases, options.data, encoder)
    claims: list[Judged] = []
    letters = []
    for example, found in cross_validated(cases, encoder, options.cases):
        claims += judged_claims(example, found)
        letters.append(judged_letters(example, found))
    whole = [claim for claim in claims if claim.label != benchmark.PARTIAL]
    curves = {
        "claims": bins(
            np.array([claim.absence for claim in whole]),
            np.array([claim.label == benchmark.ONLY for claim in whole]),
        ),
        "letters": bins(*(np.concatenate(column) for column in zip(*letters, strict=True))),
    }
    print(f"{sum(case.measured for case in cases)} cases in {FOLDS}-fold cross-validation")
    print("\n".join([*reliability(curves), "", *cuts(claims), signature()]))
    options.svg.write_text(draw(curves), encoding="utf-8")


def cross_validated(
    cases: Sequence[benchmark.Case], encoder: RememberingRichEncoder, benchmark_cases: Path
) -> Iterator[tuple[Example, list[dict[str, Any]]]]:
    """Each of the benchmark's cases, judged by a model that was trained on other cases."""
    settings = load_judge_model("joint").settings
    own, gold, _ = judge.prepared("joint", cases, encoder, benchmark_cases)
    for fold, fitted in judge.held_out("joint", encoder.name, own, gold):
        model = replace(fitted, settings=settings)
        for example in own:
            if example.case.measured and example.case.group in fold:
                claims: Any = judge.report(model, example)["claims"]
                yield example, claims


def judged_claims(example: Example, claims: Sequence[dict[str, Any]]) -> Iterator[Judged]:
    """The tool's claims that lie over labelled ones."""
    for key in "ab":
        own = [claim for claim in claims if claim["side"] == key]
        spans = [(claim["start"], claim["end"]) for claim in own]
        labels = benchmark.claim_labels(example.case.lacking(key), spans).tolist()
        for claim, label in zip(own, labels, strict=True):
            if label >= 0:
                yield Judged(claim["status"], claim["absence"], label)


def judged_letters(
    example: Example, claims: Sequence[dict[str, Any]]
) -> tuple[Column, NDArray[np.bool_]]:
    """Absence of every labelled letter that lies in a claim, and whether it is really lacking."""
    absence, lacking = [], []
    for key in "ab":
        truth = example.case.lacking(key)
        told = letter_absence(claims, key, len(truth))
        known = ~np.isnan(truth) & ~np.isnan(told)
        absence.append(told[known])
        lacking.append(truth[known] == 1)
    return np.concatenate(absence), np.concatenate(lacking)


def bins(absence: Column, lacking: NDArray[np.bool_]) -> list[Bin]:
    """Tenths of absence; 1 belongs to the last."""
    place = np.minimum((absence * BINS).astype(np.intp), BINS - 1)
    found = []
    for number in range(BINS):
        here = place == number
        count = int(here.sum())
        means = (absence[here].mean(), lacking[here].mean()) if count else (np.nan, np.nan)
        found.append(Bin(count, float(means[0]), float(means[1])))
    return found


def calibration_error(found: Sequence[Bin]) -> float:
    """Expected calibration error: mean |absence - lacking| over bins, weighted by their counts."""
    filled = [bin_ for bin_ in found if bin_.count]
    total = sum(bin_.count for bin_ in filled)
    return sum(bin_.count * abs(bin_.absence - bin_.lacking) for bin_ in filled) / total


def reliability(curves: dict[str, list[Bin]]) -> Iterator[str]:
    """A row a bin, then the errors."""
    yield "absence    " + "   ".join(f"{name:>7}  absence  lacking" for name in curves)
    for number in range(BINS):
        parts = []
        for found in curves.values():
            bin_ = found[number]
            parts.append(f"{bin_.count:7}  {bin_.absence:7.3f}  {bin_.lacking:7.3f}")
        yield f".{number} to {(number + 1) / BINS:.1f}  " + "   ".join(parts)
    errors = (f"{name} {calibration_error(found):.3f}" for name, found in curves.items())
    yield "expected calibration error: " + ", ".join(errors)


def cuts(claims: Sequence[Judged]) -> Iterator[str]:
    """What is right among `only` claims of at least that absence, and how many of all they are."""
    lacking = sum(claim.label == benchmark.ONLY for claim in claims)
    yield "only, absence at least   claims  precision  precision, partly lacking too  recall"
    for cut in CUTS:
        kept = [c.label for c in claims if c.status == "only" and c.absence >= cut]
        right, partly = (
            sum(label in labels for label in kept)
            for labels in ((benchmark.ONLY,), (benchmark.ONLY, benchmark.PARTIAL))
        )
        count = max(len(kept), 1)
        name = f"{cut:.1f}" if cut else "any"
        yield (
            f"{name:22}  {len(kept):7}  {right / count:9.3f}  {partly / count:29.3f}"
            f"  {right / lacking:6.3f}"
        )


def draw(curves: dict[str, list[Bin]]) -> str:
    """Share lacking over absence, a line a curve, with dots as large as what falls into a bin."""
    colours = ("#1f5fa8", "#c2571a")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
        ' font-family="sans-serif" font-size="12" role="img">',
        "<title>Reliability of absence in cross-validation</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
    ]
    for tenth in range(0, BINS + 1, 2):
        share = tenth / BINS
        x, y = _place(share, share)
        low, high = _place(0, 0), _place(1, 1)
        parts += [
            f'<path d="M{x} {low[1]}V{high[1]}M{low[0]} {y}H{high[0]}" stroke="#e4e4e4"/>',
            f'<text x="{x}" y="{low[1] + 16}" text-anchor="middle">{share:.1f}</text>',
            f'<text x="{low[0] - 8}" y="{y + 4}" text-anchor="end">{share:.1f}</text>',
        ]
    parts.append(_line([_place(0, 0), _place(1, 1)], "#999", dashes=True))
    for number, (name, found) in enumerate(curves.items()):
        colour = colours[number % len(colours)]
        filled = [bin_ for bin_ in found if bin_.count]
        places = [_place(bin_.absence, bin_.lacking) for bin_ in filled]
        parts.append(_line(places, colour))
        most = max(bin_.count for bin_ in found)
        for bin_, (x, y) in zip(filled, places, strict=True):
            radius = 2 + 5 * (bin_.count / most) ** 0.5
            parts.append(f'<circle cx="{x}" cy="{y}" r="{radius:.1f}" fill="{colour}"/>')
        x, y = _LEFT + 14, _TOP + 18 + 18 * number
        error = calibration_error(found)
        parts += [
            f'<circle cx="{x}" cy="{y - 4}" r="4" fill="{colour}"/>',
            f'<text x="{x + 10}" y="{y}">{name}, error {error:.3f}</text>',
        ]
    middle = _LEFT + _SIDE // 2
    bottom = _TOP + _SIDE
    parts += [
        f'<text x="{middle}" y="{bottom + 38}" text-anchor="middle">absence</text>',
        f'<text transform="translate(18 {_TOP + _SIDE // 2}) rotate(-90)" text-anchor="middle">'
        "share that the other side lacks</text>",
        f'<text x="{middle}" y="{bottom + 58}" text-anchor="middle" fill="#666">'
        "larger dots: more claims or letters; dashed: perfect</text>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _place(absence: float, lacking: float) -> tuple[float, float]:
    return round(_LEFT + _SIDE * absence, 1), round(_TOP + _SIDE * (1 - lacking), 1)


def _line(places: Sequence[tuple[float, float]], colour: str, *, dashes: bool = False) -> str:
    points = " ".join(f"{x},{y}" for x, y in places)
    dashed = ' stroke-dasharray="5 4"' if dashes else ""
    return f'<polyline points="{points}" fill="none" stroke="{colour}"{dashed}/>'


if __name__ == "__main__":
    main()
