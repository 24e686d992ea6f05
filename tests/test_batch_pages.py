"""What comes out of all comparisons together: tables, counts, pages that fetch nothing."""

import base64
import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from readout_diff.batch import pages
from readout_diff.batch.corpus import Cell, Corpus, TopicRow
from readout_diff.batch.meetings import LeftOut, Meeting, Pair, Source
from readout_diff.batch.records import Record, Records, TopicSeen, record_of
from readout_diff.batch.summary import write_all
from readout_diff.datamodel import Comparison, Presence, Topic
from tests.comparisons import comparison, one_claim

EVIL = "<img src=x onerror=alert(1)>\"'&</script>"


def record(
    meeting: str = "call",
    *,
    names: tuple[str, str] = ("Onnuri", "Garam"),
    date: str | None = "2025-06-09",
    topics: dict[str, Presence] | None = None,
    key: str | None = None,
) -> Record:
    """Of a comparison made by hand."""
    found = with_topics(comparison(), topics or {})
    sides = replace(
        found.sides,
        a=replace(found.sides.a, name=names[0]),
        b=replace(found.sides.b, name=names[1]),
    )
    return record_of(replace(found, sides=sides), meeting, date, key or meeting, "fingerprint")


def with_topics(found: Comparison, topics: dict[str, Presence]) -> Comparison:
    return replace(
        found,
        topics=tuple(
            Topic(name, name.capitalize(), (), (), presence, watched=name == "fish")
            for name, presence in topics.items()
        ),
    )


# Counting


def counted(*meetings: list[Record]) -> dict[tuple[str, str, str | None], tuple[int, int]]:
    corpus = Corpus()
    for records in meetings:
        corpus.add(records)
    return {(row.topic, row.office, row.period): (row.has, row.other_has) for row in corpus.rows()}


def test_an_office_is_asked_what_the_other_side_mentions() -> None:
    assert counted(
        [record("1", topics={"fish": "both", "ice": "a", "war": "neither"})],
        [record("2", topics={"fish": "b", "ice": "a"})],
    ) == {
        ("fish", "Onnuri", "2025-06"): (1, 2),
        ("fish", "Garam", "2025-06"): (1, 1),
        ("ice", "Garam", "2025-06"): (0, 2),
    }


def test_a_meeting_counts_once_whatever_the_languages() -> None:
    records = [
        record("1", topics={"fish": "b"}, key="1/onnuri.ko--garam"),
        record("1", topics={"fish": "both"}, key="1/onnuri.en--garam"),
    ]
    assert counted(records) == {
        ("fish", "Onnuri", "2025-06"): (1, 1),
        ("fish", "Garam", "2025-06"): (1, 1),
    }
    assert counted([record("1", names=("Garam", "Garam"), topics={"fish": "a"})]) == {}


def test_time_is_told_in_months_or_in_years() -> None:
    few = [[record(str(n), date=f"2025-{n:02}", topics={"fish": "b"})] for n in (1, 2)]
    assert {period for _, _, period in counted(*few)} == {"2025-01", "2025-02"}
    many = [[record(str(n), date=f"{2000 + n}-05", topics={"fish": "b"})] for n in range(20)]
    assert {period for _, _, period in counted(*many)} == {str(2000 + n) for n in range(20)}
    undated = [[record("x", date=None, topics={"fish": "b"})]]
    assert set(counted(*undated)) == {("fish", "Onnuri", None)}
    mixed = [[record("y", date="2025", topics={"fish": "b"})], *few]
    assert counted(*mixed) == {("fish", "Onnuri", "2025"): (0, 3)}


def test_topics_that_were_asked_for_come_first() -> None:
    corpus = Corpus()
    corpus.add([record(topics={"ice": "both", "fish": "a"})])
    assert [(topic.id, topic.watched) for topic in corpus.topics()] == [
        ("fish", True), ("ice", False),
    ]  # fmt: skip
    (first, second) = corpus.offices()
    assert (first.name, first.comparisons, first.claims, first.only) == ("Garam", 1, 4, 2)
    assert second.name == "Onnuri"


@pytest.mark.parametrize(
    ("has", "other_has", "level"), [(0, 0, 0), (0, 3, 10), (3, 3, 0), (1, 2, 5), (99, 100, 0)]
)
def test_a_cell_is_the_darker_the_more_it_lacks(has: int, other_has: int, level: int) -> None:
    assert Cell(other_has, has).level == level


