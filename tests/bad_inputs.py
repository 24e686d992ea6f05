"""Inputs that are no readouts, or try to be more, and what loading each gives.

`docs/write_inputs.py` writes them as a table into docs/inputs.md, and `tests/test_bad_inputs.py`
replays it. The sentences are of our own invention.
"""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from readout_diff.errors import InputError
from readout_diff.load import load
from tests.make_files import SOURCES, docx, odt_of, pdf, saved, zipped

TEXT = "The two ministers met in the harbour city. They agreed to open a fisheries office.\n"
KOREAN = SOURCES[1].text
JAPANESE = SOURCES[2].text
RUSSIAN = SOURCES[5].text


@dataclass(frozen=True, slots=True)
class Bad:
    """A file."""

    what: str
    name: str
    content: bytes | Callable[[], bytes]
    """Its bytes, or what makes them."""

    def path(self, folder: Path) -> str:
        """Where it is, once it is written."""
        path = folder / self.name
        path.write_bytes(self.content() if callable(self.content) else self.content)
        return str(path)


@dataclass(frozen=True, slots=True)
class Place:
    """A path that is what is wrong."""

    what: str
    make: Callable[[Path], str]

    def path(self, folder: Path) -> str:
        """The path, in a folder of its own."""
        return self.make(folder)


def outcome(bad: Bad | Place, folder: Path) -> str:
    """What loading gives: the error without the folder's name, or what was read."""
    warnings: list[str] = []
    try:
        readout = load(bad.path(folder), warn=warnings.append)
    except InputError as error:
        said = str(error).replace(f"{folder}/", "").replace(str(folder), "folder")
        # What a library calls the damage changes with its version.
        return re.sub(r"(is a damaged [\w ]+) \(.*\);", r"\1 (…);", said)
    said = f"read, {len(readout.text):,} characters"
    said += f" in {readout.encoding}" if readout.encoding else ""
    return said + ("; warned that it may be wrong" if warnings else "")


def page(body: str, head: str = "") -> bytes:
    """A web page."""
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode()


def word(body: str, prolog: str = "", extra: dict[str, str | bytes] | None = None) -> bytes:
    """A DOCX of this body, in XML."""
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    kinds = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    packages = "http://schemas.openxmlformats.org/package/2006"
    return zipped({
        "[Content_Types].xml": f'<Types xmlns="{packages}/content-types">'
        '<Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{kinds}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{packages}/relationships">'
        f'<Relationship Id="r" Type="{office}" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<?xml version="1.0"?>{prolog}<w:document xmlns:w="{w}"><w:body>'
        f"{body}</w:body></w:document>",
        **(extra or {}),
    })  # fmt: skip


def words(text: str) -> str:
    """A paragraph of a DOCX."""
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)
FETCHED = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


def swollen() -> bytes:
    """A DOCX of a few hundred kB that unpacks to more than is let through."""
    return word(words(TEXT), extra={"word/media/a.bin": b"\0" * 210_000_000})


def swollen_xml() -> bytes:
    """The same, in the text itself."""
    return word(words("a" * 51_000_000))


def locked_zip() -> bytes:
    """A DOCX whose files are marked as encrypted."""
    data = bytearray(word(words(TEXT)))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(mark)
        while place >= 0:
            data[place + at] |= 1
            place = data.find(mark, place + 4)
    return bytes(data)


def locked_pdf() -> bytes:
    """A PDF that asks for a password."""
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    canvas = Canvas(file, encrypt=StandardEncryption("secret", canPrint=0))
    canvas.drawString(72, 700, TEXT.strip())
    canvas.save()
    return file.getvalue()


def drawn(draw: Callable[..., None], pages: int = 1) -> bytes:
    """A PDF on whose pages `draw` draws."""
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    canvas = Canvas(file, invariant=True)
    for _ in range(pages):
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def acting_pdf() -> bytes:
    """A PDF that would run a script and a program when it is opened."""
    plain = drawn(lambda canvas: canvas.drawString(72, 700, TEXT.strip()))
    action = b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> "
    return plain.replace(b"/Type /Catalog", action + b"/Type /Catalog")


