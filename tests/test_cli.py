"""The command line as a real process."""

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import stat
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from readout_diff import __version__, judge, options
from readout_diff.datamodel import Comparison
from readout_diff.load import MAX_CHARS
from readout_diff.report import FORMATS
from readout_diff.report.terminal import render
from tests import make_files
from tests.comparisons import empty_comparison
from tests.conftest import Run, interruptible

SAMPLE = Path(__file__).parents[1] / "samples" / "2025-06-kor-jpn-call"
SEOUL, TOKYO = SAMPLE / "seoul.ko.txt", SAMPLE / "tokyo.ja.txt"


@pytest.fixture
def saved(tmp_path: Path, comparison: Comparison) -> Path:
    path = tmp_path / "report.json"
    path.write_text(comparison.to_json(), encoding="utf-8")
    return path


def wrong(result: subprocess.CompletedProcess[bytes]) -> str:
    """The sentence of a run that refused what it was given."""
    message = result.stderr.decode()
    assert result.returncode == 2, message
    assert result.stdout == b""
    assert re.fullmatch(r"Error: [^\n]*; [^\n]*\.\n", message), message
    return message


# Rendering a saved report


def test_render_needs_no_model(run: Run, saved: Path, comparison: Comparison) -> None:
    result = run("render", saved)
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.decode() == render(comparison)


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_is_rendered_from_standard_input(run: Run, saved: Path, format: str) -> None:
    result = run("render", "-", "--format", format, stdin=saved.read_bytes())
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout


def test_json_of_a_saved_report_is_the_same_bytes(run: Run, saved: Path) -> None:
    assert run("render", saved, "--format", "json").stdout == saved.read_bytes()


def test_width_and_all_are_passed_on(run: Run, saved: Path, comparison: Comparison) -> None:
    result = run("render", saved, "--width", "40", "--all")
    assert result.stdout.decode() == render(comparison, width=40, show_all=True)


@pytest.mark.parametrize("env", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"COLUMNS": "30"}])
def test_a_report_is_the_same_whatever_the_environment(
    run: Run, saved: Path, comparison: Comparison, env: dict[str, str]
) -> None:
    assert run("render", saved, env=env).stdout.decode() == render(comparison)


@pytest.mark.parametrize(
    ("fail_on", "status"),
    [
        ([], 0),
        (["--fail-on", "only"], 1),
        (["--fail-on", "partial"], 1),
        (["--fail-on", "conflict"], 1),
        (["--fail-on", "conflict,only"], 1),
        (["--fail-on", "conflict", "--fail-on", "partial"], 1),
        (["--fail-on-watch"], 1),
    ],
)
def test_fail_on(run: Run, saved: Path, fail_on: list[str], status: int) -> None:
    result = run("render", saved, *fail_on)
    assert result.returncode == status
    assert result.stdout


def test_fail_on_nothing_found(run: Run, saved: Path) -> None:
    saved.write_text(empty_comparison().to_json(), encoding="utf-8")
    assert run("render", saved, "--fail-on", "only,partial,conflict").returncode == 0


# Where a report goes


