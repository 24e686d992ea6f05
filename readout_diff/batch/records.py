"""What is kept of each comparison beside its reports: enough for every page and table.

A record is a small JSON file in OUT/.state, written once its reports are in their places. Where it
is whole, names the same fingerprint and the reports have the sizes that it says, nothing is done
again.
"""

import contextlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from readout_diff.batch.names import STATE
from readout_diff.datamodel import Comparison, Presence, Side, SideKey
from readout_diff.errors import InputError


class Row(Struct, frozen=True):
    """A comparison in `summary.csv` and `summary.jsonl`."""

    meeting: str
    date: str | None
    """Of the meeting: as the manifest, a readout or the meeting's name says, in this order."""
    side_a: str
    side_b: str
    office_a: str
    office_b: str
    """The office where it is known, else the side's name."""
    lang_a: str
    lang_b: str
    claims_a: int
    claims_b: int
    shared: int
    partial: int
    only_a: int
    only_b: int
    conflicts: int
    coverage_a: float
    """Share of side a's claims that side b conveys."""
    coverage_b: float
    report: str
    """The JSON report, relative to OUT."""


class Finding(Struct, frozen=True):
    """A claim that only one side makes, in `findings.csv`."""

    meeting: str
    date: str | None
    name: str
    """The side that makes it."""
    office: str
    lang: str
    lacking: str
    """The side that does not."""
    report: str
    claim: str
    """Its id in the report."""
    absence: float
    unsure: bool
    speaker: str | None
    topics: str
    """Ids, with semicolons between."""
    rank: int | None
    """Of its severity; 1 matters most."""
    start: int
    end: int
    text: str


class TopicSeen(Struct, frozen=True):
    """A topic of a comparison, and who mentions it."""

    id: str
    label: str
    presence: Presence
    watched: bool


class Record(Struct, frozen=True):
    """All that is kept of a comparison."""

    fingerprint: str
    sizes: dict[str, int]
    """Of its reports, in bytes, by ending."""
    row: Row
    findings: tuple[Finding, ...]
    topics: tuple[TopicSeen, ...]


def record_of(
    comparison: Comparison, meeting: str, date: str | None, key: str, fingerprint: str
) -> Record:
    """The record of a comparison whose reports are not yet written."""
    a, b, summary = comparison.sides.a, comparison.sides.b, comparison.summary
    row = Row(
        meeting=meeting,
        date=date,
        side_a=a.name,
        side_b=b.name,
        office_a=_office(a),
        office_b=_office(b),
        lang_a=a.lang,
        lang_b=b.lang,
        claims_a=a.claims,
        claims_b=b.claims,
        shared=summary.shared,
        partial=summary.partial,
        only_a=summary.only_a,
        only_b=summary.only_b,
        conflicts=summary.conflicts,
        coverage_a=a.coverage,
        coverage_b=b.coverage,
        report=f"{key}.json",
    )
    topics = tuple(
        TopicSeen(topic.id, topic.label, topic.presence, topic.watched)
        for topic in comparison.topics
    )
    return Record(fingerprint, {}, row, tuple(_findings(comparison, row)), topics)


def _findings(comparison: Comparison, row: Row) -> list[Finding]:
    sides: dict[SideKey, tuple[Side, Side]] = {
        "a": (comparison.sides.a, comparison.sides.b),
        "b": (comparison.sides.b, comparison.sides.a),
    }
    found = []
    for claim in comparison.claims:
        if claim.status == "only":
            own, other = sides[claim.side]
            found.append(
                Finding(
                    meeting=row.meeting,
                    date=row.date,
                    name=own.name,
                    office=_office(own),
                    lang=own.lang,
                    lacking=other.name,
                    report=row.report,
                    claim=claim.id,
                    absence=claim.absence,
                    unsure=claim.unsure,
                    speaker=claim.speaker,
                    topics=";".join(claim.topics),
                    rank=claim.severity.rank if claim.severity else None,
                    start=claim.start,
                    end=claim.end,
                    text=claim.text,
                )
            )
    return found


def _office(side: Side) -> str:
    return side.office or side.name


class Overview(Struct, frozen=True):
    """The tables and pages that were written."""

    inputs: str
    """A hash of all that they depend on."""
    sizes: dict[str, int]
    """Bytes of each file."""


class Records:
    """The output folder as records and reports see it."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self._state = out / STATE

    def prepare(self) -> None:
        """Make the folder, unless something else is in it; InputError."""
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            if not self._state.is_dir() and any(self.out.iterdir()):
                raise InputError(
                    f"{self.out} holds something that no batch wrote; give -o a new folder."
                )
            self._state.mkdir(exist_ok=True)
        except OSError as error:
            raise unwritable(self.out, error) from error

    def read(self, key: str) -> Record | None:
        """The record of that comparison; None where there is none that can be read."""
        try:
            return _decoder.decode(self._path(key).read_bytes())
        except (OSError, msgspec.DecodeError):
            return None

    def is_done(self, key: str, fingerprint: str) -> bool:
        """Whether its reports are there and were made of the same."""
        record = self.read(key)
        if record is None or record.fingerprint != fingerprint:
            return False
        try:
            return all(
                (self.out / f"{key}.{ending}").stat().st_size == size
                for ending, size in record.sizes.items()
            )
        except OSError:
            return False

    def write(self, key: str, reports: Mapping[str, str], record: Record) -> None:
        """The reports by ending, then the record that says they are there."""
        content = {ending: text.encode() for ending, text in reports.items()}
        sizes = {ending: len(text) for ending, text in content.items()}
        try:
            for ending, text in content.items():
                replace_file(self.out / f"{key}.{ending}", text)
            replace_file(self._path(key), msgspec.json.encode(replace(record, sizes=sizes)))
        except OSError as error:
            raise unwritable(self.out, error) from error

    def remove(self, key: str) -> None:
        """A comparison that failed has no report, also where an earlier one had."""
        record = self.read(key)
        if record is None:
            return
        with contextlib.suppress(OSError):
            self._path(key).unlink()
            for ending in record.sizes:
                (self.out / f"{key}.{ending}").unlink()

    def has_overview(self, inputs: str) -> bool:
        """Whether tables and pages of these inputs are there, as they were written."""
        try:
            said = msgspec.json.decode(self._overview.read_bytes(), type=Overview)
            return said.inputs == inputs and said.sizes == self._sizes(said.sizes)
        except (OSError, msgspec.DecodeError):
            return False

    def add_overview(self, inputs: str, files: Iterable[str]) -> None:
        """Say that tables and pages are there."""
        try:
            replace_file(self._overview, msgspec.json.encode(Overview(inputs, self._sizes(files))))
        except OSError as error:
            raise unwritable(self.out, error) from error

    def forget_overview(self) -> None:
        """Before tables and pages are written: a run that is stopped there leaves some old."""
        with contextlib.suppress(OSError):
            self._overview.unlink()

    def _sizes(self, files: Iterable[str]) -> dict[str, int]:
        return {name: (self.out / name).stat().st_size for name in files}

    @property
    def _overview(self) -> Path:
        # No meeting's name begins with a dot.
        return self._state / ".overview"

    def _path(self, key: str) -> Path:
        return self._state / f"{key}.json"


_decoder = msgspec.json.Decoder(Record)


def replace_file(path: Path, content: bytes) -> None:
    """Write beside the file and move that in its place: a reader sees the old or the new."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
    part.replace(path)


def unwritable(out: Path, error: OSError) -> InputError:
    """What to say where results can't be written."""
    return InputError(
        f"{out} can't be written ({error.strerror or error}); free some room there or give "
        "another -o FOLDER, and run again to go on."
    )
