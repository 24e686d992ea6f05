"""What is kept of the lexicons is what would be made of them."""

import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from readout_diff import kept
from readout_diff.conflicts.dates import _words as date_words
from readout_diff.conflicts.han import han
from readout_diff.conflicts.known_names import by_id, known
from readout_diff.conflicts.name_words import name_sounds, name_words
from readout_diff.conflicts.numerals import _words as numeral_words
from readout_diff.conflicts.quantity_words import words_of
from readout_diff.conflicts.scope import pairs
from readout_diff.conflicts.speech_words import speech_words
from readout_diff.kept import keeps, put_down, take_up
from readout_diff.lexicon import languages, lexicon
from readout_diff.topics.catalogue import _built_in_terms, built_in

SOURCES = [
    ("eels?", 0),
    ("(?P<day>[1-9]|[12][0-9]|3[01])\\. (?P<month>\\w+)", re.IGNORECASE),
    ("(?<!\\w)(?:회담|会談)(?!\\w)", 0),
    ("(a)(?P<b>b)(c)(?:d)\\1", re.DOTALL),
    ("(?i:ministers?) (?a:\\d+)", 0),
    ("", 0),
]
EXPECTED = [re.compile(source, flags) for source, flags in SOURCES]
BY_LANGUAGE: list[Callable[[str], Any]] = [
    date_words,
    known,
    lexicon,
    name_words,
    numeral_words,
    pairs,
    speech_words,
    words_of,
]


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    """Each test begins like a process."""
    before = {name: dict(values) for name, values in kept._files.items()}
    made = {name: dict(values) for name, values in kept._made.items()}
    forget()
    yield
    forget()
    kept._files.update(before)
    kept._made.update(made)


def forget() -> None:
    kept._files.clear()
    kept._made.clear()


def read(path: Path) -> dict[Any, Any]:
    return {key: kept._unpacked(value) for key, value in kept._read(path).items()}


def function() -> tuple[Callable[[str], Any], list[str]]:
    """A function of a language, and what it was called with."""
    calls: list[str] = []

    @keeps()
    def make(lang: str) -> Any:
        calls.append(lang)
        return [re.compile(source, flags) for source, flags in SOURCES], Fraction(1, 3), lang

    return make, calls


def through(folder: Path, make: Callable[[str], Any], lang: str = "en") -> Any:
    """What a process gets that finds the folder as it is."""
    forget()
    take_up(folder, [lang])
    value = make(lang)
    put_down(folder)
    return value


def kept_file(folder: Path, name: str = "en") -> Path:
    (found,) = folder.glob(f"lexicons-{name}-*.bin")
    return found


def test_another_process_finds_it(tmp_path: Path) -> None:
    made = through(tmp_path, function()[0])
    other, calls = function()
    found = through(tmp_path, other)
    assert calls == []
    # Patterns are equal where the compiler's numbers are.
    assert found == made == (EXPECTED, Fraction(1, 3), "en")
    match = found[0][1].fullmatch("12. Mai")
    assert match is not None
    assert match.groupdict() == {"day": "12", "month": "Mai"}
    assert match.lastgroup == "month"


def test_another_language_is_another_file(tmp_path: Path) -> None:
    make, calls = function()
    through(tmp_path, make, "en")
    assert through(tmp_path, make, "ko")[-1] == "ko"
    assert calls == ["en", "ko"]
    assert kept_file(tmp_path, "ko") != kept_file(tmp_path, "en")


@pytest.mark.parametrize("lang", ["../en", "", "zh-Hans", "en\0"])
def test_what_is_no_language_is_no_file(lang: str, tmp_path: Path) -> None:
    make, _ = function()
    assert through(tmp_path / "cache", make, lang)[-1] == lang
    assert not list(tmp_path.iterdir())


