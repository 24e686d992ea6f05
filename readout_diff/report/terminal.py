"""The terminal report, in the order of the page: the sides, topics, conflicts, then the claims.

Plain text where there is no colour; words that the other side lacks then stand in ⟦ ⟧. From
`WIDE` cells on, what both sides say stands side by side, side a's words on the left.
"""

import io
import re
from collections import Counter
from collections.abc import Iterable

from msgspec import Struct
from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.text import Text

from readout_diff.datamodel import Claim, Comparison, ConflictSide, Side, SideKey
from readout_diff.language import is_rtl
from readout_diff.report import hyperlinks
from readout_diff.report.characters import clean
from readout_diff.report.layout import quote, wrap
from readout_diff.report.outline import (
    CLOSE_MEANS,
    PARTIAL,
    SHARED_MEANS,
    SIDES,
    TOO_CLOSE,
    Kind,
    Outline,
    count,
    kind_of,
    language,
    names,
    other,
    percent,
)
from readout_diff.report.reason import reason

WIDE = 120
LONGEST_LINE = 110
"""A text that has the whole width to itself is harder to read in longer lines."""
_STYLE: dict[SideKey, str] = {"a": "cyan", "b": "magenta"}
_MISSING = "bold underline yellow"
_MARKS = ("⟦", "⟧")
_GAP = 3
"""Cells between a claim's last line and its place, where both fit on one line, and columns."""
_BAR = 24
_MOST_IDS = 12
_LINK = re.compile(r"\x1b\]8;id=[^;]*;")


class _BarMark(Struct, frozen=True):
    """How a kind of claim is drawn in a bar, and what it is called there."""

    kind: Kind
    what: str
    char: str
    style: str


_BAR_MARKS = (
    _BarMark("shared", "shared", "█", "green"),
    _BarMark("partial", PARTIAL, "▓", "yellow"),
    _BarMark("close", TOO_CLOSE, "▒", "yellow"),
    _BarMark("only", "only that side", "░", "dim"),
)


def render(
    comparison: Comparison,
    *,
    width: int = 80,
    color: bool = False,
    show_all: bool = False,
    by_severity: bool = False,
    links: str | None = None,
) -> str:
    """The comparison for a reader at a terminal of `width` cells.

    With `color` it holds ANSI colour codes, and with `links`, a format of `hyperlinks`, the places
    of claims are hyperlinks too; `show_all` lists the shared claims with their matches, which are
    else only counted. What the other side lacks stands in text order, or `by_severity` with what
    matters most first.
    """
    outline = Outline(comparison, by_severity=by_severity)
    return _View(outline, max(width, 20), color, links if color else None).render(show_all)


