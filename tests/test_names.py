"""Names: one thing in many scripts, names in texts, and names that clash; cases and properties."""

import json
import unicodedata
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readout_diff.conflicts import known_names
from readout_diff.conflicts.known_names import by_id, entries, person_entries, place_entries
from readout_diff.conflicts.name_words import canonical, name_words
from readout_diff.conflicts.names import Name, name_clash, names, rival_words, rivals, same_name
from readout_diff.lexicon import LexiconError, languages

CASES = json.loads((Path(__file__).parent / "cases" / "names.json").read_text("utf-8"))
LANGS = [*languages(), "und"]
SURE = 0.5

# What names are made of, and what looks like one.
PIECES = [
    "President ", "Minister ", "Kim Jong Un", "U.S.", "US", "in ", "Seoul", "Seoul's", " of ",
    "Washington, D.C.", "李在明", "総理大臣", "石破", "米", "日米韓", "中国", "において", "で",
    "・", "トランプ", "大統領", "이 ", "대통령", "시게루 ", "외교부 장관", "한미일", "미 국무",
    "에서", "习近平", "主席", "中方", "在", "举行", "В.В.", "Путин", "Президент ", "Росси", "и",
    "M. ", "Élysée", "chancelier ", "ال", "الصين", "وال", "رئيس ", "(イ・サンリョル)", "々", "ー",
    "'s", "’", ".", "，", "\n", " ", "\u3000", "\u200b", "\ud800", "\u1109\u1165", "e\u0301",
    "Ａ", "１", "😀", "\x00", "~", "ﾄﾗﾝﾌﾟ",
]  # fmt: skip
texts = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
langs = st.sampled_from(LANGS)


def mark(fails: bool) -> list[pytest.MarkDecorator]:
    return [pytest.mark.xfail(strict=True)] if fails else []


def pairs_of_one_thing() -> list[Any]:
    return [
        pytest.param(a, b, id=f"{a[1]} = {b[1]}", marks=mark([a[1], b[1]] in case.get("fails", [])))
        for case in CASES["same"]
        for a, b in combinations(case["names"], 2)
    ]


@pytest.mark.parametrize(("a", "b"), pairs_of_one_thing())
def test_same(a: list[str], b: list[str]) -> None:
    assert same_name(a[1], a[0], b[1], b[0]) >= SURE


@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param(*case["names"], id=str(case["names"]), marks=mark(case.get("fails", False)))
        for case in CASES["different"]
    ],
)
def test_different(a: list[str], b: list[str]) -> None:
    assert same_name(a[1], a[0], b[1], b[0]) < SURE


def test_enough_names_are_told_apart() -> None:
    same = [pair for case in CASES["same"] for pair in combinations(case["names"], 2)]
    failures = sum(len(case.get("fails", [])) for case in CASES["same"])
    scripts = [
        {unicodedata.name(char).split()[0] for _, name in case["names"] for char in name[:1]}
        for case in CASES["same"]
    ]
    assert sum(len(kinds) >= 3 for kinds in scripts) >= 60
    assert failures <= 0.03 * len(same)
    assert len(CASES["different"]) >= 60
    assert sum(case.get("fails", False) for case in CASES["different"]) <= 0.03 * len(
        CASES["different"]
    )


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case, id=f"{case['lang']}: {case['why']}", marks=mark(case.get("fails", False))
        )
        for case in CASES["found"]
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_found(case: dict[str, Any], form: Any) -> None:
    found = names(unicodedata.normalize(form, case["text"]), case["lang"])
    assert [[unicodedata.normalize("NFC", n.text), n.kind, n.id] for n in found] == [
        [unicodedata.normalize("NFC", text), kind, id] for text, kind, id in case["names"]
    ]


def texts_of(pairs: tuple[tuple[Name, Name], ...]) -> list[str] | None:
    assert len(pairs) < 2
    return [name.text for name in pairs[0]] if pairs else None


@pytest.mark.parametrize("case", CASES["clash"], ids=[case["why"] for case in CASES["clash"]])
def test_clash(case: dict[str, Any]) -> None:
    a, b = (names(text, lang) for lang, text in (case["a"], case["b"]))
    assert texts_of(name_clash(a, b)) == case["pair"]
    assert texts_of(name_clash(b, a)) == (case["pair"][::-1] if case["pair"] else None)


@pytest.mark.parametrize("case", CASES["rivals"], ids=[case["a"][1] for case in CASES["rivals"]])
def test_rivals(case: dict[str, Any]) -> None:
    a, b = (names(text, lang) for lang, text in (case["a"], case["b"]))
    assert texts_of(rival_words(a, b)) == case["pair"]
    assert texts_of(rival_words(b, a)) == (case["pair"][::-1] if case["pair"] else None)
    if case["pair"]:
        # Rival words are names of one thing all the same.
        assert same_name(case["pair"][0], case["a"][0], case["pair"][1], case["b"][0]) >= SURE


