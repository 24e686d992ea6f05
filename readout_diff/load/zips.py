"""Documents that are zip archives of XML: opened within limits, and only plain XML let through."""

import contextlib
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator

from readout_diff.errors import InputError

MAX_UNZIPPED = 200_000_000
"""Bytes of all files in a document, pictures included."""
MAX_XML = 50_000_000
"""Bytes of one XML file."""
MAX_FILES = 5_000
BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError,
    RuntimeError, KeyError, ValueError,
)  # fmt: skip
"""What zipfile raises for archives that are not in order."""
_DOCTYPE = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


@contextlib.contextmanager
def opened(data: bytes, shown: str) -> Iterator[zipfile.ZipFile]:
    """The archive, checked: no bomb, no XML that defines entities; InputError for any of these.

    An archive says how large its files are; reading stops there, so what is said can be trusted.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_sizes(archive, shown)
            for entry in archive.infolist():
                if entry.filename.endswith((".xml", ".rels")):
                    _check_xml(xml(archive, entry.filename, shown), shown)
            yield archive
    except BROKEN as error:
        raise damaged(shown, error) from error


def xml(archive: zipfile.ZipFile, name: str, shown: str) -> bytes:
    """One XML file of an archive; InputError where it is too large."""
    if archive.getinfo(name).file_size > MAX_XML:
        raise _too_large(shown)
    with archive.open(name) as file:
        return file.read(MAX_XML + 1)


def damaged(shown: str, error: Exception) -> InputError:
    """What is said of a document that can't be taken apart."""
    reason = " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__
    return InputError(f"{shown} is a damaged document ({reason}); open it and save it anew.")


def _check_sizes(archive: zipfile.ZipFile, shown: str) -> None:
    entries = archive.infolist()
    if any(entry.flag_bits & 1 for entry in entries):
        raise InputError(f"{shown} is protected by a password; save it without one.")
    if len(entries) > MAX_FILES or sum(entry.file_size for entry in entries) > MAX_UNZIPPED:
        raise _too_large(shown)


def _check_xml(content: bytes, shown: str) -> None:
    """No document of an office program defines entities; they are how XML is made to explode."""
    # Without NUL bytes, UTF-16 is legible enough to look for it.
    head = content.replace(b"\0", b"").decode("latin-1")
    if _DOCTYPE.search(head):
        raise InputError(
            f"{shown} defines entities (DOCTYPE), which no document does; save it anew."
        )


def _too_large(shown: str) -> InputError:
    return InputError(
        f"{shown} unpacks to more than {MAX_UNZIPPED // 1_000_000} MB or {MAX_FILES:,} files, "
        "which no readout does; save its text."
    )
