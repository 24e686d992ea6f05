"""Encoders for worker processes, which import them by name; and the meetings that they meet."""

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from readout_diff.errors import ModelError
from tests.fake_encoder import HashEncoder

NORTH = "The two ministers met in the harbour city. They agreed to open a fisheries office.\n"
SOUTH = "The ministers agreed to open an office for fisheries. They spoke about the lighthouse.\n"


class DyingEncoder(HashEncoder):
    """Takes its whole process with it when it meets a certain word."""

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit rows, if it lives."""
        if any("volcano" in text for text in texts):
            os._exit(1)
        return super().encode(texts)


class SlowEncoder(HashEncoder):
    """Leaves time to interrupt it."""

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit rows, late."""
        if any("slow" in text for text in texts):
            time.sleep(0.3)
        return super().encode(texts)


class BrokenEncoder(HashEncoder):
    """Can't be loaded."""

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Raises."""
        raise ModelError("The model is broken; mend it.")


def write_meetings(folder: Path, meetings: Mapping[str, tuple[str, str]]) -> Path:
    """A subfolder a meeting, with readouts of North and South."""
    for name, (north, south) in meetings.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "north.txt").write_text(north, encoding="utf-8")
        (folder / name / "south.txt").write_text(south, encoding="utf-8")
    return folder


def numbered(count: int) -> dict[str, tuple[str, str]]:
    """Meetings that are alike but for a number."""
    return {
        f"2025-{number % 12 + 1:02}-{number:03}": (
            NORTH + f"The north will build {number + 2} ships.\n",
            SOUTH + f"The south asked for {number + 3} boats.\n",
        )
        for number in range(count)
    }
