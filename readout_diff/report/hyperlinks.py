"""Hyperlinks of the terminal report: which form, and where to, a terminal can follow.

The sequence is OSC 8; terminals differ in whether a link may name a line, so the form follows the
terminal. `FORCE_HYPERLINK` overrules what is known of it.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

AUTO = "auto"
NONE = "none"
FIELDS = ("path", "line", "column", "host")
_FILE = "file://{host}{path}"
_FILE_LINE = "file://{host}{path}#{line}"
_VSCODE = "vscode://file{path}:{line}:{column}"
_BY_PROGRAM = {
    "iTerm.app": _FILE_LINE,
    "WezTerm": _FILE_LINE,
    "ghostty": _FILE_LINE,
    "vscode": _VSCODE,
    "Hyper": _FILE,
}
_BY_TERM = {
    "xterm-kitty": _FILE_LINE,
    "xterm-ghostty": _FILE_LINE,
    "foot": _FILE,
    "alacritty": _FILE,
}
_VTE = 5000
"""The first version of VTE (GNOME Terminal and others) that knows hyperlinks."""


def supported(environ: Mapping[str, str]) -> str | None:
    """The format of links that an environment's terminal can follow; None where it can't."""
    forced = environ.get("FORCE_HYPERLINK")
    if forced == "0":
        return None
    if known := _BY_PROGRAM.get(environ.get("TERM_PROGRAM", "")):
        return known
    if known := _BY_TERM.get(environ.get("TERM", "")):
        return known
    vte = environ.get("VTE_VERSION", "")
    modern = "WT_SESSION" in environ or "KONSOLE_VERSION" in environ or "DOMTERM" in environ
    return _FILE if modern or forced or (vte.isdecimal() and int(vte) >= _VTE) else None


def is_format(text: str) -> bool:
    """Whether a text is a format of links: it holds {path}, and no field that there isn't."""
    try:
        text.format(**dict.fromkeys(FIELDS, ""))
    except (LookupError, ValueError, AttributeError):
        return False
    return "{path}" in text and text.isprintable() and not set(text) & set(" ;")


def target(format: str, path: str | None, line: int, column: int) -> str | None:
    """Where a link to a place in a file leads; None where there is no such file any more."""
    if path is None:
        return None
    file = Path(path)
    try:
        if not file.is_file():
            return None
        whole = file.absolute().as_posix()
    except (OSError, ValueError):
        return None
    rooted = whole if whole.startswith("/") else f"/{whole}"  # C:/ on Windows
    return format.format(path=quote(rooted, safe="/:"), line=line, column=column, host=_host())


def _host() -> str:
    return os.uname().nodename if hasattr(os, "uname") else ""
