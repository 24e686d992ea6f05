from pathlib import Path

import pytest

from readout_diff.report.hyperlinks import is_format, supported, target


@pytest.mark.parametrize(
    ("environ", "format"),
    [
        ({}, None),
        ({"TERM": "xterm-256color"}, None),
        ({"TERM": "xterm-256color", "VTE_VERSION": "6800"}, "file://{host}{path}"),
        ({"TERM": "xterm", "VTE_VERSION": "4600"}, None),
        ({"TERM": "xterm", "VTE_VERSION": "new"}, None),
        ({"TERM": "xterm-kitty"}, "file://{host}{path}#{line}"),
        ({"TERM_PROGRAM": "iTerm.app"}, "file://{host}{path}#{line}"),
        ({"TERM_PROGRAM": "vscode"}, "vscode://file{path}:{line}:{column}"),
        ({"WT_SESSION": "1"}, "file://{host}{path}"),
        ({"TERM": "xterm", "FORCE_HYPERLINK": "1"}, "file://{host}{path}"),
        ({"TERM_PROGRAM": "vscode", "FORCE_HYPERLINK": "0"}, None),
    ],
)
def test_the_format_follows_the_terminal(environ: dict[str, str], format: str | None) -> None:
    assert supported(environ) == format
    assert format is None or is_format(format)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("editor://{path}:{line}", True),
        ("file://{host}{path}", True),
        ("editor://open", False),
        ("{path}{page}", False),
        ("{path}{", False),
        ("{path}{}", False),
        ("{path.parent}", False),
        ("{path}\x1b", False),
        ("{path} {line}", False),
        ("{path};{line}", False),
    ],
)
def test_what_a_format_is(text: str, is_one: bool) -> None:
    assert is_format(text) == is_one


def test_a_target_is_a_file_that_is_there(tmp_path: Path) -> None:
    file = tmp_path / "north; \x1b é.txt"
    file.write_text("The ministers met.")
    found = target("x:{path}:{line}:{column}", str(file), 3, 14)
    assert found is not None
    assert found.endswith("/north%3B%20%1B%20%C3%A9.txt:3:14")
    assert found.startswith("x:/")
    assert target("x:{path}", str(tmp_path), 1, 1) is None
    assert target("x:{path}", str(tmp_path / "gone.txt"), 1, 1) is None
    assert target("x:{path}", "nul\0.txt", 1, 1) is None
    assert target("x:{path}", None, 1, 1) is None


def test_a_relative_path_becomes_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "north.txt").write_text("The ministers met.")
    monkeypatch.chdir(tmp_path)
    assert target("x:{path}", "north.txt", 1, 1) == f"x:{(tmp_path / 'north.txt').as_posix()}"
