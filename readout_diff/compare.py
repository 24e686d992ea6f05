"""The pipeline: load two readouts, segment, embed, align, judge, find topics.

The only module that knows every stage.
"""

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from readout_diff import __version__, kept
from readout_diff.about import day_of, with_heading
from readout_diff.align import align
from readout_diff.conflicts.detect import in_text_order
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
from readout_diff.embed import (
    Embedding,
    Encoder,
    Progress,
    RichEncoder,
    TokenStates,
    load_encoder,
    prepare,
)
from readout_diff.embed.anchors import measure
from readout_diff.embed.claims import ClaimPlaces, embed_claims, read_sentences
from readout_diff.embed.folder import cache_folder
from readout_diff.errors import InputError
from readout_diff.judge import Judge, load_judge
from readout_diff.judge.features import Evidence
from readout_diff.judge.parts import MOST_PAIRS, judge_in_parts
from readout_diff.load import distinct_names, from_text
from readout_diff.segment import segment
from readout_diff.segment.splitter import splitter_for
from readout_diff.topics.find import Questions, SideClaims, find_topics, questions
from readout_diff.topics.find import prepare as prepare_topics

if TYPE_CHECKING:
    from readout_diff.judge.reader import ChatReader

_HALF = 0.5
"""What a partial claim counts towards coverage."""


