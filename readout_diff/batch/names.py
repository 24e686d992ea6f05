"""What names say: which files are no readouts, whose side one is, what a report may be called."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from readout_diff.batch.meetings import Meeting, Pair, Source
from readout_diff.errors import InputError
from readout_diff.language import normalize_tag
from readout_diff.load import printable

# Any file may be a readout, as for `readout-diff diff`, but for these, which never are.
_NO_READOUT = frozenset(
    re.findall(
        r"\w+",
        """avi bak bmp bz2 cfg conf css csv db dll exe gif gz heic ico ini ipynb iso jpeg jpg js
    json jsonl lock log m4a mkv mov mp3 mp4 ogg parquet pkl png ps1 py pyc sh sql sqlite srt svg tar
    tif tiff tmp toml tsv ttf vtt wav webm webp woff xls xlsx xz yaml yml zip""",
    )
)
STATE = ".state"
"""The folder of records in the output folder."""
_NO_NAMES = frozenset(
    ["changelog", "copying", "desktop.ini", "license", "licence", "notice", "readme", "thumbs.db"]
)
READOUTS = frozenset(re.findall(r"\w+", "docx htm html hwp hwpx markdown md odt pdf rtf txt xhtml"))
"""Endings by which a folder is taken for a file that went wrong."""

_PORTABLE = re.compile(r"[\w][\w .,()+=@-]{0,119}")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d|index)(\..*)?")
"""Windows' devices, and the page of the whole folder."""
_ODD = re.compile(r"[^\w.,()+=@-]+")


def no_readout(name: str) -> str | None:
    """Why a file of that name is no readout; None for one that may be."""
    if name.startswith("."):
        return "a hidden file"
    if name.endswith("~"):
        return "a backup copy"
    stem, _, ending = name.lower().rpartition(".")
    if name.lower() in _NO_NAMES or (stem or ending) in _NO_NAMES:
        return "not a readout, by its name"
    return f"not a readout, by its ending .{ending}" if stem and ending in _NO_READOUT else None


def is_output(folder: Path) -> bool:
    """Whether an earlier batch wrote the folder, whose pages are no readouts."""
    return (folder / STATE).is_dir()


def is_tag(word: str) -> bool:
    """Whether a word is a language tag."""
    try:
        normalize_tag(word)
    except InputError:
        return False
    return True


def clean(name: str) -> str:
    """A file's name as it is shown and compared."""
    # The Mac decomposes accents and Hangul; the same name typed elsewhere is composed.
    return unicodedata.normalize("NFC", printable(name))


def side_of(name: str) -> str:
    """`seoul` of `seoul.ko.txt`."""
    stem = name.rpartition(".")[0] or name
    side, _, lang = stem.rpartition(".")
    return side if side and is_tag(lang) else stem


def order(source: Source) -> tuple[str, str]:
    """By side, then by file."""
    return source.side, source.path


class FileNames:
    """Gives each name a file name of its own, whether or not the disk minds upper case."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, name: str) -> str:
        """The name itself where it can be one, else something like it that ends in a hash."""
        file = name
        if not _is_portable(name) or name.casefold() in self._taken:
            digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
            short = _ODD.sub("_", name).lstrip("._-")[:60]
            file = f"{short or 'meeting'}-{digest[:8]}"
            if _RESERVED.fullmatch(file):  # "con.txt" is the device as well, whatever follows
                file = file.replace(".", "_")
        self._taken.add(file.casefold())
        return file


def _is_portable(name: str) -> bool:
    return (
        _PORTABLE.fullmatch(name) is not None
        and not name.endswith((".", " "))
        and not _RESERVED.fullmatch(name)
        and len(name.encode("utf-8", "surrogatepass")) <= 200
    )


def meeting_of(name: str, pairs: Iterable[tuple[Source, Source]], names: FileNames) -> Meeting:
    """A meeting whose reports have files of their own."""
    file, given = names.of(name), list(pairs)
    if len(given) == 1:
        return Meeting(name, file, (Pair(file, *given[0]),))
    labels = _labels({source for pair in given for source in pair})
    inner = FileNames()
    return Meeting(
        name,
        file,
        tuple(Pair(f"{file}/{inner.of(f'{labels[a]}--{labels[b]}')}", a, b) for a, b in given),
    )


def _labels(sources: Iterable[Source]) -> dict[Source, str]:
    """What tells readouts of one meeting apart: the side, or the file where a side has several."""
    ordered = sorted(sources, key=order)
    sides = [source.side for source in ordered]
    return {
        source: source.side
        if sides.count(source.side) == 1
        else clean(Path(source.path).stem).removeprefix(".")
        for source in ordered
    }