def test_output_is_replaced_as_a_whole(run: Run, saved: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    out.write_text("old")
    out.chmod(0o640)
    link = tmp_path / "link.txt"
    link.symlink_to(out)
    result = run("render", saved, "-o", link)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    assert out.read_bytes() == run("render", saved).stdout
    assert link.is_symlink()
    assert stat.S_IMODE(out.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "link.txt", "out.txt", "report.json",
    ]  # fmt: skip


def test_a_new_output_has_the_usual_permissions(run: Run, saved: Path, tmp_path: Path) -> None:
    assert run("render", saved, "-o", tmp_path / "out.txt").returncode == 0
    assert (tmp_path / "out.txt").stat().st_mode == saved.stat().st_mode


def test_output_that_can_not_be_written_is_refused(run: Run, saved: Path, tmp_path: Path) -> None:
    assert "is a folder" in wrong(run("render", saved, "-o", tmp_path))
    assert "no folder" in wrong(run("render", saved, "-o", tmp_path / "none" / "out.txt"))
    assert "replace the input" in wrong(run("render", saved, "-o", saved))
    assert wrong(run("render", saved, "-o", "a" * 5000))
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "can't be written" in wrong(run("render", saved, "-o", tmp_path / "loop"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_refused_and_left_alone(
    run: Run, saved: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "read-only"
    folder.mkdir()
    (folder / "out.txt").write_text("old")
    folder.chmod(0o555)
    assert "can't be written" in wrong(run("render", saved, "-o", folder / "out.txt"))
    assert (folder / "out.txt").read_text() == "old"


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="needs Linux's /proc and /dev/full")
def test_a_full_disk_is_said(run: Run, saved: Path) -> None:
    assert "can't be written" in wrong(run("render", saved, "-o", "/proc/out.txt"))
    assert "can't be written" in wrong(run("render", saved, "-o", "/dev/full"))
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "readout_diff", "render", str(saved)]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert result.returncode == 2
    assert re.fullmatch(rb"Error: [^\n]*standard output[^\n]*\n", result.stderr)


def test_a_reader_that_stops_is_no_error(saved: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "readout_diff", "render", str(saved)]
    try:
        result = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(write)
    assert (result.returncode, result.stderr) == (0, b"")


UNWANTED = ("NO_COLOR", "TERM_PROGRAM", "VTE_VERSION", "FORCE_HYPERLINK", "LESS")


def in_terminal(
    saved: Path, *args: str, keys: bytes = b"", env: Mapping[str, str] | None = None, **more: str
) -> str:
    """What a terminal of 24 x 80 shows; `keys` are pressed once something is there."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = [sys.executable, "-m", "readout_diff", "render", str(saved), *args]
    usual = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    if env is None:
        env = usual | {"PAGER": "cat"}
    with subprocess.Popen(
        command,
        stdout=child,
        stderr=child,
        stdin=child,
        env={**env, "TERM": "xterm", **more},
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0) and None,
    ) as process:
        os.close(child)
        shown = b""
        while select.select([parent], [], [], 60)[0]:
            try:
                shown += os.read(parent, 65536)
                if keys:
                    os.write(parent, keys)
                    keys = b""
            except OSError:  # how Linux says that the other end is closed
                break
        process.wait(60)
    os.close(parent)
    return shown.decode()


def test_a_long_report_comes_page_by_page(saved: Path, tmp_path: Path) -> None:
    pager = tmp_path / "pager.py"
    pager.write_text("import sys; print('PAGED', len(sys.stdin.read().split(chr(10))))")
    command = f"{sys.executable} {pager}"
    assert "PAGED" in in_terminal(saved, PAGER=command)
    assert "PAGED" not in in_terminal(saved, "--no-pager", PAGER=command)
    assert "PAGED" not in in_terminal(saved, "--format", "csv", PAGER=command)
    for none in ("", "cat"):
        assert in_terminal(saved, PAGER=none) == in_terminal(saved, "--no-pager")
    assert "Only Onnuri" in in_terminal(saved, PAGER="no-such-pager-anywhere")


def test_a_short_report_is_not_paged(saved: Path, tmp_path: Path) -> None:
    saved.write_text(empty_comparison().to_json(), encoding="utf-8")
    assert "PAGED" not in in_terminal(saved, PAGER="echo PAGED")


@pytest.mark.skipif(shutil.which("less") is None, reason="there is no less")
def test_less_keeps_the_colours(saved: Path) -> None:
    usual = {name: value for name, value in os.environ.items() if name not in ("LESS", "PAGER")}
    shown = in_terminal(saved, keys=b"q", env=usual)
    assert "\x1b[1;36m" in shown
    assert "ESC[" not in shown


def test_links_on_a_terminal_that_has_them(
    saved: Path, comparison: Comparison, tmp_path: Path
) -> None:
    file = tmp_path / "onnuri.txt"
    file.write_text(comparison.sides.a.text, encoding="utf-8")
    sides = comparison.sides
    there = replace(comparison, sides=replace(sides, a=replace(sides.a, path=str(file))))
    saved.write_text(there.to_json(), encoding="utf-8")
    target = f"{file.as_posix()}"
    assert f"vscode://file{target}:3:35" in in_terminal(saved, TERM_PROGRAM="vscode")
    assert "\x1b]8" not in in_terminal(saved, "--links", "none", TERM_PROGRAM="vscode")
    assert "\x1b]8" not in in_terminal(saved, TERM_PROGRAM="vscode", NO_COLOR="1")
    assert f"my://{target}" in in_terminal(saved, "--links", "my://{path}")


def test_colour_on_a_terminal_unless_it_is_unwanted(saved: Path) -> None:
    assert "\x1b[" in in_terminal(saved)
    assert "\x1b" not in in_terminal(saved, NO_COLOR="1")
    assert "\x1b" not in in_terminal(saved, TERM="dumb")


def test_a_mark_for_spreadsheet_programs(run: Run, saved: Path, tmp_path: Path) -> None:
    plain = run("render", saved, "--format", "csv").stdout
    assert run("render", saved, "--format", "csv", "--bom").stdout == b"\xef\xbb\xbf" + plain
    out = tmp_path / "out.csv"
    assert run("render", saved, "--format", "csv", "--bom", "-o", out).returncode == 0
    assert out.read_text(encoding="utf-8-sig").encode() == plain


# What goes wrong


def test_an_interrupt_is_quiet() -> None:
    command = [sys.executable, "-m", "readout_diff", "render", "-"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=interruptible,
    ) as process:
        # It waits for its input once it has imported what reads it.
        assert wait_until_reading(process.pid)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err.strip()) == (130, b"", b"")


def wait_until_reading(pid: int) -> bool:
    """Wait until a process does nothing for half a second."""
    status = Path(f"/proc/{pid}/stat")
    if not status.exists():
        time.sleep(10)
        return True
    asleep = 0
    for _ in range(600):
        time.sleep(0.1)
        asleep = asleep + 1 if status.read_text().rpartition(")")[2].split()[0] == "S" else 0
        if asleep == 5:
            return True
    return False


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ([], "Missing command"),
        (["nonsense"], "No such command 'nonsense'"),
        (["diff"], "Missing argument 'A'"),
        (["diff", "one"], "Missing argument 'B'"),
        (["diff", "one", "two", "three"], "unexpected extra argument"),
        (["diff", "--nonsense", "one", "two"], "--nonsense"),
        (["diff", "one", "two", "--format", "pdf"], "'pdf' is not one of"),
        (["diff", "one", "two", "--width", "1"], "1"),
        (["diff", "one", "two", "--bom"], "--bom is for --format csv only"),
        (["diff", "one", "two", "--links", "{page}"], "{path}"),
        (["diff", "one", "two", "--fail-on", "only,all"], "'all' is not one of only"),
        (["diff", "none.txt", "neither.txt"], "no file none.txt"),
        (["diff", "-", "-"], "standard input"),
        (["diff", str(SEOUL), "-", "--lang-a", "jp"], "jp"),
        (["diff", str(SEOUL), "-"], "Standard input is empty"),
        (["diff", str(SEOUL), str(SEOUL)], "the same file"),
        (["diff", str(SEOUL), str(SAMPLE)], "is a folder"),
        (["diff", str(SEOUL), str(TOKYO), "-o", str(SEOUL)], "replace the input"),
        (["render", "none.json"], "no file none.json"),
        (["render", str(SEOUL)], "not a readout-diff report"),
        (["render", str(SAMPLE)], "is a folder; give a file that `readout-diff diff"),
    ],
)
def test_wrong_usage_and_input_are_said_in_one_sentence(
    run: Run, args: list[str], says: str
) -> None:
    assert says in wrong(run(*args))


def test_a_file_name_can_not_act_on_the_terminal(run: Run) -> None:
    assert "\x1b" not in wrong(run("diff", "\x1b[31mred\n.txt", "b.txt"))


def test_version_and_help(run: Run) -> None:
    assert run("--version").stdout.decode() == f"readout-diff, version {__version__}\n"
    for command in ("diff", "batch", "render"):
        result = run(command, "--help")
        assert result.returncode == 0
        assert result.stdout.decode().startswith(f"Usage: readout-diff {command} [OPTIONS]")


def test_every_option_says_what_it_does(run: Run) -> None:
    for command in ("diff", "batch", "render"):
        text = run(command, "--help").stdout.decode()
        for option in re.findall(r"^  (?:-\w, )?--.*", text, re.MULTILINE):
            assert len(re.split(r"\s{2,}", option.strip())) > 1 or f"{option}\n      " in text


# The whole run, with the bundled encoder


def test_diff_finds_what_only_tokyo_says(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    result = run("diff", SEOUL, TOKYO, "--format", "json", "-o", out, "--name-b", "Japan")
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    comparison = Comparison.from_json(out.read_bytes())
    assert (comparison.sides.a.name, comparison.sides.b.name) == ("Seoul", "Japan")
    only = [claim.text for claim in comparison.of("b") if claim.status == "only"]
    assert any("拉致問題" in text for text in only)
    assert comparison.sides.a.text == SEOUL.read_bytes().decode()


def test_diff_reads_standard_input(run: Run) -> None:
    result = run("diff", "-", TOKYO, "--fail-on", "only", stdin=SEOUL.read_bytes())
    assert (result.returncode, result.stderr) == (1, b"")
    assert "Only Tokyo says" in result.stdout.decode()


def test_a_watched_topic_is_answered_for(run: Run) -> None:
    watch = ["--watch", "abductions", "--watch", "comfort women"]
    result = run("diff", SEOUL, TOKYO, *watch, "--fail-on-watch", "--sort", "severity")
    assert (result.returncode, result.stderr) == (1, b"")
    text = result.stdout.decode()
    assert re.search(r"★ Abductions of Japanese nationals +only Tokyo +b\d+", text)
    assert re.search(r"★ Comfort women +neither\n", text)
    only = text[text.index("Only Tokyo says") :]
    assert only.index("★ Abductions") < only.index("line ")
    assert run("diff", SEOUL, TOKYO, *watch[2:], "--fail-on-watch").returncode == 0


def test_a_wrong_file_of_topics_is_refused_with_its_line(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[salt]\nlabel = 1\n", encoding="utf-8")
    assert "line 2: salt.label" in wrong(run("diff", SEOUL, TOKYO, "--topics", file))
    assert "no letters" in wrong(run("diff", SEOUL, TOKYO, "--watch", "!"))


def test_the_same_text_twice_is_warned_of(run: Run, tmp_path: Path) -> None:
    copy = tmp_path / "copy.txt"
    copy.write_bytes(SEOUL.read_bytes())
    result = run("diff", SEOUL, copy)
    assert result.returncode == 0
    assert re.fullmatch(rb"Warning: [^\n]*same text[^\n]*\n", result.stderr)


def test_a_text_without_claims_is_refused(run: Run, tmp_path: Path) -> None:
    bare = tmp_path / "bare.txt"
    bare.write_text("2025. 6. 9.\n", encoding="utf-8")
    assert "claim" in wrong(run("diff", SEOUL, bare))


def test_an_unknown_model_is_refused(run: Run, tmp_path: Path) -> None:
    none = tmp_path / "none"
    assert str(none) in wrong(run("diff", SEOUL, TOKYO, "--model", none))


def test_the_judges_are_those_that_there_are() -> None:
    assert options.JUDGES == judge.JUDGES


# Files as they come


def test_files_of_other_formats_and_encodings_are_compared(run: Run, tmp_path: Path) -> None:
    korean, japanese = make_files.SOURCES[1], make_files.SOURCES[2]
    page, document = tmp_path / "seoul.txt", tmp_path / "tokyo.bin"
    page.write_bytes(make_files.page(korean, "euc-kr").encode("euc-kr"))
    document.write_bytes(make_files.docx(japanese))
    result = run("diff", page, document, "--judge", "similarity", "--format", "json")
    assert (result.returncode, result.stderr) == (0, b"")
    sides = Comparison.from_json(result.stdout).sides
    assert (sides.a.text, sides.b.text) == (korean.text, japanese.text)
    assert (sides.a.encoding, sides.b.encoding) == ("cp949", None)
    assert (sides.a.title, sides.a.date) == (korean.title, "2026-05-04")


def test_a_doubtful_encoding_is_warned_of_and_can_be_named(run: Run, tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    text.write_bytes("They met. An \xe9t\xe9 in the harbour.".encode("latin-1"))
    args = ("diff", text, TOKYO, "--judge", "similarity", "--format", "json")
    guessed = run(*args)
    warning = rb"Warning: [^\n]*a\.txt [^\n]* read as [^\n]*--encoding\.\n"
    assert re.fullmatch(warning, guessed.stderr)
    named = run(*args, "--encoding-a", "latin-1")
    assert named.stderr == b""
    assert Comparison.from_json(named.stdout).sides.a.encoding == "iso8859-1"
    assert "not valid ASCII" in wrong(run("diff", text, TOKYO, "--encoding", "ascii"))
    assert "more than 20 characters" in wrong(run("diff", text, TOKYO, "--max-chars", "20"))


@pytest.mark.skipif(sys.platform != "linux", reason="such names are Linux's")
def test_odd_names_are_shown_harmlessly(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "two words\nand \x1b[31mred"
    folder.mkdir()
    paths = [os.fsencode(folder) + name for name in (b"/\xb0\xa1.txt", b"/\xb0\xa2.txt")]
    for path, sample in zip(paths, (SEOUL, TOKYO), strict=True):
        Path(os.fsdecode(path)).write_bytes(sample.read_bytes())
    result = run("diff", *map(os.fsdecode, paths), "--judge", "similarity")
    assert (result.returncode, result.stderr) == (0, b"")
    assert b"\x1b" not in result.stdout
    loop = folder / "loop.txt"
    loop.symlink_to(loop)
    assert "symbolic links" in wrong(run("diff", loop, TOKYO))


def test_the_most_characters_are_those_that_there_are() -> None:
    assert options.MAX_CHARS == MAX_CHARS