def compare(
    a: str | Readout,
    b: str | Readout,
    *,
    encoder: Encoder | None = None,
    judge: str | None = None,
    reader: "ChatReader | None" = None,
    min_absence: float | None = None,
    topics: str | os.PathLike[str] | None = None,
    watch: Sequence[str] = (),
    lang_a: str | None = None,
    lang_b: str | None = None,
    name_a: str | None = None,
    name_b: str | None = None,
    cache_dir: Path | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Say of every claim of two readouts whether the other side conveys it.

    `a` and `b` are texts or loaded readouts; `lang_*` (language tags) and `name_*` overrule what
    was detected or loaded. `encoder` is the bundled one by default, unpacked into `cache_dir` at
    first use. `progress` is called with each stage and the share of it that is done, 0 to 1.
    Comparing (b, a) gives the mirror image, and the same input the same report, but for its time.

    `judge` is "joint", "similarity" or the path of a model file of one's own; the best for the
    encoder by default. With `min_absence`, 0 to 1, nothing is called lacking that is not at least
    so likely to be; the judge's own threshold stays where it is higher. `reader` is asked about the
    claims that the judge is unsure of; none is by default, and nothing leaves the machine.

    `topics` is a file of topics that are added to the built-in ones; `watch` are topics that the
    report says something about also where neither side mentions them: ids, labels or any words.

    Raises InputError for a text without claims, a wrong file of topics, a wrong language tag, a
    `min_absence` that is no probability, a judge of another encoder or what is no text or encoder,
    and ModelError for an encoder or a judge that can't be loaded, or a reader that never answers.
    """
    _check_encoder(encoder)
    if min_absence is not None and not 0.0 <= min_absence <= 1.0:
        raise InputError(f"min_absence is {min_absence}; give a probability between 0 and 1.")
    cache = cache_folder(cache_dir)
    kept.take_up(cache, (kept.ALL,))
    asked = questions(None if topics is None else Path(topics), watch)
    side_a, side_b = distinct_names(_readout(a, lang_a, name_a), _readout(b, lang_b, name_b))
    # Sums depend on the order of what is summed, in the last bit: computing in an order that does
    # not depend on which side is called a keeps mirrored comparisons equal. Names decide between
    # equal texts.
    work = partial(
        _compare,
        encoder=encoder,
        judge=judge,
        reader=reader,
        min_absence=min_absence,
        asked=asked,
        cache=cache,
        progress=progress,
    )
    with ThreadPoolExecutor(3) as beside:
        if _order(side_b) < _order(side_a):
            return _mirrored(work(side_b, side_a, beside=beside))
        return work(side_a, side_b, beside=beside)


def encode_ahead(encoder: Encoder, readouts: Sequence[Readout]) -> None:
    """Have an encoder that remembers meet all that comparing these readouts will ask it for.

    All in one go, so that batches are full; readouts without claims are passed over.
    """
    pieces = [(readout, segment(readout.text, readout.lang)) for readout in readouts]
    pieces = [(readout, found) for readout, found in pieces if found.claims]
    able = [readout for readout, _ in pieces]
    segments, read = _split(encoder, able, [found for _, found in pieces])
    embed_claims(encoder, [_places(*side) for side in zip(able, segments, strict=True)], read)


def _prepare(asked: Questions, langs: Sequence[str], cache: Path) -> None:
    prepare_conflicts(langs)
    prepare_topics(asked, langs)
    kept.put_down(cache)


def _said_by_both(
    lexicons: Future[None], readouts: Sequence[Readout], segments: Sequence[Segmentation]
) -> SaidByBoth:
    lexicons.result()
    return SaidByBoth.of(readouts, segments, [day_of(readout.date) for readout in readouts])


def _order(readout: Readout) -> tuple[str, ...]:
    return readout.text, readout.lang, readout.name, readout.path or ""


def _readout(given: object, lang: str | None, name: str | None) -> Readout:
    if isinstance(given, str):
        _check_no_path(given)
        return from_text(given, lang=lang, name=name)
    if not isinstance(given, Readout):
        raise InputError(
            f"compare() can't read a {type(given).__name__}; give a text or a Readout: "
            "load(path) reads a file."
        )
    if lang is not None:
        from readout_diff.language import normalize_tag

        given = replace(given, lang=normalize_tag(lang))
    return given if name is None else replace(given, name=name)


def _check_no_path(text: str) -> None:
    """A path given for a text would be compared as one, or refused as holding no claim."""
    try:
        is_file = len(text) < 1024 and "\n" not in text and Path(text).is_file()
    except (OSError, ValueError):
        return
    if is_file:
        raise InputError(f"The text {text!r} is the path of a file; give load({text!r}) instead.")


def _check_encoder(encoder: object) -> None:
    if encoder is None:
        return
    if isinstance(encoder, str):
        raise InputError(
            f"The name of an encoder is not an encoder; give load_encoder({encoder!r})."
        )
    if not (
        isinstance(getattr(encoder, "name", None), str)
        and callable(getattr(encoder, "encode", None))
    ):
        raise InputError(
            f"A {type(encoder).__name__} is no encoder, which has a `name` and a method "
            "`encode(texts)`; give load_encoder(name) or an object with both."
        )


def _compare(
    a: Readout,
    b: Readout,
    *,
    encoder: Encoder | None,
    judge: str | None,
    reader: "ChatReader | None",
    min_absence: float | None,
    asked: Questions,
    cache: Path,
    progress: Progress | None,
    beside: Executor,
) -> Comparison:
    tell = progress or (lambda _stage, _share: None)
    tell("segmenting", 0.0)
    if encoder is None:
        encoder = load_encoder(cache_dir=cache, progress=progress)
    # Networks and lexicons are loaded beside what doesn't need them yet.
    loaded = beside.submit(prepare, encoder)
    kept.take_up(cache, (a.lang, b.lang))
    lexicons = beside.submit(_prepare, asked, (a.lang, b.lang), cache)
    segments = _segment(a), _segment(b)
    a, b = (with_heading(*side) for side in zip((a, b), segments, strict=True))
    judging = load_judge(encoder.name, judge)
    network = beside.submit(judging.prepare)
    if min_absence is not None:
        judging = judging.stricter(min_absence)
    loaded.result()
    tell("embedding", 0.0)
    cut, read = _split(encoder, (a, b), segments)
    segments = cut[0], cut[1]
    said = beside.submit(_said_by_both, lexicons, (a, b), segments)
    places = [_places(*side) for side in zip((a, b), segments, strict=True)]
    embeddings = embed_claims(encoder, places, read)
    scale = None
    if judging.one_view:
        embeddings = [embedding.first_view for embedding in embeddings]
        scale = measure(encoder, a.lang, b.lang)
    network.result()
    tell("judging", 0.0)
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
            "The readouts are too long for a reader, which is for some 200 claims a side; leave "
            "it out."
        )
    else:
        parted = judge_in_parts(
            judging,
            (evidence[0], evidence[1]),
            (embeddings[0], embeddings[1]),
            claimed,
            partial(align, scale=scale),
            partial(tell, "judging"),
        )
        judgement, near = parted.judgement, Near.of_parts(parted)
    claims = judgement.claims
    least = float(judging.settings.get("min_absence", 0.0))
    conflicts, claims = disagreement(said.result(), evidence, judgement, near, least)
    tell("judging", 1.0)
    tool = _tool(encoder, judging)
    if reader is not None and alignment is not None:
        tell("reading", 0.0)
        sentences = segments[0].sentences, segments[1].sentences
        reading = reader.read(claims, alignment, (a.text, b.text), sentences)
        claims, tool = reading.claims, reader.credited(tool, reading)
        tell("reading", 1.0)
    found = find_topics(asked, *_side_claims((a, b), claims, embeddings), encoder)
    kept.put_down(cache)
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


def _segment(readout: Readout) -> Segmentation:
    found = segment(readout.text, readout.lang)
    if not found.claims:
        raise InputError(
            f"{readout.path or readout.name or 'The text'} holds no claim (only titles, datelines "
            "or lines without a full stop); give a readout with at least one full sentence."
        )
    return found


def _split(
    encoder: Encoder,
    readouts: Sequence[Readout],
    segments: Sequence[Segmentation],
) -> tuple[Sequence[Segmentation], dict[str, TokenStates]]:
    """The claims as the splitter cuts them, if there is one for the encoder; its sentences read."""
    splitter = splitter_for(encoder.name)
    if splitter is None or not isinstance(encoder, RichEncoder):
        return segments, {}
    sentences = [
        [readout.text[place.start : place.end] for place in found.sentences]
        for readout, found in zip(readouts, segments, strict=True)
    ]
    read = read_sentences(encoder, [words for side in sentences for words in side])
    cut = [
        splitter.split(found, readout.text, readout.lang, [read[words] for words in side])
        for readout, found, side in zip(readouts, segments, sentences, strict=True)
    ]
    return cut, read


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


def _places(readout: Readout, found: Segmentation) -> ClaimPlaces:
    sentences = [(sentence.start, sentence.end) for sentence in found.sentences]
    return ClaimPlaces(
        readout.text,
        tuple((claim.start, claim.end) for claim in found.claims),
        tuple(sentences[claim.sentence] for claim in found.claims),
    )


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


def _mirrored(comparison: Comparison) -> Comparison:
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
