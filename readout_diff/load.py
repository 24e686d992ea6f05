"""A file or a text becomes a `Readout`: found, decoded, told apart from what is no text.

Plain text and Markdown, in UTF-8 or whatever a byte order mark or the caller says. The text is
never changed: offsets in a report are offsets into the file's own text, line ends and all.
"""

import codecs
import os
import re
import stat
import sys
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from readout_diff import language
from readout_diff.datamodel import Comparison, Readout
from readout_diff.errors import InputError

MAX_BYTES = 10_000_000
STDIN = "-"

# UTF-32 before UTF-16: the mark of the one in little endian starts with that of the other.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# What people are likeliest to give by mistake, by the bytes it starts with.
_NOT_TEXT = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a zipped document such as DOCX, HWPX or ODT"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office or HWP document"),
    (b"HWP Document File", "an HWP document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a gzip archive"),
)
_HTML = ("<!doctype html", "<html")

# What comes after a file's name: an extension, and perhaps a language tag before it.
_EXTENSIONS = re.compile(r"(\.[a-z]{2,3}(-[a-z0-9]{2,8})*)?\.[a-z][a-z0-9]{0,7}$", re.IGNORECASE)

# Controls that plain text may hold: tab, line ends, form feed, and the substitute character
# that old DOS editors put at the end.
_ALLOWED_CONTROLS = frozenset("\t\n\v\f\r\x1a\x1b\x85")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How to speak of what a file should be."""

    what: str
    give: str
    """What to do where it is a folder or something else."""


_READOUT = _Wanted("readout", "give one text file for each side")
_REPORT = _Wanted("report", "give a file that `readout-diff diff --format json` wrote")


def load(
    path: str | os.PathLike[str],
    *,
    lang: str | None = None,
    name: str | None = None,
    encoding: str | None = None,
) -> Readout:
    """Read a readout from a plain-text or Markdown file, or from standard input for `-`.

    `lang` is a language tag (`ko`, `zh-Hant`); without it the language is found from the text.
    `name` is how reports call this side; without it the file's name makes one. `encoding` is any
    text encoding that Python knows; without it a byte order mark decides, else UTF-8. InputError
    for what can't be read as text, in a sentence that says what to do.
    """
    from_stdin = os.fspath(path) == STDIN
    shown = "Standard input" if from_stdin else printable(os.fspath(path))
    data = _read_stdin(shown, _READOUT) if from_stdin else _read_file(path, shown, _READOUT)
    text, used = _decode(data, encoding, shown)
    _check_is_text(text, shown)
    return Readout(
        text=text,
        lang=_lang(text, lang),
        name=_name(shown) if name is None else printable(name),
        path=None if from_stdin else shown,
        encoding=used,
    )


def from_text(text: str, *, lang: str | None = None, name: str | None = None) -> Readout:
    """A readout from text at hand; InputError for an empty one or an unknown language tag."""
    _check_is_text(text, "The text")
    return Readout(text=text, lang=_lang(text, lang), name=printable(name or ""))


def load_pair(
    path_a: str | os.PathLike[str],
    path_b: str | os.PathLike[str],
    *,
    lang_a: str | None = None,
    lang_b: str | None = None,
    name_a: str | None = None,
    name_b: str | None = None,
) -> tuple[Readout, Readout]:
    """Read both sides of a comparison; InputError too where both are the same file."""
    _check_not_same(path_a, path_b)
    a = load(path_a, lang=lang_a, name=name_a)
    b = load(path_b, lang=lang_b, name=name_b)
    return distinct_names(a, b)


def read_report(path: str | os.PathLike[str]) -> Comparison:
    """Read a saved JSON report, or standard input for `-`; InputError where it is none."""
    from_stdin = os.fspath(path) == STDIN
    shown = "Standard input" if from_stdin else printable(os.fspath(path))
    data = _read_stdin(shown, _REPORT) if from_stdin else _read_file(path, shown, _REPORT)
    try:
        text, _ = _decode(data, None, shown)
    except InputError as error:  # which speaks of readouts
        raise InputError(f"{shown} is not a readout-diff report; {_REPORT.give}.") from error
    return Comparison.from_json(text)


def distinct_names(a: Readout, b: Readout) -> tuple[Readout, Readout]:
    """The two readouts, renamed where a reader couldn't tell them apart by name.

    Sides without a name are called "A" and "B", by their place.
    `korea/readout.txt` and `japan/readout.txt` become "Readout (korea)" and "Readout (japan)".
    """
    a = a if a.name else replace(a, name="A")
    b = b if b.name else replace(b, name="B")
    if a.name.casefold() != b.name.casefold():
        return a, b
    for tell in (_folder, _extension, _language):
        in_a, in_b = tell(a), tell(b)
        if in_a and in_b and in_a != in_b:
            break
    else:
        in_a, in_b = "A", "B"
    return (
        replace(a, name=f"{a.name} ({in_a})"),
        replace(b, name=f"{b.name} ({in_b})"),
    )


def _folder(readout: Readout) -> str:
    return Path(readout.path).parent.name if readout.path else ""


def _extension(readout: Readout) -> str:
    return Path(readout.path).suffix if readout.path else ""


def _language(readout: Readout) -> str:
    return readout.lang


def _check_not_same(path_a: str | os.PathLike[str], path_b: str | os.PathLike[str]) -> None:
    paths = (os.fspath(path_a), os.fspath(path_b))
    if paths == (STDIN, STDIN):
        raise InputError("Both sides can't come from standard input; give a file for one of them.")
    if STDIN in paths:
        return
    try:
        same = Path(path_a).samefile(path_b)
    except (OSError, ValueError):
        return  # one of them can't be found: load says so better
    if same:
        shown = " and ".join(dict.fromkeys(map(printable, paths)))
        raise InputError(f"Both sides are the same file ({shown}); give two different readouts.")


def _read_stdin(shown: str, wanted: _Wanted) -> bytes:
    if sys.stdin is None:
        raise InputError(f"{shown} is closed; give a file instead of -.")
    try:
        return _read_limited(sys.stdin.buffer, shown, wanted)
    except OSError as error:
        raise InputError(
            f"{shown} can't be read ({error.strerror}); give a file instead of -."
        ) from error


def _read_file(path: str | os.PathLike[str], shown: str, wanted: _Wanted) -> bytes:
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


def _read_limited(file: IO[bytes], shown: str, wanted: _Wanted) -> bytes:
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InputError(
            f"{shown} is larger than {MAX_BYTES // 1_000_000} MB, "
            f"which no {wanted.what} is; {wanted.give}."
        )
    return data


def _decode(data: bytes, encoding: str | None, shown: str) -> tuple[str, str]:
    """The text and the name of the encoding it was decoded with."""
    for magic, kind in _NOT_TEXT:
        if data.startswith(magic):
            raise InputError(f"{shown} is {kind}, not plain text; save its text as a UTF-8 .txt.")
    mark = next(((mark, codec) for mark, codec in _MARKS if data.startswith(mark)), None)
    if encoding is not None:
        try:
            codec = codecs.lookup(encoding).name
        except (LookupError, ValueError) as error:
            raise InputError(
                f"There is no encoding named {printable(encoding)!r}; "
                "name one such as utf-8, euc-kr or shift_jis."
            ) from error
        # The mark is no text, also where the caller has named the encoding that it marks.
        if mark is not None and mark[1].startswith(codec):
            data, codec = data[len(mark[0]) :], mark[1]
    elif mark is not None:
        data, codec = data[len(mark[0]) :], mark[1]
    else:
        codec = "utf-8"
    try:
        return data.decode(codec), codec
    except LookupError as error:  # a codec such as hex, which decodes bytes to bytes
        raise InputError(
            f"{printable(encoding or codec)!r} is no text encoding; "
            "name one such as utf-8, euc-kr or shift_jis."
        ) from error
    except UnicodeDecodeError as error:
        if b"\0" in data and "16" not in codec and "32" not in codec:
            raise InputError(
                f"{shown} is binary, not plain text; give the readout as a UTF-8 text file."
            ) from error
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{shown} is not valid {codec.upper()} (line {line}, byte {error.start}); "
            "save it as UTF-8 and try again."
        ) from error
    except UnicodeError as error:  # some codecs, such as punycode, don't say where
        raise InputError(
            f"{shown} is not valid {codec.upper()}; save it as UTF-8 and try again."
        ) from error


def _check_is_text(text: str, shown: str) -> None:
    if len(text) > MAX_BYTES:
        raise InputError(f"{shown} is longer than any readout; give the text of one readout.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"{shown} holds half a character (a lone surrogate, at {error.start}); decode it anew."
        ) from error
    if not any(_is_visible(char) for char in text):
        raise InputError(f"{shown} is empty; give the text of a readout.")
    controls = sum(1 for char in text if char < " " and char not in _ALLOWED_CONTROLS)
    if "\0" in text or controls > len(text) * 0.02:
        raise InputError(
            f"{shown} is binary, not plain text; give the readout as a UTF-8 text file."
        )
    if text[:1000].lstrip().lower().startswith(_HTML):
        raise InputError(f"{shown} is a web page (HTML); save its text as a UTF-8 .txt.")


def _is_visible(char: str) -> bool:
    return not char.isspace() and unicodedata.category(char) not in ("Cc", "Cf")


def _lang(text: str, lang: str | None) -> str:
    return language.detect(text) if lang is None else language.normalize_tag(lang)


def _name(path: str) -> str:
    """A name for a side from its file's name: `seoul.ko.txt` is "Seoul"."""
    file = Path(path).name
    return side_name(_EXTENSIONS.sub("", file) or file)


def side_name(stem: str) -> str:
    """How reports call a side: `south-korea` is "South korea"."""
    words = " ".join(stem.replace("_", " ").replace("-", " ").split()) or stem
    return words[:1].upper() + words[1:]


def printable(path: str) -> str:
    """A path or a name that can be written as UTF-8: file systems allow names that can't."""
    return path.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
