"""How onnxruntime runs a network here."""

import contextlib
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


_PROCESSOR, _CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
THREADS_VARIABLE = "READOUT_DIFF_THREADS"


def cores() -> int:
    """Cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def threads() -> int:
    """Threads that a network runs on: what the environment says, else one a core."""
    given = os.environ.get(THREADS_VARIABLE, "")
    return int(given) if given.isdecimal() and int(given) else cores()


def sees_gpu() -> bool:
    """Whether onnxruntime has what it takes to compute on a GPU (its package onnxruntime-gpu)."""
    import onnxruntime

    return _CUDA in onnxruntime.get_available_providers()


def gpu_session(model: str | bytes) -> "InferenceSession | None":
    """A session that computes on the GPU; None where none can be made."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    providers = list(dict.fromkeys((_CUDA, _PROCESSOR)))
    try:
        found = onnxruntime.InferenceSession(model, options, providers=providers)
    except Exception:  # onnxruntime raises its own, undocumented classes
        return None
    # Where a library is missing it computes on the processor, and says so here alone.
    return found if _CUDA in found.get_providers() else None


def session(model: str | bytes, *, exact: bool = False, small: bool = False) -> "InferenceSession":
    """A session for the ONNX model of that path or content; raises onnxruntime's own errors.

    `exact` is for processors that add two products of 8 bits in 16, which may overflow: their sums
    are right then, and take longer. `small` is for a network that is run on small batches, each on
    one core, several at the same time.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1 if small else threads()
    # Threads that spin while they wait would take the cores from whatever runs beside.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if exact:
        options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(model, options, providers=[_PROCESSOR])


def run(
    network: "InferenceSession", outputs: Sequence[str], inputs: Mapping[str, NDArray[Any]]
) -> list[NDArray[np.float32]]:
    """Run a network of large inputs, and give back what memory that took.

    A session keeps the most that inputs of ever other shapes took: gigabytes for long readouts.
    """
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    found: list[NDArray[np.float32]] = network.run(list(outputs), dict(inputs), options)
    give_back_memory()
    return found


def give_back_memory() -> None:
    """Have the C library give back what it only keeps, where it can: large blocks of ever other
    sizes leave holes that add up."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError, TypeError):  # glibc alone has it
        ctypes.CDLL(None).malloc_trim(0)
