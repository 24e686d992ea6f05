"""What fuzzing begins with: a few small files of each format, made anew each time.

They are those of the tests: good files, and bad ones that made a loader fail once.
"""

from pathlib import Path
from typing import get_args

from readout_diff.errors import InputError
from readout_diff.load.kinds import Kind, kind_of
from tests.bad_inputs import BAD, Bad
from tests.make_files import all_files

KINDS: tuple[Kind, ...] = get_args(Kind)
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
        if len(data) <= _LARGEST:
            path = folder / kind / f"seed-{number:03}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
