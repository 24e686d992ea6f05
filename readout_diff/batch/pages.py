"""The pages of a batch: one of all meetings, and one of each meeting with three sides or more.

Each is one file that fetches nothing: its style and its script stand in it, and the policy in its
head allows these two, by their hashes, and nothing else. All text is escaped.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from msgspec import Struct

from readout_diff.batch.corpus import Cell, Corpus, Office, TopicRow, cell
from readout_diff.batch.corpus import Topic as CorpusTopic
from readout_diff.batch.meetings import LeftOut, Meeting, Pair, Source
from readout_diff.batch.records import Finding, Record, Row, replace_file
from readout_diff.report.inline import allowed, environment

if TYPE_CHECKING:
    from jinja2 import Template

INDEX = "index.html"
MOST_TOPICS = 60
"""Topics in the map, MOST_OFFICES offices; `topics.csv` has all."""
MOST_OFFICES = 30


class MapRow(Struct, frozen=True):
    """A topic in the map, with a cell for each office."""

    topic: CorpusTopic
    cells: tuple[Cell, ...]


class History(Struct, frozen=True):
    """An office over time."""

    office: str
    periods: tuple[str, ...]
    rows: tuple[MapRow, ...]
    """With a cell for each period."""


class Voice(Struct, frozen=True):
    """One readout in the page of a meeting."""

    name: str
    lang: str
    alone: tuple[Finding, ...]
    """Claims that none of the others conveys."""


def write_index(
    out: Path,
    corpus: Corpus,
    rows: Iterable[Row],
    failures: Iterable[dict[str, Any]],
    left_out: Iterable[LeftOut],
    formats: Sequence[str],
) -> None:
    """`index.html`, written piece by piece: the meetings may be many."""
    offices, topics = corpus.offices(), corpus.topics()
    counts = corpus.rows()
    shown = offices[:MOST_OFFICES], topics[:MOST_TOPICS]
    pieces = _template("index.html").generate(
        **_head("index.js"),
        meetings=corpus.meetings,
        comparisons=corpus.comparisons,
        offices=shown[0],
        more_offices=len(offices) - len(shown[0]),
        map=_map(*shown, counts),
        more_topics=len(topics) - len(shown[1]),
        histories=list(_histories(*shown, counts)),
        rows=rows,
        failures=failures,
        left_out=left_out,
        ending=_best(formats),
    )
    part = out / ".index.html.part"
    with open(part, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(pieces)
    part.replace(out / INDEX)


def write_meeting(
    out: Path, meeting: Meeting, records: Sequence[Record], formats: Sequence[str]
) -> str:
    """`MEETING.html` of a meeting with several pairs, whose reports lie in the folder MEETING.

    Gives the name of the file.
    """
    by_report = {record.row.report: record for record in records}
    pairs = [
        (pair, by_report[f"{pair.key}.json"])
        for pair in meeting.pairs
        if f"{pair.key}.json" in by_report
    ]
    text = _template("meeting.html").render(
        **_head(None),
        meeting=meeting.name,
        date=next((record.row.date for record in records if record.row.date), None),
        rows=[record.row for record in records],
        voices=_voices(pairs),
        missing=len(meeting.pairs) - len(records),
        ending=_best(formats),
    )
    name = f"{meeting.file}.html"
    replace_file(out / name, text.encode())
    return name


def _best(formats: Sequence[str]) -> str:
    """Which report a reader is led to."""
    return "html" if "html" in formats else formats[0]


def _map(
    offices: Sequence[Office], topics: Sequence[CorpusTopic], counts: Sequence[TopicRow]
) -> list[MapRow]:
    places: dict[tuple[str, str, str], list[TopicRow]] = defaultdict(list)
    for row in counts:
        places[row.topic, row.label, row.office].append(row)
    return [
        MapRow(
            topic,
            tuple(cell(places[topic.id, topic.label, office.name]) for office in offices),
        )
        for topic in topics
    ]


def _histories(
    offices: Sequence[Office], topics: Sequence[CorpusTopic], counts: Sequence[TopicRow]
) -> Iterator[History]:
    """Of the offices whose meetings have dates in two periods or more."""
    for office in offices:
        own = [row for row in counts if row.office == office.name and row.period]
        periods = tuple(sorted({row.period for row in own if row.period}))
        if len(periods) < 2:
            continue
        rows = []
        for topic in topics:
            about = [row for row in own if (row.topic, row.label) == (topic.id, topic.label)]
            cells = tuple(
                cell([row for row in about if row.period == period]) for period in periods
            )
            if about:
                rows.append(MapRow(topic, cells))
        yield History(office.name, periods, tuple(rows))


def _voices(pairs: Sequence[tuple[Pair, Record]]) -> list[Voice]:
    """Each readout, with what it alone says."""
    alone: dict[Source, list[dict[tuple[int, int], Finding]]] = defaultdict(list)
    langs: dict[Source, str] = {}
    for pair, record in pairs:
        for key, source, lang in (
            ("a", pair.a, record.row.lang_a),
            ("b", pair.b, record.row.lang_b),
        ):
            langs[source] = lang
            found = [finding for finding in record.findings if finding.claim.startswith(key)]
            alone[source].append({(finding.start, finding.end): finding for finding in found})
    return [
        Voice(
            source.name,
            langs[source],
            tuple(
                finding
                for place, finding in sorted(sides[0].items())
                if all(place in side for side in sides)
            ),
        )
        for source, sides in alone.items()
    ]


def _head(script: str | None) -> dict[str, Any]:
    """What every page has in its head."""
    from markupsafe import Markup

    style = _file("style.css")
    code = _file(script) if script else ""
    policy = [f"style-src '{allowed(style)}'"]
    if code:
        policy.append(f"script-src '{allowed(code)}'")
    return {
        "policy": "; ".join(
            ["default-src 'none'", *policy, "base-uri 'none'", "form-action 'none'"]
        ),
        "style": Markup(style),
        "script": Markup(code),
    }


@lru_cache(maxsize=8)
def _file(name: str) -> str:
    return (resources.files("readout_diff.batch") / "templates" / name).read_text("utf-8")


@lru_cache(maxsize=2)
def _template(name: str) -> "Template":
    from jinja2 import FunctionLoader

    templates = environment()
    templates.loader = FunctionLoader(_file)
    templates.filters["link"] = _link
    templates.filters["percent"] = lambda share: f"{share:.0%}"
    return templates.get_template(name)


def _link(report: str, ending: str) -> str:
    """The address of a report in another format, relative to OUT."""
    return quote(f"{report.removesuffix('.json')}.{ending}")
