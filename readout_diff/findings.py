"""What two readouts' claims come to: aligned, judged, held against each other, and by topic.

The second half of the pipeline: `compare` imports it and has it prepare while networks read.
"""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from readout_diff import __version__, kept
from readout_diff.about import day_of, with_heading
from readout_diff.align import align
from readout_diff.conflicts.detect import Things, in_text_order
from readout_diff.conflicts.detect import prepare as prepare_conflicts
from readout_diff.datamodel import (
    Claim,
    Comparison,
    Presence,
    Readout,
    Segmentation,
    Side,
    SideKey,
    Sides,
    Summary,
    Tool,
)
from readout_diff.disagreement import KEYS, Near, SaidByBoth, disagreement
from readout_diff.embed import Embedding, Encoder, Progress
from readout_diff.embed.anchors import measure
from readout_diff.embed.claims import ClaimPlaces
from readout_diff.errors import InputError
from readout_diff.judge import Judge, load_judge
from readout_diff.judge.features import Evidence
from readout_diff.judge.parts import MOST_PAIRS, judge_in_parts
from readout_diff.topics.find import Questions, SideClaims, find_topics, questions
from readout_diff.topics.find import prepare as prepare_topics

if TYPE_CHECKING:
    from readout_diff.judge.reader import ChatReader

_HALF = 0.5
"""What a partial claim counts towards coverage."""


class Finder:
    """Finds what one side says and the other doesn't; all it needs is loaded beside other work."""

    def __init__(
        self,
        encoder: Encoder,
        readouts: tuple[Readout, Readout],
        segments: tuple[Segmentation, Segmentation],
        *,
        judge: str | None,
        reader: "ChatReader | None",
        min_absence: float | None,
        topics: Path | None,
        watch: Sequence[str],
        cache: Path,
        tell: Progress,
        beside: Executor,
    ) -> None:
        """What is asked is as `compare` has it; `segments` are the readouts' by rules.

        InputError for a wrong judge or wrong topics, ModelError for a judge that can't be loaded.
        """
        self._encoder = encoder
        self._reader = reader
        self._cache = cache
        self._tell = tell
        self._beside = beside
        self._asked = questions(topics, watch)
        judging = load_judge(encoder.name, judge)
        self._network = beside.submit(judging.prepare)
        a, b = (with_heading(*side) for side in zip(readouts, segments, strict=True))
        self._readouts = a, b
        self._things = beside.submit(_looked_through, self._asked, self._readouts, cache)
        self._judging = judging if min_absence is None else judging.stricter(min_absence)

    def begin(self, segments: tuple[Segmentation, Segmentation]) -> Future[SaidByBoth]:
        """Begin to look for what may clash in the claims, which takes a while."""
        return self._beside.submit(_said_by_both, self._things, self._readouts, segments)

    def find(
        self,
        segments: tuple[Segmentation, Segmentation],
        places: Sequence[ClaimPlaces],
        embeddings: Sequence[Embedding],
        said: Future[SaidByBoth],
    ) -> Comparison:
        """What comes of the claims of these `segments`: where they stand, their vectors, and what
        `begin` gave for them."""
        a, b = self._readouts
        judging, reader = self._judging, self._reader
        scale = None
        if judging.one_view:
            embeddings = [embedding.first_view for embedding in embeddings]
            scale = measure(self._encoder, a.lang, b.lang)
        self._network.result()
        self._tell("judging", 0.0)
        evidence = [
            Evidence(readout.text, side.claims, embedding.tokens, readout.lang)
            for readout, side, embedding in zip((a, b), places, embeddings, strict=True)
        ]
        claimed = segments[0].claims, segments[1].claims
        alignment = None
        if len(claimed[0]) * len(claimed[1]) <= MOST_PAIRS:
            alignment = align(embeddings[0], embeddings[1], scale)
            judgement = judging.judge(evidence[0], evidence[1], alignment, claimed)
            near = Near.of(judgement, alignment)
        elif reader is not None:
            raise InputError(
                "The readouts are too long for a reader, which is for some 200 claims a side; "
                "leave it out."
            )
        else:
            parted = judge_in_parts(
                judging,
                (evidence[0], evidence[1]),
                (embeddings[0], embeddings[1]),
                claimed,
                partial(align, scale=scale),
                partial(self._tell, "judging"),
            )
            judgement, near = parted.judgement, Near.of_parts(parted)
        claims = judgement.claims
        least = float(judging.settings.get("min_absence", 0.0))
        conflicts, claims = disagreement(said.result(), evidence, judgement, near, least)
        self._tell("judging", 1.0)
        tool = _tool(self._encoder, judging)
        if reader is not None and alignment is not None:
            self._tell("reading", 0.0)
            sentences = segments[0].sentences, segments[1].sentences
            reading = reader.read(claims, alignment, (a.text, b.text), sentences)
            claims, tool = reading.claims, reader.credited(tool, reading)
            self._tell("reading", 1.0)
        sides = _side_claims((a, b), claims, embeddings)
        found = find_topics(self._asked, *sides, self._encoder)
        kept.put_down(self._cache)
        return Comparison(
            schema=1,
            tool=tool,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            sides=Sides(_side("a", a, segments[0], claims), _side("b", b, segments[1], claims)),
            claims=found.claims,
            conflicts=conflicts,
            topics=found.topics,
            summary=_summary(claims, len(conflicts)),
        )


