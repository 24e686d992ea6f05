"""Files of every format, language and encoding that are read, made from one known text a language.

`python -m tests.make_files FOLDER` writes them all; `tests/test_formats.py` reads each back. The
sentences are of our own invention.
"""

import io
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
"""Has Cyrillic and Arabic letters; Debian's fonts-dejavu-core."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a file is made from."""

    lang: str
    title: str
    paragraphs: tuple[str, ...]

    @property
    def text(self) -> str:
        """Title and paragraphs, empty lines between them."""
        return "\n\n".join((self.title, *self.paragraphs))


SOURCES = (
    Source("en", "The ministers' talks in the harbour city", (
        "The two ministers met in the harbour city on Monday. They agreed to open a fisheries "
        "office, and the northern side will pay for the repair of the lighthouse.",
        "Minister Orlan said that the quota of 1,200 tonnes stays. He invited his counterpart to "
        "visit the northern islands next spring; the invitation was accepted with thanks.",
    )),
    Source("ko", "두 장관, 항구 도시에서 회담", (
        "두 장관은 월요일 항구 도시에서 만나 수산 사무소를 열기로 했다. "
        "북측은 등대 보수 비용을 부담하기로 했다.",
        "오를란 장관은 장어 어획량 1,200톤을 유지하겠다고 밝혔다. 그는 내년 봄 북쪽 섬들을 방문해 "
        "달라고 상대방을 초청했으며, 상대방은 감사를 표하고 이를 수락했다.",
    )),
    Source("ja", "港町での両大臣の会談", (
        "両大臣は、月曜日に港町で会談し、水産事務所を開設することで一致しました。北側は灯台の修繕費を負担します。",
        "オルラン大臣は、鰻の漁獲枠1,200トンを維持すると述べました。また、来春に北の島々を訪問するよう相手側を招待し、"
        "先方は謝意を表してこれを受け入れました。表の数字は変わりません。",
    )),
    Source("zh", "两位部长在港口城市会谈", (
        "两位部长星期一在港口城市会晤，同意开设渔业办事处。北方将承担灯塔的维修费用。",
        "奥尔兰部长表示，鳗鱼配额1,200吨保持不变。他邀请对方明年春天访问北方诸岛，对方表示感谢并接受了邀请。",
    )),
    Source("zh-Hant", "兩位部長在港口城市會談", (
        "兩位部長星期一在港口城市會晤，同意開設漁業辦事處。北方將承擔燈塔的維修費用。",
        "奧爾蘭部長表示，鰻魚配額1,200噸保持不變。他邀請對方明年春天訪問北方諸島，對方表示感謝並接受了邀請。",
    )),
    Source("ru", "Переговоры министров в портовом городе", (
        "Министры встретились в понедельник в портовом городе и договорились открыть рыболовное "
        "бюро. Северная сторона оплатит ремонт маяка.",
        "Министр Орлан заявил, что квота в 1200 тонн сохраняется. Он пригласил своего коллегу "
        "посетить северные острова весной, и приглашение было с благодарностью принято.",
    )),
    Source("uk", "Переговори міністрів у портовому місті", (
        "Міністри зустрілися в понеділок у портовому місті й домовилися відкрити рибальське бюро. "
        "Північна сторона сплатить за ремонт маяка.",
        "Міністр Орлан заявив, що квота у 1200 тонн зберігається. Він запросив свого колегу "
        "відвідати північні острови навесні, і запрошення було з вдячністю прийнято.",
    )),
    Source("fr", "Les entretiens des ministres dans la ville portuaire", (
        "Les deux ministres se sont rencontrés lundi dans la ville portuaire. Ils ont décidé "
        "d'ouvrir un bureau de la pêche, et la partie nord paiera la réparation du phare.",
        "Le ministre Orlan a déclaré que le quota de 1200 tonnes était maintenu. Il a invité son "
        "homologue à visiter les îles du nord l'été prochain; l'invitation a été acceptée.",
    )),
    Source("de", "Gespräche der Minister in der Hafenstadt", (
        "Die beiden Minister trafen sich am Montag in der Hafenstadt. Sie vereinbarten, ein "
        "Fischereibüro zu eröffnen, und der Norden bezahlt die Reparatur des Leuchtturms.",
        "Minister Orlan erklärte, die Quote von 1200 Tonnen bleibe bestehen. Er lud seinen "
        "Amtskollegen ein, im Frühjahr die nördlichen Inseln zu besuchen; dieser nahm dankend an.",
    )),
    Source("es", "Conversaciones de los ministros en la ciudad portuaria", (
        "Los dos ministros se reunieron el lunes en la ciudad portuaria. Acordaron abrir una "
        "oficina de pesca, y la parte norteña pagará la reparación del faro.",
        "El ministro Orlan declaró que la cuota de 1200 toneladas se mantiene. Invitó a su "
        "homólogo a visitar las islas del norte en otoño; la invitación fue aceptada mañana mismo.",
    )),
    Source("ar", "محادثات الوزيرين في المدينة الساحلية", (
        "التقى الوزيران يوم الاثنين في المدينة الساحلية واتفقا على فتح مكتب لمصايد الأسماك. وسيدفع "
        "الجانب الشمالي تكاليف إصلاح المنارة.",
        "وقال الوزير أورلان إن الحصة البالغة 1200 طن ستبقى كما هي. ودعا نظيره إلى زيارة الجزر "
        "الشمالية في الربيع المقبل، وقد قبل الدعوة شاكرا.",
    )),
)  # fmt: skip

