"""Claims -> what they are about: the built-in topics, the user's own, and what is watched.

A claim is of a topic by its terms (`terms`) and by what it means (`meaning`), which a small model
weighs (`models/topics.json`, trained by `training/topics.py`); it is then of every wider topic too.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from msgspec import Struct, field
from msgspec.structs import replace
from numpy.typing import NDArray

from readout_diff.datamodel import Claim, Presence, SideKey, Topic
from readout_diff.embed import Encoder, Vectors, embed
from readout_diff.embed.anchors import measure
from readout_diff.embed.once import once
from readout_diff.errors import InputError
from readout_diff.language import detect
from readout_diff.learnt import Model
from readout_diff.topics.catalogue import ANY_LANG, Catalogue, Entry, built_in, id_of
from readout_diff.topics.meaning import (
    Matrix,
    across,
    asked_columns,
    classifier,
    flat,
    known_columns,
    overlap,
    weigher,
)
from readout_diff.topics.severity import with_severity
from readout_diff.topics.terms import is_term

_KEYS: tuple[SideKey, SideKey] = ("a", "b")
_CLAIMS = 256
"""Whose topics are weighed at once."""


class Questions(Struct, frozen=True):
    """What a reader wants to know about two readouts."""

    catalogue: Catalogue
    watched: tuple[str, ...] = ()
    """Ids of the topics on the watch-list, as they were asked for."""


class SideClaims(Struct, frozen=True):
    """The claims of one side as topics are looked for in them."""

    lang: str
    claims: tuple[Claim, ...]
    views: tuple[Vectors, ...]
    """Unit vectors of the claims, one array a view of the encoder."""

    @property
    def quotes(self) -> tuple[str, ...]:
        """The claims' words."""
        return tuple(claim.text for claim in self.claims)

    @property
    def matches(self) -> list[list[int]]:
        """Of each claim, places of its matches among the other side's claims."""
        return [[int(match.id[1:]) - 1 for match in claim.matches] for claim in self.claims]


class Found(Struct, frozen=True):
    """The claims of both sides with topics and severity, and who mentions what."""

    claims: tuple[Claim, ...]
    topics: tuple[Topic, ...]
    """The watched ones as they were asked for, then the others that were met, in their order."""


def questions(topics: Path | None = None, watch: Sequence[str] = ()) -> Questions:
    """The built-in topics with those of a file, and the watch-list.

    An item of `watch` is a topic's id, its label in any language, or any words: these make a topic
    of their own, found where they stand in a claim and where a claim means them. Raises InputError
    for a file that is wrong and for an item without letters.
    """
    catalogue = built_in() if topics is None else built_in().with_file(topics)
    watched = []
    for item in watch:
        entry = catalogue.called(item)
        if entry is None:
            entry = _asked(item)
            catalogue = replace(catalogue, entries={**catalogue.entries, entry.id: entry})
        watched.append(entry.id)
    return Questions(catalogue, tuple(dict.fromkeys(watched)))


def _asked(text: str) -> Entry:
    """A topic of the user's words."""
    words = " ".join(text.split())
    if not is_term(words):
        raise InputError(f"--watch {text!r} has no letters; give a topic's id or some words.")
    return Entry(id_of(words), {ANY_LANG: words}, words, {ANY_LANG: (words,)})


def prepare(asked: Questions, langs: Iterable[str]) -> None:
    """Have at hand what claims in these languages are looked through for; it takes time once."""
    classifier()
    weigher("known")
    for lang in dict.fromkeys(langs):
        asked.catalogue.terms(lang)


def find_topics(asked: Questions, a: SideClaims, b: SideClaims, encoder: Encoder) -> Found:
    """The topics of both sides' claims, and how much it matters what one of the sides lacks.

    `encoder` gives the vectors of topics that are known by their description alone.
    """
    of_claim: dict[str, dict[str, float]] = {claim.id: {} for claim in (*a.claims, *b.claims)}
    for judged in (_known(asked, a, b, encoder), _others(asked, a, b, encoder)):
        for side, likely in zip((a, b), judged.likely, strict=True):
            for row, column in zip(*np.nonzero(likely >= judged.least), strict=True):
                found = of_claim[side.claims[row].id]
                found[judged.topics[column]] = float(likely[row, column])
    claims = with_severity(
        [
            replace(claim, topics=_listed(asked.catalogue, of_claim[claim.id]))
            for claim in (*a.claims, *b.claims)
        ],
        asked.catalogue.entries,
        asked.watched,
    )
    met = {topic for claim in claims for topic in claim.topics}
    return Found(
        claims,
        tuple(
            _topic(asked.catalogue.entries[topic], claims, topic in asked.watched)
            for topic in dict.fromkeys((*asked.watched, *asked.catalogue.entries))
            if topic in met or topic in asked.watched
        ),
    )


def _listed(catalogue: Catalogue, likely: Mapping[str, float]) -> tuple[str, ...]:
    """The topics of a claim, the likeliest first, each with the wider ones behind it."""
    ranked = sorted(likely, key=lambda topic: -likely[topic])
    return tuple(dict.fromkeys(wider for topic in ranked for wider in catalogue.wider(topic)))


def _topic(entry: Entry, claims: Sequence[Claim], watched: bool) -> Topic:
    a, b = (
        tuple(claim.id for claim in claims if claim.side == key and entry.id in claim.topics)
        for key in _KEYS
    )
    presence: Presence = "both" if a and b else "a" if a else "b" if b else "neither"
    return Topic(entry.id, entry.name, a, b, presence, watched)


class _Judged(Struct, frozen=True):
    """How likely the claims of both sides are of some topics."""

    topics: Sequence[str] = ()
    likely: tuple[Matrix, Matrix] = (np.zeros((0, 0)), np.zeros((0, 0)))
    least: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    """Probability from which a claim is of each topic, (topics,)."""


