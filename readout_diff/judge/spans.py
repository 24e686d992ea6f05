"""Token probabilities -> the words that the other side lacks, as a person would mark them."""

import re
import unicodedata
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

_SPACES = re.compile(r"(\s+)")


def of_kind(kind: Callable[[str], bool], text: str) -> NDArray[np.bool_]:
    """Which characters are of a kind, such as `str.isalnum`; shape (characters,)."""
    return np.fromiter(map(kind, text), dtype=np.bool_, count=len(text))


def counted(flags: NDArray[np.bool_], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the flags are set in each place, (places,); a place is a start and an end, which
    may lie beyond the last flag."""
    places = np.minimum(places, len(flags))
    sums = np.zeros(len(flags) + 1, dtype=np.int64)
    np.cumsum(flags, out=sums[1:])
    return np.asarray(sums[places[:, 1]] - sums[places[:, 0]])


def mark(
    absence: NDArray[np.float64],
    letters: NDArray[np.float64],
    threshold: float,
    switch: float,
) -> NDArray[np.bool_]:
    """Which tokens to mark as absent: the cheapest labelling in two states (Viterbi).

    A marked token costs its letters times (threshold - absence), which is less than nothing where
    absence is above the threshold; every run of marked tokens costs `switch`, in letters, so that
    marks come in few runs. Shapes (tokens,).
    """
    size = len(absence)
    marked = np.zeros(size, dtype=np.bool_)
    costs = (letters * (threshold - absence)).tolist()
    from_absent = np.zeros((size, 2), dtype=np.bool_)
    plain, absent = 0.0, float("inf")
    for place, cost in enumerate(costs):
        from_absent[place] = absent < plain, absent <= plain + switch
        plain, absent = min(plain, absent), min(absent, plain + switch) + cost
    state = absent < plain
    for place in range(size - 1, -1, -1):
        marked[place] = state
        state = bool(from_absent[place, int(state)])
    return marked


def marked_words(
    words: Sequence[tuple[int, int]], letters: NDArray[np.bool_]
) -> list[tuple[int, int, list[int]]]:
    """Runs of words of which at least half the letters are marked.

    `letters` says of each character whether it is marked. Gives start and end of each run, and
    which words it holds.
    """
    found: list[tuple[int, int, list[int]]] = []
    for number, (start, end) in enumerate(words):
        if 2 * letters[start:end].sum() < end - start:
            continue
        if found and found[-1][2][-1] == number - 1:
            first, _, inside = found.pop()
            found.append((first, end, [*inside, number]))
        else:
            found.append((start, end, [number]))
    return found


def words(text: str, lang: str) -> list[tuple[int, int]]:
    """The words of a claim, without the marks around them, in text order.

    A word is what stands between spaces (with its particle or ending); in Japanese and Chinese it
    is a phrase as BudouX finds them, a noun with its particles.
    """
    found = []
    at = 0
    for piece in _pieces(text, lang):
        start, end = at, at + len(piece)
        at = end
        while start < end and not _in_word(text[start]):
            start += 1
        while end > start and not _in_word(text[end - 1]):
            end -= 1
        if start < end:
            found.append((start, end))
    return found


def _pieces(text: str, lang: str) -> list[str]:
    """The text cut before and after white space, or into phrases where none is written."""
    if lang in ("ja", "zh"):
        import budoux

        parser = {
            "ja": budoux.load_default_japanese_parser,
            "zh": budoux.load_default_simplified_chinese_parser,
        }[lang]()
        return [part for phrase in parser.parse(text) for part in _SPACES.split(phrase)]
    return _SPACES.split(text)


def _in_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")