def half_titled_pdf() -> bytes:
    """A PDF whose title is half a character."""
    plain = drawn(lambda canvas: canvas.drawString(72, 700, TEXT.strip()))
    return plain.replace(b"/Title (untitled)", b"/Title <feffd800>")


def empty_docx() -> bytes:
    """A DOCX of one empty paragraph."""
    import docx as library

    return saved(library.Document().save)


def deep_odt() -> bytes:
    """Lists in lists, 20,000 deep."""
    deep = 20_000
    return odt_of(
        "<text:list><text:list-item>" * deep
        + f"<text:p>{TEXT}</text:p>"
        + "</text:list-item></text:list>" * deep
    )


def linked(folder: Path) -> str:
    """A link that leads to itself."""
    (folder / "loop.txt").unlink(missing_ok=True)
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    return str(folder / "loop.txt")


def named(name: str) -> Callable[[Path], str]:
    """A good file of an odd name."""

    def make(folder: Path) -> str:
        (folder / name).write_text(TEXT, encoding="utf-8")
        return str(folder / name)

    return make


BAD: tuple[Bad | Place, ...] = (
    # Nothing, or no text
    Bad("an empty file", "a.txt", b""),
    Bad("white space only", "a.txt", b" \n\t\r\n"),
    Bad("a byte order mark only", "a.txt", b"\xef\xbb\xbf"),
    Bad("invisible characters only", "a.txt", "\u200b\u200e\ufeff\u2060\n".encode()),
    Bad("digits and marks only", "a.txt", b"2026. 5. 4. -- 1,200 !!\n"),
    Bad("NUL bytes only", "a.txt", b"\0" * 500),
    Bad("a NUL in a text", "a.txt", TEXT.replace("met", "m\0et").encode()),
    Bad("bytes by chance", "a.txt", bytes((n * n * 31 + n * 7) % 256 for n in range(4096))),
    Bad("control characters", "a.txt", b"\x01\x02\x03\x04\x05 text"),
    Bad("a program", "a.txt", b"\x7fELF\x02\x01\x01\x00\xff"),
    Bad("a PNG picture", "a.pdf", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
    Bad("a JPEG picture", "a.pdf", b"\xff\xd8\xff\xe0\0\x10JFIF"),
    Bad("a GIF picture", "a.txt", b"GIF89a\1\0\1\0"),
    Bad("a TIFF picture", "a.tif", b"II*\0\x08\0\0\0"),
    Bad("a WebP picture", "a.webp", b"RIFF\x24\0\0\0WEBPVP8 "),
    Bad("a recording", "a.mp3", b"ID3\x04\0\0\0\0\0\0"),
    Bad("a database", "a.db", b"SQLite format 3\0"),
    Bad("a gzip archive", "a.txt.gz", b"\x1f\x8b\x08\0\0\0\0\0"),
    Bad("a 7-Zip archive", "a.7z", b"7z\xbc\xaf\x27\x1c\0\4"),
    Bad("a RAR archive", "a.rar", b"Rar!\x1a\x07\1\0"),
    Bad("an xz archive", "a.xz", b"\xfd7zXZ\0\0\4"),
    Bad("a bzip2 archive", "a.bz2", b"BZh91AY&SY"),
    Bad("a zip archive", "a.zip", zipped({"a.txt": TEXT})),
    Bad("a zip archive that would write elsewhere", "a.zip", zipped({"../../a.txt": TEXT})),
    Bad("a zip archive whose content is damaged", "a.odt",
        odt_of(TEXT).replace(b"\x08\0\0\0mimetype", b"\x08\0\0\0mimetype\xff\xff\xff", 1)),
    Bad("an empty zip archive", "a.zip", zipped({})),
    Bad("a zip archive cut off", "a.docx", zipped({"word/document.xml": TEXT * 50})[:80]),
    # Documents of other programs
    Bad("a DOC, XLS or HWP of old", "a.hwp", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99),
    Bad("an HWP of before 2000", "a.hwp", b"HWP Document File V3.00 \x1a\1\2\3\4\5"),
    Bad("an HWPX", "a.hwpx", zipped({"Contents/section0.xml": "<x/>", "mimetype": "hwp+zip"})),
    Bad("an XLSX", "a.xlsx", zipped({"xl/workbook.xml": "<x/>"})),
    Bad("a PPTX", "a.pptx", zipped({"ppt/presentation.xml": "<x/>"})),
    Bad("an EPUB", "a.epub", zipped({"META-INF/container.xml": "<x/>"})),
    Bad("a Pages document", "a.pages", zipped({"Index/Document.iwa": b"\0"})),
    Bad("an ODS", "a.ods", zipped({
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>",
    })),
    Bad("a saved page in one file (MHTML)", "a.mht",
        b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x"),
    Bad("a Safari web archive", "a.webarchive", b"bplist00\xd1\1\2"),
    Bad("a PostScript file", "a.ps", b"%!PS-Adobe-3.0\n"),
    # Encodings
    Bad("UTF-8 cut inside a character", "a.txt", KOREAN.encode()[:-2]),
    Bad("UTF-8 with one wrong byte", "a.txt", KOREAN.encode().replace(b"\n", b"\xff\n", 1)),
    Bad("UTF-8 of halves of characters", "a.txt", TEXT.encode() + b"\xed\xa0\x80"),
    Bad("UTF-8 in more bytes than needed", "a.txt", TEXT.encode() + b"\xc0\x80\xc1\xbf"),
    Bad("UTF-16 of an odd number of bytes", "a.txt", b"\xff\xfe" + KOREAN.encode("utf-16-le")[:-1]),
    Bad("UTF-16 with half a character", "a.txt", b"\xff\xfeA\0\0\xd8B\0"),
    Bad("UTF-16 without a mark", "a.txt", KOREAN.encode("utf-16-le")),
    Bad("UTF-32 beyond the last character", "a.txt", b"\xff\xfe\0\0A\0\0\0\0\0\x11\0"),
    Bad("EUC-KR that does not say so", "a.txt", KOREAN.encode("euc-kr")),
    Bad("EUC-KR with a byte lost", "a.txt", KOREAN.encode("euc-kr")[1:]),
    Bad("half UTF-8, half EUC-KR", "a.txt", KOREAN.encode() + KOREAN.encode("euc-kr")),
    Bad("Shift_JIS that does not say so", "a.txt", JAPANESE.encode("shift_jis")),
    Bad("KOI8-R that does not say so", "a.txt", RUSSIAN.encode("koi8-r")),
    Bad("four letters of Latin-1", "a.txt", "été.".encode("latin-1")),
    Bad("a page that names a wrong encoding", "a.html",
        b'<html><meta charset="euc-kr"><p>' + JAPANESE.encode("shift_jis")),
    Bad("a page that names an encoding that there is not", "a.html",
        b'<html><meta charset="x-none"><p>' + KOREAN.encode("euc-kr")),
    # What would act, or show otherwise than it is
    Bad("terminal colours", "a.txt", f"\x1b[31m{TEXT}\x1b[0m".encode()),
    Bad("a terminal title and a hyperlink", "a.txt",
        f"\x1b]0;gone\x07{TEXT * 3}\x1b]8;;file:///etc/passwd\x07here\x1b]8;;\x07".encode()),
    Bad("a text that is turned round", "a.txt", f"\u202e{TEXT}\u202c".encode()),
    Bad("marks of direction without an end", "a.txt", f"\u2067\u2066{TEXT}".encode()),
    Bad("line ends of every kind", "a.txt", b"One met.\r\nTwo met.\rThree met.\n\rFour met.\n"),
    Bad("line separators and form feeds", "a.txt", "One met.\u2028Two met.\x0cThree.\x0b".encode()),
    Bad("10,000 accents on one letter", "a.txt", f"{TEXT} a{chr(0x301) * 10_000}.".encode()),
    Bad("characters that are none", "a.txt", f"{TEXT} \ufffe\uffff\U0010ffff".encode()),
    Bad("characters of private use", "a.txt", f"{TEXT} \ue000\uf8ff\U000f0000".encode()),
    Bad("invisible letters", "a.txt",
        (TEXT + "".join(map(chr, range(0xE0041, 0xE005B)))).encode()),
    Bad("markup of every report format", "a.txt",
        f"{TEXT}<script>alert(1)</script> [a](javascript:b) ```` =1+1 {{{{7*7}}}}\n".encode()),
    # Large ones
    Bad("one line of 5 MB", "a.txt", lambda: b"The ministers met. " * 265_000),
    Bad("a text of 50 MB", "a.txt", lambda: TEXT.encode() * 600_000),
    Bad("a file of more than 100 MB", "a.txt", lambda: b"a" * 100_000_001),
    Bad("100,000 lines", "a.txt", lambda: b"It met.\n" * 100_000),
    # Web pages
    Bad("a page without text", "a.html", page("")),
    Bad("a page that is a script", "a.html", page("<script>document.write('It met.')</script>")),
    Bad("a page that is a menu", "a.html", page("<nav><a href=/>Home</a></nav>")),
    Bad("a page of frames", "a.html", b"<html><frameset><frame src=a.html></frameset></html>"),
    Bad("tags that are not closed", "a.html", f"<html><body><div><p><b>{TEXT}<p>{TEXT}".encode()),
    Bad("tags 20,000 deep", "a.html", page("<div>" * 20_000 + TEXT)),
    Bad("scripts, handlers, pictures from elsewhere", "a.html", page(
        f"<p onclick=x()>{TEXT}</p><img src=http://192.0.2.1/a.png onerror=x()>"
        "<iframe src=file:///etc/passwd></iframe><a href=javascript:x()>here</a>"
    )),
    Bad("characters by number that are none", "a.html",
        page(f"<p>{TEXT}&#0;&#xD800;&#x110000;</p>")),
    Bad("entities that explode", "a.html", f"{BOMB}<html><p>{TEXT}&i;</p></html>".encode()),
    Bad("a page with control characters", "a.html",
        page(f"<p>{TEXT}\x1b[31m&#27;[0m&#x9b;</p>\0<nav></nav>\x01&#1;")),
    Bad("an entity that is a file", "a.html", f"{FETCHED}<html><p>{TEXT}&a;</p></html>".encode()),
    Bad("a page of more than 10 MB", "a.html", lambda: page(f"<p>{TEXT}</p>" * 125_000)),
    Bad("a page of 40,000 elements", "a.html", lambda: page("<p>It met.</p>" * 40_000)),
    Bad("a comment that does not end", "a.html", page(f"<p>{TEXT}</p><!-- ")),
    Bad("40,000 comments before nothing", "a.html", lambda: b"<!---->" * 40_000),
    Bad("a page in UTF-16 that does not say so", "a.html",
        page(f"<p>{TEXT}</p>").decode().encode("utf-16-le")),
    Bad("XHTML in EUC-JP", "a.html",
        b'<?xml version="1.0" encoding="EUC-JP"?><html><body><p>'
        + JAPANESE.encode("euc-jp") + b"</p></body></html>"),
    Bad("plain text with a tag in it", "a.txt", f"{TEXT}<p>".encode()),
    # PDF
    Bad("the first line of a PDF", "a.pdf", b"%PDF-1.7\n"),
    Bad("a PDF cut off", "a.pdf", lambda: pdf(SOURCES[1])[:700]),
    Bad("a scan", "a.pdf", lambda: drawn(lambda canvas: canvas.rect(50, 50, 400, 600, fill=1))),
    Bad("a PDF without pages", "a.pdf",
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>"),
    Bad("pages that hold each other", "a.pdf",
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[2 0 R]/Count 9>>endobj\ntrailer<</Root 1 0 R>>"),
    Bad("a PDF with a password", "a.pdf", locked_pdf),
    Bad("a PDF of 501 pages", "a.pdf",
        lambda: drawn(lambda canvas: canvas.drawString(9, 9, "It met."), 501)),
    Bad("a PDF that would run a script", "a.pdf", acting_pdf),
    Bad("a PDF with half a character as its title", "a.pdf", half_titled_pdf),
    Bad("a PDF called .txt", "a.txt", lambda: pdf(SOURCES[1])),
    Bad("text called .pdf", "a.pdf", TEXT.encode()),
    # DOCX, ODT and RTF
    Bad("a DOCX without words", "a.docx", empty_docx),
    Bad("a DOCX called .txt", "a.txt", lambda: docx(SOURCES[1])),
    Bad("a DOCX of broken XML", "a.docx", word("<w:p><w:r>")),
    Bad("a DOCX of another XML", "a.docx", zipped({"word/document.xml": "<x/>"})),
    Bad("a DOCX of 210 MB unpacked", "a.docx", swollen),
    Bad("a DOCX with 51 MB of XML", "a.docx", swollen_xml),
    Bad("a DOCX whose entities explode", "a.docx", word(words("&i;"), BOMB)),
    Bad("a DOCX with an entity that is a file", "a.docx", word(words("&a;"), FETCHED)),
    Bad("the same in UTF-16", "a.docx", word("", extra={
        "word/document.xml": f'<?xml version="1.0" encoding="UTF-16"?>{BOMB}<x/>'.encode("utf-16"),
    })),
    Bad("a DOCX of 6,000 files", "a.docx",
        lambda: word(words(TEXT), extra={f"word/{n}.bin": b"" for n in range(6_000)})),
    Bad("a DOCX with a password on its files", "a.docx", locked_zip),
    Bad("tables in tables, 200 deep", "a.docx",
        word("<w:tbl><w:tr><w:tc>" * 200 + words(TEXT) + "</w:tc></w:tr></w:tbl>" * 200)),
    Bad("a DOCX with a picture from elsewhere", "a.docx", word(words(TEXT), extra={
        "word/_rels/document.xml.rels":
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            '<Relationship Id="r9" TargetMode="External" Target="http://192.0.2.1/a.dotm" Type="'
            'http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"'
            "/></Relationships>",
    })),
    Bad("an ODT without content", "a.odt",
        zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": ""})),
    Bad("an ODT of broken XML", "a.odt", odt_of("<text:p>")),
    Bad("an ODT whose entities explode", "a.odt", odt_of("<text:p>&i;</text:p>", prolog=BOMB)),
    Bad("an ODT with an entity that is a file", "a.odt", odt_of("&a;", prolog=FETCHED)),
    Bad("lists in lists, 20,000 deep", "a.odt", deep_odt),
    Bad("a billion spaces in one mark", "a.odt",
        odt_of(f'<text:p>{TEXT}<text:s text:c="1000000000"/></text:p>')),
    Bad("an RTF that is not closed", "a.rtf", f"{{\\rtf1\\ansi {TEXT}".encode()),
    Bad("100,000 braces", "a.rtf", b"{\\rtf1" + b"{" * 100_000),
    Bad("an RTF of an unknown code page", "a.rtf",
        f"{{\\rtf1\\ansicpg99999 {TEXT}\\'b0}}".encode()),
    Bad("an RTF with half a character", "a.rtf", f"{{\\rtf1\\ansi {TEXT}\\u-10179?}}".encode()),
    Bad("an RTF with a number too large", "a.rtf",
        f"{{\\rtf1\\ansi {TEXT}\\u9999999999?}}".encode()),
    Bad("an RTF with a program in it", "a.rtf",
        f"{{\\rtf1\\ansi {TEXT}{{\\object\\objdata 4d5a90000300}}}}".encode()),
    Bad("an RTF of more than 10 MB", "a.rtf", lambda: b"{\\rtf1 " + b"a" * 10_000_001),
    # Paths
    Place("a folder", str),
    Place("no such file", lambda folder: str(folder / "none.txt")),
    Place("a file as if it were a folder", lambda folder: f"{named('b.txt')(folder)}/c.txt"),
    Place("a link that leads to itself", linked),
    Place("a NUL in the path", lambda folder: str(folder / "a\0b")),
    Place("a path of 5,000 letters", lambda folder: str(folder / ("a" * 5_000))),
    Place("an empty path", lambda _folder: ""),
    Place("spaces and a line end in the name", named("a b\nc.txt")),
    Place("a terminal escape in the name", named("\x1b[31mred.txt")),
    Place("a name that is not UTF-8", named("\udcb0\udca1.txt")),
    Place("a name in Hangul, decomposed", named("\u1109\u1165\u110b\u116e\u11af.ko.txt")),
)  # fmt: skip
