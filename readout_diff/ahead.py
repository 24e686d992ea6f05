"""Networks are loaded beside what a command does first."""

import threading
from pathlib import Path


def load_ahead(cache_dir: Path | None = None) -> None:
    """Begin to load the bundled encoder and the judge's network; returns at once.

    Whoever needs them waits for them. Loading takes place outside of Python for the most part, so
    that modules can be imported meanwhile. Nothing is unpacked here, and nothing is said of what
    can't be loaded: who needs it will meet the same.
    """
    threading.Thread(target=_load, args=(cache_dir,), daemon=True).start()


def _load(cache_dir: Path | None) -> None:
    from readout_diff.embed.bundled import BundledEncoder
    from readout_diff.embed.folder import unpacked
    from readout_diff.errors import ModelError
    from readout_diff.judge.joint import JointNetwork

    try:
        if unpacked(cache_dir):
            BundledEncoder(cache_dir=cache_dir).prepare()
            JointNetwork().prepare()
    except ModelError:
        return
