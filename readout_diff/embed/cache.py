"""Vectors that are kept: an encoder that remembers what it has met, in memory and on disk.

The file is sqlite, in the same folder as the unpacked model; several processes may use it at once.
It is never needed: where it can't be read or written, texts are encoded again.
"""

import contextlib
import hashlib
import sqlite3
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from readout_diff.embed import Embedding, Encoder, RichEncoder, TokenStates, Vectors

FILE = "embeddings-1.sqlite"
"""The number changes whenever what is kept in it does."""

T = TypeVar("T")

_LOCKED_SECONDS = 30.0
_TOUCHED_SECONDS = 3600
"""How old the note of an entry's last use may get before it is written anew."""
_AT_ONCE = 500
_SPARE = 0.05
"""Share of the cap that is freed at once."""


class VectorCache:
    """A sqlite file of embeddings, by text, for one encoder in one revision."""

    def __init__(
        self,
        path: Path,
        encoder: str,
        *,
        megabytes: int,
        since: float,
        warn: Callable[[str], None],
    ) -> None:
        """`encoder` is all that decides a vector: name, revision, libraries.

        The file stays below `megabytes`. Where it is full, what was last used before `since`
        (seconds since the epoch) makes room; if that is not enough, nothing more is kept. A run
        that reads more texts than there is room for would else drop each entry before it comes
        round to it again.
        """
        self._path = path
        self._encoder = encoder.encode("utf-8", "surrogatepass")
        self._most = megabytes * 1_000_000
        self._since = since
        self._warn = warn
        self._connection: sqlite3.Connection | None = None
        self._broken = False
        self._full = False

    def get(self, texts: Sequence[str]) -> dict[str, Embedding]:
        """What is kept of these texts, one embedding of one row each."""
        keys = {self._key(text): text for text in texts}
        rows = self._do(lambda db: _read(db, list(keys))) or []
        found, spoilt, seen = {}, [], []
        for key, used, check, value in rows:
            embedding = _unpacked(value) if zlib.crc32(value) == check else None
            if embedding is None:
                spoilt.append(key)
                continue
            found[keys[key]] = embedding
            if used < time.time() - _TOUCHED_SECONDS:
                seen.append(key)
        if spoilt or seen:
            self._do(lambda db: _mark(db, spoilt, seen))
        return found

    def put(self, embeddings: Mapping[str, Embedding]) -> None:
        """Keep these, as far as there is room."""
        if self._full or not embeddings:
            return
        now = int(time.time())
        rows = []
        for text, embedding in embeddings.items():
            value = _packed(embedding)
            rows.append((self._key(text), now, zlib.crc32(value), value))
        self._do(lambda db: self._write(db, rows))

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _key(self, text: str) -> bytes:
        given = self._encoder + b"\0" + text.encode("utf-8", "surrogatepass")
        return hashlib.sha256(given).digest()

    def _write(self, db: sqlite3.Connection, rows: list[tuple[bytes, int, int, bytes]]) -> None:
        size = sum(len(row[3]) + 100 for row in rows)
        excess = _size(db) + size - self._most
        if excess > 0 and not _make_room(db, excess + self._most * _SPARE, self._since):
            self._full = _size(db) + size > self._most
            if self._full:
                return
        with db:
            db.executemany("INSERT OR IGNORE INTO embeddings VALUES (?, ?, ?, ?)", rows)

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """The work, done on the file; None where the file is of no use."""
        if self._broken:
            return None
        try:
            if self._connection is None:
                self._connection = _open(self._path)
            return work(self._connection)
        except (sqlite3.OperationalError, OSError) as error:
            self._give_up(error)
        except sqlite3.DatabaseError as error:
            self._set_aside(error)
        return None

    def _give_up(self, error: Exception) -> None:
        self._broken = True
        self.close()
        self._warn(f"The cache {self._path} can't be used ({error}); texts are encoded again.")

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        """Begin a new file; the old one is kept beside it, for whoever wants to know."""
        self.close()
        if _is_sound(self._path):
            return  # another process has just done so
        try:
            self._path.replace(self._path.with_suffix(".corrupt"))
            for ending in ("-wal", "-shm"):
                self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
        except OSError as reason:
            self._give_up(reason)
            return
        self._warn(f"The cache {self._path} was damaged ({error}); a new one was begun.")


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=_LOCKED_SECONDS, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        # A cache may lose its last entries when the power goes.
        db.execute("PRAGMA synchronous = OFF")
        db.execute(
            "CREATE TABLE IF NOT EXISTS embeddings "
            "(key BLOB PRIMARY KEY, used INTEGER, sum INTEGER, value BLOB)"
        )
        db.execute("CREATE INDEX IF NOT EXISTS by_use ON embeddings (used)")
    except sqlite3.Error:
        db.close()
        raise
    return db


