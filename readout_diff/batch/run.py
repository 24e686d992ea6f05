"""A folder of meetings, compared: what is done already is left as it is, what fails is named.

Workers compare; this process alone writes, each report in one step and its record after it. So a
run that is stopped in whatever way loses no more than the comparisons that were under way.
"""

import hashlib
import json
import re
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO

from msgspec import Struct
from msgspec.structs import replace

from readout_diff import report
from readout_diff.batch import fingerprint, summary
from readout_diff.batch.meetings import LeftOut, Meeting
from readout_diff.batch.pairing import meetings_in
from readout_diff.batch.pool import LocalWorkers, Workers
from readout_diff.batch.records import Records, replace_file, unwritable
from readout_diff.batch.settings import Settings
from readout_diff.batch.work import Compared, Done, Failed, Job, Task
from readout_diff.embed.runner import cores
from readout_diff.errors import InputError, ReadoutDiffError
from readout_diff.load import printable

FORMATS = tuple(name for name in ("json", "html") if name in report.FORMATS)
"""Of the report of each comparison."""
FAILURES = "failures.jsonl"
CHUNK = 4
"""Comparisons that a worker gets at a time: their texts are encoded in one go."""
_DATE = re.compile(r"(?:19|20)\d{2}(?:-(?:0[1-9]|1[0-2])(?:-[0-3]\d)?)?(?!\d)")


