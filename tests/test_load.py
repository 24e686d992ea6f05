import codecs
import io
import os
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readout_diff.datamodel import Comparison
from readout_diff.errors import InputError
from readout_diff.load import MAX_BYTES, distinct_names, from_text, load, load_pair, read_report

KOREAN = "양 장관은 실무 회담을 열기로 했습니다.\n"
JAPANESE = "両外相は、実務者会合を開くことで一致しました。\n"


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refusal(path: Path | str, *, lang: str | None = None, encoding: str | None = None) -> str:
    with pytest.raises(InputError) as caught:
        load(path, lang=lang, encoding=encoding)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    assert "; " in message, "it says what to do"
    return message


def test_a_file_becomes_a_readout(tmp_path: Path) -> None:
    path = write(tmp_path, "seoul.txt", KOREAN)
    readout = load(path)
    assert (readout.text, readout.lang, readout.name) == (KOREAN, "ko", "Seoul")
    assert (readout.path, readout.encoding) == (str(path), "utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "a\r\nb\r\n",
        "a\rb",
        "  a \n\n",
        "# Title\n\n- *a*\n",
        "e\u0301 \u1112\u1161\u11ab",
        "a\u200bb\u00a0",
    ],
)
def test_the_text_is_that_of_the_file_unchanged(tmp_path: Path, text: str) -> None:
    assert load(write(tmp_path, "a.md", text)).text == text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_utf8_text_is_unchanged_or_refused(text: str) -> None:
    try:
        readout = from_text(text)
    except InputError:
        return
    assert readout.text == text


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_decides_and_is_no_text(
    tmp_path: Path, mark: bytes, encoding: str
) -> None:
    readout = load(write(tmp_path, "a.txt", mark + KOREAN.encode(encoding)))
    assert (readout.text, readout.encoding) == (KOREAN, encoding)


def test_an_encoding_can_be_given(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", JAPANESE.encode("shift_jis"))
    assert load(path, encoding="shift-jis").text == JAPANESE
    marked = write(tmp_path, "b.txt", codecs.BOM_UTF16_LE + KOREAN.encode("utf-16-le"))
    assert load(marked, encoding="UTF-16").text == KOREAN


def test_an_encoding_that_is_none_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", KOREAN)
    assert "no encoding named 'utf-9'" in refusal(path, encoding="utf-9")
    assert "no text encoding" in refusal(path, encoding="hex")
    assert "not valid UNDEFINED; save it" in refusal(path, encoding="undefined")


def test_another_encoding_is_told_and_a_doubtful_one_warned_of(tmp_path: Path) -> None:
    warnings: list[str] = []
    readout = load(write(tmp_path, "a.txt", KOREAN.encode("euc-kr")), warn=warnings.append)
    assert (readout.text, readout.encoding, warnings) == (KOREAN, "cp949", [])
    readout = load(write(tmp_path, "b.txt", "un été.".encode("latin-1")), warn=warnings.append)
    (warning,) = warnings
    assert re.fullmatch(rf"[^\n]*b\.txt [^\n]* read as {readout.encoding}; [^\n]*\.", warning)


def test_damaged_utf8_is_refused_with_the_place(tmp_path: Path) -> None:
    damaged = b"one\ntwo\n\xff" + KOREAN.encode()
    message = refusal(write(tmp_path, "a.txt", damaged))
    assert "a.txt is not valid UTF-8 (line 3, byte 8); save it as UTF-8" in message
    assert "not valid EUC_KR" in refusal(write(tmp_path, "a.txt", damaged), encoding="euc-kr")


@pytest.mark.parametrize("content", [b"", b" \n\t\r\n", codecs.BOM_UTF8, "\u200b\ufeff\n".encode()])
def test_empty_files_are_refused(tmp_path: Path, content: bytes) -> None:
    assert "is empty" in refusal(write(tmp_path, "a.txt", content))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "a damaged PDF"),
        (b"PK\x03\x04\x14\x00", "a damaged document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "HWP"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"\x7fELF\x02\x01\x01\x00\xff", "a program"),
        (b"text\x00text", "binary"),
        (b"\x01\x02\x03\x04text", "binary"),
        (b"\n<html lang=ko>", "web page"),
    ],
)
def test_what_is_not_plain_text_is_refused_by_its_kind(
    tmp_path: Path, content: bytes, kind: str
) -> None:
    assert kind in refusal(write(tmp_path, "a.txt", content))


def test_what_can_not_be_read_is_refused(tmp_path: Path) -> None:
    assert "There is no file" in refusal(tmp_path / "none.txt")
    assert "is a folder" in refusal(tmp_path)
    assert "can't be read" in refusal(write(tmp_path, "a.txt", KOREAN) / "b.txt")
    assert refusal("a\0b")
    assert refusal("")
    assert refusal("a" * 5000)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read it")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", KOREAN)
    path.chmod(0)
    assert "permission denied" in refusal(path)


def test_a_very_large_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", b"a" * (MAX_BYTES + 1))
    assert "larger than 100 MB" in refusal(path)


