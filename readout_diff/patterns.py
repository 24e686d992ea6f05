"""The regular expressions that lexicons make, compiled once on a machine.

Those of two languages are some hundreds and slow to compile.
What the standard library's compiler makes of one, a list of numbers, is kept in the user's cache,
and another process puts the expression together from it. The compiler shows these numbers only
inside; where it is not as it is known here, or a file is no longer what was written, expressions
are compiled as always.
"""

import contextlib
import hashlib
import marshal
import os
import re
import sys
import tempfile
import threading
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from readout_diff import __version__

_KNOWN_COMPILER = sys.implementation.name == "cpython" and sys.version_info < (3, 15)
_NUMBER = "I"
"""The compiler's numbers, as the module array names their size."""
_DIGEST = 32

_Key = tuple[str, int]
_Code = tuple[int, bytes, int, dict[str, int]]
"""Flags, numbers, how many groups, and the named ones."""

_lock = threading.Lock()
_kept: dict[_Key, _Code] | None = None
"""What is kept of the expressions that are being compiled; None outside of `kept`."""
_new = False


def compiled(source: str, flags: int = 0) -> re.Pattern[str]:
    """`re.compile`, quicker within `kept`; raises re.error as that does."""
    global _new
    flags = int(flags)
    codes = _kept
    if codes is None or not _KNOWN_COMPILER:
        return re.compile(source, flags)
    code = codes.get((source, flags))
    try:
        if code is None:
            code = codes[source, flags] = _code(source, flags)
            _new = True
        return _assembled(source, code)
    except (AttributeError, TypeError, ValueError, RuntimeError, OverflowError, ImportError):
        return re.compile(source, flags)


@contextlib.contextmanager
def kept(folder: Path, name: str) -> Iterator[None]:
    """What is compiled here comes from a file of that name in a folder, and is written there.

    A folder that can't be written to is left alone.
    """
    global _kept, _new
    with _lock:
        path = folder / f"patterns-{name}-{sys.implementation.cache_tag}.bin"
        _kept, _new = _read(path), False
        try:
            yield
            if _new:
                _write(path, _kept)
        finally:
            _kept = None


def _code(source: str, flags: int) -> _Code:
    """As `re.compile` does it."""
    from re import _compiler, _parser  # type: ignore[attr-defined]

    parsed = _parser.parse(source, flags)
    numbers = array(_NUMBER, _compiler._code(parsed, flags))
    state = parsed.state
    return flags | state.flags, numbers.tobytes(), state.groups - 1, dict(state.groupdict)


def _assembled(source: str, code: _Code) -> re.Pattern[str]:
    import _sre

    flags, numbers, groups, named = code
    names: list[str | None] = [None] * (groups + 1)
    for name, number in named.items():
        names[number] = name
    # It checks the numbers, and raises RuntimeError where they are no expression.
    found: re.Pattern[str] = _sre.compile(
        source, flags, array(_NUMBER, numbers).tolist(), groups, named, tuple(names)
    )
    return found


def _stamp() -> tuple[Any, ...]:
    """Of what a file's numbers are good for."""
    import _sre

    return __version__, sys.version, _sre.MAGIC, _sre.CODESIZE, sys.byteorder


def _read(path: Path) -> dict[_Key, _Code]:
    try:
        content = path.read_bytes()
        if hashlib.sha256(content[_DIGEST:]).digest() != content[:_DIGEST]:
            return {}
        stamp, codes = marshal.loads(content[_DIGEST:])
        return codes if stamp == _stamp() else {}
    except (OSError, EOFError, ValueError, TypeError, ImportError):
        return {}


def _write(path: Path, codes: dict[_Key, _Code]) -> None:
    content = marshal.dumps((_stamp(), codes))
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(content).digest() + content)
            Path(part).replace(path)
        except OSError:
            Path(part).unlink(missing_ok=True)
