"""The matrix of files that are read, each made from known text: format, language, encoding."""

from collections import Counter
from pathlib import Path

import pytest

from readout_diff.load import load
from tests.make_files import DEJAVU, Made, all_files

FILES = list(all_files())
ODD: dict[str, str] = {
    # A line of a page that breaks inside words, where nothing tells whether one was broken.
    "ko.pdf": "one space is lost where a line ended with a word",
}
"""Files that are not read to the letter, and why: strict, so that one that is now must go."""


def f1(found: str, right: str) -> float:
    """How far two texts have the same characters, white space apart: their F1."""
    mine, theirs = (Counter("".join(text.split())) for text in (found, right))
    shared = (mine & theirs).total()
    return 2 * shared / max(mine.total() + theirs.total(), 1)


def test_there_are_files_of_every_kind() -> None:
    kinds = Counter(Path(made.name).suffix for made in FILES)
    assert {".txt", ".md", ".html", ".pdf", ".docx", ".odt", ".rtf"} == set(kinds)
    assert len(FILES) >= 60
    assert len({made.source.lang for made in FILES}) >= 10
    assert DEJAVU.exists() or kinds[".pdf"] == 4


@pytest.mark.skipif(not DEJAVU.exists(), reason="no DejaVu font: PDFs in four languages only")
def test_there_is_a_pdf_of_every_language() -> None:
    assert {made.source.lang for made in FILES if made.name.endswith(".pdf")} == {
        made.source.lang for made in FILES
    }


@pytest.mark.parametrize("made", FILES, ids=lambda made: made.name)
def test_a_file_is_read_with_the_right_words(
    made: Made, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = tmp_path / made.name
    path.write_bytes(made.data)
    warnings: list[str] = []
    readout = load(path, warn=warnings.append)
    assert readout.lang == made.source.lang.partition("-")[0]
    assert warnings == []
    if made.name.endswith(".pdf"):
        assert f1(readout.text, made.text) >= 0.99
    if made.name in ODD:
        request.applymarker(pytest.mark.xfail(strict=True, reason=ODD[made.name]))
    assert readout.text == made.text


@pytest.mark.parametrize(
    "made", [made for made in FILES if made.name.endswith(".html")], ids=lambda made: made.name
)
def test_a_page_says_its_title_day_and_office(made: Made, tmp_path: Path) -> None:
    path = tmp_path / made.name
    path.write_bytes(made.data)
    readout = load(path)
    assert readout.title == made.source.title
    assert (readout.date, readout.office) == ("2026-05-04", "Harbour Ministry")
