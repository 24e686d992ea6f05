"""Lines that a page's width broke, put together: with a space, without one, or without a hyphen."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from msgspec import Struct

from readout_diff.lexicon import section

HYPHEN = "\u00ad"
"""How a caller marks a hyphen at a line's end; it may be one of the word's own."""
UNSPACED = re.compile(
    "[\u2e80-\u2fdf\u3000-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]"
)
_HANGUL = re.compile("[\uac00-\ud7a3]")
_SOME = 0.2
"""Share of the lines that must end with a space for the others to say something by having none."""
_PARTICLE = 3
"""Syllables of the longest particle."""
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


class Vocabulary(Struct, frozen=True):
    """What a document's own lines say of the words that its line ends have parted."""

    words: frozenset[str]
    """Words inside lines, in lower case."""
    wholes: bool | None
    """Whether Korean lines break between words only; None where it isn't told."""

    @classmethod
    def of(
        cls, lines: Iterable[str], wrapped: Sequence[tuple[str, str]], ragged: bool
    ) -> "Vocabulary":
        """`wrapped` are lines that go on in the next one, `ragged` whether they end unevenly.

        Where some lines end with the space after a word, those without one end inside a word.
        """
        words = (word.lower() for line in lines for word in _WORD.findall(line)[1:-1])
        spaces = [line[-1:].isspace() for line, _ in wrapped]
        wholes = True if ragged else None
        if sum(spaces) >= _SOME * max(len(spaces), 1):
            wholes = False
        return cls(frozenset(words), wholes)


def joined(line: str, following: str, vocabulary: Vocabulary) -> str:
    """Two lines of one paragraph as one; a space at the end of `line` says that a word ends."""
    left, right = line.rstrip(), following.lstrip()
    if not left or not right:
        return left + right
    if left.endswith(HYPHEN):
        return _hyphenated(left[:-1], right, vocabulary)
    if UNSPACED.match(left[-1]) and UNSPACED.match(right[0]):
        return left + right
    if line[-1].isspace() or not (_HANGUL.match(left[-1]) and _HANGUL.match(right[0])):
        return f"{left} {right}"
    return left + right if _is_one_word(left, right, vocabulary) else f"{left} {right}"


def _hyphenated(left: str, right: str, vocabulary: Vocabulary) -> str:
    before, after = _last(left), _first(right)
    if (before + after).lower() in vocabulary.words:
        return left + right
    if f"{before}-{after}".lower() in vocabulary.words or not (
        before[-1:].isalpha() and after[:1].islower()
    ):
        return f"{left}-{right}"
    return left + right


def _is_one_word(left: str, right: str, vocabulary: Vocabulary) -> bool:
    """Whether a Korean line broke inside a word, which it may do anywhere."""
    if vocabulary.wholes is not None:
        return not vocabulary.wholes
    before, after = _last(left), _first(right)
    known = vocabulary.words
    if before + after in known or (len(after) > 1 and before + after[:-1] in known):
        return True
    if len(before) > 1 and before in known and (after in known or after[:-1] in known):
        return False
    ends, beginnings = _korean()
    if len(after) <= _PARTICLE and beginnings.match(after):
        return True
    if len(before) > 1 and ends.search(before):
        return False
    return not (after in known and len(after) > 1) and not (before in known and len(before) > 1)


@lru_cache(maxsize=1)
def _korean() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """How words end, and how what is only the end of one begins."""
    wrap = section("ko", "wrap")
    return (
        re.compile(f"(?:{'|'.join(wrap['ends'])})$"),
        re.compile(f"(?:{'|'.join(wrap['beginnings'])})"),
    )


def _last(text: str) -> str:
    words: list[str] = _WORD.findall(text[-80:])
    return words[-1] if words else ""


def _first(text: str) -> str:
    word = _WORD.search(text[:80])
    return word[0] if word else ""
