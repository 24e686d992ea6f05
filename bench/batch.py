"""What a batch costs and survives, on synthetic meetings made of the samples.

    python -m bench.batch [--meetings 200] [--encoder bundled|fake] [--only rate,memory,kill,...]

`rate` compares one worker process with two (or `--jobs`), `memory` a tenth of the meetings with all
of them, `kill` an undisturbed run with one that is killed five times and resumed, `again` times a
run that has nothing left to do, `spoilt` spoils one meeting in ten, `many` (only where it is named)
lists and resumes so many meetings of which records say that they are done. Every run is a process
of its own; nothing is kept between runs but what a batch keeps itself. The fake encoder hashes: it
shows everything but the encoder's own time and memory.
"""

import argparse
import hashlib
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import psutil
from msgspec import Struct

from bench.run import signature
from readout_diff import compare
from readout_diff.batch import fingerprint
from readout_diff.batch.meetings import Meeting
from readout_diff.batch.pairing import meetings_in
from readout_diff.batch.records import Records, record_of
from readout_diff.batch.run import FORMATS, compare_folder
from readout_diff.batch.settings import Settings
from readout_diff.load import load
from readout_diff.segment import segment
from tests.fake_encoder import HashEncoder

SAMPLES = Path("samples")
PARTS = ("rate", "memory", "kill", "again", "spoilt")
KILLS = 5
_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--meetings", type=int, default=200)
    parser.add_argument("--encoder", choices=("bundled", "fake"), default="bundled")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(options.one[0], options.one[1], options.encoder, options.jobs)
        return
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(Path(scratch), options.meetings, options.encoder, options.jobs, options.seed)
        for part in options.only.split(","):
            getattr(bench, part)()
    print(f"{signature()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end")


def one(folder: str, out: str, encoder: str, jobs: int) -> None:
    """One run, in this process and its workers."""
    times: list[float] = []
    compare_folder(
        folder,
        out,
        settings=_settings(encoder),
        jobs=jobs,
        tell=lambda tally: times.append(time.perf_counter()) if tally.compared else None,
    )
    # Once every worker has loaded its model and met every language.
    begun = len(times) // 3
    print(json.dumps((len(times) - begun) / (times[-1] - times[begun]) if begun else 0.0))


def _settings(encoder: str) -> Settings:
    return Settings(encoder=HashEncoder if encoder == "fake" else None, cache_megabytes=0)


class Bench:
    """The measurements, on one set of meetings."""

    def __init__(self, scratch: Path, count: int, encoder: str, jobs: int, seed: int) -> None:
        self.scratch, self.count, self.encoder, self.jobs = scratch, count, encoder, jobs
        self.random = random.Random(seed)
        self.folder = scratch / "meetings"
        write_meetings(self.folder, count, seed)
        print(f"{count} meetings, encoder {encoder}, {jobs} jobs", flush=True)

    @cached_property
    def whole(self) -> "Undisturbed":
        """A run of all meetings, made once."""
        return self._timed(self.jobs)

    def _timed(self, jobs: int) -> "Undisturbed":
        out = self._new()
        return Undisturbed(out, *self._run(self.folder, out, jobs))

    def rate(self) -> None:
        """Meetings a second with one process and with several, and what they cost."""
        for jobs in (1, self.jobs):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            run = self.whole if jobs == self.jobs else self._timed(jobs)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cost = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(
                f"rate: {jobs} jobs {self.count / run.seconds:.2f} meetings/s with the start, "
                f"{run.rate:.2f} in the last two thirds; {cost / self.count:.3f} s of a core each"
            )

    def memory(self) -> None:
        """Peak of all processes together."""
        few = self.scratch / "few"
        write_meetings(few, self.count // 10, 2)
        _, peak, _ = self._run(few, self._new(), self.jobs)
        print(f"memory: {peak / 1e6:.0f} MB at most with {self.count // 10} meetings")
        print(f"memory: {self.whole.peak / 1e6:.0f} MB at most with {self.count} meetings")
        print(f"memory: {self.whole.peak / peak - 1:+.1%}")

    def kill(self) -> None:
        """Whether a run that is killed and resumed gives what an undisturbed one gives."""
        whole, broken = self.whole.out, self._new()
        for number in range(KILLS):
            with self._start(self.folder, broken, self.jobs) as process:
                time.sleep(self.random.uniform(0.1, 0.9) * self.whole.seconds / KILLS)
                process.send_signal(signal.SIGKILL)
                process.wait()
            done = sum(1 for _ in broken.glob(".state/*.json"))
            print(f"kill: {number + 1}: {done} of {self.count} done")
        self._run(self.folder, broken, self.jobs)
        differing = {name for name in files(whole) | files(broken) if not same(whole, broken, name)}
        print(f"kill: {len(differing)} of {len(files(whole))} files differ {sorted(differing)[:5]}")

    def again(self) -> None:
        """A run with nothing to do."""
        seconds, _, _ = self._run(self.folder, self.whole.out, self.jobs)
        print(f"again: {seconds:.2f} s, {1000 * seconds / self.count:.2f} ms a meeting, start in")

    def spoilt(self) -> None:
        """One meeting in ten spoilt, in different ways."""
        folder, out = self.scratch / "spoilt", self._new()
        write_meetings(folder, self.count, 3)
        names = spoil(folder, self.count // 10)
        self._run(folder, out, self.jobs)
        reports = sum(1 for _ in out.glob(".state/*.json"))
        lines = (out / "failures.jsonl").read_text("utf-8").splitlines()
        failed = {json.loads(line)["meeting"] for line in lines}
        print(f"spoilt: {reports} reports, {len(lines)} failures, named rightly: {failed == names}")

    def many(self) -> None:
        """A folder of small files with nothing to do but to list them and to add up."""
        folder, out = self.scratch / "many", self._new()
        write_done(folder, out, self.count)
        seconds, peak, _ = self._run(folder, out, 1)
        print(f"many: {seconds:.1f} s, {1000 * seconds / self.count:.2f} ms a meeting, start in")
        print(f"many: {peak / 1e6:.0f} MB at most")

    def _new(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self.scratch)) / "out"

    def _start(self, folder: Path, out: Path, jobs: int) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "bench.batch", "--encoder", self.encoder]
        command += ["--jobs", str(jobs), "--one", str(folder), str(out)]
        return subprocess.Popen(command, stdout=subprocess.PIPE)

    def _run(self, folder: Path, out: Path, jobs: int) -> tuple[float, int, float]:
        """Seconds, the most bytes that its processes held together, meetings a second."""
        started = time.perf_counter()
        with self._start(folder, out, jobs) as process:
            peak = Peak(process.pid)
            said, _ = process.communicate()
        if process.returncode:
            raise SystemExit(f"a run failed with {process.returncode}: {said.decode()}")
        return time.perf_counter() - started, peak.most, float(said)


