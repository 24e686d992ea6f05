"""The page: one self-contained HTML file that fetches nothing and works without scripts.

What is shown where is decided here; `templates/page.html` lays it out, escaping everything,
`page.css` dresses it, and `page.js` adds what needs a script. The page's policy allows these two
by their hashes and nothing else.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, partial
from importlib import resources
from itertools import pairwise
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from jinja2 import Template
from markupsafe import Markup, escape
from msgspec import Struct

from readout_diff.datamodel import (
    Claim,
    Comparison,
    Conflict,
    ConflictSide,
    Severity,
    SideKey,
    Topic,
)
from readout_diff.language import glyph_tag
from readout_diff.report.characters import BIDI_CONTROLS, clean, pictured
from readout_diff.report.inline import allowed, environment
from readout_diff.report.outline import (
    PARTIAL,
    SIDES,
    TOO_CLOSE,
    Kind,
    Outline,
    count,
    kind_of,
    language,
    names,
    percent,
    sides_of,
)
from readout_diff.report.reason import reason

GLYPHS = {
    "only": "●",
    "partial": "◐",
    "close": "?",
    "shared": "○",
    "conflict": "×",
}
_ANCHOR = re.compile(r"[ab][1-9][0-9]*")
_LINE_END = re.compile(r"\r\n|[\r\v\f\x85\u2028\u2029]")
_PARAGRAPH_END = re.compile(r"(?:\r\n|\n|\r)[^\S\r\n]*(?:\r\n|\n|\r)\s*")
_SHOWN_AS_SIGN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_QUOTED = re.compile("“([^“”]*)”")
_ENOUGH = 5_000
"""Characters of a text that tell its direction."""


def render(comparison: Comparison, **_how_it_is_viewed: object) -> str:
    """The comparison as a page; it always holds everything, and the reader filters it there."""
    return _template().render(_Page(comparison).context())


@cache
def _template() -> Template:
    templates = environment()
    templates.filters["clean"] = clean
    templates.filters["percent"] = percent
    templates.filters["claims"] = partial(count, what="claim")
    return templates.from_string(_file("page.html"))


def _file(name: str) -> str:
    return (resources.files(__package__) / "templates" / name).read_text("utf-8")


class _Run(Struct, frozen=True):
    """Some words of a quote, and whether the other side lacks them or says otherwise."""

    words: Markup
    marks: str
    """Classes, `missing` or `clash` or both; empty for words like any other."""


class _Quote(Struct, frozen=True):
    """A claim as it is shown, wherever it is."""

    id: str
    anchor: str
    side: SideKey
    kind: Kind
    label: str
    glyph: str
    absence: float
    runs: tuple[_Run, ...]
    lang: str
    dir: str
    speaker: str | None
    """None too where the claim itself says who speaks."""
    place: str
    matches: tuple[str, ...]
    """Ids of claims of the other side."""
    topics: tuple[str, ...]
    """Their labels."""
    severity: Severity | None
    conflicts: tuple[int, ...]
    """Their places in the list of conflicts, from 1."""


class _Piece(Struct, frozen=True):
    """A stretch of a text: a claim, or words that belong to none, with why they are ignored."""

    quote: _Quote | None
    words: Markup
    why: str


class _Part(Struct, frozen=True):
    """A part of a coverage bar, in percent of its width."""

    kind: Kind
    start: float
    width: float
    count: int
    label: str


class _Column(Struct, frozen=True):
    """One side."""

    key: SideKey
    name: str
    lang: str
    dir: str
    language: str
    about: tuple[str, ...]
    file: str | None
    claims: int
    coverage: float
    bar: tuple[_Part, ...]
    paragraphs: tuple[tuple[_Piece, ...], ...]
    not_counted: str

    @property
    def source(self) -> str:
        """Whom to name beside a quote."""
        return ", ".join((self.name, *self.about, *([self.file] if self.file else [])))


class _Page:
    """What the template is given; claims are found by id."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        self.outline = Outline(comparison)
        self.langs = {key: glyph_tag(*self._text(key)) for key in SIDES}
        self.dirs = {key: _direction(self._text(key)[1]) for key in SIDES}
        self.quotes = {
            claim.id: self.quote(claim, n) for n, claim in enumerate(comparison.claims, start=1)
        }

    def _text(self, key: SideKey) -> tuple[str, str]:
        side = self.outline.side(key)
        return side.lang, side.text

    def context(self) -> dict[str, Any]:
        style, script = Markup(_file("page.css")), Markup(_file("page.js"))
        columns = {key: self.column(key) for key in SIDES}
        return {
            "style": style,
            "script": script,
            "style_hash": allowed(style),
            "script_hash": allowed(script),
            "sides": columns,
            "counts": self.counts(),
            "topics": [(topic, self.topic_quotes(topic)) for topic in self.outline.topics],
            "present": self.outline.present,
            "conflicts": [
                (n, conflict, self.why(conflict), self.conflict_quotes(conflict))
                for n, conflict in enumerate(self.comparison.conflicts, start=1)
            ],
            "groups": self.groups(),
            "quotes": self.quotes,
            "severe": any(claim.severity for claim in self.comparison.claims),
            "glyphs": GLYPHS,
            "tool": self.comparison.tool,
            "created": self.comparison.created,
            "data": self.data(columns),
        }

    def data(self, columns: dict[SideKey, _Column]) -> dict[str, Any]:
        """What the script needs to know and can't read off the page."""
        order = {topic.id: n for n, topic in enumerate(self.outline.topics)}
        return {
            "sides": {
                key: {"name": column.name, "source": column.source}
                for key, column in columns.items()
            },
            "conflicts": [
                {
                    "kind": conflict.kind,
                    "why": self.why(conflict),
                    "claims": [
                        self.quotes[id].anchor for _, id in sides_of(conflict) if id in self.quotes
                    ],
                }
                for conflict in self.comparison.conflicts
            ],
            "claims": [self.told(claim, order) for claim in self.comparison.claims],
        }

    def told(self, claim: Claim, order: dict[str, int]) -> dict[str, Any]:
        """A claim as the script knows it, topics by their places in the table."""
        quote = self.quotes[claim.id]
        severity = claim.severity
        return {
            "id": quote.id,
            "anchor": quote.anchor,
            "side": claim.side,
            "kind": quote.kind,
            "label": quote.label,
            "absence": claim.absence,
            "most": max([claim.absence, *(gap.absence for gap in claim.missing)]),
            "matches": [self.quotes[id].anchor for id in quote.matches],
            "topics": [order[id] for id in claim.topics if id in order],
            "topicLabels": quote.topics,
            "severity": severity and {"rank": severity.rank, "why": clean(severity.why)},
            "speaker": quote.speaker,
            "place": quote.place,
            "conflicts": quote.conflicts,
        }

    # Above the texts

    def counts(self) -> list[tuple[str, int, str]]:
        """How many claims of each kind, with what the kind is called; conflicts first."""
        claims: list[tuple[Kind, list[Claim], str]] = [
            ("only", self.outline.of("only", "a"), f"only {self.outline.name('a')}"),
            ("only", self.outline.of("only", "b"), f"only {self.outline.name('b')}"),
            ("partial", self.outline.of("partial"), PARTIAL),
            ("close", self.outline.of("close"), TOO_CLOSE),
            ("shared", self.outline.of("shared"), "both say"),
        ]
        conflicts = len(self.comparison.conflicts)
        found = [("conflict", conflicts, "in conflict")] if conflicts else []
        return [*found, *((kind, len(of_kind), what) for kind, of_kind, what in claims)]

    def column(self, key: SideKey) -> _Column:
        side = self.outline.side(key)
        return _Column(
            key=key,
            name=self.outline.name(key),
            lang=self.langs[key],
            dir=self.dirs[key],
            language=language(side.lang),
            about=tuple(clean(known) for known in (side.office, side.date, side.title) if known),
            file=_file_name(side.path),
            claims=side.claims,
            coverage=side.coverage,
            bar=tuple(self.bar(key)),
            paragraphs=tuple(self.paragraphs(key)),
            not_counted=self.outline.not_counted(key),
        )

    def bar(self, key: SideKey) -> Iterator[_Part]:
        total = max(len(self.comparison.of(key)), 1)
        labels: dict[Kind, str] = {
            "shared": "shared",
            "partial": PARTIAL,
            "close": TOO_CLOSE,
            "only": f"only {self.outline.name(key)}",
        }
        done = 0
        for kind in ("shared", "partial", "close", "only"):
            n = len(self.outline.of(kind, key))
            if n:
                yield _Part(kind, 100 * done / total, 100 * n / total, n, labels[kind])
            done += n

    def topic_quotes(self, topic: Topic) -> dict[SideKey, list[_Quote]]:
        def known(ids: tuple[str, ...]) -> list[_Quote]:
            return [self.quotes[id] for id in ids if id in self.quotes]

        return {"a": known(topic.a), "b": known(topic.b)}

    def why(self, conflict: Conflict) -> str:
        """The reason, each quote in it isolated, so that Arabic turns none of what is around it."""
        said = clean(reason(conflict, self.outline.name("a"), self.outline.name("b")))
        return _QUOTED.sub("“\u2068\\1\u2069”", said)

    def conflict_quotes(self, conflict: Conflict) -> list[tuple[_Quote | None, tuple[_Run, ...]]]:
        """The two claims in conflict, with the words that are."""
        pair = (conflict.a, conflict.b)
        return [(self.quotes.get(words.claim), self.clashing(words)) for words in pair]

    def clashing(self, words: ConflictSide) -> tuple[_Run, ...]:
        claim = self.outline.claims.get(words.claim)
        text, start = (claim.text, claim.start) if claim else (words.text, words.start)
        return _runs(text, [(words.start - start, words.end - start, "clash")])

    # The claims

    def quote(self, claim: Claim, number: int) -> _Quote:
        kind = kind_of(claim)
        conflicts = tuple(self.outline.conflicts.get(claim.id, ()))
        line, column = self.outline.place(claim)
        speaker = claim.speaker if claim.speaker and not names(claim.text, claim.speaker) else None
        return _Quote(
            id=clean(claim.id),
            anchor=claim.id if _ANCHOR.fullmatch(claim.id) else f"claim-{number}",
            side=claim.side,
            kind=kind,
            label=self.outline.label(claim),
            glyph=GLYPHS["conflict" if conflicts else kind],
            absence=claim.absence,
            runs=_runs(claim.text, self.marked(claim, conflicts)),
            lang=self.langs[claim.side],
            dir=self.dirs[claim.side],
            speaker=clean(speaker) if speaker else None,
            place=f"line {line}:{column}",
            matches=tuple(match.id for match in claim.matches if match.id in self.outline.claims),
            topics=tuple(map(clean, self.outline.topic_labels(claim))),
            severity=claim.severity,
            conflicts=tuple(n + 1 for n in conflicts),
        )

    def marked(self, claim: Claim, conflicts: tuple[int, ...]) -> Iterator[tuple[int, int, str]]:
        for gap in claim.missing:
            yield gap.start - claim.start, gap.end - claim.start, "missing"
        for n in conflicts:
            conflict = self.comparison.conflicts[n]
            words = conflict.a if claim.side == "a" else conflict.b
            yield words.start - claim.start, words.end - claim.start, "clash"

    def groups(self) -> list[tuple[Kind, str, list[_Quote]]]:
        """The findings as they are listed below the texts."""
        found: list[tuple[Kind, str, list[Claim]]] = [
            ("only", f"Only {self.outline.name(key)} says", self.outline.of("only", key))
            for key in SIDES
        ]
        found += [
            ("partial", f"{PARTIAL.capitalize()} by the other side", self.outline.of("partial")),
            ("close", TOO_CLOSE.capitalize(), self.outline.of("close")),
        ]
        return [
            (kind, title, [self.quotes[claim.id] for claim in claims])
            for kind, title, claims in found
        ]

    # The texts

    def paragraphs(self, key: SideKey) -> Iterator[tuple[_Piece, ...]]:
        """The whole text, in order; a claim is never torn."""
        paragraph: list[_Piece] = []
        for words, claim, why in self.stretches(key):
            if claim:
                paragraph.append(_Piece(self.quotes[claim.id], Markup(), ""))
                continue
            first, *rest = _PARAGRAPH_END.split(words)
            paragraph.append(_Piece(None, _shown(first), why))
            for part in rest:
                yield tuple(paragraph)
                paragraph = [_Piece(None, _shown(part), why)]
        yield tuple(paragraph)

    def stretches(self, key: SideKey) -> Iterator[tuple[str, Claim | None, str]]:
        """The text cut at claims and ignored pieces; the words, whose they are, or why ignored."""
        side = self.outline.side(key)
        taken: list[tuple[int, int, Claim | None, str]] = [
            (claim.start, claim.end, claim, "") for claim in self.comparison.of(key)
        ]
        taken += [(piece.start, piece.end, None, clean(piece.why)) for piece in side.ignored]
        at = 0
        for start, end, claim, why in sorted(taken, key=lambda piece: piece[:2]):
            if at < start:
                yield side.text[at:start], None, ""
            if claim or max(start, at) < end:
                yield side.text[max(start, at) : end], claim, why
            at = max(at, end)
        if at < len(side.text):
            yield side.text[at:], None, ""


