"""What a worker does: a few meetings at a time, with an encoder that it loads once.

Nothing heavy is imported at the top: a new process first says on how many threads it computes.
"""

import os
import threading
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from readout_diff import report
from readout_diff.batch.meetings import Pair, Source
from readout_diff.batch.records import Record, record_of
from readout_diff.batch.settings import Settings
from readout_diff.errors import InputError, ReadoutDiffError

if TYPE_CHECKING:
    from readout_diff.datamodel import Readout
    from readout_diff.embed.cache import RememberingEncoder

LONGEST_LINE = 200_000
"""Characters; a whole readout in one line has a tenth of it."""
_THREADS = ("READOUT_DIFF_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Job(Struct, frozen=True):
    """What all workers of a run are told."""

    folder: str
    settings: Settings
    formats: tuple[str, ...]
    started: float
    """Seconds since the epoch."""


class Task(Struct, frozen=True):
    """One comparison to be made."""

    meeting: str
    pair: Pair
    fingerprint: str
    date: str | None


class Compared(Struct, frozen=True):
    """A task done."""

    task: Task
    reports: dict[str, str]
    """By format."""
    record: Record


class Failed(Struct, frozen=True):
    """A task that could not be done, and why."""

    task: Task
    why: str


class Done(Struct, frozen=True):
    """What became of some tasks, in their order; fewer where the worker was told to stop."""

    results: tuple[Compared | Failed, ...]
    warnings: tuple[str, ...]


class _Engine:
    """The encoder, and what it has to say."""

    def __init__(self, job: Job) -> None:
        self.warnings: list[str] = []
        settings = job.settings
        self.encoder = _remembering(settings, job.started, self.warnings.append)
        # What is wrong with the topics, the model or the judge is wrong with every meeting: find
        # out now.
        from readout_diff.judge import load_judge
        from readout_diff.topics.find import questions

        questions(settings.topics, settings.watch)
        load_judge(self.encoder.name, settings.judge)
        self.encoder.encode(["The two sides met."])

    def take_warnings(self) -> tuple[str, ...]:
        warnings = tuple(self.warnings)
        self.warnings.clear()
        return warnings


_one_at_a_time = threading.Lock()
_engine: tuple[Settings, _Engine] | None = None


def limit_threads(count: int) -> None:
    """Compute on so many threads; to be called before numpy and its like are imported."""
    os.environ.update(dict.fromkeys(_THREADS, str(count)))


def work(job: Job, tasks: Sequence[Task], should_stop: Callable[[], bool] = lambda: False) -> Done:
    """Compare the pairs of these tasks, all their texts encoded in one go.

    What is wrong with one of them is said in its result. Raises ModelError or InputError for a
    model, a judge or topics that no meeting can be compared with.
    """
    # A cluster's worker may have several threads; each of them would fill the memory anew.
    with _one_at_a_time:
        engine = _engine_for(job)
        results: dict[Task, Compared | Failed] = {}
        loaded: list[tuple[Task, tuple[Readout, Readout]]] = []
        for task in tasks:
            try:
                loaded.append((task, _load(task, job, engine.warnings.append)))
            except Exception as error:
                results[task] = Failed(task, _reason(error, job))
        _encode_ahead(engine, [readout for _, pair in loaded for readout in pair])
        for task, pair in loaded:
            if should_stop():
                break
            results[task] = _compared(task, pair, job, engine)
        engine.encoder.forget()
        done = tuple(results[task] for task in tasks if task in results)
        return Done(done, engine.take_warnings())


def _engine_for(job: Job) -> _Engine:
    global _engine
    if _engine is None or _engine[0] != job.settings:
        _engine = job.settings, _Engine(job)
    return _engine[1]


def _remembering(
    settings: Settings, started: float, warn: Callable[[str], None]
) -> "RememberingEncoder":
    from readout_diff.embed import load_encoder
    from readout_diff.embed.cache import FILE, VectorCache, remembering
    from readout_diff.embed.folder import cache_folder
    from readout_diff.embed.revision import machinery, revision

    if settings.encoder is not None:
        return remembering(settings.encoder())
    encoder = load_encoder(settings.model, device=settings.device, cache_dir=settings.cache_dir)
    if not settings.cache_megabytes:
        return remembering(encoder)
    about = f"{encoder.name} {revision(settings.model)} {settings.device} {machinery()}"
    path = cache_folder(settings.cache_dir) / FILE
    cache = VectorCache(path, about, megabytes=settings.cache_megabytes, since=started, warn=warn)
    return remembering(encoder, cache)


def _load(task: Task, job: Job, warn: Callable[[str], None]) -> "tuple[Readout, Readout]":
    from readout_diff.load import load_pair

    a, b = task.pair.a, task.pair.b
    folder = Path(job.folder)
    pair = load_pair(
        folder / a.path,
        folder / b.path,
        lang_a=a.lang,
        lang_b=b.lang,
        name_a=a.name,
        name_b=b.name,
        warn=lambda message: warn(_from_folder(message, job)),
        **job.settings.loading(),
    )
    for readout in pair:
        longest = max(map(len, readout.text.splitlines()), default=0)
        if longest > LONGEST_LINE:
            raise InputError(
                f"{readout.path} has a line of {longest:,} characters, which no readout has; give "
                "the readout's own text."
            )
    first, second = (
        _described(readout, source) for readout, source in zip(pair, (a, b), strict=True)
    )
    return first, second


def _described(readout: "Readout", source: Source) -> "Readout":
    """With what the manifest says, and a path that is the same on every machine."""
    from readout_diff.load import printable

    return replace(
        readout,
        path=printable(source.path),
        office=source.office or readout.office,
        date=source.date or readout.date,
    )


def _encode_ahead(engine: _Engine, readouts: "list[Readout]") -> None:
    from readout_diff.compare import encode_ahead

    try:
        encode_ahead(engine.encoder, readouts)
    except Exception:
        # Whatever is wrong with one of them is found and said when that one is compared.
        engine.encoder.forget()


def _compared(
    task: Task, pair: "tuple[Readout, Readout]", job: Job, engine: _Engine
) -> Compared | Failed:
    from readout_diff.compare import compare

    try:
        found = compare(*pair, encoder=engine.encoder, **job.settings.keywords())
        reports = {format: report.render(found, format) for format in job.formats}
    except Exception as error:
        return Failed(task, _reason(error, job))
    date = task.pair.a.date or found.sides.a.date or found.sides.b.date or task.date
    record = record_of(found, task.meeting, date, task.pair.key, task.fingerprint)
    return Compared(task, reports, record)


def _reason(error: Exception, job: Job) -> str:
    """One line, with paths as they are in the folder; of an unforeseen error also where it was."""
    if isinstance(error, ReadoutDiffError):
        return _from_folder(str(error), job)
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    message = " ".join(str(error).split())[:500]
    return f"{type(error).__name__}{where}: {message}" if message else type(error).__name__ + where


def _from_folder(message: str, job: Job) -> str:
    """In one line, with paths as they are in the folder."""
    return " ".join(message.replace(job.folder + os.sep, "").split())
