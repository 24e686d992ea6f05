"""Labelled cases as the judge meets them: segmented, embedded, aligned."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from readout_diff.align import Alignment, align
from readout_diff.datamodel import Segmentation
from readout_diff.embed import Encoder, RichEncoder
from readout_diff.embed.anchors import measure
from readout_diff.embed.claims import ClaimPlaces, embed_claims
from readout_diff.judge import features
from readout_diff.judge.features import Columns, Evidence
from readout_diff.judge.joint import JointNetwork, Odds
from readout_diff.judge.model import JudgeModel
from readout_diff.segment import segment
from readout_diff.segment.splitter import Splitter
from training import benchmark
from training.benchmark import Case

FOLDS = 5
WORK = Path("build/training")
"""What is trained already."""


class Example(Struct, frozen=True, dict=True):
    """One case as the judge meets it, with labels; claims are the tool's own or the labelled."""

    case: Case
    sides: tuple[Evidence, Evidence]
    alignment: Alignment
    odds: tuple[Odds, Odds] | None = None
    """What a network that has not seen the case says of it."""

    def views(self) -> Iterator[tuple[str, Evidence, Evidence, Alignment, Odds | None]]:
        """Either side as own against other."""
        a, b = self.odds or (None, None)
        yield "a", self.sides[0], self.sides[1], self.alignment, a
        yield "b", self.sides[1], self.sides[0], self.alignment.mirrored, b

    @cached_property
    def claim_columns(self) -> tuple[Columns, Columns]:
        """What the claim model sees of either side; asked for in every fold."""
        a, b = (
            features.claim_columns(own, other, alignment, odds)
            for _, own, other, alignment, odds in self.views()
        )
        return a, b

    @cached_property
    def claim_labels(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """What became of either side's claims."""
        a, b = (
            benchmark.claim_labels(self.case.lacking(key), own.spans)
            for key, own, *_ in self.views()
        )
        return a, b

    @cached_property
    def token_labels(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Which of either side's tokens the other side lacks, claim after claim."""
        a, b = (
            np.concatenate(
                [
                    benchmark.token_labels(self.case.lacking(key), start, tokens.spans)
                    for (start, _), tokens in zip(own.spans, own.tokens or (), strict=True)
                ]
                or [np.zeros(0)]
            )
            for key, own, *_ in self.views()
        )
        return a, b

    @cached_property
    def pair_columns(self) -> Columns:
        """What the pair model sees."""
        return features.pair_columns(self.alignment, self.odds and self.odds[0])


class KnownOdds(JointNetwork):
    """A network that knows its odds of one meeting already."""

    def __init__(self, odds: tuple[Odds, Odds]) -> None:
        super().__init__()
        self._odds = odds

    def read(self, *_given: object) -> tuple[Odds, Odds]:
        """What was known."""
        return self._odds


def folds(cases: Sequence[Case]) -> list[set[str]]:
    """The cases' groups in FOLDS folds; those with a case that is measured are dealt apart."""
    measured = {case.group for case in cases if case.measured}
    others = {case.group for case in cases} - measured
    dealt = [benchmark.folds(sorted(groups), FOLDS) for groups in (measured, others)]
    return [mine | theirs for mine, theirs in zip(*dealt, strict=True)]


HeldOut = tuple[set[str], JudgeModel]
"""Groups of cases, and a judge's model that has not seen them."""
SplitterOf = Callable[[Case], Splitter]
"""A splitter that has not seen the case."""


def examples(
    cases: Sequence[Case], encoder: Encoder, *, own: bool, splitter_of: SplitterOf | None = None
) -> list[Example]:
    """Embed and align every case, by the tool's own claims or by the labelled ones.

    The tool's own are those of the rules without `splitter_of`.
    """
    found = []
    for case in cases:
        places = []
        for side in "ab":
            segments = segment(case.text(side), case.lang(side))
            if own and splitter_of is not None and isinstance(encoder, RichEncoder):
                text = case.text(side)
                words = [text[s.start : s.end] for s in segments.sentences]
                splitter = splitter_of(case)
                segments = splitter.split(segments, text, case.lang(side), encoder.read(words))
            places.append(_places(case, side, segments, own=own))
        parts = embed_claims(encoder, places)
        scale = None if parts[0].tokens is not None else measure(encoder, *map(case.lang, "ab"))
        sides = [
            Evidence(side.text, side.claims, part.tokens, case.lang(key))
            for key, side, part in zip("ab", places, parts, strict=True)
        ]
        found.append(Example(case, (sides[0], sides[1]), align(parts[0], parts[1], scale)))
    return found


def _places(case: Case, side: str, segments: Segmentation, *, own: bool) -> ClaimPlaces:
    """The claims of one side, and the tool's own sentence around each."""
    claims = (
        tuple((claim.start, claim.end) for claim in segments.claims)
        if own
        else tuple((start, end) for start, end, _ in case.gold(side))
    )
    around = []
    for start, end in claims:
        over = [s for s in segments.sentences if s.start < end and start < s.end]
        around.append((min([start, *(s.start for s in over)]), max([end, *(s.end for s in over)])))
    return ClaimPlaces(case.text(side), claims, tuple(around))