def test_a_long_text_is_refused_unless_it_is_allowed(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", "It met. " * 200_000)
    assert "more than 1,000,000 characters" in refusal(path)
    assert len(load(path, max_chars=2_000_000).text) == 1_600_000
    with pytest.raises(InputError, match="more than 9 characters"):
        from_text("It met again.", max_chars=9)


def test_a_page_says_its_language_where_its_text_does_not(tmp_path: Path) -> None:
    page = "<html lang={}><body><p>Informaatio: Turku 2026.</p></body></html>"
    assert load(write(tmp_path, "a.html", page.format("fi"))).lang == "fi"
    assert load(write(tmp_path, "b.html", page.format("klingon"))).lang != "klingon"
    korean = f"<html lang=en><body><p>{KOREAN}</p></body></html>"
    assert load(write(tmp_path, "c.html", korean)).lang == "ko"
    assert load(write(tmp_path, "c.html", korean), lang="ja").lang == "ja"


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(InputError, match="half a character"):
        from_text("a\ud800b")


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(KOREAN.encode())))
    readout = load("-")
    assert (readout.text, readout.name, readout.path) == (KOREAN, "Standard input", None)


def test_a_closed_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert "closed" in refusal("-")


def test_a_language_can_be_given(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", KOREAN)
    assert load(path, lang="zh-Hant").lang == "zh"
    assert from_text(KOREAN, lang="ja").lang == "ja"
    assert "'klingon'" in refusal(path, lang="klingon")


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("seoul.txt", "Seoul"),
        ("seoul.ko.txt", "Seoul"),
        ("taipei.zh-Hant.md", "Taipei"),
        ("blue_house-readout.md", "Blue house readout"),
        ("U.S. readout.txt", "U.S. readout"),
        ("2025.6.9.txt", "2025.6.9"),
        ("서울", "서울"),
        (".txt", ".txt"),
    ],
)
def test_the_name_is_made_from_the_file_name(tmp_path: Path, file: str, name: str) -> None:
    assert load(write(tmp_path, file, KOREAN)).name == name


def test_a_name_can_be_given(tmp_path: Path) -> None:
    assert load(write(tmp_path, "a.txt", KOREAN), name="The Blue House").name == "The Blue House"


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="no such names there")
def test_a_path_that_is_not_unicode_can_be_written_to_a_report(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xb0\xa1.txt"
    Path(os.fsdecode(path)).write_text(KOREAN, encoding="utf-8")
    readout = load(os.fsdecode(path))
    assert "\ufffd" in f"{readout.path}{readout.name}".encode().decode()


def test_sides_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    korea = write(tmp_path, "korea/readout.txt", KOREAN)
    japan = write(tmp_path, "japan/readout.txt", JAPANESE)
    marked = write(tmp_path, "korea/readout.md", KOREAN)
    assert [side.name for side in load_pair(korea, japan)] == ["Readout (korea)", "Readout (japan)"]
    assert [side.name for side in load_pair(korea, marked)] == ["Readout (.txt)", "Readout (.md)"]
    a, b = distinct_names(from_text(KOREAN, name="It"), from_text(JAPANESE, name="it"))
    assert (a.name, b.name) == ("It (ko)", "it (ja)")
    a, b = distinct_names(from_text(KOREAN, name="It"), from_text(KOREAN, name="It"))
    assert (a.name, b.name) == ("It (A)", "It (B)")
    a, b = distinct_names(from_text(KOREAN), from_text(JAPANESE))
    assert (a.name, b.name) == ("A", "B")
    a, b = distinct_names(from_text(KOREAN, name="b"), from_text(JAPANESE))
    assert (a.name, b.name) == ("b (ko)", "B (ja)")


def test_one_file_can_not_be_both_sides(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", KOREAN)
    link = tmp_path / "b.txt"
    link.hardlink_to(path)
    for other in (path, link, tmp_path / "." / "a.txt"):
        with pytest.raises(InputError, match="same file"):
            load_pair(path, other)
    with pytest.raises(InputError, match="standard input"):
        load_pair("-", "-")


def test_a_report_is_read(tmp_path: Path, comparison: Comparison) -> None:
    text = comparison.to_json()
    assert read_report(write(tmp_path, "a.json", text)) == comparison
    # As a shell of Windows may have saved it.
    marked = codecs.BOM_UTF16_LE + text.replace("\n", "\r\n").encode("utf-16-le")
    assert read_report(write(tmp_path, "b.json", marked)).claims == comparison.claims
    with pytest.raises(InputError, match="not a readout-diff report"):
        read_report(write(tmp_path, "c.json", "{}"))


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"\x89PNG\r\n", b"\x00\xff\xfe\x01", b"\x00" * 9])
def test_what_is_no_report_is_not_spoken_of_as_a_readout(tmp_path: Path, content: bytes) -> None:
    for path in (write(tmp_path, "a.json", content), tmp_path):
        with pytest.raises(InputError, match=r"^[^\n]*diff --format json` wrote\.$") as caught:
            read_report(path)
        assert "side" not in str(caught.value)
        assert "text" not in str(caught.value)
