"""What every report for a reader says of a comparison: in which order and in which words."""

import re
from bisect import bisect_right
from collections import Counter
from functools import cached_property
from typing import Literal

from readout_diff.datamodel import (
    Claim,
    Comparison,
    Conflict,
    Presence,
    Side,
    SideKey,
    Topic,
)
from readout_diff.lexicon import language_name
from readout_diff.report.characters import clean

SIDES: tuple[SideKey, SideKey] = ("a", "b")
Kind = Literal["only", "partial", "close", "shared"]
"""How a claim is shown: its status, or `close` where it is too close to call."""
KINDS: tuple[Kind, ...] = ("only", "partial", "close", "shared")
TOO_CLOSE = "too close to call"
PARTIAL = "partly covered"
CLOSE_MEANS = f"{TOO_CLOSE} = either may be right; read both texts"
SHARED_MEANS = (
    "both say = both speak of the same thing in much the same words; amounts, negations and "
    "speakers that differ are not always seen, so read the matches"
)
_LAYOUT = {"list marker", "speaker", "ornament"}
"""Ignored pieces that no reader would take for text left out."""
_LINE_END = re.compile(r"\r\n|\r|\n")


class Outline:
    """A comparison as reports for readers tell it; what is looked up often is found at once."""

    def __init__(self, comparison: Comparison, *, by_severity: bool = False) -> None:
        self.comparison = comparison
        self.claims = {claim.id: claim for claim in comparison.claims}
        self._by_severity = by_severity

    def side(self, key: SideKey) -> Side:
        return self.comparison.sides.a if key == "a" else self.comparison.sides.b

    def name(self, key: SideKey) -> str:
        """What a side is called, in one harmless line; by its letter where it has no name."""
        return clean(self.side(key).name) or key.upper()

    def of(self, kind: Kind, key: SideKey | None = None) -> list[Claim]:
        """The claims of a kind, of one side or both, in the order that was asked for."""
        claims = self.comparison.claims
        found = [c for c in claims if key in (None, c.side) and kind_of(c) == kind]
        return sorted(found, key=self._rank) if self._by_severity else found

    def _rank(self, claim: Claim) -> int:
        return claim.severity.rank if claim.severity else len(self.claims)

    def topic(self, claim: Claim) -> Topic | None:
        """What a claim is about: a topic that is watched, else its likeliest."""
        topics = [self._topics[id] for id in claim.topics if id in self._topics]
        watched = [topic for topic in topics if topic.watched]
        return next(iter(watched or topics), None)

    def topic_labels(self, claim: Claim) -> list[str]:
        """What a claim's topics are called."""
        known = self._topics
        return [known[id].label if id in known else id for id in claim.topics]

    @cached_property
    def _topics(self) -> dict[str, Topic]:
        return {topic.id: topic for topic in self.comparison.topics}

    @cached_property
    def conflicts(self) -> dict[str, list[int]]:
        """Which of the conflicts a claim is in, by its id."""
        found: dict[str, list[int]] = {}
        for n, conflict in enumerate(self.comparison.conflicts):
            for words in (conflict.a, conflict.b):
                found.setdefault(words.claim, []).append(n)
        return found

    @cached_property
    def topics(self) -> list[Topic]:
        """The topics, watched ones first."""
        return sorted(self.comparison.topics, key=lambda topic: not topic.watched)

    def counts(self) -> list[tuple[int, str]]:
        """How many claims of each kind; what there seldom is, is left out where there is none.

        Counted as reports show claims, not as the summary of the JSON report does: there each
        claim that is too close to call counts by the status that is likelier.
        """
        counts = [
            (len(self.of("only", "a")), f"only {self.name('a')}"),
            (len(self.of("only", "b")), f"only {self.name('b')}"),
            (len(self.of("partial")), PARTIAL),
            (len(self.of("close")), TOO_CLOSE),
            (len(self.comparison.conflicts), "in conflict"),
            (len(self.of("shared")), "shared"),
        ]
        return [(n, what) for n, what in counts if n or what not in (TOO_CLOSE, "in conflict")]

    def label(self, claim: Claim) -> str:
        """What became of a claim, in a few words."""
        kind = kind_of(claim)
        if kind == "close":
            likelier = f"only {self.name(claim.side)}" if claim.status == "only" else "both"
            return f"{TOO_CLOSE}, probably {likelier}"
        return {"only": f"only {self.name(claim.side)}", "partial": PARTIAL, "shared": "both say"}[
            kind
        ]

    def present(self, presence: Presence) -> str:
        """Who mentions a topic."""
        if presence == "both" or presence == "neither":
            return presence
        return f"only {self.name(presence)}"

    def place(self, claim: Claim) -> tuple[int, int]:
        """Line and column where a claim begins, from 1, as an editor counts them."""
        starts = self._lines[claim.side]
        line = bisect_right(starts, claim.start)
        return line, claim.start - starts[line - 1] + 1

    @cached_property
    def _lines(self) -> dict[SideKey, list[int]]:
        return {
            key: [0, *(end.end() for end in _LINE_END.finditer(self.side(key).text))]
            for key in SIDES
        }

    def not_counted(self, key: SideKey) -> str:
        """What a side holds that asserts nothing, as a list; empty where there is none."""
        ignored = self.side(key).ignored
        why = Counter(clean(piece.why) for piece in ignored if piece.why not in _LAYOUT)
        return ", ".join(f"{n} {what}" if n > 1 else what for what, n in why.items())


def kind_of(claim: Claim) -> Kind:
    """A partial claim is never too close to call, for it shows the words that are missing."""
    return "close" if claim.unsure and claim.status != "partial" else claim.status


def other(key: SideKey) -> SideKey:
    return "b" if key == "a" else "a"


def sides_of(conflict: Conflict) -> list[tuple[SideKey, str]]:
    """The two claims of a conflict, by side."""
    return [("a", conflict.a.claim), ("b", conflict.b.claim)]


def language(lang: str) -> str:
    """The name of a language, where its lexicon tells it, else its tag."""
    if lang == "und":
        return "language unknown"
    return language_name(lang) or clean(lang)


def count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def names(text: str, speaker: str) -> bool:
    """Whether a speaker's words stand in a text; a short one ("I") as a word of its own."""
    edge = r"\b" if speaker.isascii() else ""
    return re.search(edge + re.escape(speaker) + edge, text) is not None
