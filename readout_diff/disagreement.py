"""What the judge says of two readouts -> where they disagree, and who speaks in each claim.

Which claims conflicts are looked for in follows from the judgement; what a conflict is, `conflicts`
knows.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from readout_diff.align import Alignment
from readout_diff.conflicts.detect import (
    Pair,
    Said,
    Similarity,
    Speeches,
    Things,
    find,
    load_conflict_model,
    read_speeches,
    reconciled_speeches,
    with_conflicts,
)
from readout_diff.conflicts.detect import Side as ConflictsIn
from readout_diff.datamodel import Claim, Conflict, Readout, Segmentation, SideKey
from readout_diff.judge import Judgement
from readout_diff.judge.features import Evidence
from readout_diff.judge.parts import Parted, Together

KEYS: tuple[SideKey, SideKey] = ("a", "b")
_EVEN = 0.5
"""Probability from which two claims match rather than not."""
PERHAPS = 0.1
"""Probability of a match from which two claims are looked at for a conflict."""
_SUSPECT = -3.0
"""Or the network's log-odds of one: such pairs are reported only where they match too, and teach
the model what is none."""


class Near(Struct, frozen=True):
    """Claims of the two sides that may be about one thing."""

    matches: Sequence[tuple[int, int]]
    """Places of claims that match as likely as not."""
    pairs: Sequence[Pair]
    """What conflicts are looked for in."""
    similarity: Similarity
    """What reports show of the claims of these pairs."""

    @classmethod
    def of(cls, judgement: Judgement, alignment: Alignment) -> "Near":
        """Of two readouts that were judged as a whole."""
        return cls(likely_matches(judgement), conflict_pairs(judgement, alignment), alignment.shown)

    @classmethod
    def of_parts(cls, parted: Parted) -> "Near":
        """Of long readouts, which were judged in parts."""
        statuses = {claim.id: claim.status for claim in parted.judgement.claims}
        read = any(said.odds is not None for said in parted.near.values())

        def may_clash(said: Together) -> bool:
            # A network knows of what it has read together only.
            if read:
                return said.odds is not None and (
                    said.matching >= PERHAPS or max(said.odds) >= _SUSPECT
                )
            return said.matching >= PERHAPS

        pairs = [
            Pair(
                i,
                j,
                said.matching,
                said.similarity,
                (statuses[f"a{i + 1}"], statuses[f"b{j + 1}"]),
                said.odds,
            )
            for (i, j), said in parted.near.items()
            if may_clash(said)
        ]
        return cls(
            [pair for pair, said in parted.near.items() if said.matching >= _EVEN],
            pairs,
            {pair: said.similarity for pair, said in parted.near.items()},
        )


class SaidByBoth(Struct, frozen=True):
    """What the two sides say that may clash, and who says it, before anything is judged."""

    a: Said
    b: Said
    speech: Speeches

    @classmethod
    def of(
        cls,
        readouts: Sequence[Readout],
        segments: Sequence[Segmentation],
        things: Sequence[Things],
    ) -> "SaidByBoth":
        """Of what each readout names, by its claims; who speaks in them is looked for here."""
        a, b = (
            Said(
                readout.text,
                readout.lang,
                tuple((claim.start, claim.end) for claim in found.claims),
                tuple((sentence.start, sentence.end) for sentence in found.sentences),
                named,
            )
            for readout, found, named in zip(readouts, segments, things, strict=True)
        )
        return cls(a, b, read_speeches(a, b))


def disagreement(
    said: SaidByBoth,
    evidence: Sequence[Evidence],
    judgement: Judgement,
    near: Near,
    least: float,
) -> tuple[tuple[Conflict, ...], tuple[Claim, ...]]:
    """Where the sides disagree, and the claims with that and with who speaks in each."""
    a, b = (
        conflict_side(side, found, judgement, key)
        for side, found, key in zip((said.a, said.b), evidence, KEYS, strict=True)
    )
    speech = reconciled_speeches(said.speech, said.a, said.b, near.matches)
    claims = [
        replace(claim, speaker=side.text[who.start : who.end] if who.start >= 0 else None)
        for key, side, each in (("a", a, speech.a), ("b", b, speech.b))
        for claim, who in zip(
            (claim for claim in judgement.claims if claim.side == key),
            (one.speaker for one in each),
            strict=True,
        )
    ]
    odds = any(pair.odds is not None for pair in near.pairs)
    learnt = load_conflict_model("joint" if odds else "plain")
    found = find(a, b, speech, near.pairs, learnt)
    return found, with_conflicts(claims, found, near.similarity, least)


def conflict_side(
    said: Said, evidence: Evidence, judgement: Judgement, key: SideKey
) -> ConflictsIn:
    """One side as conflicts are looked for in it."""
    absence = np.zeros(len(evidence.text))
    claims = [claim for claim in judgement.claims if claim.side == key]
    for claim in claims:
        absence[claim.start : claim.end] = claim.absence
    if judgement.absent is not None:
        absent = judgement.absent[KEYS.index(key)]
        for (start, _), tokens, values in zip(
            evidence.spans, evidence.tokens or (), absent, strict=True
        ):
            for (at, until), value in zip(tokens.spans.tolist(), values.tolist(), strict=True):
                absence[start + at : start + until] = value
    return ConflictsIn(said, absence)


def likely_matches(judgement: Judgement) -> list[tuple[int, int]]:
    """Places of claims that match as likely as not."""
    return [(int(i), int(j)) for i, j in np.argwhere(judgement.matching >= _EVEN)]


def conflict_pairs(judgement: Judgement, alignment: Alignment) -> list[Pair]:
    """The pairs of claims that may be about one thing, in text order."""
    sides = [[claim for claim in judgement.claims if claim.side == key] for key in KEYS]
    shown, odds = alignment.shown, judgement.odds
    if odds is None:
        near = [(int(i), int(j)) for i, j in np.argwhere(judgement.matching >= PERHAPS)]
    else:
        near = [
            pair
            for pair, kinds in sorted(odds[0].conflicts.items())
            if judgement.matching[pair] >= PERHAPS or kinds.max() >= _SUSPECT
        ]
    return [
        Pair(
            i,
            j,
            float(judgement.matching[i, j]),
            float(shown[i, j]),
            (sides[0][i].status, sides[1][j].status),
            None if odds is None else tuple(odds[0].conflicts[i, j].tolist()),
        )
        for i, j in near
    ]
