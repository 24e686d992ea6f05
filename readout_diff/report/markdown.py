"""The Markdown report: tables to paste into a wiki or an issue (GitHub's dialect)."""

import re
from collections.abc import Iterable, Iterator

from readout_diff.datamodel import Claim, Comparison, ConflictSide, SideKey
from readout_diff.report.characters import clean
from readout_diff.report.outline import (
    CLOSE_MEANS,
    KINDS,
    SHARED_MEANS,
    SIDES,
    Outline,
    kind_of,
    language,
    names,
    other,
    percent,
)
from readout_diff.report.reason import reason

_MARKS = ("⟦", "⟧")
_ACTS = re.compile(r"[\\`*_\[\]|~$]")
_NOTHING = "–"


def render(comparison: Comparison, *, show_all: bool = False, **_how_it_is_viewed: object) -> str:
    """Sides, topics, conflicts and findings as tables; with `show_all` the shared claims too."""
    outline = Outline(comparison)
    parts = [
        f"## {escaped(outline.name('a'))} · {escaped(outline.name('b'))}",
        _sides(outline),
        " · ".join(f"{n} {escaped(what)}" for n, what in outline.counts()),
        *_section("Topics", _topics(outline)),
        *_section("In conflict", _conflicts(outline)),
        *_section("All claims" if show_all else "Findings", _claims(outline, show_all)),
        "  \n".join(_notes(outline, show_all)),
    ]
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """One harmless line that Markdown shows as it is, in a table too."""
    text = clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _ACTS.sub(r"\\\g<0>", text)


def _section(title: str, table: str) -> list[str]:
    return [f"### {title}", table] if table else []


def _table(head: Iterable[str], rows: list[list[str]]) -> str:
    if not rows:
        return ""
    heads = list(head)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _sides(outline: Outline) -> str:
    rows = []
    sides = [outline.side(key) for key in SIDES]
    rows.append(["language", *(escaped(language(side.lang)) for side in sides)])
    for what in ("office", "date", "title"):
        known: list[str | None] = [getattr(side, what) for side in sides]
        if any(known):
            rows.append([what, *(escaped(value) if value else _NOTHING for value in known)])
    rows.append(["claims", *(str(side.claims) for side in sides)])
    rows.append(["conveyed by the other side", *(percent(side.coverage) for side in sides)])
    return _table(["", *_names(outline)], rows)


def _names(outline: Outline) -> list[str]:
    return [escaped(outline.name(key)) for key in SIDES]


def _topics(outline: Outline) -> str:
    rows = [
        [
            escaped(topic.label) + (" ★" if topic.watched else ""),
            escaped(outline.present(topic.presence)),
            *(", ".join(map(escaped, ids)) or _NOTHING for ids in (topic.a, topic.b)),
        ]
        for topic in outline.topics
    ]
    return _table(["topic", "who mentions it", *_names(outline)], rows)


def _conflicts(outline: Outline) -> str:
    def said(side: ConflictSide) -> str:
        claim = outline.claims.get(side.claim)
        text, start = (claim.text, claim.start) if claim else (side.text, side.start)
        return _quoted(side.claim, text, [(side.start - start, side.end - start)])

    names = (outline.comparison.sides.a.name, outline.comparison.sides.b.name)
    rows = [
        [
            f"{conflict.kind}, {percent(conflict.confidence)}",
            said(conflict.a),
            said(conflict.b),
            escaped(reason(conflict, *names)),
        ]
        for conflict in outline.comparison.conflicts
    ]
    return _table(["kind", *_names(outline), "why"], rows)


def _claims(outline: Outline, show_all: bool) -> str:
    kinds = [kind for kind in KINDS if show_all or kind != "shared"]
    keys: dict[str, tuple[SideKey | None, ...]] = {"only": SIDES}
    shown = [
        claim
        for kind in kinds
        for key in keys.get(kind, (None,))
        for claim in outline.of(kind, key)
    ]
    rows = []
    for claim in shown:
        own = _quoted(
            claim.id,
            claim.text,
            [(gap.start - claim.start, gap.end - claim.start) for gap in claim.missing],
        )
        found = [(match.id, outline.claims.get(match.id)) for match in claim.matches]
        theirs = "<br>".join(_quoted(id, match.text, []) for id, match in found if match)
        cells = {claim.side: own, other(claim.side): theirs or _NOTHING}
        rows.append(
            [
                escaped(outline.label(claim)),
                cells["a"],
                cells["b"],
                percent(claim.absence),
                "; ".join(map(escaped, _about(outline, claim))),
            ]
        )
    return _table(["", *_names(outline), "absence", "about it"], rows)


def _about(outline: Outline, claim: Claim) -> Iterator[str]:
    if claim.severity:
        yield f"severity {claim.severity.rank}: {claim.severity.why}"
    if claim.topics:
        yield ", ".join(outline.topic_labels(claim))
    if claim.speaker and not names(claim.text, claim.speaker):
        yield f"speaker: {claim.speaker}"


def _quoted(id: str, text: str, marked: list[tuple[int, int]]) -> str:
    """A claim's id and its words, the marked ones between ⟦ and ⟧."""
    said, at = "", 0
    for start, end in sorted(marked):
        if at <= start < end:
            said += f"{text[at:start]}{_MARKS[0]}{text[start:end]}{_MARKS[1]}"
            at = end
    return f"{escaped(id)}: {escaped(said + text[at:])}"


def _notes(outline: Outline, show_all: bool) -> Iterator[str]:
    claims = outline.comparison.claims
    yield "Absence = probability that the other side lacks it."
    if outline.comparison.conflicts or any(claim.missing for claim in claims):
        yield f"{'words'.join(_MARKS)} = what the other side lacks or says otherwise."
    if any(kind_of(claim) == "close" for claim in claims):
        yield f"{CLOSE_MEANS.capitalize()}."
    if show_all:
        yield f"{SHARED_MEANS.capitalize()}."
    if any(topic.watched for topic in outline.topics):
        yield "★ = watched."
    tool = outline.comparison.tool
    made = f"{tool.name} {tool.version}, {tool.encoder}, {outline.comparison.created}"
    yield escaped(made)
