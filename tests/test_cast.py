"""Which two parties met, and whose side the names of a readout are on."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readout_diff.conflicts.cast import Parties, SideText, cast, parties, resolve
from readout_diff.plain import plain

MEETINGS = [
    (
        SideText("박 장관은 사토 일본 외무대신과 회담하였다.", "ko"),
        SideText("佐藤外務大臣は、朴韓国外交部長官と会談しました。", "ja"),
        ("KR", "JP"),
    ),
    (
        SideText("Prime Minister Hall spoke to South African President Khumalo.", "en"),
        SideText("President Khumalo spoke to UK Prime Minister Hall.", "en"),
        ("GB", "ZA"),
    ),
    (
        SideText("Secretary Lane met with Minister Wang of the People's Republic of China.", "en"),
        SideText("外交部长王平同美国国务卿莱恩举行会谈。", "zh"),
        ("US", "CN"),
    ),
    (
        SideText("Le ministre Paul Garnier a reçu la ministre allemande Eva Lorenz.", "fr"),
        SideText("Bundesministerin Eva Lorenz traf den französischen Minister Paul Garnier.", "de"),
        ("FR", "DE"),
    ),
    (
        SideText("Міністр оборони Олег Коваль прийняв британського міністра Джона Ріда.", "uk"),
        SideText("Defence Secretary John Reed met Ukrainian Minister Oleh Koval in Kyiv.", "en"),
        ("UA", "GB"),
    ),
    (
        SideText("استقبل الرئيس المصري الرئيس الأمريكي.", "ar"),
        SideText("The President met today with Egyptian President Nasr.", "en"),
        ("EG", "US"),
    ),
]


@pytest.mark.parametrize(("a", "b", "codes"), MEETINGS)
def test_parties(a: SideText, b: SideText, codes: tuple[str, str]) -> None:
    found = parties(a, b)
    assert (found.a, found.b) == codes
    assert (parties(b, a).a, parties(b, a).b) == codes[::-1]


def test_what_is_known_of_an_office_counts() -> None:
    a = SideText("The Secretary met Minister Wang of China.", "en", "AU")
    assert parties(a, SideText("双方举行会谈。", "zh")).a == "AU"


def test_both_readouts_name_one_party() -> None:
    known = Parties("KR", "JP")
    assert resolve("a", "own") == resolve("b", "other") == "a"
    assert resolve("a", "other") == resolve("b", "own") == "b"
    assert resolve("a", "both") == "both"
    assert known.of("b") == ("JP", "KR", ())


def who(text: str, lang: str, own: str, other: str) -> list[tuple[str, str]]:
    seen = plain(text).text
    return [(seen[m.start : m.end], m.who) for m in cast(seen, lang, own, other)]


@pytest.mark.parametrize(
    ("lang", "own", "other", "text", "expected"),
    [
        ("en", "US", "PE", "Secretary Lane met President Rojas of Peru.",
         [("Secretary Lane", "own"), ("President Rojas of Peru", "other")]),
        ("en", "GB", "US", "The Prime Minister spoke to President Boyd.",
         [("The Prime Minister", "own"), ("President Boyd", "other")]),
        ("ko", "KR", "JP", "박 장관은 사토 대신에게 물었다.",
         [("박 장관", "own"), ("사토 대신", "other")]),
        ("ja", "JP", "KR", "佐藤大臣は朴韓国外交部長官と会談した。",
         [("佐藤大臣", "own"), ("朴韓国外交部長官", "other")]),
        ("zh", "CN", "KR", "中方愿同韩方合作。", [("中方", "own"), ("韩方", "other")]),
        ("ru", "RU", "JP", "Японская сторона поддержала идею.", [("Японская сторона", "other")]),
        ("uk", "UA", "FR", "Франція допоможе.", [("Франція", "other")]),
        ("en", "US", "JP", "Russia was mentioned.", [("Russia", "third")]),
    ],
)  # fmt: skip
def test_cast(lang: str, own: str, other: str, text: str, expected: list[tuple[str, str]]) -> None:
    found = who(text, lang, own, other)
    assert [pair for pair in found if pair in expected] == expected


def test_what_the_other_readout_says_of_a_name_counts() -> None:
    text = "Emil Holm met Ana Ruiz. Minister Holm and Minister Ruiz spoke."
    placed = cast(text, "en", "NO", "PE", (("Holm", "NO"), ("Ruiz", "PE")))
    assert [m.who for m in placed if "Minister" in text[m.start : m.end]] == ["own", "other"]


@settings(max_examples=200, deadline=None)
@given(
    text=st.lists(
        st.sampled_from(
            [
                "Minister ",
                "Lane ",
                "of Peru",
                "박 ",
                "장관",
                "中方",
                "王平",
                "佐藤",
                "大臣",
                ", ",
                "we ",
            ]
        ),
        max_size=20,
    ).map("".join),
    lang=st.sampled_from(["en", "ko", "ja", "zh", "ru", "und"]),
)
def test_mentions_lie_in_order_and_apart(text: str, lang: str) -> None:
    end = 0
    for mention in cast(text, lang, "US", "PE"):
        assert end <= mention.start < mention.end <= len(text)
        end = mention.end


@settings(max_examples=100, deadline=None)
@given(a=st.text(), b=st.text(), langs=st.tuples(*[st.sampled_from(["en", "ko", "zh", "und"])] * 2))
def test_parties_of_exchanged_readouts_are_the_same(a: str, b: str, langs: tuple[str, str]) -> None:
    one, two = SideText(a, langs[0]), SideText(b, langs[1])
    found, turned = parties(one, two), parties(two, one)
    assert {found.a, found.b} == {turned.a, turned.b}
    assert found.people == turned.people
