"""Token probabilities -> the words that the other side lacks, as a person would mark them."""

import unicodedata
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


def mark(
    absence: NDArray[np.float64],
    letters: NDArray[np.float64],
    threshold: float,
    switch: float,
) -> NDArray[np.bool_]:
    """Which tokens to mark as absent: the cheapest labelling in two states (Viterbi).

    A marked token costs its letters times (threshold - absence), which is less than nothing where
    absence is above the threshold; every change of state costs `switch`, in letters, so that
    marks come in runs. Shapes (tokens,).
    """
    size = len(absence)
    marked = np.zeros(size, dtype=np.bool_)
    if size == 0:
        return marked
    costs = letters * (threshold - absence)
    plain, absent = 0.0, float(costs[0]) + switch / 2
    came_from_absent = np.zeros((size, 2), dtype=np.bool_)
    for place in range(1, size):
        came_from_absent[place] = absent + switch < plain, absent <= plain + switch
        plain, absent = (
            min(plain, absent + switch),
            min(absent, plain + switch) + float(costs[place]),
        )
    state = absent < plain
    for place in range(size - 1, -1, -1):
        marked[place] = state
        state = bool(came_from_absent[place, int(state)])
    return marked


def runs(marked: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """First and one past the last place of each run of marked tokens."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(np.int8), [0]])))
    return zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The span widened to whole words of `text`, without white space and marks at its ends.

    A word is a run of letters, digits and combining marks of one kind of script: for scripts that
    write spaces that is the word with its particle or ending. Han characters and hiragana are not
    joined, since nothing there says where a word ends; a tokenizer's piece is kept as it is.
    """
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not _in_word(text[end - 1]):
        end -= 1
    if start == end:
        return start, end
    while start > 0 and _joined(text[start - 1], text[start]):
        start -= 1
    while end < len(text) and _joined(text[end - 1], text[end]):
        end += 1
    return start, end


def _in_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _joined(left: str, right: str) -> bool:
    if not (_in_word(left) and _in_word(right)):
        return False
    kinds = _kind(left), _kind(right)
    if "digit" in kinds:
        return kinds[0] == kinds[1] or "spaced" in kinds
    return kinds[0] == kinds[1] and kinds[0] != "unjoined"


def _kind(character: str) -> str:
    if character.isdecimal():
        return "digit"
    name = unicodedata.name(character, "")
    if name.startswith(("KATAKANA", "HALFWIDTH KATAKANA")):
        return "katakana"
    if name.startswith(("CJK", "HIRAGANA", "IDEOGRAPHIC", "BOPOMOFO")):
        return "unjoined"
    return "spaced"
