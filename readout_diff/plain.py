"""A text in plain characters, for patterns to read, that knows where each one came from.

Full-width and Arabic-Indic digits, the many dashes and spaces, Korean in letters that are put
together when shown (NFD), Arabic vowel signs: a pattern would have to know them all.
"""

import re
import unicodedata

from msgspec import Struct

NO_BREAK = "\u00a0"

_ONE_TO_ONE = str.maketrans(
    {
        **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
        **{chr(0x660 + i): str(i) for i in range(10)},
        **{chr(0x6F0 + i): str(i) for i in range(10)},
        **dict.fromkeys("\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f", NO_BREAK),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("〜～∼", "~"),
        **dict.fromkeys("‘’ʼ′", "'"),
        "٪": "%",
        "٫": ".",
        "٬": ",",
        **dict.fromkeys("أإآٱ", "ا"),
        "ى": "ي",
        "ё": "е",
        "Ё": "Е",
    }
)
_DROPPED = "\u00ad\u0640\u064b-\u065f\u0670\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
_MARKS = "\u0300-\u036f\u1160-\u11ff\u3099\u309a"
# Only these change the number of characters.
_UNEVEN = re.compile(f"[{_DROPPED}{_MARKS}]")
# Bounded: to put a long run of marks in order takes time with the square of its length.
_CLUSTER = re.compile(f"(?s:.)[{_DROPPED}{_MARKS}]{{1,30}}|[{_DROPPED}{_MARKS}]")
_DROP = re.compile(f"[{_DROPPED}\u0300-\u036f]")


class Plain(Struct, frozen=True):
    """A text in plain characters."""

    text: str
    starts: tuple[int, ...] | None
    """Where in the source each character begins; none where the offsets are the same."""
    ends: tuple[int, ...] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the source that `text[start:end]`, not empty, came from."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def plain(text: str) -> Plain:
    """Any text in plain characters; upper and lower case stay."""
    if not _UNEVEN.search(text):
        return Plain(text.translate(_ONE_TO_ONE), None, None)
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for cluster in _CLUSTER.finditer(text):
        _add_even(text, at, cluster.start(), pieces, starts, ends)
        at = cluster.end()
        # A mark that composes with nothing is dropped, as "е" with an accent in Russian.
        piece = _DROP.sub("", unicodedata.normalize("NFC", cluster[0]))
        pieces.append(piece.translate(_ONE_TO_ONE))
        starts += [cluster.start()] * len(piece)
        ends += [cluster.end()] * len(piece)
    _add_even(text, at, len(text), pieces, starts, ends)
    return Plain("".join(pieces), tuple(starts), tuple(ends))


def _add_even(
    text: str, start: int, end: int, pieces: list[str], starts: list[int], ends: list[int]
) -> None:
    """A stretch in which every character stands for one."""
    pieces.append(text[start:end].translate(_ONE_TO_ONE))
    starts += range(start, end)
    ends += range(start + 1, end + 1)
