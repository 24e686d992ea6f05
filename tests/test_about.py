import datetime

import pytest

from readout_diff import compare, load
from readout_diff.about import day_of, with_heading
from readout_diff.datamodel import Readout
from readout_diff.segment import segment
from tests.fake_encoder import HashEncoder
from tests.test_docs import ROOT

BODY = "The two ministers met in the harbour city. They agreed to open a fisheries office.\n"


def about(text: str, lang: str = "en", **known: str) -> tuple[str | None, str | None, str | None]:
    readout = Readout(text, lang, **known)
    found = with_heading(readout, segment(text, lang))
    assert found.text == text
    return found.title, found.date, found.office


def test_what_stands_above_the_text_is_read() -> None:
    heading = "Ministry of the Harbour\nPress release\n\nThe harbour talks\n\nMay 4, 2026\n\n"
    assert about(heading + BODY) == ("The harbour talks", "2026-05-04", "Ministry of the Harbour")


def test_nothing_is_guessed_from_nothing() -> None:
    assert about(BODY) == (None, None, None)
    assert about(f"{BODY}\nThe next talks\n\nMay 4, 2026\n") == (None, None, None)
    assert about(f"May 4\n\n{BODY}")[1] is None


def test_what_the_file_states_goes_before() -> None:
    text = f"The harbour talks\n\nMay 4, 2026\n\n{BODY}"
    known = about(text, title="Talks", date="2026-05-05", office="The Ministry")
    assert known == ("Talks", "2026-05-05", "The Ministry")


@pytest.mark.parametrize(
    ("lang", "heading", "date"),
    [
        ("ko", "2026. 5. 4.(월)\n\n두 장관은 항구 도시에서 만났다.", "2026-05-04"),
        ("ja", "令和８年５月４日\n\n両大臣は、港町で会談しました。", "2026-05-04"),
        ("ru", "4 мая 2026 года, Порт\n\nМинистры встретились в порту.", "2026-05-04"),
        ("zh", "2026年5月4日\n\n两位部长在港口城市会晤。", "2026-05-04"),
    ],
)
def test_datelines_of_other_languages(lang: str, heading: str, date: str) -> None:
    assert about(heading, lang)[1] == date


def test_a_date_is_a_day_or_none() -> None:
    assert day_of("2026-05-04") == datetime.date(2026, 5, 4)
    assert day_of(None) is None
    assert day_of("May 2026") is None


def test_a_comparison_holds_them() -> None:
    sample = ROOT / "samples" / "2025-06-kor-jpn-call"
    found = compare(
        load(sample / "seoul.ko.txt"), load(sample / "tokyo.ja.txt"), encoder=HashEncoder()
    )
    assert (found.sides.a.date, found.sides.b.date) == ("2025-06-09", "2025-06-09")
    assert found.sides.b.title == "日韓首脳電話会談"