def _looked_through(asked: Questions, readouts: Sequence[Readout], cache: Path) -> list[Things]:
    """What each readout names that may clash; lexicons are read for that and for what follows."""
    langs = [readout.lang for readout in readouts]
    prepare_conflicts(langs)
    things = [Things.of(readout.text, readout.lang, day_of(readout.date)) for readout in readouts]
    prepare_topics(asked, langs)
    kept.put_down(cache)
    return things


def _said_by_both(
    things: Future[list[Things]], readouts: Sequence[Readout], segments: Sequence[Segmentation]
) -> SaidByBoth:
    return SaidByBoth.of(readouts, segments, things.result())


def _side_claims(
    readouts: tuple[Readout, Readout], claims: Sequence[Claim], embeddings: Sequence[Embedding]
) -> tuple[SideClaims, SideClaims]:
    """The claims of both sides as topics are looked for in them."""
    a, b = (
        SideClaims(
            readout.lang, tuple(claim for claim in claims if claim.side == key), embedding.views
        )
        for key, readout, embedding in zip(KEYS, readouts, embeddings, strict=True)
    )
    return a, b


def _tool(encoder: Encoder, judge: Judge) -> Tool:
    return Tool("readout-diff", __version__, encoder.name, judge.name, dict(judge.settings))


def _side(key: SideKey, readout: Readout, found: Segmentation, claims: tuple[Claim, ...]) -> Side:
    statuses = Counter(claim.status for claim in claims if claim.side == key)
    conveyed = statuses["shared"] + _HALF * statuses["partial"]
    return Side(
        name=readout.name,
        path=readout.path,
        lang=readout.lang,
        encoding=readout.encoding,
        title=readout.title,
        date=readout.date,
        office=readout.office,
        sha256=readout.sha256,
        text=readout.text,
        coverage=round(conveyed / max(statuses.total(), 1), 4),
        sentences=len(found.sentences),
        claims=len(found.claims),
        ignored=found.ignored,
    )


def _summary(claims: tuple[Claim, ...], conflicts: int) -> Summary:
    count = Counter((claim.side, claim.status) for claim in claims)
    return Summary(
        shared=count["a", "shared"] + count["b", "shared"],
        partial=count["a", "partial"] + count["b", "partial"],
        only_a=count["a", "only"],
        only_b=count["b", "only"],
        conflicts=conflicts,
    )


def mirrored(comparison: Comparison) -> Comparison:
    """The same comparison with its sides exchanged."""
    key: dict[SideKey | Presence, SideKey] = {"a": "b", "b": "a"}

    def other(claim_id: str) -> str:
        return ("b" if claim_id[0] == "a" else "a") + claim_id[1:]

    claims = tuple(
        replace(
            claim,
            id=other(claim.id),
            side=key[claim.side],
            matches=tuple(replace(match, id=other(match.id)) for match in claim.matches),
        )
        for side in ("b", "a")
        for claim in comparison.claims
        if claim.side == side
    )
    turned = (
        replace(
            conflict,
            a=replace(conflict.b, claim=other(conflict.b.claim)),
            b=replace(conflict.a, claim=other(conflict.a.claim)),
        )
        for conflict in comparison.conflicts
    )
    conflicts = tuple(sorted(turned, key=in_text_order))
    topics = tuple(
        replace(
            topic,
            a=tuple(map(other, topic.b)),
            b=tuple(map(other, topic.a)),
            presence=key.get(topic.presence, topic.presence),
        )
        for topic in comparison.topics
    )
    sides, summary = comparison.sides, comparison.summary
    return replace(
        comparison,
        sides=Sides(sides.b, sides.a),
        claims=claims,
        conflicts=conflicts,
        topics=topics,
        summary=replace(summary, only_a=summary.only_b, only_b=summary.only_a),
    )
