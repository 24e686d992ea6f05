import io
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readout_diff.errors import InputError
from readout_diff.load import pdf
from tests import make_files

SEA = (
    "The ministers met in the harbour city and agreed that a fisheries office will be opened there "
    "before the end of the year, with a lamp of its own."
)


def drawn(*pages: Sequence[tuple[float, float, str]], font: str = "Helvetica") -> bytes:
    """Pages of lines, each with its place."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    if font in make_files.FONTS.values():
        pdfmetrics.registerFont(UnicodeCIDFont(font))
    file = io.BytesIO()
    canvas = Canvas(file, invariant=True)
    for page in pages:
        canvas.setFont(font, 12)
        for x, y, text in page:
            canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def words(data: bytes) -> str:
    return pdf.read(data, "a.pdf", 100_000).text


def body(*lines: str, top: float = 700) -> list[tuple[float, float, str]]:
    return [(72, top - 18 * n, line) for n, line in enumerate(lines)]


def test_lines_become_paragraphs() -> None:
    lines = ("The ministers met in the harbour city on Monday and", "agreed on lamps.")
    assert words(drawn(body(*lines, "They meet again."))) == (
        "The ministers met in the harbour city on Monday and agreed on lamps.\n\nThey meet again."
    )


def test_items_of_a_list_stand_apart() -> None:
    lines = ("- The fisheries office opens before the year ends", "- The lamp is mended at once")
    assert words(drawn(body(*lines))) == "\n\n".join(lines)


def test_numbers_and_running_heads_are_left_out_and_the_text_goes_on() -> None:
    pages = [
        [
            (72, 800, "Ministry of the Harbour"),
            *body(f"The ministers met and spoke of {what} for a long time", f"and {what} again."),
            (290, 30, f"{at} / 3"),
        ]
        for at, what in enumerate(("eels", "lamps", "ropes"), 1)
    ]
    text = words(drawn(*pages))
    assert "Ministry" not in text
    assert "/ 3" not in text
    assert text.count("again.") == 3


def test_a_number_that_is_no_page_s_stays() -> None:
    text = words(drawn([*body("The quota of the year is"), (72, 600, "1200")]))
    assert text.endswith("1200")
    assert words(drawn([*body("They met."), (290, 30, "- 1 -")])) == "They met."


def test_hyphens_at_line_ends_go() -> None:
    lines = ("The ministers agreed in the harbour city that a fish-", "eries office opens.")
    assert words(drawn(body(*lines))).endswith("that a fisheries office opens.")


def test_korean_lines_with_spaces_kept_are_joined_right() -> None:
    lines = (
        "두 장관은 항구 도시에서 만나 수산 사무",
        "소를 열기로 하고 등대를 함께 고치기로 ",
        "했다.",
    )
    text = words(drawn(body(*lines), font="HYSMyeongJo-Medium"))
    assert (
        text == "두 장관은 항구 도시에서 만나 수산 사무소를 열기로 하고 등대를 함께 고치기로 했다."
    )


def test_radicals_and_ligatures_are_made_ordinary() -> None:
    assert pdf._composed("⽉⺠⻑ ﬁsh soft\u00adhy ½ ①") == "月民長 fish softhy ½ ①"
    assert pdf._composed("ﻣﻴﻨﺎء") == "ميناء"


def test_halves_of_characters_are_put_together() -> None:
    assert "".join(pdf._characters([0x41, 0xD83D, 0xDE01, 0xD83D, 0, 0x42])) == "A😁\ufffdB"


def test_a_long_text_is_refused_and_not_cut_off() -> None:
    pages = [body(f"{SEA} {n}") for n in range(9)]
    with pytest.raises(InputError, match="more than 200 characters"):
        pdf.read(drawn(*pages), "a.pdf", 200)


def test_the_file_s_own_day_is_not_the_readout_s() -> None:
    found = pdf.read(make_files.pdf(make_files.SOURCES[1]), "a.pdf", 10_000)
    assert (found.title, found.date) == (make_files.SOURCES[1].title, None)


@pytest.mark.parametrize("cut", [0, 5, 9, 200, 900])
def test_a_broken_file_is_refused(cut: int) -> None:
    with pytest.raises(InputError, match=r"^a\.pdf is a damaged PDF [^\n]*\.$"):
        pdf.read(make_files.pdf(make_files.SOURCES[1])[:cut], "a.pdf", 10_000)


WHOLE = make_files.pdf(make_files.SOURCES[1])


@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=40))
def test_a_file_with_other_bytes_in_it_is_read_or_refused(at: int, other: bytes) -> None:
    data = WHOLE[:at] + other + WHOLE[at + len(other) :]
    try:
        said = pdf.read(data, "a.pdf", 10_000).text
    except InputError as error:
        said = str(error)
    assert said
