"""The table [speech] of every language loads, and a wrong one says where it is wrong."""

from typing import Any

import pytest

from readout_diff.conflicts.speech_words import ATTITUDES, LEVELS, NOTHING, parse, speech_words
from readout_diff.lexicon import LexiconError, languages


@pytest.mark.parametrize("lang", languages())
def test_every_language_says_everything(lang: str) -> None:
    words = speech_words(lang)
    assert NOTHING not in words.stance, LEVELS[words.stance.index(NOTHING)]
    assert NOTHING not in words.attitudes, ATTITUDES[words.attitudes.index(NOTHING)]
    assert NOTHING not in (words.both, words.joint, words.negations, words.tentative)
    assert words.home
    assert words.persons
    assert words.request
    for pattern in (*words.stance, words.both, words.tentative, *words.persons):
        assert pattern.search("") is None


@pytest.mark.parametrize("lang", languages())
def test_a_country_is_known_by_its_code(lang: str) -> None:
    words = speech_words(lang)
    japan = {
        "en": "Japan", "ko": "일본", "ja": "日本", "zh": "日方", "ru": "Япония", "uk": "Японія",
        "fr": "Japon", "de": "Japan", "es": "Japón", "ar": "اليابان",
    }  # fmt: skip
    assert words.country(japan[lang]) == "JP"
    assert words.country("?") is None


def test_an_unknown_language_says_nothing() -> None:
    assert speech_words("und").both is NOTHING
    assert speech_words("und").country("Japan") is None


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"colour": 1}, "speech.colour"),
        ({"both": "they"}, "speech.both"),
        ({"both": ["("]}, "speech.both"),
        ({"edges": ["a"]}, "speech.edges"),
        ({"drops": 1}, "speech.drops"),
        ({"stance": {"shouted": []}}, "speech.stance.shouted"),
        ({"attitudes": {"love": []}}, "speech.attitudes.love"),
        ({"countries": {"JP": 1}}, "speech.countries.JP"),
        ({"countries": {"JP": "("}}, "speech"),
    ],
)
def test_says_where_it_is_wrong(data: dict[str, Any], key: str) -> None:
    with pytest.raises(LexiconError) as caught:
        parse(data, "xx")
    assert "lexicons/xx.toml" in str(caught.value)
    assert key in str(caught.value)
