"""A manifest says which readouts meet: CSV or TOML, a row a pair.

Columns `meeting`, `a` and `b`, and whichever of the others there are; paths are relative to the
folder and may not leave it, by links either, for a manifest may come from somebody else. Rows of
one meeting stand together.
"""

import csv
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from readout_diff.batch.meetings import LeftOut, Meeting, Source
from readout_diff.batch.names import (
    FileNames,
    is_output,
    meeting_of,
    no_readout,
    side_of,
)
from readout_diff.errors import InputError
from readout_diff.language import normalize_tag
from readout_diff.load import printable, side_name

FILES = ("manifest.csv", "manifest.toml")
NEEDED = ("meeting", "a", "b")
COLUMNS = (*NEEDED, "name_a", "name_b", "lang_a", "lang_b", "office_a", "office_b", "date")
TABLE = "meetings"
"""What the rows are called in TOML: `[[meetings]]`."""

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")

Row = Mapping[str, str]
_Read = tuple[str, tuple[Source, Source] | str]
"""A meeting, and its two sides or why there are none."""


def in_folder(folder: Path) -> Path | None:
    """The manifest that lies in the folder, if one does; InputError for two."""
    found = [folder / name for name in FILES if (folder / name).is_file()]
    if len(found) > 1:
        raise InputError(
            f"{printable(str(folder))} holds {' and '.join(FILES)}; keep one of them, or name it "
            "with --manifest."
        )
    return found[0] if found else None


def meetings(
    path: Path, folder: Path, out: Path | None, names: FileNames
) -> Iterator[Meeting | LeftOut]:
    """The meetings of a manifest in its order, then the files that no row of it names."""
    rows = (_checked(row, number, folder) for number, row in _rows(path))
    seen: set[str] = set()
    used: set[str] = set()
    for meeting, group in groupby(rows, key=lambda row: row[0]):
        pairs = []
        for _, found in group:
            if isinstance(found, str):
                yield LeftOut(meeting, found, failed=True)
            else:
                pairs.append(found)
        used |= {os.path.normpath(source.path) for pair in pairs for source in pair}
        if meeting in seen:
            yield LeftOut(meeting, "its rows don't stand together in the manifest", failed=True)
        elif pairs:
            yield meeting_of(meeting, pairs, names)
        seen.add(meeting)
    yield from _unnamed(folder, out, path, used)


def _rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Numbered as a reader counts them."""
    shown = printable(str(path))
    try:
        if path.suffix.lower() == ".toml":
            yield from enumerate(_toml_rows(path, shown), 1)
        elif path.suffix.lower() == ".csv":
            yield from enumerate(_csv_rows(path, shown), 2)
        else:
            raise InputError(f"{shown} is no manifest; give a file that ends in .csv or .toml.")
    except (csv.Error, tomllib.TOMLDecodeError, UnicodeError) as error:
        raise InputError(
            f"The manifest {shown} can't be read ({error}); save it as UTF-8 and mend it."
        ) from error
    except OSError as error:
        raise InputError(
            f"The manifest {shown} can't be read ({error.strerror}); check the path."
        ) from error


def _csv_rows(path: Path, shown: str) -> Iterator[Row]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        header = file.readline()
        file.seek(0)
        # Spreadsheets write what parts numbers from fractions in their country.
        delimiter = max(",;\t", key=header.count)
        reader = csv.DictReader(file, delimiter=delimiter, strict=True)
        columns = [column.strip().lower() for column in reader.fieldnames or ()]
        _check_columns(columns, shown)
        reader.fieldnames = columns
        for row in reader:
            if None in row:
                raise InputError(
                    f"Line {reader.line_num} of {shown} has more cells than the first; "
                    "put what holds a comma between quotation marks."
                )
            if any(row.values()):
                yield {column: (cell or "").strip() for column, cell in row.items()}


def _toml_rows(path: Path, shown: str) -> Iterator[Row]:
    tables: Any = tomllib.loads(path.read_text(encoding="utf-8-sig")).get(TABLE)
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise InputError(f"{shown} has no tables [[{TABLE}]]; give each pair one.")
    for table in tables:
        _check_columns([*table, *(column for column in NEEDED if column not in table)], shown)
        yield {column: str(value).strip() for column, value in table.items()}


def _check_columns(columns: list[str], shown: str) -> None:
    if unknown := [column for column in columns if column not in COLUMNS]:
        raise InputError(
            f"{shown} has a column {unknown[0]!r}; the columns are {', '.join(COLUMNS)}."
        )
    if missing := [column for column in NEEDED if column not in columns]:
        raise InputError(f"{shown} has no column {missing[0]!r}; add it.")


def _checked(row: Row, number: int, folder: Path) -> _Read:
    meeting = row.get("meeting") or f"row {number}"
    try:
        return meeting, _sides(row, folder)
    except InputError as error:
        return meeting, f"row {number} of the manifest: {error}"


def _sides(row: Row, folder: Path) -> tuple[Source, Source]:
    if empty := next((column for column in NEEDED if not row.get(column)), None):
        raise InputError(f"nothing stands under {empty}")
    date = row.get("date") or None
    if date and not _DATE.fullmatch(date):
        raise InputError(f"{date!r} is no date such as 2025-06-09, 2025-06 or 2025")
    a, b = (_side(row, key, folder, date) for key in ("a", "b"))
    if a.path == b.path:
        raise InputError("both sides are the same file")
    return a, b


def _side(row: Row, key: str, folder: Path, date: str | None) -> Source:
    path = _inside(row[key], folder)
    stem = side_of(PurePosixPath(path).name)
    lang = row.get(f"lang_{key}")
    return Source(
        (row.get(f"name_{key}") or row.get(f"office_{key}") or stem).casefold(),
        path,
        row.get(f"name_{key}") or side_name(stem),
        normalize_tag(lang) if lang else None,
        row.get(f"office_{key}") or None,
        date,
    )


def _inside(given: str, folder: Path) -> str:
    """The path, if it stays in the folder."""
    path = given.replace("\\", "/")
    outside = InputError(f"{given!r} leaves the folder; name a file in it")
    if (
        PurePosixPath(path).is_absolute()
        or PureWindowsPath(given).drive
        or ".." in PurePosixPath(path).parts
    ):
        raise outside
    try:
        if not (folder / path).resolve().is_relative_to(folder.resolve()):
            raise outside
        if (folder / path).exists() and not ((folder / path).is_file() or (folder / path).is_dir()):
            raise InputError(f"{given!r} is neither a file nor a folder")
    except (OSError, RuntimeError, ValueError) as error:  # a link in a circle, a NUL
        raise InputError(f"{given!r} is no path ({error})") from error
    return PurePosixPath(path).as_posix()


def _unnamed(folder: Path, out: Path | None, path: Path, used: set[str]) -> Iterator[LeftOut]:
    """Files of the folder that may be readouts and that no row names."""
    apart = None if out is None else out.resolve()

    def is_apart(place: Path) -> bool:
        return place.name.startswith(".") or place.resolve() == apart or is_output(place)

    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not is_apart(Path(root) / name))
        for name in sorted(files):
            file = Path(root) / name
            inside = file.relative_to(folder)
            if file == path or no_readout(name) or str(inside) in used:
                continue
            yield LeftOut(printable(inside.as_posix()), "in no row of the manifest", failed=False)
