"""On how many threads networks run."""

import pytest

from readout_diff.embed.runner import cores, threads


@pytest.mark.parametrize(
    ("given", "expected"), [("1", 1), ("3", 3), ("", None), ("x", None), ("0", None)]
)
def test_the_environment_says_how_many_threads(
    monkeypatch: pytest.MonkeyPatch, given: str, expected: int | None
) -> None:
    monkeypatch.setenv("READOUT_DIFF_THREADS", given)
    assert threads() == (expected or cores())