ENCODINGS = {
    "en": ("utf-8", "utf-8-sig", "cp1252", "utf-16"),
    "ko": ("utf-8", "euc-kr", "cp949", "iso2022_kr", "utf-16", "utf-16-le"),
    "ja": ("utf-8", "shift_jis", "cp932", "euc-jp", "iso2022_jp", "utf-16"),
    "zh": ("utf-8", "gb18030", "gb2312", "hz", "utf-16-be"),
    "zh-Hant": ("utf-8", "big5", "gb18030"),
    "ru": ("utf-8", "koi8-r", "cp1251", "cp866", "iso8859-5", "utf-16"),
    "uk": ("utf-8", "koi8-u", "cp1251"),
    "fr": ("utf-8", "latin-1", "cp1252", "iso8859-15"),
    "de": ("utf-8", "latin-1"),
    "es": ("utf-8", "latin-1"),
    "ar": ("utf-8", "cp1256", "iso8859-6"),
}
PAGE_ENCODINGS = {
    "ko": ("utf-8", "euc-kr"),
    "ja": ("utf-8", "shift_jis", "euc-jp"),
    "zh": ("utf-8", "gb2312"),
    "zh-Hant": ("big5",),
    "ru": ("utf-8", "windows-1251", "koi8-r"),
    "fr": ("utf-8", "iso-8859-1"),
    "ar": ("utf-8", "windows-1256"),
}
CODE_PAGES = {
    "en": 1252, "ko": 949, "ja": 932, "zh": 936, "zh-Hant": 950, "ru": 1251, "uk": 1251, "fr": 1252,
    "de": 1252, "es": 1252, "ar": 1256,
}  # fmt: skip
FONTS = {
    "ko": "HYSMyeongJo-Medium",
    "ja": "HeiseiMin-W3",
    "zh": "STSong-Light",
    "zh-Hant": "MSung-Light",
}
"""The fonts that every reader of PDF has for these languages."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file, and the text that it must give."""

    name: str
    source: Source
    data: bytes
    text: str


def all_files() -> Iterator[Made]:
    """Every file of the matrix."""
    for source in SOURCES:
        yield from texts(source)
        yield from pages(source)
        yield from documents(source)
        if source.lang in FONTS or DEJAVU.exists():
            yield Made(f"{source.lang}.pdf", source, pdf(source), source.text)


def texts(source: Source) -> Iterator[Made]:
    """Plain text in every encoding that can carry it, and Markdown."""
    for encoding in ENCODINGS[source.lang]:
        text = source.text.replace("\n", "\r\n") if encoding.startswith("cp") else source.text
        yield Made(f"{source.lang}.{encoding}.txt", source, text.encode(encoding), text)
    text = f"# {source.title}\n\n* {source.paragraphs[0]}\n* **{source.paragraphs[1]}**\n"
    yield Made(f"{source.lang}.md", source, text.encode(), text)


def pages(source: Source) -> Iterator[Made]:
    """A saved page with a menu, related links and a footer, in the encoding that it declares."""
    for encoding in PAGE_ENCODINGS.get(source.lang, ("utf-8",)):
        data = page(source, encoding).encode(encoding)
        yield Made(f"{source.lang}.{encoding}.html", source, data, source.text)


def page(source: Source, encoding: str) -> str:
    """A web page as a ministry has them."""
    menu = "".join(f'<li><a href="/{n}">{name}</a></li>' for n, name in enumerate(MENU))
    body = "".join(f"<p>{paragraph}</p>\n" for paragraph in source.paragraphs)
    return f"""<!DOCTYPE html>
<html lang="{source.lang}">
<head><meta charset="{encoding}"><title>{source.title} | Harbour Ministry</title>
<meta property="og:site_name" content="Harbour Ministry">
<meta property="article:published_time" content="2026-05-04T10:00:00+09:00">
<script>document.write("<p>Not a word of this.</p>")</script></head>
<body>
<header><div class="logo">Harbour Ministry</div></header>
<nav><ul>{menu}</ul></nav>
<main><article><h1>{source.title}</h1>
{body}</article>
<aside><h2>Related</h2><ul>{menu}</ul></aside></main>
<footer><p>1 Harbour Road. Tel. +00 0000. All rights reserved.</p></footer>
</body></html>"""


MENU = ("Home", "Press releases", "Speeches", "The minister", "Contact")