# Files


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The tables and pages of three meetings, one of them with three sides."""
    records = Records(tmp_path / "out")
    records.prepare()
    north, south, west = (Source(name, f"{name}.txt", name) for name in ("Onnuri", "Garam", "West"))
    summit = Meeting(
        "2024 <b>summit</b>",
        "summit",
        (
            Pair("summit/a--b", north, south),
            Pair("summit/a--c", north, west),
            Pair("summit/b--c", south, west),
        ),
    )
    meetings: list[Meeting | LeftOut] = [
        Meeting("2025-06-call", "2025-06-call", (Pair("2025-06-call", north, south),)),
        summit,
        Meeting("none", "none", (Pair("none", north, south),)),
        LeftOut("photo.png", "not a readout", failed=False),
        LeftOut(EVIL, "a hidden file", failed=False),
        LeftOut("half", "only one side", failed=True),
    ]
    topics: dict[str, Presence] = {"fish": "both", EVIL: "a", "ice": "b"}
    evil = with_topics(one_claim(f"=HYPERLINK(1) {EVIL}", name=EVIL), topics)
    write(records, record("2025-06-call", topics=topics), "2025-06-call")
    write(records, record_of(evil, summit.name, None, "summit/a--b", "f"), "summit/a--b")
    for key, names in (("summit/a--c", ("Onnuri", "West")), ("summit/b--c", ("Garam", "West"))):
        write(records, record(summit.name, names=names, date="2024", key=key, topics=topics), key)
    failures = records.out / "failures.jsonl"
    failures.write_text('{"meeting":"half","report":null,"reason":"only <i>one</i> side"}\n')

    def listed() -> Iterator[Meeting | LeftOut]:
        return iter(meetings)

    write_all(listed, records, failures, ("json",))
    return records.out


def write(records: Records, found: Record, key: str) -> None:
    records.write(key, {"json": comparison().to_json()}, found)


def table(path: Path) -> list[dict[str, str]]:
    text = path.read_bytes().decode("utf-8-sig")
    assert "\r" not in text
    return list(csv.DictReader(io.StringIO(text)))


def test_the_summary_has_a_row_a_comparison(out: Path) -> None:
    rows = table(out / "summary.csv")
    assert [(row["meeting"], row["report"]) for row in rows] == [
        ("2025-06-call", "2025-06-call.json"),
        ("2024 <b>summit</b>", "summit/a--b.json"),
        ("2024 <b>summit</b>", "summit/a--c.json"),
        ("2024 <b>summit</b>", "summit/b--c.json"),
    ]
    first = rows[0]
    assert (first["side_a"], first["lang_b"], first["only_b"]) == ("Onnuri", "ja", "2")
    assert (first["date"], first["coverage_a"], first["conflicts"]) == ("2025-06-09", "0.38", "1")
    lines = (out / "summary.jsonl").read_text("utf-8").splitlines()
    assert [msgspec.json.decode(line)["report"] for line in lines] == [r["report"] for r in rows]
    assert msgspec.json.decode(lines[0])["coverage_a"] == 0.38


def test_the_findings_have_a_row_a_one_sided_claim(out: Path) -> None:
    rows = table(out / "findings.csv")
    call = [row for row in rows if row["meeting"] == "2025-06-call"]
    assert [(row["name"], row["lacking"], row["claim"]) for row in call] == [
        ("Onnuri", "Garam", "a2"), ("Onnuri", "Garam", "a4"),
        ("Garam", "Onnuri", "b3"), ("Garam", "Onnuri", "b4"),
    ]  # fmt: skip
    only = [claim for claim in comparison().claims if claim.status == "only"]
    assert [row["text"] for row in call] == [claim.text for claim in only]
    assert [row["unsure"] for row in call] == ["False", "True", "False", "False"]


def test_a_spreadsheet_runs_nothing(out: Path) -> None:
    (evil,) = [row for row in table(out / "findings.csv") if "HYPERLINK" in row["text"]]
    assert evil["text"].startswith("'=HYPERLINK")


def test_the_topics_have_a_row_a_count(out: Path) -> None:
    rows = [TopicRow(**row) for row in table(out / "topics.csv")]  # type: ignore[arg-type]
    assert TopicRow("fish", "Fish", "Onnuri", "2024", "1", "1") in rows  # type: ignore[arg-type]


def test_a_page_for_a_meeting_with_three_sides(out: Path) -> None:
    page = (out / "summit.html").read_text("utf-8")
    assert page.count('href="summit/') == 3
    assert not (out / "2025-06-call.html").exists()


def test_what_a_side_alone_says_no_other_side_conveys(tmp_path: Path) -> None:
    north, south, west = (Source(name, f"{name}.txt", name) for name in ("Onnuri", "Garam", "West"))
    pairs = (Pair("s/a--b", north, south), Pair("s/a--c", north, west))
    both = [
        record("s", names=("Onnuri", name), key=pair.key)
        for name, pair in zip(("Garam", "West"), pairs, strict=True)
    ]
    fewer = tuple(finding for finding in both[1].findings if finding.claim != "a4")
    pages.write_meeting(
        tmp_path, Meeting("s", "s", pairs), [both[0], replace(both[1], findings=fewer)], ("json",)
    )
    page = (tmp_path / "s.html").read_text("utf-8")
    of_onnuri, of_garam, of_west = page.split("<h2>Only")[1:]
    claims = {claim.id: claim.text for claim in comparison().claims}
    assert claims["a2"] in of_onnuri
    assert claims["a4"] not in of_onnuri
    assert "1 claim that" in of_onnuri
    assert claims["b4"] in of_garam
    assert claims["b4"] in of_west


class Page(HTMLParser):
    """What a browser makes of a page: its tags, and what stands in its style and script."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {}
        self.text = ""
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("style", "script"):
            self.inside.setdefault(self._open[-1], []).append(data)
        else:
            self.text += data


