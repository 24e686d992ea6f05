"""Workers of a dask.distributed cluster, which see the folder under the same path."""

import os
from collections.abc import Sequence
from concurrent.futures import Future

from readout_diff.batch.work import Done, Job, Task, work
from readout_diff.embed.runner import THREADS_VARIABLE
from readout_diff.errors import InputError

_SECONDS = 10
"""How long to wait for the scheduler to answer."""


class ClusterWorkers:
    """Chunks go to whoever is free; one whose worker is lost goes to another."""

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
            from distributed.scheduler import KilledWorker
        except ImportError as error:
            raise InputError(
                "--dask needs dask.distributed; install it with `pip install readout-diff[dask]`."
            ) from error
        try:
            self._client = Client(address, timeout=_SECONDS, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise InputError(
                f"No dask scheduler answers at {address} ({error}); start one, or check the "
                "address."
            ) from error
        self.died: type[Exception] = KilledWorker
        # Not pure: a chunk is to be done again where it is asked for again.
        self._executor = self._client.get_executor(pure=False)

    @property
    def at_once(self) -> int:
        """Two for each worker that there is now; workers may come and go."""
        return max(2, 2 * len(self._client.scheduler_info(n_workers=-1)["workers"]))

    def submit(self, job: Job, tasks: Sequence[Task]) -> "Future[Done]":
        """Have a chunk done."""
        future: Future[Done] = self._executor.submit(_work, job, tuple(tasks))
        return future

    def stop(self) -> None:
        """Take back what has not been done."""
        self._executor.shutdown(wait=False)

    def close(self) -> None:
        """Leave the cluster as it was."""
        self._client.close()


def _work(job: Job, tasks: Sequence[Task]) -> Done:
    """What a worker of the cluster does, on the threads that it has."""
    from distributed import get_worker

    os.environ.setdefault(THREADS_VARIABLE, str(get_worker().state.nthreads))
    return work(job, tasks)
