"""What a plain threshold gives: sentences, e5 cosines, the cut that does best on training cases.

    python -m bench.baseline [--benchmark ../shared/benchmark]

Prints the benchmark's figures for the measuring cases, to hold the tool's against.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from bench.run import signature
from readout_diff.embed import Encoder, Vectors, embed, load_encoder
from readout_diff.language import normalize_tag
from readout_diff.segment import segment
from training.benchmark import Case, load_scorer, read_cases

THRESHOLDS = np.arange(0.78, 0.96, 0.01)

Sentences = list[tuple[int, int]]


def main() -> None:
    """Choose the threshold, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--benchmark", type=Path, default=Path("../shared/benchmark"))
    options = parser.parse_args()
    score = load_scorer(options.benchmark / "score.py")
    encoder = load_encoder()
    train, cases = (
        [(case, *read(case, encoder)) for case in read_cases(options.benchmark / folder)]
        for folder in ("train", "cases")
    )

    def figures(found: list[tuple[Case, list[Sentences], Vectors]], cut: float) -> dict[str, Any]:
        return score((case, report(case, spans, cosines, cut)) for case, spans, cosines in found)

    best = max(THRESHOLDS, key=lambda cut: figures(train, float(cut))["omission"][2])
    print(f"threshold {best:.2f}, chosen on {len(train)} training cases")
    print(figures(cases, float(best)))
    print(signature())


def read(case: Case, encoder: Encoder) -> tuple[list[Sentences], Vectors]:
    """Sentences of both sides and their cosines."""
    spans = []
    for side in "ab":
        found = segment(case.text(side), normalize_tag(case.lang(side))).sentences
        spans.append([(sentence.start, sentence.end) for sentence in found])
    vectors = [
        embed(encoder, [case.text(side)[start:end] for start, end in places]).views[0]
        for side, places in zip("ab", spans, strict=True)
    ]
    return spans, vectors[0] @ vectors[1].T


def report(case: Case, spans: list[Sentences], cosines: Vectors, cut: float) -> dict[str, Any]:
    """What the scorer reads of a report: `only` below the cut, else matched with the nearest."""
    claims = []
    for key, other, places, view in zip("ab", "ba", spans, (cosines, cosines.T), strict=True):
        for number, (start, end) in enumerate(places):
            nearest = float(view[number].max())
            claims.append(
                {
                    "id": f"{key}{number}",
                    "side": key,
                    "start": start,
                    "end": end,
                    "status": "only" if nearest < cut else "shared",
                    "absence": 1.0 - nearest,
                    "matches": [{"id": f"{other}{view[number].argmax()}"}] * (nearest >= cut),
                }
            )
    return {
        "sides": {key: {"text": case.text(key)} for key in "ab"},
        "claims": claims,
        "conflicts": [],
    }


if __name__ == "__main__":
    main()
