"""Cue terms: words that almost by themselves say what a claim is about.

Where words are parted by spaces a term is one word or several in a row, `*` at a word's end
standing for any ending; in the languages that the catalogue names (`anywhere`) it is letters
anywhere in the claim. `a + b` wants both, in any order.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat
from typing import NamedTuple

from msgspec import Struct, field

from readout_diff.plain import plain

ANY_ENDING = "*"
_WORD = re.compile(r"[^\W_]+")
_ALL_OF = re.compile(r"\s\+\s")
_LETTER = re.compile("[0-9A-Za-zа-я\u0627-\u063a\u3042-\u3093\u4e00-\u9fa5\uac00-\ud7a3]")
"""Some that folding leaves letters, to tell without it: most terms have one."""
_LATIN = re.compile(r"[a-z0-9]+")
_ALL_LATIN = re.compile(r"[\W_a-z0-9]*[a-z][\W_a-z0-9]*")


class Spelling(Struct, frozen=True):
    """How terms stand in texts of the languages."""

    anywhere: frozenset[str] = frozenset()
    """Languages whose terms are looked for as letters, not as words."""
    prefixes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What may stand before a word without a space, by language: Arabic's article and particles."""


class _Words(NamedTuple):
    """One part of a term, or all of it: words in a row."""

    words: tuple[str, ...]
    stems: frozenset[int]
    """Places of those that may have any ending."""

    def begin(self, text: Sequence[Sequence[str]]) -> bool:
        """Whether the text's words, each in all its forms, begin with these."""
        return len(text) >= len(self.words) and all(
            any(map(str.startswith, forms, repeat(word))) if place in self.stems else word in forms
            for place, (word, forms) in enumerate(zip(self.words, text, strict=False))
        )


class Terms:
    """The terms of many topics in one language."""

    def __init__(self, lang: str, terms: Mapping[str, Sequence[str]], spelling: Spelling) -> None:
        """`terms`: those of each topic, by its id."""
        self._prefixes = spelling.prefixes.get(lang, ())
        self._anywhere = lang in spelling.anywhere
        self._letters: list[str] = []
        self._first: dict[str, list[_Words]] = {}
        self._longest = 1
        self._rules = [
            (frozenset(self._part(part) for part in _parts(term)), topic)
            for topic, listed in terms.items()
            for term in listed
        ]

    def topics(self, claim: str) -> frozenset[str]:
        """Ids of the topics that a claim has a term of."""
        found = frozenset(self._found(fold(claim)))
        return frozenset(topic for parts, topic in self._rules if parts <= found)

    def _part(self, part: str) -> "str | _Words":
        """The part as it is looked for, which is noted down."""
        # A Latin abbreviation stands for itself in any script: "AI" is not in "Dubai".
        if self._anywhere and not _ALL_LATIN.fullmatch(part):
            if part not in self._letters:
                self._letters.append(part)
            return part
        pieces = part.split()
        words = _Words(
            tuple(word for piece in pieces for word in _WORD.findall(piece)),
            frozenset(
                len(_WORD.findall(" ".join(pieces[: place + 1]))) - 1
                for place, piece in enumerate(pieces)
                if piece.endswith(ANY_ENDING)
            ),
        )
        self._longest = max(self._longest, len(words.words))
        known = self._first.setdefault(words.words[0], [])
        if words not in known:
            known.append(words)
        return words

    def _found(self, claim: str) -> Iterator["str | _Words"]:
        yield from (letters for letters in self._letters if letters in claim)
        words = (_LATIN if self._anywhere else _WORD).findall(claim)
        text = [self._forms(word) for word in words]
        for place, forms in enumerate(text):
            here = text[place : place + self._longest]
            starts = {form[:end] for form in forms for end in range(1, len(form) + 1)}
            known = chain.from_iterable(self._first.get(start, ()) for start in starts)
            yield from (part for part in known if part.begin(here))

    def _forms(self, word: str) -> list[str]:
        """The word, and what is left of it behind a prefix."""
        rests = [word[len(p) :] for p in self._prefixes if word.startswith(p)]
        return [word, *(rest for rest in rests if len(rest) > 1)]


def fold(text: str) -> str:
    """The text as terms are compared: plain characters, no difference of case."""
    return plain(text).text.casefold()


def _parts(term: str) -> list[str]:
    return [fold(part).strip() for part in _ALL_OF.split(term)]


def is_term(term: str) -> bool:
    """Whether it has words or letters in every part, without which it could match nothing."""
    return all(_LETTER.search(part) or _WORD.search(fold(part)) for part in _ALL_OF.split(term))
