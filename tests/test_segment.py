"""Segmentation: cases in our own words, and what must hold of any text."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readout_diff.datamodel import Segmentation
from readout_diff.lexicon import languages
from readout_diff.segment import segment

CASES = json.loads((Path(__file__).parent / "cases" / "segment.json").read_text("utf-8"))
LANGS = [*languages(), "und"]

# What trips segmenters up, thrown together at random.
PIECES = [
    "The ministers met", "and agreed to", "he said", "U.S.", "Mr.", "2025. 6. 9.(월)", "3.", "1)",
    "(1) ", "①", "○ ", "- ", "・", "Q:", "하였고,", "하기로 함", "한다.", "しました。",
    "を確認し、", "双方同意", "，并", "。", "．", "；", "「", "」", "“", "”", "(", ")",
    "（", "）", "…", "?!", "\n", "\n\n", "\r\n", "\r", "\u2028", "\t", "\u3000",
    "\u200b", "\ufeff", "😀", "\ud800",
    "\u1112\u1161\u11ab", "e\u0301", "،", "؟", "وأكد", "и заявил,", "12", " ", " ",
]  # fmt: skip
texts = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=60).map("".join))


def quotes(text: str, found: Segmentation) -> list[str]:
    return [text[claim.start : claim.end] for claim in found.claims]


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
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_case(case: dict[str, Any], form: Any) -> None:
    text = unicodedata.normalize(form, case["text"])
    found = segment(text, case["lang"])
    normal = [unicodedata.normalize("NFC", quote) for quote in quotes(text, found)]
    assert normal == [unicodedata.normalize("NFC", claim) for claim in case["claims"]]
    ignored = [
        (unicodedata.normalize("NFC", text[span.start : span.end]), span.why)
        for span in found.ignored
    ]
    for quote, why in case.get("ignored", []):
        assert (unicodedata.normalize("NFC", quote), why) in ignored


@settings(max_examples=300, deadline=None)
@given(text=texts, lang=st.sampled_from(LANGS))
def test_properties(text: str, lang: str) -> None:
    found = segment(text, lang)
    assert found == segment(text, lang)
    covered: set[int] = set()
    for spans in (found.sentences, found.claims, found.ignored):
        end = 0
        for span in spans:
            assert end <= span.start < span.end <= len(text)
            assert not text[span.start].isspace()
            assert not text[span.end - 1].isspace()
            end = span.end
    for claim in found.claims:
        sentence = found.sentences[claim.sentence]
        assert sentence.start <= claim.start
        assert claim.end <= sentence.end
        covered.update(range(claim.start, claim.end))
    for span in found.ignored:
        assert span.why
        assert not covered & set(range(span.start, span.end))
    for span in found.ignored:
        covered.update(range(span.start, span.end))
    assert not [i for i, c in enumerate(text) if c.isalnum() and i not in covered]
    # Every sentence is in claims, and every sentence has one.
    assert {claim.sentence for claim in found.claims} == set(range(len(found.sentences)))


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\u200b", "😀", "…", "---", "\ud800"])
def test_nothing_to_claim(text: str) -> None:
    assert segment(text, "en").claims == ()


@pytest.mark.parametrize("lang", ["en", "ko", "ja", "zh", "ar", "und"])
@pytest.mark.parametrize(
    "unit",
    [
        "あ",
        "a",
        "1.",
        "(「“",
        "「あ。",
        "双方同意，并，",
        "he said; ",
        "and agreed to ",
        "\n",
        "\u200b",
    ],
)
def test_long_texts_are_read_to_their_end(unit: str, lang: str) -> None:
    # Code that takes time with the square of the length would not come back from this.
    text = unit * (200_000 // len(unit))
    found = segment(text, lang)
    ends = [claim.end for claim in found.claims] + [piece.end for piece in found.ignored]
    assert max(ends, default=0) >= max(
        (i + 1 for i, c in enumerate(text) if c.isalnum()), default=0
    )


def test_an_unknown_language_is_no_path() -> None:
    assert segment("One sentence. Two.", "../../etc/passwd").claims