def _runs(text: str, marked: Iterable[tuple[int, int, str]]) -> tuple[_Run, ...]:
    """A text cut where marks begin and end."""
    ranges = [(max(start, 0), min(end, len(text)), mark) for start, end, mark in marked]
    edges = (at for start, end, _ in ranges if start < end for at in (start, end))
    cuts = sorted({0, len(text), *edges})
    return tuple(
        _Run(
            _shown(text[start:end]),
            " ".join(sorted({mark for first, last, mark in ranges if first <= start < last})),
        )
        for start, end in pairwise(cuts)
    )


def _shown(text: str) -> Markup:
    """Words as a page shows them: escaped; characters that would reorder or hide are made signs."""
    return Markup(_SHOWN_AS_SIGN.sub(_sign, str(escape(_LINE_END.sub("\n", text)))))


def _sign(found: re.Match[str]) -> str:
    char = found[0]
    if name := BIDI_CONTROLS.get(char):
        return f'<span class="sign" title="U+{ord(char):04X}">{name}</span>'
    return pictured(char)


def _direction(text: str) -> str:
    """`rtl` where most letters run from right to left."""
    found = [unicodedata.bidirectional(char) for char in text[:_ENOUGH]]
    rtl = sum(direction in ("R", "AL") for direction in found)
    return "rtl" if rtl > found.count("L") else "ltr"


def _file_name(path: str | None) -> str | None:
    """The last part of a path: the folders of whoever made the report are nobody's business."""
    if path is None:
        return None
    return clean(PureWindowsPath(path).name if "\\" in path else PurePosixPath(path).name)
