"""What a file is, by what is in it; its name decides only where that leaves it open."""

import io
import re
import zipfile
from pathlib import PurePath
from typing import Literal

from readout_diff.errors import InputError
from readout_diff.load.zips import BROKEN

Kind = Literal["text", "html", "pdf", "docx", "odt", "rtf"]

_HEAD = 4096
"""Bytes in which a web page shows that it is one."""
_PDF_WITHIN = 1024
"""Bytes that may stand before a PDF's first line, as readers of PDF have it."""

_SAVE_TEXT = "save its text"
_SAVE_DOCUMENT = "save it as PDF or DOCX"
_UNPACK = "give the file that is in it"
_RECOGNIZE = "run it through text recognition (OCR)"
_GIVE = "give a text or a document"

# What people are likeliest to give by mistake, by the bytes it starts with; and what to do.
_REFUSED = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office or HWP document", _SAVE_DOCUMENT),
    (b"HWP Document File", "an old HWP document", _SAVE_DOCUMENT),
    (b"bplist00", "a Safari web archive", "save the page as HTML only"),
    (b"\x89PNG", "a picture", _RECOGNIZE),
    (b"\xff\xd8\xff", "a picture", _RECOGNIZE),
    (b"GIF8", "a picture", _RECOGNIZE),
    (b"RIFF", "a picture or a recording", _GIVE),
    (b"II*\x00", "a picture", _RECOGNIZE),
    (b"MM\x00*", "a picture", _RECOGNIZE),
    (b"\x1f\x8b", "a gzip archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"Rar!", "a RAR archive", _UNPACK),
    (b"BZh", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ\x00", "an xz archive", _UNPACK),
    (b"\x7fELF", "a program", _GIVE),
    (b"MZ\x90", "a program", _GIVE),
    (b"%!PS", "a PostScript file", "save it as PDF"),
    (b"ID3", "a recording", _GIVE),
    (b"SQLite format 3\x00", "a database", _GIVE),
)
_MHTML = re.compile(
    rb"(?:From: <Saved by|MIME-Version: )[^\0]{0,2000}?multipart/related", re.IGNORECASE
)
_REFUSED_ZIPPED = (
    ("Contents/content.hpf", "an HWPX document", _SAVE_DOCUMENT),
    ("Contents/section0.xml", "an HWPX document", _SAVE_DOCUMENT),
    ("xl/workbook.xml", "a spreadsheet", _SAVE_TEXT),
    ("ppt/presentation.xml", "a presentation", "save it as PDF"),
    ("META-INF/container.xml", "an e-book", _SAVE_TEXT),
    ("Index/Document.iwa", "a Pages document", _SAVE_DOCUMENT),
)
_PAGE = re.compile(
    r"(?>\s+|<!--.*?-->|<\?xml[^>]*>|<!doctype(?!\s+html)[^>]*>)*+"
    r"<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_PAGE_NAMES = {".html", ".htm", ".xhtml", ".shtml"}
_TAG = re.compile(r"</?(?:p|div|span|br|h[1-6]|table|ul|article|main|section)\b", re.IGNORECASE)


def kind_of(data: bytes, shown: str, name: str | None) -> Kind:
    """The format of these bytes; InputError for one that isn't read.

    `name` is the file's, if it has one.
    """
    for magic, what, better in _REFUSED:
        if data.startswith(magic):
            raise InputError(f"{shown} is {what}, which can't be read; {better}.")
    if _MHTML.match(data):
        raise InputError(
            f"{shown} is a web archive (MHTML), which can't be read; save the page as HTML only."
        )
    if b"%PDF-" in data[:_PDF_WITHIN]:
        return "pdf"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(data, shown)
    if data.lstrip()[:5] == b"{\\rtf":
        return "rtf"
    return "html" if _is_page(data, name) else "text"


def _zipped(data: bytes, shown: str) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except BROKEN as error:
        raise InputError(
            f"{shown} is a damaged document or archive ({_reason(error)}); save it anew."
        ) from error
    for inside, what, better in _REFUSED_ZIPPED:
        if inside in names:
            raise InputError(f"{shown} is {what}, which can't be read; {better}.")
    if "word/document.xml" in names:
        return "docx"
    if "content.xml" in names:
        return _open_document(data, names, shown)
    raise InputError(f"{shown} is a zip archive; give the readout that is in it.")


def _open_document(data: bytes, names: set[str], shown: str) -> Kind:
    """OpenDocument says in a file of its own whether it is a text or a spreadsheet."""
    what = ""
    if "mimetype" in names:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("mimetype") as file:
                what = file.read(200).decode("ascii", "replace")
        except BROKEN:
            what = ""  # the loader says what is wrong with it
    if re.search(r"opendocument\.(?!text)", what):
        raise InputError(
            f"{shown} is a spreadsheet or a presentation, which can't be read; save its text."
        )
    return "odt"


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _is_page(data: bytes, name: str | None) -> bool:
    # Without NUL bytes, UTF-16 is legible enough to look for a tag.
    head = data[:_HEAD].replace(b"\0", b"").decode("latin-1")
    head = re.sub("^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)", "", head)
    if _PAGE.match(head):
        return True
    return PurePath(name or "").suffix.lower() in _PAGE_NAMES and bool(_TAG.search(head))