def test_without_a_file_it_is_made_once_a_process(tmp_path: Path) -> None:
    make, calls = function()
    assert make("en") is make("en")
    assert calls == ["en"]
    put_down(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("lang", languages())
def test_all_that_is_made_of_a_language(lang: str, tmp_path: Path) -> None:
    take_up(tmp_path, [lang])
    values = {make.__qualname__: make(lang) for make in BY_LANGUAGE}
    kept._made[lang] = {(name, (lang,)): value for name, value in values.items()}
    put_down(tmp_path)
    found = read(kept_file(tmp_path, lang))
    assert found == {(name, (lang,)): value for name, value in values.items()}


def test_all_that_is_made_of_no_language() -> None:
    for value in (han(), by_id(), built_in(), *map(name_sounds, languages())):
        assert kept._unpacked(kept._packed(value)) == value


def test_terms_find_the_same() -> None:
    for lang, claim in (
        ("en", "The leaders discussed North Korea and the abductions issue."),
        ("ko", "양 정상은 북한과 한미일 협력에 대해 논의했다."),
    ):
        terms = _built_in_terms(lang)
        again = kept._unpacked(kept._packed(terms))
        assert again.topics(claim) == terms.topics(claim) != frozenset()


def test_another_process_finds_the_same_names(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from readout_diff import kept\n"
        "from readout_diff.conflicts.names import names\n"
        "kept.take_up(Path(sys.argv[1]), ['en', 'all'])\n"
        "print(names('President Lee Jae-myung met Fumio Kishida in Paris.', 'en'))\n"
        "kept.put_down(Path(sys.argv[1]))"
    )
    first, second = (
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)],
            check=True,
            capture_output=True,
            text=True,
            encoding="utf-8",
        ).stdout
        for _ in range(2)
    )
    assert first == second != "()\n"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_is_added_to(tmp_path: Path) -> None:
    through(tmp_path, function()[0])

    @keeps()
    def another(lang: str) -> str:
        return lang.upper()

    assert through(tmp_path, another) == "EN"
    assert len(kept._read(kept_file(tmp_path))) == 2


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_made_anew(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    expected = through(folder, function()[0])
    path = kept_file(folder)
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    other = bytes([whole[at] ^ data.draw(st.integers(1, 255))])
    path.write_bytes(data.draw(st.sampled_from([whole[:at], whole[:at] + other + whole[at + 1 :]])))
    make, calls = function()
    assert through(folder, make) == expected
    assert calls == ["en"]
    assert len(kept._read(kept_file(folder))) == 1


def test_what_other_lexicons_gave_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    through(tmp_path, function()[0])
    monkeypatch.setattr(kept, "_stamp", lambda: b"another".ljust(kept._DIGEST))
    assert kept._read(kept_file(tmp_path)) == {}


def test_the_stamp_is_of_the_lexicons_and_what_reads_them() -> None:
    package = Path(kept.__file__).parent
    read = {path.relative_to(package).as_posix() for path in kept._sources()}
    assert {"lexicons/en.toml", "lexicons/han.tsv", "conflicts/han.py", "topics/terms.py"} <= read
    for make in (*BY_LANGUAGE, han, by_id, built_in, name_sounds, _built_in_terms):
        assert make.__module__.replace(".", "/").removeprefix("readout_diff/") + ".py" in read


class Meddler:
    """Runs code where it is unpickled."""

    def __reduce__(self) -> Any:
        return exec, ("raise SystemExit('ran')",)


@pytest.mark.parametrize(
    "value",
    [Meddler(), Path("x"), subprocess.run, kept._write, pickle.Unpickler],
    ids=["code", "class", "function", "own function", "builtin class"],
)
def test_a_file_holds_no_code(value: object, tmp_path: Path) -> None:
    """Neither where its values are nor in place of them."""
    through(tmp_path, function()[0])
    path = kept_file(tmp_path)
    ((key, _),) = kept._read(path).items()
    kept._write(path, {key: kept._packed(value)})
    assert key in kept._read(path)
    assert through(tmp_path, function()[0]) == (EXPECTED, Fraction(1, 3), "en")
    kept._write(path, {key: value})  # type: ignore[dict-item]
    assert kept._read(path) == {}


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("readout_diff.conflicts.dates", "datetime.date"),
        ("readout_diff.conflicts.evidence", "Struct"),
        ("readout_diff.conflicts.detect", "find"),
        ("datetime", "date"),
    ],
)
def test_only_classes_of_those_modules_are_reached(module: str, name: str) -> None:
    words = b"".join(b"\x8c" + bytes([len(word)]) + word.encode() for word in (module, name))
    content = b"\x80\x04" + words + b"\x93."
    assert callable(pickle.loads(content))
    with pytest.raises(pickle.UnpicklingError):
        kept._unpacked(content)


def test_numbers_that_are_no_expression() -> None:
    class Wrong:
        def __reduce__(self) -> Any:
            return kept._assembled, ("eels?", 32, b"\xff" * 64, 0, {})

    with pytest.raises(RuntimeError):
        kept._unpacked(kept._packed(Wrong()))


def test_a_folder_that_can_not_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert through(tmp_path / "file", function()[0])[0] == EXPECTED


def test_a_compiler_that_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_KNOWN_COMPILER", False)
    assert through(tmp_path, function()[0])[0] == EXPECTED
    assert not list(tmp_path.iterdir())


def test_a_value_that_can_not_be_read_is_made_anew(tmp_path: Path) -> None:
    expected = through(tmp_path, function()[0])
    ((key, value),) = kept._read(kept_file(tmp_path)).items()
    kept._write(kept_file(tmp_path), {key: value[:-1], ("another", ("en",)): value})
    make, calls = function()
    assert through(tmp_path, make) == expected
    assert through(tmp_path, function()[0]) == expected
    assert calls == ["en"]
    assert len(kept._read(kept_file(tmp_path))) == 2


def test_what_fails_is_not_kept(tmp_path: Path) -> None:
    @keeps()
    def wrong(lang: str) -> re.Pattern[str]:
        return re.compile("(")

    for _ in range(2):
        with pytest.raises(re.error):
            through(tmp_path, wrong)
    assert not list(tmp_path.iterdir())
