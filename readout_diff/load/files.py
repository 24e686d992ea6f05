"""A path or standard input -> bytes, within limits; what can't be read is said."""

import os
import stat
import sys
from pathlib import Path
from typing import IO

from msgspec import Struct

from readout_diff.errors import InputError

MAX_BYTES = 100_000_000
"""Of a file: PDFs with photographs are large. How much text it may hold is another limit."""
STDIN = "-"
_LONGEST = 300
"""Characters of a path that a message repeats as a whole."""


class Wanted(Struct, frozen=True):
    """How to speak of what a file should be."""

    what: str
    give: str
    """What to do where it is a folder or something else."""


READOUT = Wanted("readout", "give one file for each side")
REPORT = Wanted("report", "give a file that `readout-diff diff --format json` wrote")


class Given(Struct, frozen=True):
    """What was read."""

    data: bytes
    shown: str
    """How messages call it: the path, or "Standard input"."""
    path: str | None
    """In UTF-8; None for standard input."""


def read_bytes(path: str | os.PathLike[str], wanted: Wanted) -> Given:
    """The bytes of a file, or of standard input for `-`; InputError where they can't be read."""
    if os.fspath(path) == STDIN:
        shown = "Standard input"
        return Given(_read_stdin(shown, wanted), shown, None)
    whole = printable(os.fspath(path))
    shown = whole if len(whole) <= _LONGEST else f"{whole[:80]}…{whole[-80:]}"
    if not whole:
        raise InputError(f"The path is empty; {wanted.give}.")
    return Given(_read_file(path, shown, wanted), shown, whole)


def check_not_same(path_a: str | os.PathLike[str], path_b: str | os.PathLike[str]) -> None:
    """InputError where both sides would come from one place."""
    paths = (os.fspath(path_a), os.fspath(path_b))
    if paths == (STDIN, STDIN):
        raise InputError("Both sides can't come from standard input; give a file for one of them.")
    if STDIN in paths:
        return
    try:
        same = Path(path_a).samefile(path_b)
    except (OSError, ValueError, RuntimeError):
        return  # one of them can't be found: load says so better
    if same:
        shown = " and ".join(dict.fromkeys(map(printable, paths)))
        raise InputError(f"Both sides are the same file ({shown}); give two different readouts.")


def printable(path: str) -> str:
    """A path or a name that can be written as UTF-8: file systems allow names that can't."""
    return path.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _read_stdin(shown: str, wanted: Wanted) -> bytes:
    if sys.stdin is None:
        raise InputError(f"{shown} is closed; give a file instead of -.")
    try:
        return _read_limited(sys.stdin.buffer, shown, wanted)
    except OSError as error:
        raise InputError(
            f"{shown} can't be read ({error.strerror}); give a file instead of -."
        ) from error


def _read_file(path: str | os.PathLike[str], shown: str, wanted: Wanted) -> bytes:
    try:
        if stat.S_ISDIR(Path(path).stat().st_mode):
            raise InputError(f"{shown} is a folder; {wanted.give}.")
        with Path(path).open("rb") as file:
            return _read_limited(file, shown, wanted)
    except FileNotFoundError as error:
        raise InputError(f"There is no file {shown}; check the path.") from error
    except PermissionError as error:
        raise InputError(
            f"{shown} can't be opened (permission denied); check that you may read it."
        ) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(f"{shown} can't be read ({reason}); check the path.") from error
    except ValueError as error:  # a NUL in the path
        raise InputError(f"{shown} is not a path ({error}); check it.") from error


def _read_limited(file: IO[bytes], shown: str, wanted: Wanted) -> bytes:
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InputError(
            f"{shown} is larger than {MAX_BYTES // 1_000_000} MB, "
            f"which no {wanted.what} is; {wanted.give}."
        )
    return data
