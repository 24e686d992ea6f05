"""Who speaks in a claim and how strongly: cases in our own words, and what holds of any text."""

import json
import unicodedata
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readout_diff.conflicts.speech import Speech, speeches
from readout_diff.conflicts.speech_words import LEVELS
from readout_diff.lexicon import languages
from readout_diff.segment import segment

CASES = json.loads((Path(__file__).parent / "cases" / "speech.json").read_text("utf-8"))
LANGS = [*languages(), "und"]

PIECES = [
    "The two ministers agreed", " that ", "Minister Lane", "the President of Peru ", "He added",
    "at the request of ", "the U.S. side", " was not discussed", "didn't", "World War I", "“I ",
    "박 장관은 ", "양측은", "한국 정부", "합의하였다.", "요청으로 ", "언급되지 않았다", "일본이 ",
    "佐藤大臣から、", "両首脳は", "一致しました。", "ブラウン大統領", "議題にならなかった",
    "韓国側",
    "双方同意", "中方", "李明强调，", "应美方请求，", "没有涉及", "Министр Орлов ", "заявил",
    "по просьбе ", "Сторони домовилися", "le ministre Paul Garnier ", "n’a pas été évoqué",
    "sagte Weber", "propuso Prado", "وأكَّد الرئيس ", "الجانب المصري", "لم يتطرق", "𠮷", "\ud800",
    "\u1112\u1161\u11ab", "e\u0301", "\u200b", "\n", " ", ".", "、", "，", "；", "（", "）", "ＵＳ",
]  # fmt: skip
texts = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=40).map("".join))


def read(
    text: str, lang: str, quotes: list[str], own: str | None, other: str | None
) -> dict[str, Speech]:
    """The speeches of the claims quoted; what lies between them in a sentence is a claim too."""
    sentences = [(s.start, s.end) for s in segment(text, lang).sentences]
    claims: list[tuple[int, int]] = []
    for start, end in sentences:
        edges = {start, end}
        for quote in quotes:
            at = text.index(quote)
            if start <= at < end:
                edges |= {at, at + len(quote)}
        claims += [
            (a + (len(text[a:b]) - len(text[a:b].lstrip())), b) for a, b in pairwise(sorted(edges))
        ]
    found = speeches(text, lang, claims, sentences, own, other)
    return {text[a:b].strip(): speech for (a, b), speech in zip(claims, found, strict=True)}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case,
            id=f"{case['lang']}: {case['why']}",
            marks=[pytest.mark.xfail(strict=True)] if case.get("fails") else [],
        )
        for case in CASES
    ],
)
def test_case(case: dict[str, Any], form: Any) -> None:
    def formed(text: str) -> str:
        return unicodedata.normalize(form, text)

    quotes = [formed(quote) for quote, _, _ in case["claims"]]
    found = read(formed(case["text"]), case["lang"], quotes, case["own"], case["other"])
    got = [
        (found[quote].speaker.who, (stance := found[quote].stance) and stance.word)
        for quote in quotes
    ]
    assert got == [(who, level) for _, who, level in case["claims"]]


def test_every_language_has_cases() -> None:
    counts = {lang: sum(case["lang"] == lang for case in CASES) for lang in languages()}
    assert all(counts[lang] >= 12 for lang in ("en", "ko", "ja", "zh"))
    assert min(counts.values()) >= 6


def spans(speech: Speech) -> list[tuple[int, int]]:
    found = [(attitude.start, attitude.end) for attitude in speech.attitudes]
    found += [(scope.start, scope.end) for scope in speech.scopes]
    found += [span for span in (speech.tentative, speech.agreement) if span]
    if speech.stance:
        found.append((speech.stance.start, speech.stance.end))
    if speech.initiator:
        found.append((speech.initiator.start, speech.initiator.end))
    return found


@settings(max_examples=300, deadline=None)
@given(text=texts, lang=st.sampled_from(LANGS), sides=st.sampled_from([(None, None), ("KR", "US")]))
def test_properties(text: str, lang: str, sides: tuple[str | None, str | None]) -> None:
    cut = segment(text, lang)
    claims = [(c.start, c.end) for c in cut.claims]
    sentences = [(s.start, s.end) for s in cut.sentences]
    found = speeches(text, lang, claims, sentences, *sides)
    assert found == speeches(text, lang, claims, sentences, *sides)
    assert len(found) == len(claims)
    for speech, claim in zip(found, claims, strict=True):
        assert speech.span == claim
        for start, end in spans(speech):
            assert claim[0] <= start < end <= claim[1]
        speaker = speech.speaker
        assert speaker.who in {"both", "own", "other", "third", "unknown"}
        if speaker.text is not None:
            assert text[speaker.start : speaker.end] == speaker.text
            assert claim[0] <= speaker.start < speaker.end <= claim[1]
        if speech.stance:
            assert LEVELS[speech.stance.level] == speech.stance.word


@settings(max_examples=100, deadline=None)
@given(text=texts, lang=st.sampled_from(LANGS), cuts=st.lists(st.integers(0, 200), max_size=9))
def test_any_claims(text: str, lang: str, cuts: list[int]) -> None:
    # Claims that no segmentation would make, between and beyond sentences.
    edges = sorted({min(cut, len(text)) for cut in cuts})
    claims = list(pairwise(edges))
    assert len(speeches(text, lang, claims, claims[::2])) == len(claims)


@pytest.mark.parametrize("lang", ["en", "ko", "ja", "zh", "ru", "ar"])
@pytest.mark.parametrize(
    "unit", ["the Minister and ", "장관 ", "ア", "大臣", "中方", "1", "\n", "و"]
)
def test_long_texts_are_read_to_their_end(unit: str, lang: str) -> None:
    # Code that takes time with the square of the length would not come back from this.
    text = unit * (40_000 // len(unit))
    (found,) = speeches(text, lang, [(0, len(text))], [(0, len(text))])
    assert found.span == (0, len(text))


def test_a_speaker_carried_over_is_where_he_was_named() -> None:
    text = "Minister Lane stressed the need for clean harbors. He added that time is short."
    quotes = ["He added that time is short."]
    speaker = read(text, "en", quotes, "US", "NO")[quotes[0]].speaker
    assert speaker.text is None
    assert text[speaker.start : speaker.end] == "Minister Lane"


def test_a_request_has_its_party() -> None:
    text = "The call took place at the request of the Japanese side."
    (found,) = speeches(text, "en", [(0, len(text))], [(0, len(text))], "US", "JP")
    assert found.initiator is not None
    assert found.initiator.who == "other"
    assert found.initiator.text == "the Japanese side"
