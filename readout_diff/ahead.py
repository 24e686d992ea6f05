"""What `diff` needs in the end is loaded beside what it does first."""

import contextlib
import threading
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from readout_diff.embed import Device


def load_ahead(
    cache_dir: Path | None,
    device: "Device" = "auto",
    *,
    network: bool,
    modules: tuple[str, ...] = (),
) -> threading.Thread:
    """Begin to load the bundled encoder, the judge's `network` and modules; gives who does it.

    Whoever needs them waits for them. Networks are loaded outside of Python for the most part, so
    that modules can be imported meanwhile: what loads them is imported first, here. Nothing is
    unpacked, and nothing is said of what can't be loaded: who needs it will meet the same.
    """
    given = (cache_dir, device, network, modules)
    loading = threading.Thread(target=_load, args=given, daemon=True)
    with contextlib.suppress(ImportError):
        import onnxruntime  # noqa: F401 - in two threads at once it would take twice as long

        import readout_diff.embed.bundled  # noqa: F401
    loading.start()
    return loading


def _load(
    cache_dir: Path | None, device: "Device", network: bool, modules: tuple[str, ...]
) -> None:
    with contextlib.suppress(Exception):
        from readout_diff.embed.bundled import BundledEncoder
        from readout_diff.embed.folder import unpacked

        if unpacked(cache_dir):
            BundledEncoder(cache_dir=cache_dir, device=device).prepare()
            if network:
                _import("readout_diff.judge.joint")
                from readout_diff.judge.joint import JointNetwork

                JointNetwork().prepare()
        for module in modules:
            _import(module)


def _import(module: str) -> None:
    """Packages before what is in them: Python, which locks what is in them first, takes it for a
    deadlock where another thread is importing such a package."""
    parts = module.split(".")
    for count in range(len(parts)):
        import_module(".".join(parts[: count + 1]))