def _is_sound(path: Path) -> bool:
    try:
        with contextlib.closing(_open(path)) as db:
            return bool(db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.Error:
        return False


def _read(db: sqlite3.Connection, keys: list[bytes]) -> list[tuple[bytes, int, int, bytes]]:
    rows = []
    for at in range(0, len(keys), _AT_ONCE):
        some = keys[at : at + _AT_ONCE]
        marks = ",".join("?" * len(some))
        rows += db.execute(
            f"SELECT key, used, sum, value FROM embeddings WHERE key IN ({marks})", some
        ).fetchall()
    return rows


def _mark(db: sqlite3.Connection, spoilt: list[bytes], seen: list[bytes]) -> None:
    now = int(time.time())
    with db:
        db.executemany("DELETE FROM embeddings WHERE key = ?", [(key,) for key in spoilt])
        db.executemany("UPDATE embeddings SET used = ? WHERE key = ?", [(now, key) for key in seen])


def _size(db: sqlite3.Connection) -> int:
    """Bytes in use; what was deleted is used again before the file grows."""
    pages, free, size = (
        int(db.execute(f"PRAGMA {what}").fetchone()[0])
        for what in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def _make_room(db: sqlite3.Connection, needed: float, since: float) -> bool:
    """Drop what was used longest ago, but nothing used since; whether that was enough."""
    with db:
        freed, last = 0, None
        for key, used, size in db.execute(
            "SELECT key, used, length(value) FROM embeddings WHERE used < ? ORDER BY used, key",
            (int(since),),
        ):
            freed, last = freed + size, (used, key)
            if freed >= needed:
                break
        if last is not None:
            db.execute("DELETE FROM embeddings WHERE (used, key) <= (?, ?)", last)
    return freed >= needed


def _packed(embedding: Embedding) -> bytes:
    from safetensors.numpy import save

    arrays: dict[str, NDArray[Any]] = {
        str(number): view for number, view in enumerate(embedding.views)
    }
    if embedding.tokens is not None:
        (tokens,) = embedding.tokens
        arrays |= {"states": tokens.states, "spans": tokens.spans}
    return bytes(save({name: np.ascontiguousarray(values) for name, values in arrays.items()}))


def _unpacked(value: bytes) -> Embedding | None:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(value)
        tokens = None
        if "states" in arrays:
            tokens = (TokenStates(arrays.pop("states"), arrays.pop("spans")),)
        return Embedding(tuple(arrays[str(number)] for number in range(len(arrays))), tokens)
    except (SafetensorError, KeyError):
        return None


class RememberingEncoder:
    """An encoder of one view that encodes nothing twice."""

    def __init__(self, encoder: Encoder, cache: VectorCache | None = None) -> None:
        self._encoder = encoder
        self._cache = cache
        self._known: dict[str, Embedding] = {}

    @property
    def name(self) -> str:
        """The encoder's own."""
        return self._encoder.name

    def encode(self, texts: Sequence[str]) -> Vectors:
        """What the encoder gives for each text alone."""
        if not texts:
            return self._encoder.encode(texts)
        return np.concatenate([found.views[0] for found in self._found(texts)])

    def forget(self) -> None:
        """Empty the memory; the cache stays."""
        self._known.clear()

    def _found(self, texts: Sequence[str]) -> list[Embedding]:
        new = self._new(texts)
        if new and self._cache is not None:
            self._known |= self._cache.get(new)
            new = self._new(new)
        if new:
            fresh = self._encode(new)
            self._known |= fresh
            if self._cache is not None:
                self._cache.put(fresh)
        return [self._known[text] for text in texts]

    def _new(self, texts: Sequence[str]) -> list[str]:
        return [text for text in dict.fromkeys(texts) if text not in self._known]

    def _encode(self, texts: list[str]) -> dict[str, Embedding]:
        # One text a pass: in a batch a network's last bits depend on the other texts.
        rows = {text: np.asarray(self._encoder.encode([text])) for text in texts}
        return {text: Embedding((row.reshape(1, -1),)) for text, row in rows.items()}


class RememberingRichEncoder(RememberingEncoder):
    """The same for an encoder with several views and tokens, whatever batch a text is in."""

    def __init__(self, encoder: RichEncoder, cache: VectorCache | None = None) -> None:
        super().__init__(encoder, cache)
        self._rich = encoder

    def embed(self, texts: Sequence[str]) -> Embedding:
        """All that the encoder gives."""
        if not texts:
            return self._rich.embed(texts)
        parts = self._found(texts)
        views = tuple(map(np.concatenate, zip(*(part.views for part in parts), strict=True)))
        return Embedding(views, tuple(tokens for part in parts for tokens in part.tokens or ()))

    def read(self, texts: Sequence[str]) -> tuple[TokenStates, ...]:
        """The tokens alone; the views come along, for a sentence that is a claim."""
        return tuple(tokens for part in self._found(texts) for tokens in part.tokens or ())

    def _encode(self, texts: list[str]) -> dict[str, Embedding]:
        found = self._rich.embed(texts)
        return {text: found.part(row, row + 1) for row, text in enumerate(texts)}


def remembering(encoder: Encoder, cache: VectorCache | None = None) -> RememberingEncoder:
    """The encoder with a memory, as rich as it is."""
    if isinstance(encoder, RichEncoder):
        return RememberingRichEncoder(encoder, cache)
    return RememberingEncoder(encoder, cache)
