"""What is made of the lexicons, kept in the user's cache for other processes.

To read the tables and compile some hundreds of expressions of a language takes a while, and gives
the same each time. Functions that do so are marked with `keeps`. `take_up` has them give what a
file in the cache holds instead of making it, each once it is asked for, and `put_down` writes what
had to be made. A file is good for one version of the lexicons and of the code that reads them, and
for one Python.

Files are pickles that may hold nothing but this package's own classes and the expressions, for
which the standard library's compiler is asked inside; where that is not as it is known here,
nothing is kept. Whatever is wrong with a file, it is made anew.
"""

import contextlib
import hashlib
import io
import os
import pickle
import re
import sys
import tempfile
import threading
from array import array
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")

ALL = "all"
"""Name of the file of what is of no language, or of whatever languages come up."""
_KNOWN_COMPILER = sys.implementation.name == "cpython" and sys.version_info < (3, 15)
_NUMBER = "I"
"""The compiler's numbers, as the module array names their size."""
_DIGEST = 32
_CLASSES = ("readout_diff.conflicts.", "readout_diff.topics.", "readout_diff.lexicon")
_SOURCES = ("lexicons/*", "conflicts/*.py", "topics/*.py", "lexicon.py", "plain.py", "kept.py")
"""Files of this package that decide what is kept."""

_Key = tuple[str, tuple[Any, ...]]
"""A function's name and what it was given."""

_lock = threading.RLock()
_files: dict[str, dict[_Key, bytes]] = {}
"""What each file that was taken up holds: a pickle a value."""
_made: dict[str, dict[_Key, Any]] = {}
"""What was made since, of those files."""


class Kept(Protocol[P, R]):
    """A function whose results are kept."""

    __wrapped__: Callable[P, R]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...


def keeps(file: str | None = None) -> Callable[[Callable[P, R]], Kept[P, R]]:
    """Decorates a function of the lexicons alone, whose results never change; made once a process.

    `file` is the name of the file in the cache; without it, it is the function's first argument, a
    language.
    """

    def decorate(make: Callable[P, R]) -> Kept[P, R]:
        name = f"{make.__module__}.{make.__qualname__}"

        @lru_cache(maxsize=128)
        @wraps(make)
        def found(*given: Any) -> Any:
            of = str(given[0]) if file is None else file
            known, key = _files.get(of), (name, given)
            if known is not None and key in known:
                with contextlib.suppress(Exception):  # a pickle may fail in any way
                    return _unpacked(known[key])
            value = cast(Callable[..., R], make)(*given)
            if known is not None:
                with _lock:
                    _made.setdefault(of, {})[key] = value
            return value

        return cast(Kept[P, R], found)

    return decorate


def take_up(folder: Path, files: Iterable[str]) -> None:
    """Have at hand what the folder's files of these names hold.

    A file that can't be read holds nothing; of what can't be a language's name there is none.
    """
    if not _KNOWN_COMPILER:
        return
    with _lock:
        for file in files:
            if file not in _files and file.isascii() and file.isalpha():
                _files[file] = _read(_path(folder, file))


def put_down(folder: Path) -> None:
    """Write what was made since; a folder that can't be written to is left alone."""
    with _lock:
        for file, values in _made.items():
            # No comparison is to fail for what the next one would gain.
            with contextlib.suppress(Exception):
                _files[file] |= {key: _packed(value) for key, value in values.items()}
                _write(_path(folder, file), _files[file])
        _made.clear()


def _path(folder: Path, file: str) -> Path:
    return folder / f"lexicons-{file}-{sys.implementation.cache_tag}.bin"


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, re.Pattern):
            return _assembled, (value.pattern, *_code(value))
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in (("fractions", "Fraction"), (__name__, _assembled.__name__)):
            return super().find_class(module, name)
        # A name with dots would reach through a module into others.
        allowed = module.startswith(_CLASSES) and "." not in name
        found = super().find_class(module, name) if allowed else None
        if not isinstance(found, type) or not found.__module__.startswith(_CLASSES):
            raise pickle.UnpicklingError(f"{module}.{name} is nothing that is kept")
        return found


def _packed(value: Any) -> bytes:
    content = io.BytesIO()
    _Pickler(content, protocol=5).dump(value)
    return content.getvalue()


def _unpacked(content: bytes) -> Any:
    return _Unpickler(io.BytesIO(content)).load()


def _code(pattern: re.Pattern[str]) -> tuple[int, bytes, int, dict[str, int]]:
    """What the compiler makes of an expression: flags, numbers, how many groups, the named ones."""
    from re import _compiler, _parser  # type: ignore[attr-defined]

    parsed = _parser.parse(pattern.pattern, pattern.flags)
    numbers = array(_NUMBER, _compiler._code(parsed, pattern.flags))
    return pattern.flags, numbers.tobytes(), pattern.groups, dict(pattern.groupindex)


def _assembled(
    source: str, flags: int, numbers: bytes, groups: int, named: dict[str, int]
) -> re.Pattern[str]:
    """The expression of these numbers, which are checked; RuntimeError where they are none."""
    import _sre

    names: list[str | None] = [None] * (groups + 1)
    for name, number in named.items():
        names[number] = name
    found: re.Pattern[str] = _sre.compile(
        source, flags, array(_NUMBER, numbers).tolist(), groups, named, tuple(names)
    )
    return found


def _sources() -> list[Path]:
    package = Path(__file__).parent
    return sorted(path for pattern in _SOURCES for path in package.glob(pattern))


@lru_cache(maxsize=1)
def _stamp() -> bytes:
    """Of what files are good for; OSError where this package is not in files."""
    import _sre

    digest = hashlib.sha256(f"{sys.version} {_sre.MAGIC} {_sre.CODESIZE}".encode())
    for path in _sources():
        digest.update(f"\n{path.name}\n".encode())
        digest.update(path.read_bytes())
    return digest.digest()


def _read(path: Path) -> dict[_Key, bytes]:
    try:
        content = path.read_bytes()
        head, values = content[: 2 * _DIGEST], content[2 * _DIGEST :]
        if head != _stamp() + hashlib.sha256(values).digest():
            return {}
        found = _unpacked(values)
    except Exception:  # a pickle may fail in any way
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path, values: dict[_Key, bytes]) -> None:
    content = _packed(values)
    with _replacing(path) as file:
        file.write(_stamp() + hashlib.sha256(content).digest())
        file.write(content)


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Any]:
    """A file that takes the path's place once it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