def documents(source: Source) -> Iterator[Made]:
    """DOCX, ODT and RTF."""
    makers: tuple[tuple[str, Callable[[Source], bytes]], ...] = (
        ("docx", docx), ("odt", odt), ("rtf", rtf),
    )  # fmt: skip
    for kind, make in makers:
        text = source.text.replace("\n\n", "\n") if kind == "rtf" else source.text
        yield Made(f"{source.lang}.{kind}", source, make(source), text)


def docx(source: Source) -> bytes:
    """As an embassy sends it, with a header and a footer that are no text."""
    import docx as library

    document = library.Document()
    document.core_properties.title = source.title
    document.sections[0].header.paragraphs[0].text = "Embassy of the Harbour"
    document.sections[0].footer.paragraphs[0].text = "Page 1"
    document.add_heading(source.title)
    for paragraph in source.paragraphs:
        first, dot, rest = paragraph.partition(" ")
        runs = document.add_paragraph()
        runs.add_run(first + dot).bold = True
        runs.add_run(rest)
    return saved(document.save)


def saved(save: Callable[[io.BytesIO], object]) -> bytes:
    """What a library writes to a file."""
    file = io.BytesIO()
    save(file)
    return file.getvalue()


def odt(source: Source) -> bytes:
    """The least that an OpenDocument text is."""
    paragraphs = "".join(f"<text:p>{paragraph}</text:p>" for paragraph in source.paragraphs)
    return odt_of(f"<text:h>{source.title}</text:h>{paragraphs}", source.title)


def odt_of(body: str, title: str = "", prolog: str = "") -> bytes:
    """An OpenDocument text of this body, in XML."""
    spaces = "".join(
        f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
        for short in ("office", "text", "table", "meta")
    )
    spaces += ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?>{prolog}<office:document-content{spaces}>'
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    meta = (
        f"<office:document-meta{spaces}><office:meta><dc:title>{title}</dc:title>"
        "<meta:creation-date>2026-05-04T10:00:00</meta:creation-date></office:meta>"
        "</office:document-meta>"
    )
    return zipped({
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": content,
        "meta.xml": meta,
    })  # fmt: skip


def zipped(files: dict[str, str | bytes]) -> bytes:
    """A zip archive of these files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def rtf(source: Source) -> bytes:
    """As WordPad writes it: in a code page, the second byte of a character often a letter."""
    page = CODE_PAGES[source.lang]
    paragraphs = "\\par\n".join(_escaped(line, f"cp{page}") for line in source.text.split("\n\n"))
    return f"{{\\rtf1\\ansi\\ansicpg{page}\\deff0 {paragraphs}\\par}}".encode("ascii")


def _escaped(text: str, encoding: str) -> str:
    return "".join(
        chr(byte) if byte < 0x80 and chr(byte) not in "\\{}" else f"\\'{byte:02x}"
        for byte in text.encode(encoding)
    )


def pdf(source: Source, *, pages: int = 1, size: int = 12) -> bytes:
    """Paragraphs broken into lines as the language has it, with a number on every page."""
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer

    font = FONTS.get(source.lang, "DejaVu")
    if source.lang == "ar":
        return rtl_pdf(source)
    if font not in pdfmetrics.getRegisteredFontNames():
        made = UnicodeCIDFont(font) if font in FONTS.values() else TTFont(font, str(DEJAVU))
        pdfmetrics.registerFont(made)
    style = ParagraphStyle(
        "body",
        fontName=font,
        fontSize=size,
        leading=1.5 * size,
        wordWrap="CJK" if source.lang in FONTS else None,
        spaceAfter=size,
    )

    def number(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.setFont("Helvetica", 9)
        canvas.drawCentredString(300, 30, f"- {document.page} -")

    story: list[object] = []
    for at in range(pages):
        story += [PageBreak()] if at else []
        for line in (source.title, *source.paragraphs):
            story += [Paragraph(line, style), Spacer(1, size)]
    return saved(
        lambda file: SimpleDocTemplate(file, title=source.title, invariant=True).build(
            story, onFirstPage=number, onLaterPages=number
        )
    )


def rtl_pdf(source: Source) -> bytes:
    """Arabic as PDFs have it: the characters of each line from left to right, as they are seen."""
    from reportlab.lib.utils import simpleSplit
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(TTFont("DejaVu", str(DEJAVU)))
    file = io.BytesIO()
    canvas = Canvas(file, invariant=True)
    canvas.setTitle(source.title)
    canvas.setFont("DejaVu", 12)
    y = 760
    for paragraph in source.text.split("\n\n"):
        for line in simpleSplit(paragraph, "DejaVu", 12, 450):
            seen = re.sub(r"\d+", lambda digits: digits[0][::-1], line)[::-1]
            canvas.drawRightString(540, y, seen)
            y -= 18
        y -= 18
    canvas.showPage()
    canvas.save()
    return file.getvalue()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for made in all_files():
        (folder / made.name).write_bytes(made.data)
