"""The terminal report: what only one side says first, each claim in its own words.

Plain text where there is no colour; words that the other side lacks then stand in ⟦ ⟧.
"""

import io
import re
from collections import Counter

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from readout_diff.datamodel import (
    Claim,
    Comparison,
    ConflictSide,
    Presence,
    Side,
    SideKey,
    Status,
    Topic,
)
from readout_diff.lexicon import languages, lexicon
from readout_diff.report.layout import clean, is_rtl, quote, wrap
from readout_diff.report.reason import reason

_SIDES: tuple[SideKey, SideKey] = ("a", "b")
_LAYOUT = {"list marker", "speaker", "ornament"}
"""Ignored pieces that no reader would take for text left out."""
_STYLE = {"a": "cyan", "b": "magenta"}
_MISSING = "bold underline yellow"
_MARKS = ("⟦", "⟧")
_TOO_CLOSE = "too close to call"
_GAP = 3
"""Cells between a claim's last line and its place, where both fit on one line."""


def render(
    comparison: Comparison,
    *,
    width: int = 80,
    color: bool = False,
    show_all: bool = False,
    by_severity: bool = False,
) -> str:
    """The comparison for a reader at a terminal of `width` cells.

    With `color` it holds ANSI colour codes; `show_all` lists the shared claims with their
    matches, which are else only counted. What the other side lacks stands in text order, or
    `by_severity` with what matters most first.
    """
    return _View(comparison, max(width, 20), color, by_severity).render(show_all)