class Shard(Struct, frozen=True):
    """One of several machines' part of the meetings, told by their names."""

    number: int
    """From 1."""
    of: int

    def has(self, meeting: str) -> bool:
        """Whether the meeting is in this part; the same on every machine, whatever comes later."""
        digest = hashlib.sha256(meeting.encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(digest[:8], "big") % self.of == self.number - 1


WHOLE = Shard(1, 1)


class Tally(Struct, frozen=True):
    """Counts of comparisons, while a run lasts and at its end."""

    total: int = 0
    """All there are in this run's part of the folder."""
    compared: int = 0
    kept: int = 0
    """Done by an earlier run."""
    failed: int = 0
    """Comparisons that failed, and meetings that have no pair to compare."""
    left_out: int = 0
    """Files that are no readouts."""
    stopped: bool = False
    """Whether the first failure ended the run."""

    def lines(self, failures: str) -> list[str]:
        """What there is to say at the end; `failures` is the file that names them."""
        found = [f"{self.compared} compared, {self.kept} done before, {self.left_out} left out."]
        if self.failed:
            found.append(f"{self.failed} failed: {failures} says which and why.")
        if self.stopped:
            found.append("Stopped at the first failure; run again to go on.")
        return found


class Plan(Struct, frozen=True):
    """What is to be compared."""

    folder: Path
    out: Path | None
    manifest: Path | None = None
    shard: Shard = WHOLE

    def meetings(self) -> Iterator[Meeting | LeftOut]:
        """Listed anew each time, so that nobody holds them all."""
        for found in meetings_in(self.folder, manifest=self.manifest, out=self.out):
            if self.shard.has(found.name if isinstance(found, Meeting) else found.what):
                yield found


def compare_folder(
    folder: str | Path,
    out: str | Path,
    *,
    settings: Settings | None = None,
    manifest: str | Path | None = None,
    jobs: int | None = None,
    resume: bool = True,
    shard: Shard = WHOLE,
    fail_fast: bool = False,
    dask: str | None = None,
    tell: Callable[[Tally], None] = lambda _tally: None,
    warn: Callable[[str], None] = lambda _message: None,
) -> Tally:
    """Compare all meetings of `folder`; reports, tables and pages go to `out`.

    `jobs` worker processes share the cores, one a core by default; with `dask`, the address of a
    scheduler, its workers do it. With `resume`, what an earlier run did with the same inputs,
    settings and version is kept. A run of one `shard` leaves the tables and pages to a run of the
    whole. `tell` hears of every comparison.

    A meeting that can't be compared is named in `failures.jsonl` and costs no other; with
    `fail_fast` the first one ends the run. Raises InputError where nothing can be compared or
    written at all, ModelError for an encoder that can't be loaded.
    """
    folder, out = Path(folder), Path(out)
    _check(folder, out)
    plan = Plan(folder.absolute(), out, Path(manifest) if manifest else None, shard)
    run = _Run(plan, out, settings or Settings(), tell, warn, resume=resume, fail_fast=fail_fast)
    return run.all(_workers(jobs, dask))


def _check(folder: Path, out: Path) -> None:
    if not folder.is_dir():
        raise InputError(f"There is no folder {printable(str(folder))}; give one of meetings.")
    if out.resolve() == folder.resolve():
        raise InputError("-o is the folder of the readouts itself; give another one.")


def _workers(jobs: int | None, dask: str | None) -> Callable[[], Workers]:
    if dask is not None:
        from readout_diff.batch.cluster import ClusterWorkers

        return lambda: ClusterWorkers(dask)
    count = jobs or cores()
    return lambda: LocalWorkers(count, max(1, cores() // count))


class _Run:
    """One run: its counts, and where its results go."""

    def __init__(
        self,
        plan: Plan,
        out: Path,
        settings: Settings,
        tell: Callable[[Tally], None],
        warn: Callable[[str], None],
        *,
        resume: bool,
        fail_fast: bool,
    ) -> None:
        self._plan = plan
        self._resume = resume
        self._fail_fast = fail_fast
        self._tell = tell
        self._warn = warn
        self._warned: set[str] = set()
        self._records = Records(out)
        self._settings = fingerprint.of_settings(settings, formats=FORMATS)
        self._job = Job(str(plan.folder), settings, FORMATS, time.time())
        self._tally = Tally()
        self._inputs = hashlib.sha256()
        """Of all that tables and pages depend on, in the order of the meetings."""
        self._failures = _Failures(out / failures_name(plan.shard))

    def all(self, workers: Callable[[], Workers]) -> Tally:
        """Do what is not done, then add up."""
        pairs = (len(found.pairs) for found in self._plan.meetings() if isinstance(found, Meeting))
        self._tally = Tally(total=sum(pairs))
        self._records.prepare()
        with self._failures:
            self._work_off(workers)
        if not self._tally.stopped and self._plan.shard == WHOLE:
            self._add_up()
        return self._tally

    def _add_up(self) -> None:
        """Tables and pages, unless they are there and say what they would say again."""
        inputs = self._inputs.hexdigest()
        anew = self._tally.compared or self._tally.failed
        if not anew and self._records.has_overview(inputs):
            return
        self._records.forget_overview()
        written = summary.write_all(
            self._plan.meetings, self._records, self._failures.path, self._job.formats
        )
        if not self._tally.failed:
            self._records.add_overview(inputs, written)

    def _work_off(self, begin: Callable[[], Workers]) -> None:
        chunks = self._chunks()
        first = next(chunks, None)
        if first is None:
            return
        workers = begin()
        under_way = _UnderWay(workers, self._job, chain([first], chunks))
        try:
            for future, results in under_way.results(self._warn_once):
                with _whole():
                    under_way.forget(future)
                    self._take(results)
                if self._tally.stopped:
                    break
        finally:
            # Also for Ctrl-C: what the workers finish meanwhile is kept.
            try:
                for results in under_way.stopped():
                    with _whole():
                        self._take(results)
            finally:
                workers.close()

    def _chunks(self) -> Iterator[list[Task]]:
        """What is not done, a few comparisons at a time, those of a meeting together."""
        chunk: list[Task] = []
        for found in self._plan.meetings():
            if self._tally.stopped:
                return
            if isinstance(found, LeftOut):
                self._leave_out(found)
                continue
            chunk += self._tasks(found)
            if len(chunk) >= CHUNK:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    def _tasks(self, meeting: Meeting) -> Iterator[Task]:
        date = _DATE.match(meeting.name)
        for pair in meeting.pairs:
            found = fingerprint.of_pair(pair, self._plan.folder, self._settings)
            self._inputs.update(f"{meeting.name}\0{pair.key}\0{found}\n".encode("utf-8", "replace"))
            if self._resume and found and self._records.is_done(pair.key, found):
                self._tell_of(replace(self._tally, kept=self._tally.kept + 1))
            else:
                yield Task(meeting.name, pair, found or "", date[0] if date else None)

    def _leave_out(self, found: LeftOut) -> None:
        self._inputs.update(f"{found!r}\n".encode("utf-8", "replace"))
        if found.failed:
            self._fail(found.what, None, found.why)
        else:
            self._tell_of(replace(self._tally, left_out=self._tally.left_out + 1))

    def _take(self, results: Sequence[Compared | Failed]) -> None:
        for result in results:
            key = result.task.pair.key
            if isinstance(result, Compared):
                self._records.write(key, result.reports, result.record)
                self._tell_of(replace(self._tally, compared=self._tally.compared + 1))
            else:
                self._records.remove(key)
                self._fail(result.task.meeting, key, result.why)

    def _fail(self, meeting: str, key: str | None, why: str) -> None:
        self._failures.add(meeting, key, why)
        self._tell_of(replace(self._tally, failed=self._tally.failed + 1, stopped=self._fail_fast))

    def _tell_of(self, tally: Tally) -> None:
        self._tally = tally
        self._tell(tally)

    def _warn_once(self, message: str) -> None:
        if message not in self._warned:
            self._warned.add(message)
            self._warn(message)


@contextmanager
def _whole() -> Iterator[None]:
    """What is done inside is done whole: Ctrl-C waits until it is."""
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield  # Ctrl-C comes to the main thread only, which alone may ask for it.
        return
    before = signal.signal(signal.SIGINT, lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.default_int_handler)
    if came:
        signal.raise_signal(came[0])


class _UnderWay:
    """The chunks that workers have, and those that they get next."""

    def __init__(self, workers: Workers, job: Job, chunks: Iterator[list[Task]]) -> None:
        self._workers = workers
        self._job = job
        self._chunks = chunks
        self._suspects: deque[list[Task]] = deque()
        """Of what a worker died beside, one by one: to be done with nothing beside it."""
        self._futures: dict[Future[Done], list[Task]] = {}

    def results(
        self, warn: Callable[[str], None]
    ) -> "Iterator[tuple[Future[Done], Sequence[Compared | Failed]]]":
        """What becomes of each chunk, in the order in which they are finished; each is to be
        forgotten when it is taken."""
        while True:
            self._submit()
            if not self._futures:
                return
            alone = len(self._futures) == 1
            finished, _ = wait(self._futures, return_when=FIRST_COMPLETED)
            for future in finished:
                yield future, self._outcome(future, alone, warn)

    def forget(self, future: "Future[Done]") -> None:
        """Who has its results takes them."""
        del self._futures[future]

    def stopped(self) -> Iterator[Sequence[Compared | Failed]]:
        """Stop; what has been finished until then."""
        if not self._futures:
            return
        self._workers.stop()
        wait(self._futures)
        for future in self._futures:
            if not future.cancelled() and future.exception() is None:
                yield future.result().results
        self._futures.clear()

    def _submit(self) -> None:
        if self._suspects:
            if not self._futures:
                self._give(self._suspects.popleft())
            return
        while len(self._futures) < self._workers.at_once:
            chunk = next(self._chunks, None)
            if chunk is None:
                return
            self._give(chunk)

    def _give(self, tasks: list[Task]) -> None:
        self._futures[self._workers.submit(self._job, tasks)] = tasks

    def _outcome(
        self, future: "Future[Done]", alone: bool, warn: Callable[[str], None]
    ) -> Sequence[Compared | Failed]:
        tasks = self._futures[future]
        try:
            done = future.result()
        except self._workers.died:
            if alone and len(tasks) == 1:
                why = "a worker died while comparing it, perhaps for want of memory"
                return (Failed(tasks[0], why),)
            self._suspects.extend([task] for task in tasks)
            return ()
        except CancelledError as error:
            raise ReadoutDiffError(
                "The workers are gone; run the same again to go on where this run stopped."
            ) from error
        for warning in done.warnings:
            warn(warning)
        return done.results


def failures_name(shard: Shard) -> str:
    """The file in OUT that names what failed."""
    if shard == WHOLE:
        return FAILURES
    return f"failures-{shard.number}-of-{shard.of}.jsonl"


class _Failures:
    """Failures as they come, one JSON object a line; in the end in order of their names."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines: list[tuple[str, str, str]] = []
        self._file: IO[str] | None = None

    def __enter__(self) -> "_Failures":
        try:
            self._file = open(self.path, "w", encoding="utf-8", newline="\n")
        except OSError as error:
            raise unwritable(self.path.parent, error) from error
        return self

    def add(self, meeting: str, key: str | None, why: str) -> None:
        """Say it at once: the run may not live to its end."""
        line = {"meeting": meeting, "report": key and f"{key}.json", "reason": why}
        text = json.dumps(line, ensure_ascii=False) + "\n"
        self._lines.append((meeting, key or "", text))
        try:
            if self._file is not None:
                self._file.write(text)
                self._file.flush()
        except OSError as error:
            raise unwritable(self.path.parent, error) from error

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
        ordered = "".join(text for _, _, text in sorted(self._lines))
        try:
            replace_file(self.path, ordered.encode())
        except OSError as error:
            raise unwritable(self.path.parent, error) from error
