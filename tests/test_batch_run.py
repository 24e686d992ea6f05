"""Runs over folders: what is done stays done, what fails is named, nothing is lost but what was
under way. Worker processes are real; their encoder hashes."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from readout_diff import InputError, ModelError, compare
from readout_diff.batch import records
from readout_diff.batch.run import CHUNK, Shard, Tally, compare_folder
from readout_diff.batch.settings import Settings
from readout_diff.datamodel import Comparison
from readout_diff.embed.bundled import BundledEncoder
from readout_diff.load import load_pair
from tests.batch_encoders import (
    NORTH,
    SOUTH,
    BrokenEncoder,
    DyingEncoder,
    SlowEncoder,
    numbered,
    write_meetings,
)
from tests.conftest import Run, interruptible
from tests.fake_encoder import HashEncoder
from tests.outputs import contents

SETTINGS = Settings(encoder=HashEncoder)
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def meetings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine meetings, and one with three sides."""
    folder = write_meetings(tmp_path_factory.mktemp("meetings"), numbered(9))
    (folder / "2025-01-000" / "west.txt").write_text(SOUTH + NORTH, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def whole(meetings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run over them writes."""
    out = tmp_path_factory.mktemp("whole") / "out"
    assert compare_folder(meetings, out, settings=SETTINGS, jobs=1).compared == 11
    return out


def failures(out: Path) -> dict[str, str]:
    lines = (out / "failures.jsonl").read_text("utf-8").splitlines()
    return {line["meeting"]: line["reason"] for line in map(json.loads, lines)}


def test_every_pair_has_a_report(meetings: Path, whole: Path) -> None:
    names = set(contents(whole))
    reports = {name for name in names if name.endswith(".json") and not name.startswith(".state")}
    assert reports == {
        *(f"{path.name}.json" for path in meetings.iterdir() if path.name != "2025-01-000"),
        *(f"2025-01-000/{pair}.json" for pair in ("north--south", "north--west", "south--west")),
    }
    assert {"index.html", "summary.csv", "summary.jsonl", "findings.csv", "topics.csv"} <= names
    assert "2025-01-000.html" in names
    assert not [name for name in names if name.endswith(".part")]
    report = Comparison.from_json((whole / "2025-02-001.json").read_bytes())
    assert report.sides.a.path == "2025-02-001/north.txt"
    assert (report.sides.a.name, report.sides.b.name) == ("North", "South")
    assert failures(whole) == {}


def test_nothing_is_done_twice(meetings: Path, whole: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in whole.rglob("*.json")}
    tallies: list[Tally] = []
    tally = compare_folder(meetings, whole, settings=SETTINGS, jobs=1, tell=tallies.append)
    assert (tally.compared, tally.kept, tally.failed, tally.total) == (0, 11, 0, 11)
    assert before == {path: path.stat().st_mtime_ns for path in whole.rglob("*.json")}
    assert [each.kept for each in tallies] == list(range(1, 12))


@pytest.fixture
def small(tmp_path: Path) -> tuple[Path, Path]:
    """Two meetings, compared."""
    folder, out = write_meetings(tmp_path / "meetings", numbered(2)), tmp_path / "out"
    compare_folder(folder, out, settings=SETTINGS, jobs=1)
    return folder, out


def again(folder: Path, out: Path, settings: Settings = SETTINGS) -> tuple[int, int]:
    tally = compare_folder(folder, out, settings=settings, jobs=1)
    return tally.compared, tally.kept


def test_what_has_changed_is_done_again(small: tuple[Path, Path]) -> None:
    folder, out = small
    (folder / "2025-01-000" / "north.txt").write_text(NORTH + "They ate fish.\n", "utf-8")
    assert again(folder, out) == (1, 1)
    (out / "2025-02-001.json").write_text("{", "utf-8")
    assert again(folder, out) == (1, 1)
    (out / ".state" / "2025-02-001.json").write_text("{", "utf-8")
    assert again(folder, out) == (1, 1)
    assert again(folder, out, replace(SETTINGS, min_absence=0.9)) == (2, 0)
    assert again(folder, out, replace(SETTINGS, min_absence=0.9)) == (0, 2)


def test_tables_and_pages_are_written_when_they_would_say_something_else(
    meetings: Path, whole: Path, tmp_path: Path
) -> None:
    folder, out = tmp_path / "meetings", tmp_path / "out"
    shutil.copytree(meetings, folder)
    shutil.copytree(whole, out)
    names = ("index.html", "summary.csv", "findings.csv", "topics.csv", "2025-01-000.html")

    def rewritten() -> set[str]:
        before = {name: (out / name).stat().st_ino for name in names if (out / name).exists()}
        assert again(folder, out)[0] == 0
        return {name for name in names if (out / name).stat().st_ino != before.get(name)}

    assert rewritten() == set()
    for name in names:
        (out / name).unlink()
        assert rewritten() == set(names)
    (out / "summary.csv").write_text("cut", encoding="utf-8")
    assert rewritten() == set(names)
    (out / ".state" / ".overview").write_text("{", encoding="utf-8")
    assert rewritten() == set(names)
    (folder / "stray.txt").write_text(NORTH, encoding="utf-8")
    assert rewritten() == set(names)
    shutil.rmtree(folder / "2025-02-001")
    assert rewritten() == set(names)
    assert "2025-02-001" not in (out / "summary.csv").read_text("utf-8")
    assert rewritten() == set()


def test_a_meeting_that_fails_loses_its_old_report(small: tuple[Path, Path]) -> None:
    folder, out = small
    (folder / "2025-01-000" / "north.txt").write_bytes(b"")
    assert compare_folder(folder, out, settings=SETTINGS, jobs=1).failed == 1
    assert not (out / "2025-01-000.json").exists()
    assert len((out / "summary.jsonl").read_text("utf-8").splitlines()) == 1
    (folder / "2025-01-000" / "north.txt").write_text(NORTH, "utf-8")
    assert again(folder, out) == (1, 1)
    assert failures(out) == {}


def spoil(folder: Path) -> dict[str, str]:
    """Spoil a meeting in each way; a word that the reason has."""
    north = {path.name: path / "north.txt" for path in sorted(folder.iterdir())}
    names = iter(north)
    expected = {}

    def next_one(says: str) -> Path:
        name = next(names)
        expected[name] = says
        return north[name]

    next_one("is empty").write_bytes(b"")
    next_one("binary").write_bytes(bytes(range(256)) * 4)
    next_one("not valid UTF-16").write_bytes(b"\xff\xfeA\0\x00\xd8x")
    next_one("holds no claim").write_text("2025. 6. 9.\n", "utf-8")
    next_one("only one side").unlink()
    next_one("line of 500,000").write_text("word " * 100_000, "utf-8")
    next_one("more than 1,000,000 characters").write_text("word " * 2_100_000, "utf-8")
    gone = next_one("is a folder")
    gone.unlink()
    gone.mkdir()
    gone = next_one("There is no file")
    gone.unlink()
    gone.symlink_to("nowhere.txt")
    gone = next_one("can't be read")
    gone.unlink()
    gone.symlink_to(gone.name)
    if os.geteuid():
        next_one("permission denied").chmod(0)
    return expected


def test_a_spoilt_readout_costs_its_meeting_only(tmp_path: Path) -> None:
    folder = write_meetings(tmp_path / "meetings", numbered(14))
    expected = spoil(folder)
    out = tmp_path / "out"
    tally = compare_folder(folder, out, settings=SETTINGS, jobs=2)
    assert (tally.compared, tally.failed) == (14 - len(expected), len(expected))
    found = failures(out)
    assert list(found) == sorted(expected)
    for name, says in expected.items():
        assert says in found[name]
        assert str(tmp_path) not in found[name]
    assert len(list(out.glob("2025*.json"))) == tally.compared
    page = (out / "index.html").read_text("utf-8")
    assert all(f"<bdi>{name}</bdi>:" in page for name in expected)


def test_a_meeting_that_kills_its_worker_costs_no_other(tmp_path: Path) -> None:
    meetings = numbered(6)
    meetings["2025-13-lava"] = (NORTH + "They watched the volcano.\n", SOUTH)
    folder, out = write_meetings(tmp_path / "meetings", meetings), tmp_path / "out"
    tally = compare_folder(folder, out, settings=Settings(encoder=DyingEncoder), jobs=2)
    assert (tally.compared, tally.failed) == (6, 1)
    assert "a worker died" in failures(out)["2025-13-lava"]


def test_what_is_wrong_with_every_meeting_ends_the_run(tmp_path: Path) -> None:
    folder = write_meetings(tmp_path / "meetings", numbered(2))
    with pytest.raises(ModelError, match="The model is broken"):
        compare_folder(folder, tmp_path / "out", settings=Settings(encoder=BrokenEncoder), jobs=1)
    with pytest.raises(InputError, match="joint"):
        compare_folder(folder, tmp_path / "out", settings=replace(SETTINGS, judge="joint"), jobs=1)
    topics = tmp_path / "mine.toml"
    topics.write_text("[salt]\nlabel = 1\n", "utf-8")
    with pytest.raises(InputError, match=r"line 2: salt\.label"):
        compare_folder(folder, tmp_path / "out", settings=replace(SETTINGS, topics=topics), jobs=1)


def test_fail_fast_stops_at_the_first_failure(tmp_path: Path) -> None:
    folder, out = write_meetings(tmp_path / "meetings", numbered(3)), tmp_path / "out"
    (folder / "2025-01-000" / "north.txt").unlink()
    tally = compare_folder(folder, out, settings=SETTINGS, jobs=1, fail_fast=True)
    assert (tally.failed, tally.compared, tally.stopped) == (1, 0, True)
    assert tally.lines("failures.jsonl")[-1].startswith("Stopped at the first failure")
    assert not (out / "index.html").exists()


def test_shards_make_the_whole(meetings: Path, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shards = [
        compare_folder(meetings, out, settings=SETTINGS, jobs=1, shard=Shard(number, 2))
        for number in (1, 2)
    ]
    assert sum(tally.compared for tally in shards) == 11
    assert all(tally.compared for tally in shards)
    assert not (out / "index.html").exists()
    assert compare_folder(meetings, out, settings=SETTINGS, jobs=1).compared == 0
    for name in ("failures-1-of-2.jsonl", "failures-2-of-2.jsonl"):
        (out / name).unlink()
    assert contents(out) == contents(whole)


def test_folders_that_can_not_be_used_are_refused(tmp_path: Path) -> None:
    folder = write_meetings(tmp_path / "meetings", numbered(1))
    with pytest.raises(InputError, match="There is no folder"):
        compare_folder(tmp_path / "none", tmp_path / "out")
    with pytest.raises(InputError, match="the folder of the readouts itself"):
        compare_folder(folder, folder)
    with pytest.raises(InputError, match="no batch wrote"):
        compare_folder(folder, ROOT / "docs")
    with pytest.raises(InputError, match="can't be written"):
        compare_folder(folder, folder / "2025-01-000" / "north.txt" / "out")


# Runs that are killed

SCRIPT = """
import sys
from readout_diff.batch.run import compare_folder
from readout_diff.batch.settings import Settings
from tests.batch_encoders import SlowEncoder
try:
    compare_folder(*sys.argv[1:3], settings=Settings(encoder=SlowEncoder), jobs=2)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.fixture
def start() -> Iterator[Callable[[Path, Path], "subprocess.Popen[bytes]"]]:
    """A run of its own, in a process group of its own; ended with the test."""
    processes = []

    def begin(folder: Path, out: Path) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(folder), str(out)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=interruptible,
        )
        processes.append(process)
        return process

    yield begin
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


SLOW = 24
"""Slow meetings: more than two workers can be at when the fifth is done."""


def slow_meetings(folder: Path) -> Path:
    return write_meetings(
        folder,
        {n: (north + "It went slow.\n", south) for n, (north, south) in numbered(SLOW).items()},
    )


def reports(out: Path) -> int:
    return len(list((out / ".state").glob("*.json")))


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def group(pid: int) -> list[int]:
    """Processes of a group that live."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, leader = path.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(leader) == pid and state != "Z":
            found.append(int(path.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="looks for processes in /proc")
def test_a_run_that_is_killed_goes_on_where_it_was(
    tmp_path: Path, start: Callable[[Path, Path], "subprocess.Popen[bytes]"]
) -> None:
    folder = slow_meetings(tmp_path / "meetings")
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    for after in (1, 5):
        process = start(folder, broken)
        wait_for(lambda after=after: reports(broken) >= after)  # type: ignore[misc]
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert reports(broken) < SLOW
        wait_for(lambda pid=process.pid: not group(pid))  # type: ignore[misc]
    settings = Settings(encoder=SlowEncoder)
    tally = compare_folder(folder, broken, settings=settings, jobs=2)
    assert tally.kept >= 5
    compare_folder(folder, whole, settings=settings, jobs=1)
    assert contents(broken) == contents(whole)


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="looks for processes in /proc")
def test_an_interrupt_keeps_what_is_finished(
    tmp_path: Path, start: Callable[[Path, Path], "subprocess.Popen[bytes]"]
) -> None:
    folder, out = slow_meetings(tmp_path / "meetings"), tmp_path / "out"
    process = start(folder, out)
    wait_for(lambda: reports(out) >= 1)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, b"")
    wait_for(lambda: not group(process.pid))
    assert 1 <= reports(out) < SLOW
    assert reports(out) == len(list(out.glob("2025*.json")))


@pytest.fixture
def interruptible_here() -> Iterator[None]:
    """Ctrl-C counts, also where the tests were started in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("when", ["a report is written", "a comparison is counted"])
def test_an_interrupt_waits_for_what_is_being_written(
    tmp_path: Path, when: str, monkeypatch: pytest.MonkeyPatch, interruptible_here: None
) -> None:
    """One chunk has four comparisons, which are finished when the first one is written."""
    folder, out = write_meetings(tmp_path / "meetings", numbered(8)), tmp_path / "out"
    write = records.replace_file
    told: list[Tally] = []

    def interrupted(path: Path, content: bytes) -> None:
        write(path, content)
        if when == "a report is written" and not told and path.suffix == ".json":
            signal.raise_signal(signal.SIGINT)

    def tell(tally: Tally) -> None:
        told.append(tally)
        if when == "a comparison is counted" and len(told) == 1:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(records, "replace_file", interrupted)
    with pytest.raises(KeyboardInterrupt):
        compare_folder(folder, out, settings=SETTINGS, jobs=1, tell=tell)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert reports(out) == len(list(out.glob("2025*.json"))) >= CHUNK
    assert [tally.compared for tally in told] == list(range(1, reports(out) + 1))


def test_what_is_taken_is_not_taken_again(tmp_path: Path) -> None:
    """Where what is told of comparisons fails itself."""
    meetings = {**numbered(3), "2025-09-009": (NORTH, "")}
    folder, out = write_meetings(tmp_path / "meetings", meetings), tmp_path / "out"
    told: list[tuple[int, int]] = []

    def tell(tally: Tally) -> None:
        told.append((tally.compared, tally.failed))
        if len(told) == 2:
            raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        compare_folder(folder, out, settings=SETTINGS, jobs=1, tell=tell)
    assert len(told) == 2
    assert reports(out) <= 2


# From the command line, with the bundled encoder


def test_batch_from_the_command_line(run: Run, bundled: BundledEncoder, tmp_path: Path) -> None:
    folder, out = tmp_path / "meetings", tmp_path / "out"
    folder.mkdir()
    paris = ROOT / "samples" / "2024-02-fra-ukr-paris"
    (folder / paris.name).symlink_to(paris)
    (folder / "half.north.txt").write_text(NORTH, "utf-8")
    result = run("batch", folder, "-o", out)
    assert (result.returncode, result.stdout) == (1, b"")
    assert result.stderr.decode().splitlines()[-2:] == [
        "1 compared, 0 done before, 0 left out.",
        "1 failed: failures.jsonl says which and why.",
    ]
    report = Comparison.from_json((out / f"{paris.name}.json").read_bytes())
    alone = compare(*load_pair(paris / "kyiv.uk.txt", paris / "paris.fr.txt"), encoder=bundled)
    for what in ("claims", "conflicts", "summary", "tool"):
        assert getattr(report, what) == getattr(alone, what)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["none", "-o", "out"], "There is no folder none"),
        (["none", "--dry-run"], "can't be listed"),
        (["samples"], "Missing option '-o'"),
        (["samples", "-o", "out", "--shard", "3/2"], "no part such as 2/8"),
        (["samples", "-o", "out", "--jobs", "0"], "0"),
        (["samples", "-o", "out", "--judge", "openai:x"], "single comparisons only"),
        (["samples", "-o", "docs"], "no batch wrote"),
        (["samples", "-o", "samples"], "the folder of the readouts itself"),
    ],
)
def test_wrong_usage_is_said_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, run: Run, args: list[str], says: str
) -> None:
    monkeypatch.chdir(ROOT)
    result = run("batch", *args)
    assert (result.returncode, result.stdout) == (2, b"")
    assert re.fullmatch(r"Error: [^\n]*; [^\n]*\.\n", result.stderr.decode())
    assert says in result.stderr.decode()
    assert not (ROOT / "out").exists()