class _View:
    """One rendering: collects lines, then prints them as a string."""

    def __init__(self, comparison: Comparison, width: int, color: bool, by_severity: bool) -> None:
        self.comparison = comparison
        self.width = width
        self.color = color
        self.by_severity = by_severity
        self.lines: list[Text] = []
        self.claims = {claim.id: claim for claim in comparison.claims}
        self.by_topic = {topic.id: topic for topic in comparison.topics}
        longest = max((cell_len(clean(id)) for id in self.claims), default=2)
        self.gutter = min(longest + 4, self.width // 3)
        self.legend: dict[str, None] = {}

    def render(self, show_all: bool) -> str:
        for side in _SIDES:
            self.header(side)
        self.summary()
        self.topics()
        for side in _SIDES:
            self.only(side)
        self.partial()
        self.unsure()
        self.conflicts()
        self.shared(show_all)
        self.footer()
        return self.printed()

    def printed(self) -> str:
        out = io.StringIO()
        console = Console(
            file=out,
            width=max(self.width, 1),
            force_terminal=self.color,
            color_system="standard" if self.color else None,
            no_color=not self.color,
            legacy_windows=False,
            markup=False,
            emoji=False,
            highlight=False,
            _environ={},
        )
        for line in self.lines:
            console.print(line, no_wrap=True, overflow="ignore", crop=False, soft_wrap=True)
        return "\n".join(line.rstrip() for line in out.getvalue().split("\n"))

    # What the report begins with

    def header(self, key: SideKey) -> None:
        side = self.side(key)
        about = [_language(side.lang)]
        about += [clean(known) for known in (side.office, side.date, side.title) if known]
        self.add(Text(self.name(key), f"bold {_STYLE[key]}"))
        self.add(Text(" · ".join(about)), indent=2)
        if side.claims:
            counted = f"{_count(side.claims, 'claim')}, of which {self.name(_other(key))} conveys "
            self.add(Text(counted).append(_percent(side.coverage), "bold"), 2)
        else:
            self.add(Text("no claims"), indent=2)

    def summary(self) -> None:
        # Counted as the sections below are, not as the summary of the JSON report is: there each
        # unsure claim counts by the status that is likelier.
        counts = [
            (len(self.sure("only", "a")), f"only {self.name('a')}"),
            (len(self.sure("only", "b")), f"only {self.name('b')}"),
            (len(self.sure("partial")), "partly covered"),
            (len(self.too_close()), _TOO_CLOSE),
            (len(self.comparison.conflicts), "in conflict"),
            (len(self.sure("shared")), "shared"),
        ]
        seldom = (_TOO_CLOSE, "in conflict")
        line = " · ".join(f"{n} {what}" for n, what in counts if n or what not in seldom)
        self.blank()
        self.add(Text(line))

    def topics(self) -> None:
        """Who mentions what: a line for each topic asked for, then the others together."""
        found = self.comparison.topics
        if not found:
            return
        self.section("Topics", len(found), "blue")
        for topic in found:
            if topic.watched:
                self.watched(topic)
        grouped: tuple[tuple[Presence, str], ...] = (
            ("a", f"only {self.name('a')}"),
            ("b", f"only {self.name('b')}"),
            ("both", "both"),
        )
        for presence, who in grouped:
            labels = [
                clean(topic.label)
                for topic in found
                if topic.presence == presence and not topic.watched
            ]
            if labels:
                self.add(Text().append(f"{who}: ", "bold").append("; ".join(labels)), indent=2)

    def watched(self, topic: Topic) -> None:
        who = {
            "a": f"only {self.name('a')}",
            "b": f"only {self.name('b')}",
            "both": "both",
            "neither": "neither",
        }[topic.presence]
        place = Text(who, "bold")
        if claims := [*topic.a, *topic.b]:
            place.append(" · " + " ".join(map(clean, claims)), "dim")
        self.item(Text("★", "bold yellow"), Text(clean(topic.label), "bold"), place)
        self.legend["★ = a topic that was asked for"] = None

    # What it says of claims

    def only(self, key: SideKey) -> None:
        claims = self.sure("only", key)
        self.section(f"Only {self.name(key)} says", len(claims), _STYLE[key])
        for claim in claims:
            self.claim(claim)

    def partial(self) -> None:
        claims = self.sure("partial")
        if not claims:
            return
        self.section("Partly covered by the other side", len(claims), "yellow")
        for claim in claims:
            self.claim(claim)
            self.matches(claim)

    def unsure(self) -> None:
        claims = self.too_close()
        if not claims:
            return
        self.section(_TOO_CLOSE.capitalize(), len(claims), "yellow")
        self.legend[f"{_TOO_CLOSE} = either may be right; read both texts"] = None
        for claim in claims:
            only = claim.status == "only"
            self.claim(claim, f"probably only {self.name(claim.side)}" if only else "probably both")
            self.matches(claim, most=1)

    def shared(self, show_all: bool) -> None:
        claims = self.sure("shared")
        if not claims:
            return
        self.section("Both say", len(claims), "green")
        self.legend[
            "both say = both speak of the same thing in much the same words; amounts, negations "
            "and speakers that differ are not always seen, so read the matches with --all"
        ] = None
        counts = Counter(claim.side for claim in claims)
        each = " and ".join(f"{counts[key]} of {self.name(key)}'s" for key in _SIDES)
        if not show_all:
            self.add(Text(f"{each} claims; --all shows them.", "dim"), indent=2)
            return
        # A pair that stands under side a would only be said again under side b.
        told = {claim.matches[0].id for claim in claims if claim.side == "a" and self.paired(claim)}
        if told:
            self.add(Text(f"{each} claims; two that match only each other stand once.", "dim"), 2)
        for claim in claims:
            if claim.id not in told:
                self.claim(claim)
                self.matches(claim)

    def paired(self, claim: Claim) -> bool:
        """Whether a shared claim and one of the other side match each other and no other."""
        if len(claim.matches) != 1:
            return False
        other = self.claims.get(claim.matches[0].id)
        return (
            other is not None
            and other.status == "shared"
            and not _is_close(other)
            and [match.id for match in other.matches] == [claim.id]
        )

    def conflicts(self) -> None:
        found = self.comparison.conflicts
        if not found:
            return
        self.section("In conflict", len(found), "red")
        for conflict in found:
            title = (
                Text().append(conflict.kind, "bold").append(f", {_percent(conflict.confidence)}")
            )
            self.add(title, indent=2)
            names = (self.comparison.sides.a.name, self.comparison.sides.b.name)
            self.add(Text(clean(reason(conflict, *names)), "italic"), self.gutter)
            for key, side in zip(_SIDES, (conflict.a, conflict.b), strict=True):
                self.conflict_side(key, side)

    def conflict_side(self, key: SideKey, side: ConflictSide) -> None:
        claim = self.claims.get(side.claim)
        text, start = (claim.text, claim.start) if claim else (side.text, side.start)
        said = quote(text, [(side.start - start, side.end - start)], _MISSING, self.marks())
        label = Text(clean(side.claim), _STYLE[key])
        self.explain_marks()
        self.item(label, Text().append(f"{self.name(key)}: ", _STYLE[key]).append_text(said), None)

    def claim(self, claim: Claim, likelier: str | None = None) -> None:
        marked = [(gap.start - claim.start, gap.end - claim.start) for gap in claim.missing]
        text = quote(claim.text, marked, _MISSING, self.marks())
        place = Text()
        self.legend["line:column · % = probability that the other side lacks it"] = None
        if likelier:
            place.append(f"{likelier} · ", "bold yellow")
        place.append(self.about(claim))
        place.append(f"{self.place(claim.side, claim.start)} · {_percent(claim.absence)}", "dim")
        if claim.speaker and not _names(claim.text, claim.speaker):
            text = Text().append(f"{clean(claim.speaker)}: ", "italic").append_text(text)
        self.item(Text(clean(claim.id), f"bold {_STYLE[claim.side]}"), text, place)
        if claim.missing:
            self.explain_marks()

    def about(self, claim: Claim) -> Text:
        """What a claim is about: a topic that was asked for, else its likeliest."""
        topics = [self.by_topic[topic] for topic in claim.topics if topic in self.by_topic]
        for topic in topics:
            if topic.watched:
                return Text(f"★ {clean(topic.label)} · ", "bold yellow")
        return Text(f"{clean(topics[0].label)} · " if topics else "", "dim italic")

    def matches(self, claim: Claim, most: int | None = None) -> None:
        for match in claim.matches[:most]:
            other = self.claims.get(match.id)
            key = _other(claim.side)
            line = Text().append(f"{self.name(key)} {clean(match.id)}: ", _STYLE[key])
            if other:
                line.append_text(quote(other.text, (), "", ("", "")))
            first, *rest = wrap(line, self.width - self.gutter - 2)
            self.lines.append(Text(" " * self.gutter + "≈ ").append_text(first))
            self.lines.extend(Text(" " * (self.gutter + 2)).append_text(part) for part in rest)

    # What it ends with

    def footer(self) -> None:
        self.blank()
        for key in _SIDES:
            ignored = self.side(key).ignored
            if any(piece.why not in _LAYOUT for piece in ignored):
                why = Counter(clean(piece.why) for piece in ignored if piece.why not in _LAYOUT)
                reasons = ", ".join(f"{n} {what}" if n > 1 else what for what, n in why.items())
                self.note(f"Not counted in {self.name(key)}, since it asserts nothing: {reasons}.")
        for entry in self.legend:
            self.note(entry[:1].upper() + entry[1:] + ".")
        tool = self.comparison.tool
        made = f"{tool.name} {tool.version}, {tool.encoder}, {self.comparison.created}"
        self.note(clean(made))

    # How it is laid out

    def item(self, label: Text, text: Text, place: Text | None) -> None:
        """A labelled text with its place at the right end, or below where there is no room."""
        room = self.width - self.gutter
        parts = wrap(text, room) or [Text()]
        for i, part in enumerate(parts):
            head = Text("  ").append_text(label) if i == 0 else Text()
            head.append(" " * (self.gutter - cell_len(head.plain)))
            self.lines.append(head.append_text(part))
        if place is None:
            return
        last = self.lines[-1]
        free = self.width - cell_len(last.plain) - cell_len(place.plain)
        # Beside text that runs from right to left a terminal would reorder it.
        if free >= _GAP and not is_rtl(text.plain):
            last.append(" " * free).append_text(place)
        else:
            pad = max(self.gutter, self.width - cell_len(place.plain))
            self.lines.extend(
                Text(" " * pad).append_text(part) for part in wrap(place, self.width - self.gutter)
            )

    def section(self, title: str, count: int, style: str) -> None:
        self.blank()
        head = Text().append(title, f"bold {style}").append(f" · {count or 'nothing'}", style)
        self.add(head)

    def add(self, text: Text, indent: int = 0) -> None:
        for part in wrap(text, self.width - indent):
            self.lines.append(Text(" " * indent).append_text(part))

    def note(self, text: str) -> None:
        self.add(Text(text, "dim"))

    def blank(self) -> None:
        self.lines.append(Text())

    # What it looks up

    def sure(self, status: Status, key: SideKey | None = None) -> list[Claim]:
        """The claims of a status, of one side or both, but for those too close to call."""
        claims = self.comparison.of(key) if key else self.comparison.claims
        return self.ordered(
            [claim for claim in claims if claim.status == status and not _is_close(claim)]
        )

    def too_close(self) -> list[Claim]:
        return self.ordered([claim for claim in self.comparison.claims if _is_close(claim)])

    def ordered(self, claims: list[Claim]) -> list[Claim]:
        """In text order, or what matters most first."""
        if not self.by_severity:
            return claims
        last = len(self.claims)
        return sorted(claims, key=lambda claim: claim.severity.rank if claim.severity else last)

    def side(self, key: SideKey) -> Side:
        return self.comparison.sides.a if key == "a" else self.comparison.sides.b

    def name(self, key: SideKey) -> str:
        return clean(self.side(key).name) or key.upper()

    def marks(self) -> tuple[str, str]:
        return ("", "") if self.color else _MARKS

    def explain_marks(self) -> None:
        words = "underlined" if self.color else "words".join(_MARKS)
        self.legend[f"{words} = what the other side lacks or says otherwise"] = None

    def place(self, key: SideKey, offset: int) -> str:
        """Line and column, from 1, as an editor counts them."""
        before = self.side(key).text[:offset].replace("\r\n", "\n").replace("\r", "\n")
        column = len(before) - before.rfind("\n")
        return f"line {before.count(chr(10)) + 1}:{column}"


def _is_close(claim: Claim) -> bool:
    """Too close to call: a partial claim never is, for it shows the words that are missing."""
    return claim.unsure and claim.status != "partial"


def _other(key: SideKey) -> SideKey:
    return "b" if key == "a" else "a"


def _language(lang: str) -> str:
    """The name of a language, where its lexicon tells it, else its tag."""
    if lang == "und":
        return "language unknown"
    return lexicon(lang).name if lang in languages() else clean(lang)


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def _names(text: str, speaker: str) -> bool:
    """Whether the words stand in a text; a short one ("I") as a word of its own."""
    edge = r"\b" if speaker.isascii() else ""
    return re.search(edge + re.escape(speaker) + edge, text) is not None
