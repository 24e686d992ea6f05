"""Measure topics on the benchmark's measuring cases, from raw text.

    python -m bench.topics [--benchmark FOLDER]

Each labelled claim names its topic in the annotator's words; `topic_names.toml` says which topic of
the catalogue that is, by the words alone. A labelled claim has the topics of the tool's claims that
lie over it. Prints F1 of each topic with five claims or more and its mean, and of the topics of
each case how often the tool says rightly which sides mention it.
"""

import argparse
import json
import tempfile
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

from bench.run import signature, write_reports
from readout_diff.topics.catalogue import built_in
from training.benchmark import Case, read_cases

NAMES = Path(__file__).with_name("topic_names.toml")
_FEWEST = 5
_OVER = 0.5
"""Share of the shorter of two claims that they must have in common."""

Sets = list[tuple[str, set[str], set[str]]]
"""Of each labelled claim whose topic is known: its side, its topics, those that the tool says."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--benchmark", type=Path, default=Path("../shared/benchmark"))
    options = parser.parse_args()
    cases = options.benchmark / "cases"
    with tempfile.TemporaryDirectory() as scratch:
        reports = Path(scratch)
        write_reports(cases, reports, None, None)
        found = [
            told(case, json.loads((reports / f"{case.id}.json").read_text(encoding="utf-8")))
            for case in read_cases(cases)
        ]
    print(f"{'topic':<24}claims  found  F1")
    figures = {}
    for topic in built_in().entries:
        labelled, said, right = counts(found, topic)
        if labelled >= _FEWEST:
            figures[topic] = 2 * right / (labelled + said)
            print(f"{topic:<24}{labelled:6}{said:7}  {figures[topic]:.2f}")
    print(f"macro F1 over {len(figures)} topics: {sum(figures.values()) / len(figures):.3f}")
    share, number = presence(found)
    print(f"who mentions it, rightly: {share:.3f} of {number} topics of cases")
    print(signature())


def told(case: Case, report: dict[str, Any]) -> Sets:
    """The labelled claims of a case, with what the tool's report says of each."""
    names = tomllib.loads(NAMES.read_text(encoding="utf-8"))
    found: Sets = []
    for side in "ab":
        for start, end, claim in case.gold(side):
            if claim["topic"] in names:
                said = {
                    topic
                    for mine in report["claims"]
                    if mine["side"] == side
                    and _overlap((start, end), (mine["start"], mine["end"])) >= _OVER
                    for topic in mine["topics"]
                }
                found.append((side, set(built_in().wider(names[claim["topic"]])), said))
    return found


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> float:
    common = min(one[1], other[1]) - max(one[0], other[0])
    return common / min(one[1] - one[0], other[1] - other[0])


def counts(found: list[Sets], topic: str) -> tuple[int, int, int]:
    """Claims labelled with the topic, claims that the tool says are of it, and both."""
    rows = [(topic in true, topic in said) for claims in found for _, true, said in claims]
    return (
        sum(true for true, _ in rows),
        sum(said for _, said in rows),
        sum(true and said for true, said in rows),
    )


def presence(found: list[Sets]) -> tuple[float, int]:
    """Share of the topics of each case whose sides are told rightly, and how many these are."""
    right = []
    for claims in found:
        sides: list[defaultdict[str, set[str]]] = [defaultdict(set), defaultdict(set)]
        for side, *both in claims:
            for where, topics in zip(sides, both, strict=True):
                for topic in topics:
                    where[topic].add(side)
        true, said = sides
        right += [true[topic] == said[topic] for topic in true]
    return sum(right) / len(right), len(right)


if __name__ == "__main__":
    main()