def test_a_dry_run_is_quick_and_complete(run: Run, tmp_path: Path) -> None:
    folder = write_meetings(tmp_path / "meetings", numbered(2))
    result = run("batch", folder, "--dry-run")
    assert (result.returncode, result.stderr) == (0, b"")
    assert "2 meetings, 2 comparisons" in result.stdout.decode()
    (folder / "2025-01-000" / "north.txt").unlink()
    assert run("batch", folder, "--dry-run").returncode == 1


def test_a_doubtful_encoding_is_warned_of_and_can_be_named(tmp_path: Path) -> None:
    folder = write_meetings(tmp_path / "meetings", numbered(1))
    (path,) = folder.glob("*/north.txt")
    path.write_bytes("Die Minister sprachen über Fischerei. Sie einigten sich.\n".encode("cp1252"))
    warned: list[str] = []
    compare_folder(folder, tmp_path / "out", settings=SETTINGS, jobs=1, warn=warned.append)
    assert len(warned) == 1
    assert warned[0].startswith(f"{path.parent.name}/north.txt ")
    assert again(folder, tmp_path / "out", replace(SETTINGS, encoding="latin-1")) == (1, 0)
    (report,) = (tmp_path / "out").glob("2025*.json")
    assert json.loads(report.read_text("utf-8"))["sides"]["a"]["encoding"] == "iso8859-1"
