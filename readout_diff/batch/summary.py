"""The tables of all comparisons, written row by row from their records."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import msgspec
from msgspec.structs import fields

from readout_diff.batch import pages
from readout_diff.batch.corpus import Corpus, TopicRow
from readout_diff.batch.meetings import LeftOut, Meeting
from readout_diff.batch.records import Finding, Record, Records, Row, unwritable
from readout_diff.report.csv import guarded

TABLES = ("summary.jsonl", "summary.csv", "findings.csv", "topics.csv")


def write_all(
    meetings: Callable[[], Iterator[Meeting | LeftOut]],
    records: Records,
    failures: Path,
    formats: Sequence[str],
) -> list[str]:
    """`summary.csv`, `summary.jsonl`, `findings.csv`, `topics.csv`, pages and `index.html`.

    Gives the names of the files.
    """
    out = records.out
    written = [*TABLES, pages.INDEX]
    try:
        corpus = Corpus()
        with ExitStack() as stack:
            tables = _Tables(out, stack)
            for meeting, found in _recorded(meetings(), records):
                corpus.add(found)
                for record in found:
                    tables.add(record)
                if len(meeting.pairs) > 1:
                    written.append(pages.write_meeting(out, meeting, found, formats))
            tables.add_topics(corpus.rows())
        pages.write_index(
            out,
            corpus,
            _rows(out / "summary.jsonl"),
            _lines(failures),
            (found for found in meetings() if isinstance(found, LeftOut) and not found.failed),
            formats,
        )
    except OSError as error:
        raise unwritable(out, error) from error
    return written


def _recorded(
    meetings: Iterable[Meeting | LeftOut], records: Records
) -> Iterator[tuple[Meeting, list[Record]]]:
    """The meetings of which there is a report, with the records of their pairs."""
    for meeting in meetings:
        if isinstance(meeting, Meeting):
            read = (records.read(pair.key) for pair in meeting.pairs)
            if found := [record for record in read if record is not None]:
                yield meeting, found


class _Tables:
    """The files that get a row or more of each comparison, put in place when all are written."""

    def __init__(self, out: Path, stack: ExitStack) -> None:
        jsonl, rows, findings, topics = (stack.enter_context(_Part(out / n)) for n in TABLES)
        self._jsonl = jsonl
        self._summary = _Csv(rows, Row)
        self._findings = _Csv(findings, Finding)
        self._topics = _Csv(topics, TopicRow)

    def add(self, record: Record) -> None:
        self._jsonl.write(msgspec.json.encode(record.row).decode() + "\n")
        self._summary.write((record.row,))
        self._findings.write(record.findings)

    def add_topics(self, rows: Iterable[TopicRow]) -> None:
        self._topics.write(rows)


class _Part:
    """A text file that appears under its name when it is whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f".{path.name}.part")

    def __enter__(self) -> IO[str]:
        self._file = open(self._part, "w", encoding="utf-8", newline="\n")
        return self._file

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._file.close()
        if kind is None:
            self._part.replace(self._path)


class _Csv:
    """A table with a row a noun and a column a field."""

    def __init__(self, file: IO[str], noun: type) -> None:
        # The mark tells spreadsheets that it is UTF-8.
        file.write("\ufeff")
        self._names = [field.name for field in fields(noun)]
        self._table = csv.writer(file, lineterminator="\n")
        self._table.writerow(self._names)

    def write(self, nouns: Iterable[object]) -> None:
        for noun in nouns:
            self._table.writerow([guarded(getattr(noun, name)) for name in self._names])


def _rows(path: Path) -> Iterator[Row]:
    decoder = msgspec.json.Decoder(Row)
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield decoder.decode(line)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield msgspec.json.decode(line)
