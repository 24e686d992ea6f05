"""Every shipped lexicon loads, and a wrong one says where it is wrong."""

import pytest

from readout_diff.lexicon import LexiconError, language_name, languages, lexicon, parse

SPLIT = "name = 'X'\n[[claims.splits]]\n"


def test_names_of_languages() -> None:
    assert [language_name(lang) for lang in languages()] == [lexicon(x).name for x in languages()]
    assert language_name("sw") is None


def test_languages() -> None:
    assert set(languages()) == {"en", "ko", "ja", "zh", "ru", "uk", "fr", "de", "es", "ar"}


@pytest.mark.parametrize("lang", [*languages(), "und", "tr"])
def test_loads(lang: str) -> None:
    words = lexicon(lang)
    assert words.lang == (lang if lang in languages() else "und")
    assert "。" in words.enders
    assert words.splits
    assert words is lexicon(lang)


@pytest.mark.parametrize("lang", languages())
def test_splits_match_somewhere_and_never_nothing(lang: str) -> None:
    for split in lexicon(lang).splits:
        assert split.at.search("") is None, split.why


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("name = ", "TOML"),
        ("spaced = true", "name"),
        ("name = 'X'\ncolour = 'red'", "colour"),
        ("name = 'X'\nspaced = 'yes'", "spaced"),
        ("name = 'X'\n[sentences]\nabbreviations = 'mr'", "sentences.abbreviations"),
        ("name = 'X'\n[ignore.lines]\ntitle = ['(']", "ignore.lines.title"),
        ("name = 'X'\n[ignore.lines]\ntitle = ['{month}']", "ignore.lines.title"),
        (SPLIT + "at = ';'", "claims.splits[0].why"),
        (SPLIT + "why = 'y'\nat = ';'\nleft = 'verb'", "claims.splits[0].left"),
        (SPLIT + "why = 'y'\nat = ';'\nshortest = true", "splits[0].shortest"),
    ],
)
def test_says_where_it_is_wrong(source: str, key: str) -> None:
    with pytest.raises(LexiconError) as caught:
        parse(source, "xx", "lexicons/xx.toml")
    assert "lexicons/xx.toml" in str(caught.value)
    assert key in str(caught.value)
