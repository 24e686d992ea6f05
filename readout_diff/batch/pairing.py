"""A folder -> its meetings: which readouts meet, and what is left out, with the reason.

A meeting is a subfolder with its readouts in it (`2025-06-call/seoul.ko.txt`), or files that begin
with its name (`2025-06-call.seoul.ko.txt`); a manifest overrules both. Nothing is read here but
names, and nothing is kept but the names of one folder.
"""

import os
from collections.abc import Iterator
from itertools import combinations, groupby
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from readout_diff.batch import manifest as manifests
from readout_diff.batch.meetings import LeftOut, Meeting, Source
from readout_diff.batch.names import (
    READOUTS,
    FileNames,
    clean,
    is_output,
    is_tag,
    meeting_of,
    no_readout,
    order,
    side_of,
)
from readout_diff.errors import InputError
from readout_diff.load import printable, side_name

_PARTS_WITH_LANG = 3


class _Entry(NamedTuple):
    """One name in the folder."""

    order: str
    meeting: str
    file: str
    side: str
    lang: str
    why: str
    """Why it is no readout; empty for one, and for the folder of a meeting."""
    is_folder: bool


def meetings_in(
    folder: Path, *, manifest: Path | None = None, out: Path | None = None
) -> Iterator[Meeting | LeftOut]:
    """The meetings of a folder, by name, or in the manifest's order; and what is left out.

    `manifest` is the one in the folder by default, if there is one; `out` is passed over. Raises
    InputError where the folder can't be listed or the manifest can't be read.
    """
    names = FileNames()
    found = manifest or manifests.in_folder(folder)
    if found is not None:
        yield from manifests.meetings(found, folder, out, names)
        return
    for _, group in groupby(sorted(_entries(folder, out)), key=attrgetter("order", "meeting")):
        yield from _meeting(folder, list(group), names)


def _entries(folder: Path, out: Path | None) -> Iterator[_Entry]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not _is_out(entry, out):
                    yield _entry(entry)
    except OSError as error:
        raise InputError(
            f"The folder {printable(str(folder))} can't be listed ({error.strerror}); give a "
            "folder of meetings."
        ) from error


def _is_out(entry: "os.DirEntry[str]", out: Path | None) -> bool:
    return (
        out is not None
        and entry.name == out.name
        and _is_folder(entry)
        and Path(entry.path).resolve() == out.resolve()
    )


def _entry(entry: "os.DirEntry[str]") -> _Entry:
    shown = clean(entry.name)
    why = _no_file(entry) or no_readout(entry.name) or ""
    stem, _, ending = shown.rpartition(".")
    meeting, side, lang = _parsed(stem)
    if _is_folder(entry) and not (side and ending.lower() in READOUTS):
        why = "a hidden folder" if shown.startswith(".") else ""
        return _Entry(shown.casefold(), shown, entry.name, "", "", why, True)
    if not why and not side:
        why = "not named MEETING.SIDE.ending, and in no meeting's folder"
    if why:
        return _Entry(shown.casefold(), shown, entry.name, "", "", why, False)
    return _Entry(meeting.casefold(), meeting, entry.name, side, lang, "", False)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle
        return False


def _no_file(entry: "os.DirEntry[str]") -> str | None:
    """Why it is neither file nor folder: a pipe would be waited for.

    A link that leads nowhere is taken for a file, which can't be read then, and that is said.
    """
    try:
        if entry.is_file() or entry.is_dir() or not Path(entry.path).exists():
            return None
    except OSError:
        return None
    return "neither a file nor a folder"


def _parsed(stem: str) -> tuple[str, str, str]:
    """Meeting, side and language of `MEETING.SIDE` or `MEETING.SIDE.LANG`; side "" for neither."""
    parts = stem.split(".")
    if len(parts) == _PARTS_WITH_LANG and is_tag(parts[-1]) and all(parts):
        return parts[0], parts[1], parts[2]
    meeting, _, side = stem.rpartition(".")
    return (meeting, side, "") if meeting and side else ("", "", "")


def _meeting(folder: Path, entries: list[_Entry], names: FileNames) -> Iterator[Meeting | LeftOut]:
    name = entries[0].meeting
    sources: list[Source] = []
    complaint = None
    for entry in entries:
        if entry.why:
            yield LeftOut(name, entry.why, failed=False)
        elif entry.is_folder:
            if is_output(folder / entry.file):
                yield LeftOut(name, "what a batch wrote", failed=False)
                return
            try:
                for found in _inside(folder, entry.file):
                    if isinstance(found, LeftOut):
                        yield found
                    else:
                        sources.append(found)
            except OSError as error:
                complaint = f"its folder can't be listed ({error.strerror})"
        else:
            sources.append(_source(entry.file, entry.side))
    if all(entry.why for entry in entries):
        return
    sides = sorted({source.side for source in sources})
    if len(sides) > 1 and not complaint:
        pairs = [(a, b) for a, b in combinations(sorted(sources, key=order), 2) if a.side != b.side]
        yield meeting_of(name, pairs, names)
    elif complaint or sides:
        why = complaint or f"only one side has a readout: {sources[0].name}"
        yield LeftOut(name, why, failed=True)
    else:
        yield LeftOut(name, "a folder without readouts", failed=False)


def _inside(folder: Path, file: str) -> Iterator[Source | LeftOut]:
    """The readouts in a meeting's folder."""
    with os.scandir(folder / file) as entries:
        inside = sorted(entries, key=attrgetter("name"))
    for entry in inside:
        path = f"{file}/{entry.name}"
        why = _no_file(entry) or no_readout(entry.name)
        if (
            why is None
            and _is_folder(entry)
            and entry.name.lower().rpartition(".")[2] not in READOUTS
        ):
            why = "a folder in a meeting's folder"
        if why:
            yield LeftOut(clean(path), why, failed=False)
        else:
            yield _source(path, side_of(clean(entry.name)))


def _source(path: str, side: str) -> Source:
    return Source(side.casefold(), path, side_name(side))