@pytest.fixture(params=["index.html", "summit.html"])
def page(request: pytest.FixtureRequest, out: Path) -> Page:
    parsed = Page()
    parsed.feed((out / request.param).read_text("utf-8"))
    parsed.close()
    return parsed


def test_text_stays_text(page: Page) -> None:
    assert EVIL in page.text
    assert not [tag for tag, _ in page.tags if tag in ("img", "b", "i")]
    scripts = [tag for tag, _ in page.tags if tag == "script"]
    assert len(scripts) <= 1


def test_a_page_fetches_nothing(page: Page) -> None:
    for tag, attributes in page.tags:
        assert tag not in ("link", "iframe", "object", "embed", "base", "form")
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in ("src", "srcset", "style", "action")
            if name == "href":
                assert value
                assert not re.match(r"[a-z]+:|//", value, re.IGNORECASE)
    assert "url(" not in "".join(page.inside["style"])
    assert "@import" not in "".join(page.inside["style"])


def test_the_policy_allows_the_page_its_own_style_and_script_only(page: Page) -> None:
    (policy,) = [
        attributes["content"] or ""
        for tag, attributes in page.tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives.pop("default-src") == directives.pop("base-uri") == "'none'"
    assert directives.pop("form-action") == "'none'"
    assert {name.removesuffix("-src") for name in directives} == set(page.inside)
    for name, pieces in page.inside.items():
        digest = hashlib.sha256("".join(pieces).encode()).digest()
        assert directives[f"{name}-src"] == f"'sha256-{base64.b64encode(digest).decode()}'"


def test_links_lead_to_files(out: Path) -> None:
    for name in ("index.html", "summit.html"):
        for link in re.findall(r'href="([^"#]+)"', (out / name).read_text("utf-8")):
            assert (out / link).is_file(), link


def test_what_the_index_shows(out: Path, golden: Callable[[str, str], None]) -> None:
    page = (out / "index.html").read_text("utf-8")
    body = page[page.index("<body>") : page.index("<script>")]
    golden("batch-index.html", body)


def test_without_topics_the_index_says_so(tmp_path: Path) -> None:
    records = Records(tmp_path / "out")
    records.prepare()
    (records.out / "failures.jsonl").write_text("")
    write_all(lambda: iter(()), records, records.out / "failures.jsonl", ("json", "html"))
    page = (records.out / "index.html").read_text("utf-8")
    assert "nothing to lay out by topic" in page
    assert "0 meetings" in page


def test_a_topic_is_one_by_its_name_and_its_label() -> None:
    corpus = Corpus()
    seen = [TopicSeen("t1", label, "a", watched=False) for label in ("Fish", "Ice")]
    corpus.add([replace(record(), topics=tuple(seen))])
    assert [topic.label for topic in corpus.topics()] == ["Fish", "Ice"]
