import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readout_diff.errors import InputError
from readout_diff.load.encodings import decode, is_odd

KOREAN = "두 장관은 항구 도시에서 만나 수산 사무소를 열기로 했다.\n"
JAPANESE = "両大臣は、港町で会談し、水産事務所を開設することで一致しました。\n"
RUSSIAN = "Министры встретились в портовом городе и договорились открыть бюро.\n"


def test_what_is_given_goes_before_everything_else() -> None:
    data = "é".encode()
    assert decode(data, "a", given="latin-1", declared="utf-8").text == "Ã©"
    assert decode(JAPANESE.encode("shift_jis"), "a", given="shift-jis").encoding == "shift_jis"


def test_utf8_goes_before_what_a_page_says() -> None:
    found = decode(KOREAN.encode(), "a", declared="euc-kr")
    assert (found.text, found.encoding, found.doubt) == (KOREAN, "utf-8", None)


@pytest.mark.parametrize(
    ("declared", "read_as"),
    [
        ("EUC-KR", "cp949"),
        ("ks_c_5601-1987", "cp949"),
        ("Shift_JIS", "cp932"),
        ("x-none", "cp949"),
        ("iso-8859-1", "cp1252"),
    ],
)
def test_what_a_page_says_is_read_as_what_is_written_under_that_name(
    declared: str, read_as: str
) -> None:
    text = {"cp932": JAPANESE, "cp1252": "Un été à l’ombre — 5 €."}.get(
        read_as, f"{KOREAN}똠방각하"
    )
    found = decode(text.encode(read_as), "a", declared=declared)
    assert (found.text, found.encoding) == (text, read_as)
    assert (found.doubt is not None) == (declared == "x-none")


def test_a_page_that_says_what_does_not_fit_is_doubted() -> None:
    found = decode(JAPANESE.encode("euc-jp") + b"\n", "a", declared="ascii\x00")
    assert found.text == JAPANESE + "\n"
    assert found.doubt is not None
    assert "says that it is" in found.doubt


@pytest.mark.parametrize("encoding", ["iso2022_jp", "iso2022_kr", "hz", "utf-16-le", "utf-16-be"])
def test_what_is_valid_utf8_too_is_not_taken_for_it(encoding: str) -> None:
    text = {"iso2022_kr": KOREAN, "hz": "两位部长在港口城市会晤。\n"}.get(encoding, JAPANESE)
    assert decode(text.encode(encoding), "a").text == text


def test_a_mark_is_no_text_also_where_its_encoding_is_given() -> None:
    data = codecs.BOM_UTF8 + KOREAN.encode()
    assert decode(data, "a").text == decode(data, "a", given="utf-8").text == KOREAN


def test_what_fits_nothing_is_refused() -> None:
    for data in (KOREAN.encode() + KOREAN.encode("euc-kr"), KOREAN.encode("euc-kr")[1:]):
        with pytest.raises(InputError, match=r"encoding of a can't be told; .* --encoding\.$"):
            decode(data, "a")
    with pytest.raises(InputError, match="a is binary"):
        decode(b"\x00\xff\xfe\x01", "a")


def test_few_letters_are_no_ground_for_a_guess() -> None:
    assert decode(b"A caf\xe9 in Port Ilmen was named; nothing else was said.", "a").doubt
    text = "Les deux ministres se sont rencontrés à la ville; ils ont décidé d'être brefs cet été."
    assert decode(text.encode("latin-1"), "a").doubt is None


@pytest.mark.parametrize("text", [KOREAN, JAPANESE, RUSSIAN, "Größe, été, año", "plain", ""])
def test_real_text_is_not_odd(text: str) -> None:
    assert not is_odd(text)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [(RUSSIAN, ("cp866", "koi8-r")), ("réunion à l'été", ("mac_roman", "cp1252"))],
)
def test_text_that_was_decoded_wrongly_is_odd(text: str, wrong: tuple[str, str]) -> None:
    written, read = wrong
    assert is_odd(text.encode(written).decode(read))


@given(st.binary(max_size=400), st.sampled_from([None, "euc-kr", "utf-8", "nonsense", "hex"]))
def test_any_bytes_are_decoded_whole_or_refused(data: bytes, declared: str | None) -> None:
    try:
        found = decode(data, "a", declared=declared)
    except InputError:
        return
    marks = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
    if not data.startswith(marks):
        assert data.decode(found.encoding) == found.text
