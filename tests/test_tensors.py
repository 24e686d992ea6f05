"""Arrays of a file: mapped, and row by row."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from readout_diff.embed.tensors import Table, map_tensors


@pytest.fixture
def path(tmp_path: Path) -> Path:
    arrays = {
        "table": np.arange(60, dtype=np.float16).reshape(20, 3),
        "scale": np.array(0.5),
        "ids": np.arange(4, dtype=np.int32),
    }
    save_file(arrays, tmp_path / "a.safetensors", {"made": "here"})
    return tmp_path / "a.safetensors"


def test_arrays_are_as_they_were_saved(path: Path) -> None:
    found = map_tensors(path)
    assert sorted(found) == ["ids", "scale", "table"]
    assert float(found["scale"]) == 0.5
    assert found["ids"].tolist() == [0, 1, 2, 3]
    assert found["table"][19].tolist() == [57, 58, 59]
    assert sorted(map_tensors(path, but=["table"])) == ["ids", "scale"]


def test_rows_are_those_asked_for_in_that_order(path: Path) -> None:
    table = Table(path, "table")
    rows = np.array([7, 0, 7, 19])
    assert np.array_equal(table[rows], map_tensors(path)["table"][rows])
    assert table[np.array([], dtype=np.int64)].shape == (0, 3)


def test_threads_read_at_the_same_time(tmp_path: Path) -> None:
    save_file({"table": np.arange(60_000, dtype=np.float32).reshape(20_000, 3)}, tmp_path / "big")
    table, whole = Table(tmp_path / "big", "table"), map_tensors(tmp_path / "big")["table"]
    random = np.random.default_rng(1)
    asked = [random.integers(0, 20_000, 500) for _ in range(64)]
    with ThreadPoolExecutor(8) as threads:
        for rows, found in zip(asked, threads.map(table.__getitem__, asked), strict=True):
            assert np.array_equal(found, whole[rows])


def test_what_is_not_there_is_an_error(path: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        Table(path, "other")
    (tmp_path / "cut").write_bytes(path.read_bytes()[:40])
    with pytest.raises((OSError, ValueError)):
        map_tensors(tmp_path / "cut")