class Undisturbed(Struct, frozen=True):
    """What a run of all meetings wrote, and what it cost."""

    out: Path
    seconds: float
    peak: int
    rate: float
    """Meetings a second in its last two thirds."""


class Peak:
    """Watches the memory of a process and all that it starts."""

    def __init__(self, pid: int) -> None:
        self.most = 0
        self._process = psutil.Process(pid)
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while self._process.is_running() and self._process.status() != psutil.STATUS_ZOMBIE:
            try:
                tree = [self._process, *self._process.children(recursive=True)]
                self.most = max(self.most, sum(each.memory_info().rss for each in tree))
            except psutil.Error:
                pass
            time.sleep(0.1)


def write_meetings(folder: Path, count: int, seed: int) -> None:
    """Meetings of two sides: sentences of a sample, some left out, with other numbers."""
    source = random.Random(seed)
    samples = list(_samples())
    for number in range(count):
        pair = source.choice(samples)
        meeting = folder / f"20{source.randrange(10, 26)}-{source.randrange(1, 13):02}-{number:06}"
        meeting.mkdir(parents=True)
        for name, sentences in pair.items():
            kept = [sentence for sentence in sentences if source.random() < 0.8] or sentences
            text = "\n".join(
                re.sub(r"[0-9]+", lambda _: str(source.randrange(2, 99)), sentence)
                for sentence in kept
            )
            (meeting / name).write_text(text + "\n", encoding="utf-8")


def _samples() -> Iterator[dict[str, list[str]]]:
    for folder in sorted(path for path in SAMPLES.iterdir() if path.is_dir()):
        pair = {}
        files = sorted(folder.iterdir())
        for path in (files[0], files[-1]):
            readout = load(path)
            places = segment(readout.text, readout.lang).sentences
            pair[path.name] = [
                " ".join(readout.text[place.start : place.end].split()) for place in places
            ]
        yield pair


def write_done(folder: Path, out: Path, count: int) -> None:
    """Meetings as files, and what a run over them would have left, all alike."""
    folder.mkdir()
    for number in range(count):
        for side in ("north", "south"):
            text = f"The {side} met the other side {number} times.\n"
            (folder / f"{2000 + number % 25}-{number:06}.{side}.txt").write_text(text, "utf-8")
    records = Records(out)
    records.prepare()
    found = compare("They met twice.", "They met once.", encoder=HashEncoder())
    settings = fingerprint.of_settings(_settings("fake"), formats=FORMATS)
    for meeting in meetings_in(folder):
        if isinstance(meeting, Meeting):
            (pair,) = meeting.pairs
            made_of = fingerprint.of_pair(pair, folder, settings) or ""
            record = record_of(found, meeting.name, meeting.name[:4], pair.key, made_of)
            records.write(pair.key, dict.fromkeys(FORMATS, "{}"), record)


def spoil(folder: Path, count: int) -> set[str]:
    """Spoil so many meetings, in turn in each way there is; their names."""
    ways = [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(bytes(range(256)) * 40),
        lambda path: path.write_bytes(b"\xff\xfe" + "두 장관".encode("utf-16-le") + b"\x00\xd8x"),
        lambda path: path.write_text("2025. 6. 9.\n", encoding="utf-8"),
        lambda path: path.unlink(),
        lambda path: path.write_text("word " * 100_000, encoding="utf-8"),
        lambda path: path.write_text("word " * 2_100_000, encoding="utf-8"),
        _make_folder,
        _make_dangling,
        _make_unreadable,
    ]
    meetings = sorted(folder.iterdir())[:: max(1, len(list(folder.iterdir())) // count)][:count]
    for number, meeting in enumerate(meetings):
        ways[number % len(ways)](sorted(meeting.iterdir())[0])
    return {meeting.name for meeting in meetings}


def _make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _make_dangling(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere.txt")


def _make_unreadable(path: Path) -> None:
    """A link in a circle: the superuser may read whatever has the wrong permissions."""
    path.unlink()
    path.symlink_to(path.name)


def files(out: Path) -> set[str]:
    """All files of an output folder."""
    return {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}


def same(a: Path, b: Path, name: str) -> bool:
    """Whether a file is the same in both, apart from the time in a report."""
    if not all((out / name).is_file() for out in (a, b)):
        return False
    one, other = (_TIME.sub(b"", (out / name).read_bytes()) for out in (a, b))
    return hashlib.sha256(one).digest() == hashlib.sha256(other).digest()


if __name__ == "__main__":
    main()
