"""What a comparison depends on, as a hash: a run goes on where the last one of the same stopped."""

import hashlib
import json
import stat
from collections.abc import Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from readout_diff import __version__
from readout_diff.batch.meetings import Pair
from readout_diff.batch.settings import Settings
from readout_diff.load import MAX_BYTES

_SIZE = 32


def of_settings(settings: Settings, *, formats: Sequence[str]) -> str:
    """The version, the package's own files, the encoder's revision and all settings."""
    from readout_diff.embed.revision import revision

    encoder = settings.encoder
    parts = {
        "version": __version__,
        "package": _package(),
        "encoder": f"{encoder.__module__}:{encoder.__qualname__}"
        if encoder
        else f"{revision(settings.model)} {settings.device}",
        "settings": {
            **settings.keywords(),
            **settings.loading(),
            "judge": _judge(settings.judge),
            "topics": settings.topics and _content(settings.topics),
        },
        "formats": list(formats),
    }
    return _hash(json.dumps(parts, sort_keys=True).encode())


def of_pair(pair: Pair, folder: Path, settings: str) -> str | None:
    """The two files' contents and what is said of them; None where one can't be read."""
    digest = hashlib.sha256(settings.encode())
    for source in (pair.a, pair.b):
        said = (source.path, source.name, source.lang, source.office, source.date)
        digest.update(json.dumps(said).encode())
        try:
            path = folder / source.path
            if not stat.S_ISREG(path.stat().st_mode):
                return None
            with path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        except (OSError, ValueError):
            return None
        digest.update(len(content).to_bytes(8, "big"))
        digest.update(content)
    return digest.hexdigest()[:_SIZE]


def _judge(name: str | None) -> str | None:
    """The name of a judge that comes with the package, or the content of the file of another."""
    if name is None or not name.endswith(".json"):
        return name
    return _content(Path(name), Path(name).with_suffix(".onnx"))


def _content(*paths: Path) -> str:
    """Of the files that there are."""
    return _hash(b"".join(path.read_bytes() for path in paths if path.is_file()))


def _package() -> str:
    """Rules, lexicons and models: a change in any of them may change a report."""
    digest = hashlib.sha256()
    for name, file in sorted(_files(resources.files("readout_diff"), "")):
        digest.update(f"{name}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:_SIZE]


def _files(folder: Traversable, above: str) -> list[tuple[str, Traversable]]:
    found = []
    for entry in folder.iterdir():
        name = f"{above}/{entry.name}"
        if entry.is_dir():
            found += _files(entry, name) if entry.name != "__pycache__" else []
        elif not name.endswith((".pyc", ".md")):
            found.append((name, entry))
    return found


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_SIZE]