def _known(asked: Questions, a: SideClaims, b: SideClaims, encoder: Encoder) -> _Judged:
    """By what labelled claims of the built-in topics mean."""
    topics = _classified(asked, encoder)
    if not topics:
        return _Judged()
    learnt = classifier()
    places = [learnt.topics.index(topic) for topic in topics]
    likely, cues = [], []
    for side in (a, b):
        found = learnt.likely(side.views, side.lang)
        likely.append(with_narrower(asked.catalogue, topics, found[:, places]))
        cues.append(cued(asked.catalogue, topics, side.lang, side.quotes))

    def columns(own: int, matches: list[list[int]], rows: slice) -> dict[str, Matrix]:
        matched, cued_there = (across(each[1 - own], matches[rows]) for each in (likely, cues))
        return known_columns(likely[own], cues[own], matched, cued_there, rows)

    of_sides = [partial(columns, own, side.matches) for own, side in enumerate((a, b))]
    return _weighed("known", topics, of_sides, (a, b))


def _others(asked: Questions, a: SideClaims, b: SideClaims, encoder: Encoder) -> _Judged:
    """By how near claims come to the topics' descriptions."""
    classified = frozenset(_classified(asked, encoder))
    topics = [topic for topic in asked.catalogue.entries if topic not in classified]
    if not topics:
        return _Judged()
    entries = [asked.catalogue.entries[topic] for topic in topics]
    name = "asked" if classifier().encoder == encoder.name else "scaled"
    of_sides = []
    for side in (a, b):
        cues = cued(asked.catalogue, topics, side.lang, side.quotes)
        of_sides.append(_described(entries, side, encoder, cues))
    return _weighed(name, topics, of_sides, (a, b))


def _classified(asked: Questions, encoder: Encoder) -> list[str]:
    """The topics that the classifier knows, as they are."""
    learnt, entries = classifier(), asked.catalogue.entries
    if learnt.encoder != encoder.name:
        return []
    shipped = built_in().entries
    return [topic for topic in learnt.topics if entries.get(topic) == shipped[topic]]


def _weighed(
    name: str,
    topics: Sequence[str],
    of_sides: Sequence[Callable[[slice], Mapping[str, Matrix]]],
    sides: tuple[SideClaims, SideClaims],
) -> _Judged:
    """What a model makes of each side's columns, by the rows that they are asked for."""
    learnt = weigher(name)
    a, b = (
        _likely(learnt.model, len(topics), columns, len(side.claims))
        for columns, side in zip(of_sides, sides, strict=True)
    )
    return _Judged(topics, (a, b), learnt.least(topics))


def _likely(
    model: Model, topics: int, columns: Callable[[slice], Mapping[str, Matrix]], claims: int
) -> Matrix:
    """Claims some at a time: the columns of a long readout would be large."""
    parts = [
        model.probabilities(flat(columns(slice(at, at + _CLAIMS))))
        for at in range(0, max(claims, 1), _CLAIMS)
    ]
    return np.concatenate(parts).reshape(-1, topics)


def with_narrower(catalogue: Catalogue, topics: Sequence[str], likely: Matrix) -> Matrix:
    """The probabilities, those of wider topics including what they contain, (claims, topics)."""
    return np.minimum(likely @ _contains(catalogue, topics), 1.0)


def cued(catalogue: Catalogue, topics: Sequence[str], lang: str, claims: Sequence[str]) -> Matrix:
    """1 where a claim has a term of a topic or of what it contains, else 0, (claims, topics)."""
    terms = catalogue.terms(lang)
    columns = {topic: number for number, topic in enumerate(topics)}
    found = np.zeros((len(claims), len(topics)))
    for row, claim in enumerate(claims):
        for topic in terms.topics(claim) & columns.keys():
            found[row, columns[topic]] = 1.0
    return np.minimum(found @ _contains(catalogue, topics), 1.0)


def _contains(catalogue: Catalogue, topics: Sequence[str]) -> Matrix:
    """1 where the topic of the column is the topic of the row or wider, (topics, topics)."""
    found = np.zeros((len(topics), len(topics)))
    for row, topic in enumerate(topics):
        for wider in catalogue.wider(topic):
            if wider in topics:
                found[row, topics.index(wider)] = 1.0
    return found


def _described(
    entries: Sequence[Entry], side: SideClaims, encoder: Encoder, cues: Matrix
) -> Callable[[slice], dict[str, Matrix]]:
    """The columns, by rows, of topics that are known by their description: cosines of claims with
    it, on an unknown encoder's scale 1 for a translation and 0 for what is unrelated."""
    texts = tuple(entry.about for entry in entries)
    views, langs = once(
        encoder, ("topics", texts), lambda: (embed(encoder, texts).views, [*map(detect, texts)])
    )
    learnt = classifier()
    if learnt.encoder == encoder.name:
        described = np.concatenate(
            [
                learnt.directions([view[row : row + 1] for view in views], lang)
                for row, lang in enumerate(langs)
            ]
        )
        mine = learnt.directions(side.views, side.lang)
        near = np.asarray(mine @ described.T / len(views), dtype=np.float64)
        alike = overlap(learnt.probabilities(mine), learnt.probabilities(described))
        return partial(asked_columns, near, cues, alike)
    scales = [measure(encoder, side.lang, lang) for lang in langs]
    low, high = (
        np.array([getattr(scale, name) for scale in scales]) for name in ("unrelated", "translated")
    )
    near = (side.views[0] @ views[0].T).astype(np.float64)
    return partial(asked_columns, (near - low) / (high - low), cues, None)
