"""Worker processes on this machine."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Protocol

from readout_diff.batch.work import Done, Job, Task, limit_threads, work

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event


class Workers(Protocol):
    """Who does the work, wherever they are."""

    @property
    def died(self) -> type[Exception]:
        """What a future raises whose worker died of it, or beside it."""

    @property
    def at_once(self) -> int:
        """Chunks that keep all of them busy."""

    def submit(self, job: Job, tasks: Sequence[Task]) -> "Future[Done]":
        """Have a chunk done."""

    def stop(self) -> None:
        """Finish the comparisons that are under way and take no other; what comes of them is
        still in the futures."""

    def close(self) -> None:
        """Let go of the workers, which have nothing left to do."""


class LocalWorkers:
    """Processes that share the cores; each loads the model once."""

    died = BrokenProcessPool

    def __init__(self, jobs: int, threads: int) -> None:
        """`threads` is for each of them."""
        self._jobs = jobs
        self._threads = threads
        # Spawned on every system: a forked process would inherit locks that are held.
        self._context = multiprocessing.get_context("spawn")
        self._stop = self._context.Event()
        self._pool: ProcessPoolExecutor | None = None

    @property
    def at_once(self) -> int:
        """One at work and one waiting for each process."""
        return 2 * self._jobs

    def submit(self, job: Job, tasks: Sequence[Task]) -> "Future[Done]":
        """Have a chunk done; where a worker has died, by new ones."""
        try:
            return self._submit(job, tasks)
        except BrokenProcessPool:
            self.close()
            return self._submit(job, tasks)

    def _submit(self, job: Job, tasks: Sequence[Task]) -> "Future[Done]":
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._jobs, self._context, _begin, (self._threads, self._stop)
            )
        return self._pool.submit(_work, job, tuple(tasks))

    def stop(self) -> None:
        """Tell the workers; chunks that wait are not begun."""
        self._stop.set()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Wait until they have ended."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


_stop: "Event | None" = None


def _begin(threads: int, stop: "Event") -> None:
    """What a new process does first."""
    global _stop
    _stop = stop
    limit_threads(threads)
    # Ctrl-C goes to all processes of a terminal: the first one says what is to be done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A process whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(job: Job, tasks: Sequence[Task]) -> Done:
    return work(job, tasks, _stop.is_set if _stop is not None else lambda: False)
