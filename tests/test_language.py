"""Languages are told offline, by script first."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readout_diff.errors import InputError
from readout_diff.language import detect, is_rtl, normalize_tag

SENTENCES = {
    "en": "The ministers opened a bridge between the two cities and thanked the engineers.",
    "ko": "두 장관은 두 도시를 잇는 다리를 열고 기술자들에게 감사를 전했다.",
    "ja": "両大臣は二つの都市を結ぶ橋を開通させ、技術者に感謝しました。",
    "zh": "两位部长为连接两座城市的大桥剪彩，并感谢工程师。",
    "ru": "Министры открыли мост между двумя городами и поблагодарили инженеров за их труд.",
    "uk": "Міністри відкрили міст між двома містами й подякували інженерам за їхню працю.",
    "fr": "Les ministres ont inauguré un pont entre les deux villes et remercié les ingénieurs.",
    "de": "Die Minister eröffneten eine Brücke zwischen zwei Städten und dankten allen.",
    "es": "Los ministros inauguraron un puente entre las ciudades y agradecieron a todos.",
    "ar": "افتتح الوزيران جسرا بين المدينتين وشكرا المهندسين على عملهم.",
    "vi": "Các bộ trưởng đã khánh thành cây cầu nối hai thành phố và cảm ơn các kỹ sư.",
}


@pytest.mark.parametrize("lang", SENTENCES)
def test_detects(lang: str) -> None:
    assert detect(SENTENCES[lang]) == lang


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("两国总理见面，祝贺ソニー公司和「さくら」号邮轮在上海开业，并就贸易问题交换意见。", "zh"),
        ("兩位部長為大橋剪綵，並感謝工程師。", "zh"),
        ("日米首脳会談(概要) 平成三十年五月九日", "ja"),
        ("한·중 外交長官 會談 結果", "ko"),
        ("President Kim (김) and Minister Sato (佐藤) opened the bridge in Oslo together.", "en"),
        ("\u1103\u1161\u1105\u1175\u1105\u1173\u11af \u110b\u1167\u11af", "ko"),
    ],
)
def test_mixed_scripts(text: str, lang: str) -> None:
    assert detect(text) == lang


@pytest.mark.parametrize("text", ["", "  \n", "2025. 6. 9.", "😀😀", "a", "---", "\ud800"])
def test_nothing_to_tell_by(text: str) -> None:
    assert detect(text) == "und"


@given(st.text())
def test_never_raises(text: str) -> None:
    assert detect(text) == detect(text)


def test_stays_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("tried to reach the network")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    assert detect(SENTENCES["es"]) == "es"


@pytest.mark.parametrize(
    ("tag", "lang"),
    [("zh-CN", "zh"), ("zh_Hant_TW", "zh"), ("EN", "en"), ("kor", "ko"), (" uk ", "uk")],
)
def test_normalizes(tag: str, lang: str) -> None:
    assert normalize_tag(tag) == lang


@pytest.mark.parametrize("tag", ["jp", "english", "", "xx", "zh CN", "../ko", "k"])
def test_refuses(tag: str) -> None:
    with pytest.raises(InputError) as caught:
        normalize_tag(tag)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")


def test_says_what_was_meant() -> None:
    with pytest.raises(InputError, match="write ja"):
        normalize_tag("jp")


@pytest.mark.parametrize(
    ("text", "rtl"),
    [("رحب", True), ("1. رحب", True), ("met رحب", False), ("12 !", False), ("", False)],
)
def test_direction_is_that_of_the_first_letter(text: str, rtl: bool) -> None:
    assert is_rtl(text) == rtl
