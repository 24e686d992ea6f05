"""How well claims begin where a reader would begin them, on a folder of labelled cases.

    python -m bench.segmentation ../shared/benchmark/train [--lang ko] [--errors]

Prints, per language and over all: precision, recall and F1 of claim boundaries (a boundary is
where a claim begins, but for a paragraph's first; it may be off by two characters that are no
letters or digits), the share of labelled claims that some claim found overlaps with an IoU of at
least .5 and of .8, and precision and recall of the text that asserts nothing, in letters.
"""

import argparse
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from readout_diff.segment import segment

SLACK = 2
"""Characters, none a letter or digit, by which a boundary may be off."""
MARKER = re.compile(r"[\W\d]*(?:[^\W\d]{1,3}[.、)）])?[\W\d]*")
"""A list marker: labels hold it or leave it, to a claim it makes no difference."""


class Counts(Struct):
    """What one language adds up to."""

    texts: int = 0
    gold: int = 0
    found: int = 0
    hit: int = 0
    hit_found: int = 0
    claims: int = 0
    found_claims: int = 0
    half: int = 0
    most: int = 0
    ignored_gold: int = 0
    ignored_found: int = 0
    ignored_both: int = 0

    def add(self, other: "Counts") -> None:
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def row(self) -> str:
        p = _share(self.hit_found, self.found)
        r = _share(self.hit, self.gold)
        f = 2 * p * r / (p + r) if p + r else 0.0
        return (
            f"{self.texts:5} {self.claims:6} {self.found_claims:6}   {p:.3f} {r:.3f} {f:.3f}   "
            f"{_share(self.half, self.claims):.3f} {_share(self.most, self.claims):.3f}   "
            f"{_share(self.ignored_both, self.ignored_found):.3f} "
            f"{_share(self.ignored_both, self.ignored_gold):.3f}"
        )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def sides(case: dict[str, Any]) -> Iterator[tuple[str, str, list[tuple[int, int]], set[int]]]:
    """Language, text, spans of the labelled claims and offsets of the ignored letters."""
    for side in "ab":
        text = case[side]["text"]
        claims = [
            (text.index(claim["quote"]), text.index(claim["quote"]) + len(claim["quote"]))
            for claim in case["claims"]
            if claim["side"] == side
        ]
        letters = {i for i, c in enumerate(text) if c.isalpha()}
        labelled = {i for a, b in claims for i in range(a, b)}
        yield case[side]["lang"], text, sorted(claims), letters - labelled


def boundaries(text: str, spans: list[tuple[int, int]]) -> list[int]:
    """Where claims begin, but for those that begin a paragraph."""
    starts: list[int] = []
    for start, _ in spans:
        paragraph = text.rfind("\n\n", 0, start) + 1
        if not MARKER.fullmatch(text, paragraph, start):
            starts.append(start)
    return starts


def near(text: str, at: int, others: list[int]) -> bool:
    """Is there a boundary at most SLACK characters away, or with but a list marker between?"""
    for other in others:
        between = text[min(at, other) : max(at, other)]
        if len(between) <= SLACK and not any(c.isalnum() for c in between):
            return True
        if len(between) <= 8 and MARKER.fullmatch(between):
            return True
    return False


def count(
    lang: str, text: str, gold: list[tuple[int, int]], silent: set[int], show: bool
) -> Counts:
    """Compare what segmentation finds in one text with its labels."""
    found = segment(text, lang)
    spans = [(claim.start, claim.end) for claim in found.claims]
    want, have = boundaries(text, gold), boundaries(text, spans)
    ignored = {
        i for span in found.ignored for i in range(span.start, span.end) if text[i].isalpha()
    }
    missed = [at for at in want if not near(text, at, have)]
    wrong = [at for at in have if not near(text, at, want)]
    if show:
        for kind, places in (("missed", missed), ("wrong", wrong)):
            for at in places:
                before, after = text[max(0, at - 50) : at], text[at : at + 45]
                print(lang, kind, repr(before + " ‖ " + after))
        labelled = {i for a, b in gold for i in range(a, b)} & ignored
        for span in found.ignored:
            if labelled & set(range(span.start, span.end)):
                print(lang, "ignored", span.why, repr(text[span.start : span.end]))
        for start, end in spans:
            inside = [i for i in range(start, end) if text[i].isalpha()]
            if inside and len(silent & set(inside)) > len(inside) / 2:
                print(lang, "claimed", repr(text[start:end]))
    best = [max((_iou(span, other) for other in spans), default=0.0) for span in gold]
    return Counts(
        texts=1,
        gold=len(want),
        found=len(have),
        hit=len(want) - len(missed),
        hit_found=len(have) - len(wrong),
        claims=len(gold),
        found_claims=len(spans),
        half=sum(iou >= 0.5 for iou in best),
        most=sum(iou >= 0.8 for iou in best),
        ignored_gold=len(silent),
        ignored_found=len(ignored),
        ignored_both=len(silent & ignored),
    )


def _iou(a: tuple[int, int], b: tuple[int, int]) -> float:
    shared = min(a[1], b[1]) - max(a[0], b[0])
    return shared / (max(a[1], b[1]) - min(a[0], b[0]))


def main() -> None:
    """Read the arguments, count, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("cases", type=Path, help="folder of labelled cases")
    parser.add_argument("--lang", help="only this language")
    parser.add_argument("--errors", action="store_true", help="show every place that is wrong")
    options = parser.parse_args()
    files = sorted(options.cases.glob("*.json"))
    if not files:
        sys.exit(f"No cases in {options.cases}; give a folder with one JSON file a case.")
    totals: defaultdict[str, Counts] = defaultdict(Counts)
    for file in files:
        for lang, text, gold, silent in sides(json.loads(file.read_text("utf-8"))):
            if options.lang in (None, lang):
                totals[lang].add(count(lang, text, gold, silent, options.errors))
    print("       texts  claims  found   boundaries          IoU           ignored")
    print("                               P     R     F1      .5    .8      P     R")
    for lang in sorted(totals):
        print(f"{lang:6}", totals[lang].row())
    overall = Counts()
    for counts in totals.values():
        overall.add(counts)
    print("all   ", overall.row())


if __name__ == "__main__":
    main()
