"""Where reports go: a file that is replaced as a whole, standard output, or a pager.

Also what is to be known of the terminal. Everything that goes wrong is an InputError.
"""

import contextlib
import errno
import os
import stat
import sys
import tempfile
from pathlib import Path

import click

from readout_diff.errors import InputError

DEFAULT_HEIGHT = 24


def is_terminal(output: str | None) -> bool:
    """Whether what is written to `output`, standard output if None or -, is seen at once."""
    return output in (None, "-") and sys.stdout is not None and sys.stdout.isatty()


def write(text: str, output: str | None) -> None:
    """Write to the file, or to standard output."""
    if output in (None, "-"):
        to_stdout(text)
    else:
        _to_file(Path(output or ""), text)


def terminal_width(default: int) -> int:
    """Columns of the terminal, `default` where it doesn't tell."""
    # Two columns of lines longer than this are hard to read, however wide the window is.
    return min(os.get_terminal_size(sys.stdout.fileno()).columns or default, 180)


def is_long(text: str) -> bool:
    """Whether a report leaves no room on the terminal for the prompt after it."""
    return text.count("\n") >= (os.get_terminal_size(sys.stdout.fileno()).lines or DEFAULT_HEIGHT)


def page(text: str) -> None:
    """Show a text in PAGER, else in less; where there is neither, print it."""
    if os.environ.get("PAGER", "less") in ("", "cat") or os.name == "nt":
        to_stdout(text)
        return
    os.environ.setdefault("LESS", "-FRX")  # as git has it: with colours, and no clearing after
    click.echo_via_pager(text.removesuffix("\n"))


def takes_color() -> bool:
    """Whether a terminal is to get colour codes."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    # Consoles of Windows that don't know colour codes would print them.
    return os.name != "nt" or "WT_SESSION" in os.environ or "TERM" in os.environ


def to_stdout(text: str) -> None:
    """Write to standard output, whatever may be the matter with it."""
    if sys.stdout is None:
        raise InputError("Standard output is closed; give -o FILE.")
    try:
        # As bytes: a report is UTF-8 with plain line ends, whatever the platform prefers.
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough; Python must not try to flush again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise InputError(
            f"The report can't be written to standard output ({error.strerror}); give -o FILE."
        ) from error


def check(output: str | None, inputs: tuple[str, ...]) -> None:
    """Refuse before the work is done what could not be written after it."""
    if output in (None, "-"):
        return
    path = Path(output or "")
    try:
        if path.is_dir():
            raise InputError(f"{output} is a folder; give -o a file.")
        if not path.absolute().parent.is_dir():
            raise InputError(f"There is no folder {path.parent} to write {path.name} in; make it.")
        for given in inputs:
            if given != "-" and path.exists() and Path(given).exists() and path.samefile(given):
                raise InputError(f"-o {output} would replace the input; give another file.")
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from error


def _to_file(path: Path, text: str) -> None:
    """Write to a file beside it and move that in its place: a reader sees the old or the new."""
    temporary = None
    try:
        path = _target(path)
        if path.exists() and not path.is_file():
            path.write_bytes(text.encode())  # a device or a pipe
            return
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:20]}.")
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
        Path(temporary).chmod(_mode(path))
        Path(temporary).replace(path)
        temporary = None
    except BrokenPipeError:
        pass
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def _target(path: Path) -> Path:
    """What is replaced: where `path` is a link, what it leads to."""
    try:
        return path.resolve()
    except RuntimeError as error:  # Python before 3.13 says so of links that lead in a circle
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from error


def _mode(path: Path) -> int:
    """The permissions of the file to be replaced, or those that a new file gets."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def _unwritable(path: Path, error: Exception) -> InputError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return InputError(f"{path} can't be written ({reason}); give another -o FILE.")
