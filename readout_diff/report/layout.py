"""Text for a terminal, broken into lines of so many cells.

Control characters are shown instead of sent, wide characters count two cells, and lines of Chinese
and Japanese break between characters where their typography allows it.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from rich.cells import cell_len
from rich.text import Text

from readout_diff.report.characters import LINE_ENDS, harmless

_NOT_AT_START = frozenset("、。，．・：；？！）］｝〕〉》」』】〙〗’”‥…ー々ゝゞヽヾ％,.:;?!)]}»›⟧")
_NOT_AT_END = frozenset("（［｛〔〈《「『【〘〖‘“([{«‹⟦")
_SMALL_KANA = frozenset("ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ")


def quote(text: str, marked: Iterable[tuple[int, int]], style: str, marks: tuple[str, str]) -> Text:
    """A piece of a readout, in one line, with the marked ranges in a style and between marks.

    White space at a line end of the readout becomes one space, or none between characters of a
    script that is written without spaces.
    """
    ranges = sorted((start, end) for start, end in marked if 0 <= start < end)
    cuts = sorted({0, len(text), *(at for span in ranges for at in span if at < len(text))})
    line = Text()
    last = ""
    for start, end in pairwise(cuts):
        shown, last = _shown(text, start, end, last)
        if any(a <= start < b for a, b in ranges):
            line.append(marks[0] + shown + marks[1], style)
        else:
            line.append(shown)
    line.rstrip()
    return line


def _shown(text: str, start: int, end: int, before: str) -> tuple[str, str]:
    """A range of a text as it is shown, and its last character, given the one before it."""
    shown: list[str] = []
    i = start
    while i < end:
        char = harmless(text[i])
        i += 1
        if char == " ":
            first = i - 1
            while i < end and harmless(text[i]) == " ":
                i += 1
            after = text[i : i + 1]
            broken = any(space in LINE_ENDS for space in text[first:i])
            if (
                not before
                or before == " "
                or (broken and after and _unspaced(before) and _unspaced(after))
            ):
                continue
        if char:
            shown.append(char)
            before = char[-1]
    return "".join(shown), before


def wrap(line: Text, width: int) -> list[Text]:
    """Break a line into lines of at most `width` cells; no character is lost but spaces."""
    text = line.plain
    offsets = []
    start = used = 0
    for piece_start, piece_end in _pieces(text):
        piece = text[piece_start:piece_end]
        cells = cell_len(piece.rstrip(" "))
        if used and used + cells > width:
            offsets.append(piece_start)
            start, used = piece_start, 0
        if cells > width:
            for cut in _cuts(piece, width):
                offsets.append(piece_start + cut)
                start = piece_start + cut
        used = cell_len(text[start:piece_end])
    lines = list(line.divide(offsets))
    for part in lines:
        part.rstrip()
    return lines


def _pieces(text: str) -> Iterable[tuple[int, int]]:
    """The pieces that a line may be broken between, as ranges."""
    start = 0
    for i in range(1, len(text)):
        if _may_break(text[i - 1], text[i]):
            yield start, i
            start = i
    if text:
        yield start, len(text)


@lru_cache(maxsize=1 << 12)
def _may_break(left: str, right: str) -> bool:
    if right == " " or _joins(right) or right in _NOT_AT_START or right in _SMALL_KANA:
        return False
    if left == " ":
        return True
    if left in _NOT_AT_END or left == "\u200d":
        return False
    return left == "\u3000" or _unspaced(left) or _unspaced(right)


def _unspaced(char: str) -> bool:
    """A character of a script that is written without spaces between words."""
    if "\uac00" <= char <= "\ud7a3" or "\u3130" <= char <= "\u318f":
        return False  # Korean is written with spaces
    return unicodedata.east_asian_width(char) in ("W", "F") and not _joins(char)


def _joins(char: str) -> bool:
    """A character that can't stand apart from the one before it."""
    return char in "\u200c\u200d" or cell_len(char) == 0


def _cuts(word: str, width: int) -> Iterable[int]:
    """Where to cut a word that is wider than a line."""
    used = 0
    for i, char in enumerate(word):
        cells = cell_len(char)
        if used and used + cells > width and not _joins(char) and word[i - 1] != "\u200d":
            yield i
            used = 0
        used += cells
