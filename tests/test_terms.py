import pytest
from hypothesis import given
from hypothesis import strategies as st

from readout_diff.topics.terms import Spelling, Terms, fold, is_term

SPELLING = Spelling(frozenset({"ko", "ja", "zh"}), {"ar": ("وال", "ال", "و", "ل")})


def found(lang: str, term: str, claim: str) -> bool:
    return Terms(lang, {"it": [term]}, SPELLING).topics(claim) == {"it"}


@pytest.mark.parametrize(
    ("lang", "term", "claim"),
    [
        ("en", "fishing rights", "They spoke of Fishing  Rights."),
        ("en", "missile*", "Two missiles flew."),
        ("en", "2+2", "the 2+2 meeting"),
        ("en", "nuclear free", "a nuclear-free peninsula"),
        ("en", "prisoner* + exchange*", "The exchange of all prisoners began."),
        ("fr", "exportation*", "le contrôle d'exportations"),
        ("fr", "péninsule coréenne", "la péninsule coréenne"),
        ("ru", "войн* + украин*", "Войны на территории Украины"),
        ("ru", "отчёт*", "Отчет готов"),
        ("uk", "об'єднан*", "Об’єднаних Націй"),
        ("de", "zölle", "Die ZÖLLE bleiben."),
        ("ko", "납치", "일본인납치문제"),
        ("ja", "cptpp", "ＣＰＴＰＰへの加入"),
        ("ja", "拉致", "拉致問題の即時解決"),
        ("zh", "ai", "讨论了AI安全"),
        ("zh", "g7峰会", "出席G7峰会"),
        ("ko", "6자회담", "6자회담을 재개"),
        ("ko", "2+2", "한미 2+2 회의"),
        ("ar", "طاقة", "والطاقة النووية"),
        ("ar", "طاقة نووية", "الطاقة النووية"),
    ],
)
def test_a_term_is_found(lang: str, term: str, claim: str) -> None:
    assert found(lang, term, claim)


@pytest.mark.parametrize(
    ("lang", "term", "claim"),
    [
        ("en", "oil", "The soil is dry."),
        ("en", "missile", "Two missiles flew."),
        ("en", "fishing rights", "rights of fishing"),
        ("en", "prisoner* + exchange*", "The exchange of letters began."),
        ("en", "2+2", "On 2 May they met."),
        ("ja", "ai", "DUBAIで会談"),
        ("ar", "طاقة", "بطاقات"),
        ("en", "missile*", ""),
    ],
)
def test_another_word_is_not(lang: str, term: str, claim: str) -> None:
    assert not found(lang, term, claim)


def test_topics_may_share_a_term_and_a_claim_may_have_several() -> None:
    terms = Terms("en", {"x": ["steel"], "y": ["steel", "iron*"], "z": ["tin"]}, SPELLING)
    assert terms.topics("Iron and steel") == {"x", "y"}


def test_a_term_has_letters_in_every_part() -> None:
    assert is_term("war* + Ukrain*")
    assert is_term("2+2")
    assert not any(map(is_term, ("", " * ", "war* + *", "+")))
    assert fold("Ｅ５ Ё") == "e5 е"


@given(st.text(), st.lists(st.text(min_size=1), max_size=3), st.sampled_from(["en", "zh", "ar"]))
def test_any_text_can_be_looked_through(claim: str, terms: list[str], lang: str) -> None:
    usable = [term for term in terms if is_term(term)]
    assert Terms(lang, {"it": usable}, SPELLING).topics(claim) <= {"it"}
    for term in usable:
        if " + " not in term and "*" not in term and lang == "en":
            assert found(lang, term, term)
