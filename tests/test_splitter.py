"""The splitter: what holds of any text and weights, and that the shipped one is worth having."""

import json
import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from readout_diff.datamodel import Segmentation
from readout_diff.embed.bundled import NAME, BundledEncoder
from readout_diff.embed.claims import read_sentences
from readout_diff.segment import segment
from readout_diff.segment.splitter import (
    TOLD,
    Splitter,
    from_bytes,
    look,
    splitter_for,
    to_bytes,
)
from tests.rich_encoder import HashRichEncoder, tokens
from tests.test_segment import LANGS, texts
from training.benchmark import OWN_CASES, Case

COLUMNS = look("One, two", tokens("One, two"), [0], spaced=True).rows.shape[1]


def random_splitter(seed: int, threshold: float) -> Splitter:
    random = np.random.default_rng(seed)
    part = (
        random.normal(size=(COLUMNS, 3)).astype(np.float32),
        *(random.normal(size=size).astype(np.float32) for size in (3, 3, 1)),
    )
    (hidden, bias, weights, last) = part
    nothing, one = np.zeros(COLUMNS, np.float32), np.ones(COLUMNS, np.float32)
    return Splitter(NAME, threshold, nothing, one, ((hidden, bias, weights, last),))


def split(splitter: Splitter, text: str, lang: str) -> tuple[Segmentation, Segmentation]:
    ruled = segment(text, lang)
    words = [text[s.start : s.end] for s in ruled.sentences]
    states = read_sentences(HashRichEncoder(), words)
    return ruled, splitter.split(ruled, text, lang, [states[sentence] for sentence in words])


@given(texts, st.sampled_from(LANGS), st.integers(0, 9), st.sampled_from([0.01, 0.5, 0.9]))
def test_sentences_stay_and_claims_hold_all_that_they_assert(
    text: str, lang: str, seed: int, threshold: float
) -> None:
    ruled, found = split(random_splitter(seed, threshold), text, lang)
    assert (found.sentences, found.ignored) == (ruled.sentences, ruled.ignored)
    held = [False] * len(text)
    at = 0
    for claim in found.claims:
        sentence = found.sentences[claim.sentence]
        assert sentence.start <= claim.start < claim.end <= sentence.end
        assert claim.start >= at
        at = claim.end
        held[claim.start : claim.end] = [True] * (claim.end - claim.start)
    for sentence in found.sentences:
        places = range(sentence.start, sentence.end)
        assert all(held[place] for place in places if text[place].isalnum())
        inside = [c for c in found.claims if found.sentences[c.sentence] == sentence]
        letters = [sum(map(str.isalnum, text[c.start : c.end])) for c in inside]
        assert len(inside) == 1 or min(letters) >= 3


@given(texts, st.sampled_from(LANGS))
def test_above_every_probability_a_sentence_is_one_claim(text: str, lang: str) -> None:
    _, found = split(random_splitter(0, 1.01), text, lang)
    assert len(found.claims) == len(found.sentences)


def test_no_word_is_cut_where_words_are_parted_by_spaces() -> None:
    text = "The ministers reaffirmed their cooperation and inaugurated an observatory."
    _, found = split(random_splitter(1, 0.0), text, "en")
    quotes = [text[claim.start : claim.end] for claim in found.claims]
    assert len(quotes) > 5
    assert " ".join(quotes) == text
    assert all(re.fullmatch(r"[\w ]+\.?", quote) for quote in quotes)


def test_what_a_rule_and_the_marks_say_is_seen() -> None:
    words = "They met; both left"
    places = look(words, tokens(words), [10], spaced=True)
    assert places.at == (5, 10, 15)
    told = places.rows[:, TOLD]
    assert told[1, 0] == 1.0
    assert told[1, 1:].sum() == 1.0  # the semicolon
    assert not told[[0, 2]].any()


def test_an_opening_quotation_mark_goes_with_what_it_opens() -> None:
    text = "他们会见了记者，“双方都很满意”。"
    opening = np.zeros((COLUMNS, 3), np.float32)
    opening[COLUMNS + TOLD.start + 5] = 1.0
    numbers = (np.array(values, np.float32) for values in ([0] * 3, [9] * 3, [-9]))
    bias, weights, last = numbers
    member = opening, bias, weights, last
    splitter = replace(random_splitter(0, 0.5), members=(member,))
    _, found = split(splitter, text, "zh")
    assert [text[claim.start : claim.start + 2] for claim in found.claims] == ["他们", "“双"]


def test_a_splitter_survives_its_file() -> None:
    splitter = random_splitter(3, 0.5)
    again = from_bytes(to_bytes(splitter))
    assert (again.encoder, again.threshold) == (NAME, 0.5)
    rows = np.random.default_rng(0).normal(size=(50, COLUMNS)).astype(np.float32)
    assert np.allclose(again.probabilities(rows), splitter.probabilities(rows), atol=0.02)
    for broken in (b"", b"{}", to_bytes(splitter)[:200]):
        with pytest.raises((ValueError, KeyError)):
            from_bytes(broken)


def test_only_the_encoder_that_it_knows_gets_the_splitter() -> None:
    assert splitter_for("some other") is None
    shipped = splitter_for(NAME)
    assert shipped is not None
    assert shipped.encoder == NAME


def test_the_shipped_splitter_finds_more_of_the_labelled_beginnings_than_the_rules() -> None:
    encoder, shipped = BundledEncoder(), splitter_for(NAME)
    assert shipped is not None
    found: dict[str, list[bool]] = {"rules": [], "shipped": []}
    for path in sorted(OWN_CASES.glob("own-kor-chn-*.json"))[:5]:
        case = Case(path.stem, json.loads(path.read_text("utf-8")))
        for key in "ab":
            text, lang = case.text(key), case.lang(key)
            ruled = segment(text, lang)
            words = [text[s.start : s.end] for s in ruled.sentences]
            cut = shipped.split(ruled, text, lang, encoder.read(words))
            for name, claims in (("rules", ruled.claims), ("shipped", cut.claims)):
                starts = {claim.start for claim in claims}
                found[name] += [start in starts for start, _, _ in case.gold(key)]
    assert sum(found["shipped"]) > sum(found["rules"]) > 50


def test_decomposed_korean_is_cut_where_composed_is() -> None:
    text = "양측은 다리를 넓히고, 항구에 사무소를 두며, 학생을 돕기로 하였다."
    encoder, shipped = BundledEncoder(), splitter_for(NAME)
    assert shipped is not None
    cuts = []
    for form in ("NFC", "NFD"):
        words = unicodedata.normalize(form, text)
        found = shipped.split(segment(words, "ko"), words, "ko", encoder.read([words]))
        quotes = [unicodedata.normalize("NFC", words[c.start : c.end]) for c in found.claims]
        cuts.append(quotes)
    assert cuts[0] == cuts[1]
