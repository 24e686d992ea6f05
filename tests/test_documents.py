"""DOCX, ODT and RTF: what is read of them and what is not."""

import io
from typing import Any

import docx as library
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readout_diff.errors import InputError
from readout_diff.load import docx, odt, rtf
from readout_diff.load.document import stated, stated_date, stated_title
from tests import make_files
from tests.bad_inputs import BOMB, word, words


def read_word(body: str) -> str:
    return docx.read(word(body), "a.docx").text


def test_paragraphs_lists_and_tables_in_their_order() -> None:
    document: Any = library.Document()
    document.add_paragraph("They met.")
    document.add_paragraph("One office.", style="List Bullet")
    table = document.add_table(2, 2)
    for at, text in enumerate(("eels", "1,200", "lamps", "2")):
        table.cell(at // 2, at % 2).text = text
    document.add_paragraph("They meet again.")
    file = io.BytesIO()
    document.save(file)
    assert docx.read(file.getvalue(), "a.docx").text == (
        "They met.\n\n- One office.\n\neels\t1,200\nlamps\t2\n\nThey meet again."
    )


def test_items_with_numbers_of_their_own_are_marked() -> None:
    item = (
        '<w:p><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>{}</w:t></w:r></w:p>'
    )
    assert read_word(item.format("One.") + item.format("Two.") + words("Three.")) == (
        "- One.\n- Two.\n\nThree."
    )


def test_changes_are_accepted() -> None:
    body = (
        "<w:p><w:r><w:t>They </w:t></w:r><w:ins><w:r><w:t>met.</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>left.</w:delText><w:t>left.</w:t></w:r></w:del></w:p>"
    )
    assert read_word(body) == "They met."


def test_links_tabs_breaks_and_frames_are_read_and_fields_codes_are_not() -> None:
    body = (
        "<w:p><w:hyperlink><w:r><w:t>They</w:t></w:r></w:hyperlink><w:r><w:tab/><w:t>met.</w:t>"
        "<w:br/><w:instrText>PAGE</w:instrText><w:t>Twice</w:t><w:noBreakHyphen/><w:t>a day.</w:t>"
        f"<w:txbxContent>{words('In a frame.')}</w:txbxContent></w:r></w:p>"
    )
    assert read_word(body) == "They\tmet.\nTwice\u2011a day.\n\nIn a frame."


def test_a_table_in_a_cell_is_read_once() -> None:
    inner = f"<w:tbl><w:tr><w:tc>{words('inside')}</w:tc></w:tr></w:tbl>"
    cells = f"<w:tc>{words('left')}{inner}</w:tc><w:tc>{words('right')}</w:tc>"
    assert read_word(f"<w:tbl><w:tr>{cells}</w:tr></w:tbl>") == "left inside\tright"


def test_an_odt_s_lists_tables_notes_and_spaces() -> None:
    body = (
        "<text:p>They<text:s text:c='2'/>met<text:note><text:p>A note.</text:p></text:note>."
        "</text:p>"
        "<text:list><text:list-item><text:p>One.</text:p></text:list-item>"
        "<text:list-item><text:p>Two.</text:p></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>eels</text:p></table:table-cell>"
        "<table:table-cell><text:p>1,200</text:p></table:table-cell></table:table-row></table:table>"
        "<text:p>One<text:tab/>more<text:line-break/>line <text:span>bold</text:span> end.</text:p>"
    )
    assert odt.read(make_files.odt_of(body, "Talks"), "a.odt").text == (
        "They  met.\n\n- One.\n- Two.\n\neels\t1,200\n\nOne\tmore\nline bold end."
    )
    assert odt.read(make_files.odt_of("<text:p>a</text:p>", "Talks"), "a.odt").title == "Talks"


def test_rtf_characters_of_two_bytes_end_with_a_letter_too() -> None:
    for source in make_files.SOURCES:
        found = rtf.read(make_files.rtf(source), "a.rtf").text
        assert found == source.text.replace("\n\n", "\n")


def test_rtf_by_number_tables_and_title() -> None:
    data = rb"{\rtf1\ansi\ansicpg1252{\info{\title Talks}}\u-10179?\u-8703?a\cell b\par c\'e9}"
    found = rtf.read(data, "a.rtf")
    assert (found.text, found.title) == ("😁a\tb\ncé", "Talks")


@pytest.mark.parametrize("prolog", [BOMB, '<!doctype x SYSTEM "http://192.0.2.1/x.dtd">'])
def test_entities_are_refused(prolog: str) -> None:
    with pytest.raises(InputError, match="defines entities"):
        docx.read(word(words("a"), prolog), "a.docx")
    with pytest.raises(InputError, match="defines entities"):
        odt.read(make_files.odt_of("<text:p>a</text:p>", prolog=prolog), "a.odt")


WHOLE = {
    "docx": (docx.read, make_files.docx(make_files.SOURCES[1])),
    "odt": (odt.read, make_files.odt(make_files.SOURCES[1])),
    "rtf": (rtf.read, make_files.rtf(make_files.SOURCES[1])),
}


@given(st.sampled_from(sorted(WHOLE)), st.floats(0, 0.999), st.binary(min_size=1, max_size=40))
def test_a_file_with_other_bytes_in_it_is_read_or_refused(
    kind: str, share: float, other: bytes
) -> None:
    read, data = WHOLE[kind]
    at = int(share * len(data))
    try:
        said = read(data[:at] + other + data[at + len(other) :], "a").text
    except InputError as error:
        said = str(error) + "\n" * (not str(error).endswith("."))
        assert "\n" not in said
    assert isinstance(said, str)


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("  The harbour\n talks ", "The harbour talks"),
        ("Microsoft Word - Document1", None),
        ("readout_final.hwp", None),
        ("Untitled", None),
        ("(unspecified)", None),
        ("...", None),
        ("", None),
        (None, None),
        ("a" * 400, None),
    ],
)
def test_a_title_is_one_or_is_none(written: str | None, title: str | None) -> None:
    assert stated_title(written) == title


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("2026-05-04", "2026-05-04"),
        ("2026-05-04T23:00:00+09:00", "2026-05-04"),
        ("2026-02-30", None),
        ("04.05.2026", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_a_day_is_one_or_is_none(written: str | None, date: str | None) -> None:
    assert stated_date(written) == date
    assert stated("  ") is None
