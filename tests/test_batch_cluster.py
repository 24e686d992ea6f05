"""A real scheduler with two worker processes, one of which is lost on the way."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from readout_diff import InputError
from readout_diff.batch.run import Tally, compare_folder
from readout_diff.batch.settings import Settings
from tests.batch_encoders import SlowEncoder, numbered, write_meetings
from tests.outputs import contents

distributed = pytest.importorskip("distributed")

SETTINGS = Settings(encoder=SlowEncoder)


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Two workers, each a process with one thread; a nanny replaces one that dies."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as found:
        yield found


@pytest.mark.skipif(sys.platform == "win32", reason="kills a process")
def test_a_worker_that_is_lost_costs_nothing(tmp_path: Path, cluster: Any) -> None:
    meetings = {
        name: (north + "It went slow.\n", south) for name, (north, south) in numbered(12).items()
    }
    folder = write_meetings(tmp_path / "meetings", meetings)
    (folder / "2025-01-000" / "north.txt").write_bytes(b"")
    with distributed.Client(cluster, set_as_default=False) as client:
        workers = sorted(client.run(os.getpid).values())
    killed: list[int] = []

    def kill_one(tally: Tally) -> None:
        if tally.compared and not killed:
            killed.append(workers[0])
            os.kill(workers[0], signal.SIGKILL)

    there, here = tmp_path / "there", tmp_path / "here"
    address = cluster.scheduler_address
    tally = compare_folder(folder, there, settings=SETTINGS, dask=address, tell=kill_one)
    assert killed
    assert (tally.compared, tally.failed) == (11, 1)
    compare_folder(folder, here, settings=SETTINGS, jobs=1)
    assert contents(there) == contents(here)
    assert compare_folder(folder, there, settings=SETTINGS, dask=address).kept == 11


def test_a_scheduler_that_is_not_there_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("readout_diff.batch.cluster._SECONDS", 1)
    folder = write_meetings(tmp_path / "meetings", numbered(1))
    for address in ("tcp://127.0.0.1:1", "nonsense"):
        with pytest.raises(InputError, match="No dask scheduler answers"):
            compare_folder(folder, tmp_path / "out", settings=SETTINGS, dask=address)
