"""Expressions that are kept compiled are what the standard library makes of them."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readout_diff import patterns
from readout_diff.conflicts.speech_words import parse
from readout_diff.lexicon import languages, section
from readout_diff.patterns import compiled, kept

SOURCES = [
    ("eels?", 0),
    ("(?P<day>[1-9]|[12][0-9]|3[01])\\. (?P<month>\\w+)", re.IGNORECASE),
    ("(?<!\\w)(?:회담|会談)(?!\\w)", 0),
    ("(a)(?P<b>b)(c)(?:d)\\1", re.DOTALL),
    ("", 0),
]


def kept_file(folder: Path) -> Path:
    (found,) = folder.glob("patterns-en-*.bin")
    return found


def keep_all(folder: Path) -> list[re.Pattern[str]]:
    with kept(folder, "en"):
        return [compiled(source, flags) for source, flags in SOURCES]


@pytest.fixture
def no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever would be compiled fails the test."""

    def compile_(*_given: Any) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(patterns, "_code", compile_)
    monkeypatch.setattr(patterns, "re", SimpleNamespace(compile=compile_))


EXPECTED = [re.compile(source, flags) for source, flags in SOURCES]


def test_another_process_finds_them(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    # Patterns are equal where the compiler's numbers are.
    assert keep_all(tmp_path) == EXPECTED
    request.getfixturevalue("no_compiler")
    with pytest.raises(AssertionError, match="compiled again"), kept(tmp_path, "ko"):
        compiled("eels?")
    found = keep_all(tmp_path)
    assert found == EXPECTED
    match = found[1].fullmatch("12. Mai")
    assert match is not None
    assert match.groupdict() == {"day": "12", "month": "Mai"}
    assert match.lastgroup == "month"


@pytest.mark.parametrize("lang", languages())
def test_all_that_a_language_says_of_speech(lang: str, tmp_path: Path) -> None:
    plain = parse(section(lang, "speech"), lang)
    for _ in range(2):  # written, then read
        with kept(tmp_path, "en"):
            assert parse(section(lang, "speech"), lang) == plain
    assert kept_file(tmp_path).stat().st_size > 10_000


def test_a_file_is_added_to(tmp_path: Path) -> None:
    with kept(tmp_path, "en"):
        compiled("first")
    keep_all(tmp_path)
    with kept(tmp_path, "en"):
        assert patterns._kept is not None
        assert {("first", 0), SOURCES[0]} <= patterns._kept.keys()


@given(data=st.data())
def test_a_damaged_file_is_made_anew(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    keep_all(folder)
    path = kept_file(folder)
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    other = bytes([whole[at] ^ data.draw(st.integers(1, 255))])
    path.write_bytes(data.draw(st.sampled_from([whole[:at], whole[:at] + other + whole[at + 1 :]])))
    assert keep_all(folder) == EXPECTED
    assert kept_file(folder).read_bytes()[: patterns._DIGEST] == whole[: patterns._DIGEST]


def test_what_another_version_wrote_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_all(tmp_path)
    monkeypatch.setattr(patterns, "__version__", "another")
    assert patterns._read(kept_file(tmp_path)) == {}


def test_numbers_that_are_no_expression(tmp_path: Path) -> None:
    keep_all(tmp_path)
    path = kept_file(tmp_path)
    codes = patterns._read(path)
    codes["eels?", 0] = (32, b"\xff" * 64, 0, {})
    patterns._write(path, codes)
    assert keep_all(tmp_path) == EXPECTED


def test_a_folder_that_can_not_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert keep_all(tmp_path / "file") == EXPECTED


def test_a_compiler_that_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "_KNOWN_COMPILER", False)
    assert keep_all(tmp_path) == EXPECTED
    assert not list(tmp_path.iterdir())


def test_what_is_no_expression_is_said(tmp_path: Path) -> None:
    with pytest.raises(re.error), kept(tmp_path, "en"):
        compiled("(")
    with pytest.raises(re.error):
        compiled("(")
    assert patterns._kept is None
