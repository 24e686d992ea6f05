"""What fuzzing begins with: a few small files of each format, made anew each time.

They are those of the tests: good files, and bad ones that made a loader fail once.
"""

import io
import zipfile
from pathlib import Path
from typing import get_args

from readout_diff.errors import InputError
from readout_diff.load.kinds import Kind, kind_of
from readout_diff.load.zips import BROKEN
from tests.bad_inputs import BAD, Bad
from tests.make_files import all_files

KINDS: tuple[Kind, ...] = get_args(Kind)
BODY: dict[str, str] = {"docx": "word/document.xml", "odt": "content.xml"}
"""The file of a zipped document that holds its text."""
_LARGEST = 60_000
"""Bytes of a seed: from larger ones nothing more is learnt, only slower."""


def write(folder: Path) -> None:
    """One folder a format, in `folder`; what is there already stays."""
    contents = [(made.name, made.data) for made in all_files()]
    contents += [
        (bad.name, bad.content)
        for bad in BAD
        if isinstance(bad, Bad) and isinstance(bad.content, bytes)
    ]
    for number, (name, data) in enumerate(contents):
        try:
            kind = kind_of(data, name, name)
        except InputError:
            kind = "text"
        for part, content in enumerate((data, *_xml(kind, data))):
            if len(content) <= _LARGEST:
                path = folder / kind / f"seed-{number:03}-{part}"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)


def _xml(kind: Kind, data: bytes) -> list[bytes]:
    """The text in a zipped document, which the target zips again: changed zips are seldom whole."""
    if kind not in BODY:
        return []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [archive.read(BODY[kind])]
    except BROKEN:
        return []
