"""The pipeline: load two readouts, segment, embed, align, judge, find topics.

With `findings`, its second half, the only module that knows every stage. Networks read while that
is imported: here is imported only what it takes to have them begin.
"""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from readout_diff import kept
from readout_diff.datamodel import Comparison, Readout, Segmentation
from readout_diff.embed import Encoder, Progress, RichEncoder, TokenStates, load_encoder, prepare
from readout_diff.embed.claims import ClaimPlaces, embed_claims, read_sentences
from readout_diff.embed.folder import cache_folder
from readout_diff.errors import InputError
from readout_diff.load import distinct_names, from_text
from readout_diff.segment import segment
from readout_diff.segment.splitter import splitter_for

if TYPE_CHECKING:
    from readout_diff.judge.reader import ChatReader

_SHORT = 20_000
"""Characters of two readouts that are read in a second or two."""


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
    tell = progress or (lambda _stage, _share: None)
    tell("segmenting", 0.0)
    side_a, side_b = distinct_names(_readout(a, lang_a, name_a), _readout(b, lang_b, name_b))
    # Sums depend on the order of what is summed, in the last bit: computing in an order that does
    # not depend on which side is called a keeps mirrored comparisons equal. Names decide between
    # equal texts.
    turned = _order(side_b) < _order(side_a)
    readouts = (side_b, side_a) if turned else (side_a, side_b)
    kept.take_up(cache, (kept.ALL, side_a.lang, side_b.lang))
    by_rules = _segment(readouts[0]), _segment(readouts[1])
    if encoder is None:
        encoder = load_encoder(cache_dir=cache, progress=progress)
    with ThreadPoolExecutor(4) as beside:
        loaded = beside.submit(prepare, encoder)
        # Long readouts are read when all that is asked is known to be right: nothing goes on in
        # vain, or after an interrupt.
        short = len(readouts[0].text) + len(readouts[1].text) <= _SHORT
        reading = beside.submit(_read, encoder, readouts, by_rules) if short else None
        from readout_diff.findings import Finder, mirrored

        finder = Finder(
            encoder,
            readouts,
            by_rules,
            judge=judge,
            reader=reader,
            min_absence=min_absence,
            topics=None if topics is None else Path(topics),
            watch=watch,
            cache=cache,
            tell=tell,
            beside=beside,
        )
        loaded.result()
        tell("embedding", 0.0)
        read = reading.result() if reading else _read(encoder, readouts, by_rules)
        cut = _split(encoder, readouts, by_rules, read)
        segments = cut[0], cut[1]
        said = finder.begin(segments)
        places = [_places(*side) for side in zip(readouts, segments, strict=True)]
        found = finder.find(segments, places, embed_claims(encoder, places, read), said)
    return mirrored(found) if turned else found


def encode_ahead(encoder: Encoder, readouts: Sequence[Readout]) -> None:
    """Have an encoder that remembers meet all that comparing these readouts will ask it for.

    All in one go, so that batches are full; readouts without claims are passed over.
    """
    pieces = [(readout, segment(readout.text, readout.lang)) for readout in readouts]
    pieces = [(readout, found) for readout, found in pieces if found.claims]
    able, by_rules = [readout for readout, _ in pieces], [found for _, found in pieces]
    read = _read(encoder, able, by_rules)
    segments = _split(encoder, able, by_rules, read)
    embed_claims(encoder, [_places(*side) for side in zip(able, segments, strict=True)], read)


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


def _segment(readout: Readout) -> Segmentation:
    found = segment(readout.text, readout.lang)
    if not found.claims:
        raise InputError(
            f"{readout.path or readout.name or 'The text'} holds no claim (only titles, datelines "
            "or lines without a full stop); give a readout with at least one full sentence."
        )
    return found


def _read(
    encoder: Encoder, readouts: Sequence[Readout], segments: Sequence[Segmentation]
) -> dict[str, TokenStates]:
    """The sentences' tokens, where there is a splitter for the encoder, which asks for them."""
    if splitter_for(encoder.name) is None or not isinstance(encoder, RichEncoder):
        return {}
    sentences = [
        readout.text[place.start : place.end]
        for readout, found in zip(readouts, segments, strict=True)
        for place in found.sentences
    ]
    return read_sentences(encoder, sentences)


def _split(
    encoder: Encoder,
    readouts: Sequence[Readout],
    segments: Sequence[Segmentation],
    read: Mapping[str, TokenStates],
) -> Sequence[Segmentation]:
    """The claims as the splitter cuts them, if there is one for the encoder."""
    splitter = splitter_for(encoder.name)
    if splitter is None or not isinstance(encoder, RichEncoder):
        return segments
    return [
        splitter.split(
            found,
            readout.text,
            readout.lang,
            [read[readout.text[place.start : place.end]] for place in found.sentences],
        )
        for readout, found in zip(readouts, segments, strict=True)
    ]


def _places(readout: Readout, found: Segmentation) -> ClaimPlaces:
    sentences = [(sentence.start, sentence.end) for sentence in found.sentences]
    return ClaimPlaces(
        readout.text,
        tuple((claim.start, claim.end) for claim in found.claims),
        tuple(sentences[claim.sentence] for claim in found.claims),
    )