class _View:
    """One rendering: collects lines, then prints them as a string."""

    def __init__(self, outline: Outline, width: int, color: bool, links: str | None) -> None:
        self.outline = outline
        self.comparison = outline.comparison
        self.full = width
        self.wide = width >= WIDE
        self.width = min(width, LONGEST_LINE)
        self.color = color
        self.links = links
        self.lines: list[Text] = []
        self.claims = self.outline.claims
        longest = max((cell_len(clean(id)) for id in self.claims), default=2)
        self.gutter = min(longest + 4, self.width // 3)
        self.legend: dict[str, None] = {}
        self.headed = False

    def render(self, show_all: bool) -> str:
        for key in SIDES:
            self.header(key)
        self.summary()
        self.topics()
        self.conflicts()
        for key in SIDES:
            self.only(key)
        self.partial()
        self.unsure()
        self.shared(show_all)
        self.footer()
        return self.printed()

    def printed(self) -> str:
        out = io.StringIO()
        console = Console(
            file=out,
            width=max(self.full, 1),
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
        # rich numbers links at random; nothing here needs the numbers.
        text = _LINK.sub("\x1b]8;;", out.getvalue())
        return "\n".join(line.rstrip() for line in text.split("\n"))

    # What the report begins with

    def header(self, key: SideKey) -> None:
        side = self.side(key)
        about = [language(side.lang)]
        about += [clean(known) for known in (side.office, side.date, side.title) if known]
        self.add(Text(self.name(key), f"bold {_STYLE[key]}"))
        self.add(Text(" · ".join(about)), indent=2)
        if not side.claims:
            self.add(Text("no claims"), indent=2)
            return
        counted = f"{count(side.claims, 'claim')}, of which {self.name(other(key))} conveys "
        said = Text(counted).append(percent(side.coverage), "bold")
        if self.width >= _BAR + 2 + cell_len(said.plain) + _GAP:
            said = self.bar(key).append(" ").append_text(said)
        self.add(said, indent=2)

    def bar(self, key: SideKey) -> Text:
        """A side's claims by what became of them, drawn to scale."""
        there = [mark for mark in _BAR_MARKS if self.outline.of(mark.kind)]
        named = ", ".join(f"{mark.what} {mark.char}" for mark in there)
        self.legend[f"bar = {named}"] = None
        bar = Text()
        done, drawn = 0, 0
        for mark in _BAR_MARKS:
            done += len(self.outline.of(mark.kind, key))
            end = round(_BAR * done / max(len(self.comparison.of(key)), 1))
            bar.append(mark.char * (end - drawn), mark.style)
            drawn = end
        return bar

    def summary(self) -> None:
        self.blank()
        self.add(Text(" · ".join(f"{n} {what}" for n, what in self.outline.counts())))

    def topics(self) -> None:
        topics = self.outline.topics
        if not topics:
            return
        self.section("Topics", len(topics), "blue")
        labels = [clean(topic.label) for topic in topics]
        who = [self.outline.present(topic.presence) for topic in topics]
        widest = min(max(map(cell_len, labels)), self.width // 3)
        broadest = min(max(map(cell_len, who)), self.width // 3)
        for topic, label, present in zip(topics, labels, who, strict=True):
            row = Text().append("★ " if topic.watched else "  ", "bold yellow")
            row.append(_padded(label, widest), "bold" if topic.watched else "")
            row.append(f"  {_padded(present, broadest)}", "" if topic.a and topic.b else "red")
            listed = [Text(_some(topic.a), _STYLE["a"]), Text(_some(topic.b), _STYLE["b"])]
            row.append("  ").append_text(Text(" · ").join(ids for ids in listed if ids))
            self.hang(row, indent=2, more=2)
            if topic.watched:
                self.legend["★ = watched"] = None

    # What it says of claims

    def only(self, key: SideKey) -> None:
        claims = self.outline.of("only", key)
        self.section(f"Only {self.name(key)} says", len(claims), _STYLE[key])
        for claim in claims:
            self.claim(claim)

    def partial(self) -> None:
        claims = self.outline.of("partial")
        if not claims:
            return
        self.section(f"{PARTIAL.capitalize()} by the other side", len(claims), "yellow")
        for claim in claims:
            self.matched(claim)

    def unsure(self) -> None:
        claims = self.outline.of("close")
        if not claims:
            return
        self.section(TOO_CLOSE.capitalize(), len(claims), "yellow")
        self.legend[CLOSE_MEANS] = None
        for claim in claims:
            only = claim.status == "only"
            likelier = f"probably only {self.name(claim.side)}" if only else "probably both"
            self.matched(claim, likelier, most=1)

    def shared(self, show_all: bool) -> None:
        claims = self.outline.of("shared")
        if not claims:
            return
        self.section("Both say", len(claims), "green")
        self.legend[SHARED_MEANS + " with --all"] = None
        counts = Counter(claim.side for claim in claims)
        each = " and ".join(f"{counts[key]} of {self.name(key)}'s" for key in SIDES)
        if not show_all:
            self.add(Text(f"{each} claims; --all shows them.", "dim"), indent=2)
            return
        # A pair that stands under side a would only be said again under side b.
        told = {claim.matches[0].id for claim in claims if claim.side == "a" and self.paired(claim)}
        if told:
            self.add(Text(f"{each} claims; two that match only each other stand once.", "dim"), 2)
        for claim in claims:
            if claim.id not in told:
                self.matched(claim)

    def paired(self, claim: Claim) -> bool:
        """Whether a shared claim and one of the other side match each other and no other."""
        if len(claim.matches) != 1:
            return False
        match = self.claims.get(claim.matches[0].id)
        return (
            match is not None
            and kind_of(match) == "shared"
            and [back.id for back in match.matches] == [claim.id]
        )

    def conflicts(self) -> None:
        found = self.comparison.conflicts
        if not found:
            return
        self.section("In conflict", len(found), "red")
        for conflict in found:
            title = Text().append(conflict.kind, "bold").append(f", {percent(conflict.confidence)}")
            self.add(title, indent=2)
            sides = self.comparison.sides
            why = clean(reason(conflict, sides.a.name, sides.b.name))
            self.add(Text(why, "italic"), self.gutter)
            self.explain_marks()
            said = [self.in_conflict("a", conflict.a), self.in_conflict("b", conflict.b)]
            if self.beside(said):
                self.columns([(*said[0], None)], [(*said[1], None)])
                continue
            for key, (label, text) in zip(SIDES, said, strict=True):
                self.item(label, Text().append(f"{self.name(key)}: ", _STYLE[key]) + text, None)

    def in_conflict(self, key: SideKey, side: ConflictSide) -> tuple[Text, Text]:
        """A claim's id and its words, those in conflict marked."""
        claim = self.claims.get(side.claim)
        text, start = (claim.text, claim.start) if claim else (side.text, side.start)
        said = quote(text, [(side.start - start, side.end - start)], _MISSING, self.marks())
        return Text(clean(side.claim), _STYLE[key]), said

    def matched(self, claim: Claim, likelier: str | None = None, most: int | None = None) -> None:
        """A claim and its matches, side by side where there is room."""
        label, text, place = self.quoted(claim, likelier)
        matches = [
            (Text(clean(id), _STYLE[other(claim.side)]), quote(found.text, (), "", ("", "")))
            for id, found in ((m.id, self.claims.get(m.id)) for m in claim.matches[:most])
            if found
        ]
        if not matches or not self.beside([(label, text), *matches]):
            self.claim(claim, likelier)
            self.matches(claim, most)
            return
        own, found = [(label, text, place)], [(id, said, None) for id, said in matches]
        self.columns(*((own, found) if claim.side == "a" else (found, own)))
        self.explain(claim)

    def claim(self, claim: Claim, likelier: str | None = None) -> None:
        self.item(*self.quoted(claim, likelier))
        self.explain(claim)

    def quoted(self, claim: Claim, likelier: str | None) -> tuple[Text, Text, Text]:
        """A claim's id, its words, and where they stand with how likely the other lacks them."""
        marked = [(gap.start - claim.start, gap.end - claim.start) for gap in claim.missing]
        text = quote(claim.text, marked, _MISSING, self.marks())
        place = Text()
        self.legend["line:column · % = probability that the other side lacks it"] = None
        if likelier:
            place.append(f"{likelier} · ", "bold yellow")
        if topic := self.outline.topic(claim):
            star, style = ("★ ", "bold yellow") if topic.watched else ("", "dim italic")
            place.append(f"{star}{clean(topic.label)} · ", style)
        line, column = self.outline.place(claim)
        target = self.links and hyperlinks.target(
            self.links, self.side(claim.side).path, line, column
        )
        place.append(f"line {line}:{column}", Style(dim=True, link=target or None))
        place.append(f" · {percent(claim.absence)}", "dim")
        if claim.speaker and not names(claim.text, claim.speaker):
            text = Text().append(f"{clean(claim.speaker)}: ", "italic").append_text(text)
        return Text(clean(claim.id), f"bold {_STYLE[claim.side]}"), text, place

    def explain(self, claim: Claim) -> None:
        if claim.missing:
            self.explain_marks()

    def matches(self, claim: Claim, most: int | None = None) -> None:
        for match in claim.matches[:most]:
            found = self.claims.get(match.id)
            key = other(claim.side)
            line = Text().append(f"{self.name(key)} {clean(match.id)}: ", _STYLE[key])
            if found:
                line.append_text(quote(found.text, (), "", ("", "")))
            first, *rest = wrap(line, self.width - self.gutter - 2)
            self.lines.append(Text(" " * self.gutter + "≈ ").append_text(first))
            self.lines.extend(Text(" " * (self.gutter + 2)).append_text(part) for part in rest)

    # What it ends with

    def footer(self) -> None:
        self.blank()
        for key in SIDES:
            if why := self.outline.not_counted(key):
                self.note(f"Not counted in {self.name(key)}, since it asserts nothing: {why}.")
        for entry in self.legend:
            self.note(entry[:1].upper() + entry[1:] + ".")
        tool = self.comparison.tool
        made = f"{tool.name} {tool.version}, {tool.encoder}, {self.comparison.created}"
        self.note(clean(made))

    # How it is laid out

    def item(self, label: Text, text: Text, place: Text | None) -> None:
        self.lines.extend(self.laid_out(label, text, place, self.width))

    def laid_out(self, label: Text, text: Text, place: Text | None, width: int) -> list[Text]:
        """A labelled text with its place at the right end, or below where there is no room."""
        lines = []
        for i, part in enumerate(wrap(text, width - self.gutter) or [Text()]):
            head = Text("  ").append_text(label) if i == 0 else Text()
            head.append(" " * (self.gutter - cell_len(head.plain)))
            lines.append(head.append_text(part))
        if place is None:
            return lines
        free = width - cell_len(lines[-1].plain) - cell_len(place.plain)
        # Beside text that runs from right to left a terminal would reorder it.
        if free >= _GAP and not is_rtl(text.plain):
            lines[-1].append(" " * free).append_text(place)
        else:
            pad = max(self.gutter, width - cell_len(place.plain))
            lines += (Text(" " * pad) + part for part in wrap(place, width - self.gutter))
        return lines

    def beside(self, quotes: Iterable[tuple[Text, Text]]) -> bool:
        """Whether quotes can stand side by side: a terminal reorders lines that hold Arabic."""
        return self.wide and not any(is_rtl(text.plain) for _, text in quotes)

    def columns(self, *sides: list[tuple[Text, Text, Text | None]]) -> None:
        """Labelled texts of side a on the left, of side b on the right."""
        width = (self.full - _GAP) // 2
        if not self.headed:
            over = [Text("  " + self.name(key), f"dim {_STYLE[key]}") for key in SIDES]
            over[0].truncate(width, overflow="ellipsis", pad=True)
            over[1].truncate(width, overflow="ellipsis")
            self.lines.append(over[0].append(" " * _GAP).append_text(over[1]))
            self.headed = True
        left, right = (
            [line for item in side for line in self.laid_out(*item, width)] for side in sides
        )
        for n in range(max(len(left), len(right))):
            line = left[n].copy() if n < len(left) else Text()
            if n < len(right):
                line.append(" " * (width + _GAP - cell_len(line.plain))).append_text(right[n])
            self.lines.append(line)

    def section(self, title: str, count: int, style: str) -> None:
        self.blank()
        self.headed = False
        head = Text().append(title, f"bold {style}").append(f" · {count or 'nothing'}", style)
        self.add(head)

    def add(self, text: Text, indent: int = 0) -> None:
        self.hang(text, indent)

    def hang(self, text: Text, indent: int, more: int = 0) -> None:
        """Lines of a text, the second and later ones indented by `more`."""
        for n, part in enumerate(wrap(text, self.width - indent - more)):
            self.lines.append(Text(" " * (indent + (more if n else 0))).append_text(part))

    def note(self, text: str) -> None:
        self.add(Text(text, "dim"))

    def blank(self) -> None:
        self.lines.append(Text())

    # What it looks up

    def side(self, key: SideKey) -> Side:
        return self.outline.side(key)

    def name(self, key: SideKey) -> str:
        return self.outline.name(key)

    def marks(self) -> tuple[str, str]:
        return ("", "") if self.color else _MARKS

    def explain_marks(self) -> None:
        words = "underlined" if self.color else "words".join(_MARKS)
        self.legend[f"{words} = what the other side lacks or says otherwise"] = None


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


def _some(ids: tuple[str, ...]) -> str:
    """The first of many ids, and how many more there are."""
    more = len(ids) - _MOST_IDS
    return " ".join(map(clean, ids[:_MOST_IDS])) + (f" +{more}" if more > 0 else "")
