import pytest

from readout_diff.load.wrapped import HYPHEN, Vocabulary, joined

NOTHING = Vocabulary(frozenset(), None)


@pytest.mark.parametrize(
    ("line", "following", "whole"),
    [
        ("The ministers", "met.", "The ministers met."),
        ("両大臣は、港", "町で会談", "両大臣は、港町で会談"),
        ("会談した。", "また", "会談した。また"),
        ("the quota is 1,200", "tonnes", "the quota is 1,200 tonnes"),
        ("G7", "장관", "G7 장관"),
        ("", "met.", "met."),
        (f"the fish{HYPHEN}", "eries office", "the fisheries office"),
        (f"the Asia{HYPHEN}", "Pacific office", "the Asia-Pacific office"),
        (f"in 2025{HYPHEN}", "26", "in 2025-26"),
    ],
)
def test_lines_are_joined_as_their_script_has_it(line: str, following: str, whole: str) -> None:
    assert joined(line, following, NOTHING) == whole


def test_a_hyphen_stays_where_the_text_has_the_word_with_it() -> None:
    known = Vocabulary.of(["a long-term plan, and a plan"], [], ragged=False)
    assert joined(f"the long{HYPHEN}", "term plan", known) == "the long-term plan"
    known = Vocabulary.of(["a fisheries office"], [], ragged=False)
    assert joined(f"the Fish{HYPHEN}", "eries office", known) == "the Fisheries office"


def test_korean_lines_with_the_space_kept_say_where_words_end() -> None:
    pairs = [("회담을 열고 ", "수산 사무"), ("소를 열기로 한다. 그", "는 밝혔다")]
    known = Vocabulary.of([], pairs, ragged=False)
    assert known.wholes is False
    assert joined("회담을 열고 ", "수산", known) == "회담을 열고 수산"
    assert joined("수산 사무", "소를", known) == "수산 사무소를"


def test_korean_lines_that_end_unevenly_are_broken_between_words() -> None:
    known = Vocabulary.of([], [("수산 사무소를", "열기로")], ragged=True)
    assert joined("수산", "사무소를", known) == "수산 사무소를"


@pytest.mark.parametrize(
    ("line", "following", "whole"),
    [
        ("등대 보", "수를 함께", "등대 보수를 함께"),
        ("어업 협정의", "조속한 타결", "어업 협정의 조속한 타결"),
        ("수산 사무소", "를 열기로", "수산 사무소를 열기로"),
        ("두 장관은", "만났다", "두 장관은 만났다"),
    ],
)
def test_korean_words_tell_where_nothing_else_does(line: str, following: str, whole: str) -> None:
    assert joined(line, following, NOTHING) == whole


def test_words_elsewhere_in_the_text_decide() -> None:
    known = Vocabulary.of(["두 장관은 수산사무소를 열기로 했다"], [], ragged=False)
    assert joined("그는 수산사", "무소를 보았다", known) == "그는 수산사무소를 보았다"
