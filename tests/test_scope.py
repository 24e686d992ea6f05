"""Terms that tell how far a thing goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readout_diff.conflicts.scope import pairs, parse, scopes
from readout_diff.lexicon import LexiconError, languages

GOOD = "[share]\nconfidence = 0.5\n[share.wide]\nen = ['all']\n[share.narrow]\nen = ['some']\n"


def test_every_language_has_both_terms_of_every_pair() -> None:
    for pair in pairs(None).values():
        for terms in (pair.wide, pair.narrow):
            assert set(terms) == set(languages()), pair.name


@pytest.mark.parametrize(
    ("lang", "text", "found"),
    [
        ("en", "denuclearization of the Korean Peninsula", {("denuclearisation", True)}),
        ("ko", "북한의 완전한 비핵화", {("denuclearisation", False)}),
        ("ja", "朝鮮半島の完全な非核化", {("denuclearisation", True)}),
        ("zh", "条件具备时", {("conditions", False)}),
        ("ru", "без предварительных условий", {("conditions", True)}),
        ("uk", "лише після перевірки", {("conditions", False)}),
        ("fr", "par étapes", {("speed", False)}),
        ("de", "auf Ministerebene", {("rank", True)}),
        ("es", "algunos presos", {("share", False)}),
        ("ar", "تخفيف القيود", {("ending", False)}),
        ("en", "In all, it rained.", set()),
        ("und", "all of the ships", set()),
    ],
)
def test_scopes(lang: str, text: str, found: set[tuple[str, bool]]) -> None:
    assert {(scope.name, scope.wide) for scope in scopes(text, lang)} == found


@given(text=st.text(), lang=st.sampled_from([*languages(), "und"]))
def test_spans_lie_in_the_text(text: str, lang: str) -> None:
    for scope in scopes(text, lang):
        assert 0 <= scope.start < scope.end <= len(text)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("x =", "TOML"),
        ("share = 1", "share"),
        (GOOD.replace("0.5", "2.0"), "share.confidence"),
        (GOOD.replace("['all']", "'all'"), "share.wide.en"),
        (GOOD.replace("all", "("), "share.wide.en"),
        (GOOD.replace("[share.narrow]\nen = ['some']\n", "narrow = 1"), "share"),
    ],
)
def test_says_where_it_is_wrong(wrong: str, says: str) -> None:
    with pytest.raises(LexiconError, match=r"lexicons/scope\.toml") as caught:
        parse(wrong)
    assert says in str(caught.value)


def test_a_good_file() -> None:
    assert parse(GOOD)["share"].confidence == 0.5
