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
    that modules can be imported meanwhile, and the other way round. Nothing is unpacked here, and
    nothing is said of what can't be loaded: who needs it will meet the same.
    """
    loading = threading.Thread(
        target=_load, args=(cache_dir, device, network, modules), daemon=True
    )
    loading.start()
    return loading


def _load(
    cache_dir: Path | None, device: "Device", network: bool, modules: tuple[str, ...]
) -> None:
    from readout_diff.embed.bundled import BundledEncoder
    from readout_diff.embed.folder import unpacked

    with contextlib.suppress(Exception):
        if unpacked(cache_dir):
            BundledEncoder(cache_dir=cache_dir, device=device).prepare()
            if network:
                from readout_diff.judge.joint import JointNetwork

                JointNetwork().prepare()
        for module in modules:
            import_module(module)
