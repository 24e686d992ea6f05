"""NTREX: news documents in many languages, line by line; which of them training must not see."""

from zlib import crc32

_SHARES = 3


def held_out(document_id: str) -> bool:
    """Whether a document is kept for measuring: a third of them, by a hash of the id.

    Training must leave these out in every language; `bench.external` measures on nothing else.
    """
    return crc32(document_id.encode("utf-8")) % _SHARES == 0