@settings(max_examples=300, deadline=None)
@given(text=texts, lang=langs)
def test_names_quote_the_text(text: str, lang: str) -> None:
    found = names(text, lang)
    end = 0
    for name in found:
        assert end <= name.start < name.end <= len(text)
        assert name.text == text[name.start : name.end]
        assert not name.text[0].isspace()
        assert not name.text[-1].isspace()
        assert name.id is None or name.id in by_id()
        end = name.end


@settings(max_examples=150, deadline=None)
@given(a=texts, lang_a=langs, b=texts, lang_b=langs)
def test_same_name_is_symmetric(a: str, lang_a: str, b: str, lang_b: str) -> None:
    found = same_name(a, lang_a, b, lang_b)
    assert 0 <= found <= 1
    assert found == same_name(b, lang_b, a, lang_a)


@settings(max_examples=200, deadline=None)
@given(text=texts, other=texts, lang=langs, lang_other=langs)
def test_clashes_mirror_and_none_is_with_itself(
    text: str, other: str, lang: str, lang_other: str
) -> None:
    a, b = names(text, lang), names(other, lang_other)
    assert name_clash(a, a) == ()
    assert rival_words(a, a) == ()
    assert name_clash(b, a) == tuple((y, x) for x, y in name_clash(a, b))
    for x, y in name_clash(a, b):
        assert x.where
        assert y.where
        assert not rivals(x, y)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    "unit",
    [
        "日米韓",
        "President A",
        "Xxxxx",
        "이 대통령 ",
        "總理",
        "В.В.",
        "والصين",
        "(イ・",
        "1",
        "々",
        "\u0301",
    ],
)
def test_long_texts_are_read_to_their_end(unit: str, lang: str) -> None:
    # Code that takes time with the square of the length would not come back from this.
    text = unit * (60_000 // len(unit)) + " 서울 ソウル 首尔 Seoul Сеул Séoul Seúl سيول"
    found = names(text, lang)
    assert lang == "und" or found[-1].id == "seoul"
    assert same_name(text, lang, "Seoul", "en") < SURE


def test_one_form_is_one_thing() -> None:
    """No two entries are called the same in a language, but people of one family."""
    for lang in languages():
        seen: dict[str, str] = {}
        for entry, called in entries():
            for form in called.get(lang, ()) if entry.kind != "person" else ():
                text = canonical(form)
                assert seen.setdefault(text, entry.id) == entry.id, (lang, form)


def test_every_place_is_found_by_its_forms() -> None:
    for entry, called in entries():
        for lang, forms in called.items():
            if entry.kind == "person" or name_words(lang).not_names is None:
                continue
            for form in forms:
                text = form.replace("~", "")
                assert entry.id in {name.id for name in names(text, lang)}, (lang, form)


def test_entries_are_whole() -> None:
    known = by_id()
    assert len(known) == len(entries())
    countries = {entry.id for entry, _ in entries() if entry.kind == "place" and not entry.within}
    for entry, _ in entries():
        assert entry.within is None or entry.within in countries
    for lang in languages():
        for place in name_words(lang).short.values():
            assert place in countries


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"colours": {}}, "colours"),
        ({"places": {"x": "Japan"}}, "places.x"),
        ({"places": {"x": {"en": "Japan"}}}, "places.x.en"),
        ({"places": {"x": {"english": ["Japan"]}}}, "places.x.english"),
        ({"places": {"x": {"within": 1}}}, "places.x.within"),
        ({"rivals": {"x": ["a"]}}, "rivals.x"),
        ({"rivals": {"x": {"a": {"en": [1]}}}}, "rivals.x.a.en"),
    ],
)
def test_says_where_places_are_wrong(data: dict[str, Any], key: str) -> None:
    with pytest.raises(LexiconError) as caught:
        list(place_entries(data))
    assert "lexicons/places.toml" in str(caught.value)
    assert key in str(caught.value)


def test_says_where_people_are_wrong() -> None:
    with pytest.raises(LexiconError, match=r"lexicons/people.toml: x\.en "):
        list(person_entries({"x": {"en": ["Holm, Ada"]}}))
    with pytest.raises(LexiconError, match=r"lexicons/people.toml is not TOML"):
        known_names.parse("x = ", known_names.PEOPLE)


def test_family_names_stand_for_whole_ones() -> None:
    forms = [("ja", "水越"), ("ko", "미즈코시 다케오"), ("en", "Takeo Mizukoshi")]
    for a, b in permutations(forms, 2):
        assert same_name(a[1], a[0], b[1], b[0]) >= SURE
