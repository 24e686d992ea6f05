"""Whether two names, in any two languages, are one: by what is known of them, else by sound."""

from collections.abc import Iterator
from functools import lru_cache

from readout_diff.conflicts.known_names import known, thing
from readout_diff.conflicts.name_words import canonical, name_words
from readout_diff.conflicts.phonetics import LONGEST, Spoken, apart, script, spoken, weight
from readout_diff.plain import plain

# How far apart two names may be and be as surely one as not. Names in one script are spelt alike.
_LIMIT = 0.265
_LIMIT_ONE_SCRIPT = 0.16
_PART = 0.06
"""Added where only a part of a name, its family name as a rule, is like the other."""
_FAMILY = 2
"""Han characters of a family name in Japan or Korea, at most."""
_SIDE = 2
_LIGHT = 1.3
"""A part of less weight is too short to be taken for the whole: an initial."""


@lru_cache(maxsize=4096)
def ids(name: str, lang: str) -> frozenset[str]:
    """What is known to be called so in a language; several where a family name is common."""
    text = canonical(name).strip()
    found = known(lang).called(text)
    words = name_words(lang)
    if words.signs and len(text) == _SIDE and (match := words.signs.match(text)):
        # 美方, 미측: a sign with the word for a side.
        text = match[0]
    sign = words.short.get(text)
    return found | {sign} if sign else found


def _scripts(name: str) -> frozenset[str]:
    return frozenset(kind for kind in map(script, name) if kind)


def _confidence(distance: float, limit: float) -> float:
    """1 for the same sounds, a half at the limit, 0 from twice the limit on."""
    return max(0.0, 1.0 - distance / (2 * limit))


def _in_han(a: str, b: str) -> float:
    """Both in Han characters: the same ones, or a family name and the whole name."""
    a, b = sorted((a.replace(" ", ""), b.replace(" ", "")), key=len)
    if a == b:
        return 1.0
    if b.startswith(a) and len(a) < len(b) <= len(a) + 3 and (len(a) > 1 or len(b) <= 3):
        # 岸 and 岸田: in Japan most family names have two characters.
        return 0.8 if len(a) > 1 or len(b) == 3 else 0.3
    return 0.02


def _in_hangul(a: str, b: str) -> float | None:
    """Both in Hangul: the same but for spaces, or a family name and the whole name."""
    a, b = sorted((a, b), key=len)
    if a.replace(" ", "") == b.replace(" ", ""):
        return 1.0
    if a in b.split(" "):
        return 0.9
    if " " not in b and len(a) == 1 and 2 <= len(b) <= 4:
        return 0.9 if b.startswith(a) else 0.02
    if len(a) == len(b) and " " not in b and len(b) <= 3:
        # Korean names that differ in one syllable are two names.
        return 0.05
    return None


def _single(name: Spoken) -> bool:
    return not name.words


def _parts_apart(whole: Spoken, part: Spoken, sparse: bool) -> Iterator[float]:
    """How far parts of a name that can stand for it are from the other one."""
    if whole.words and not (part.tongue in ("ja", "ko") and len(part.parts) > _FAMILY):
        for ways in whole.parts:
            if max(map(weight, ways)) >= _LIGHT:
                yield apart(Spoken((ways,), "", words=False), part, sparse)
    elif not whole.words and (whole.han or 2 <= len(whole.parts) <= 4):
        # The family name comes first: one syllable, in Japan mostly two.
        for length in range(1, min(4, len(whole.parts)) if whole.han else 2):
            first = apart(Spoken(whole.parts[:length], whole.tongue, words=False), part, sparse)
            # One syllable must be the same: too many are alike.
            yield first if length > 1 or first < 0.15 else 2.0


def _words_apart(a: Spoken, b: Spoken, sparse: bool) -> float:
    """Both of several words: the worst of the shorter name's words, each beside another's."""
    short, long = sorted((a, b), key=lambda name: len(name.parts))
    left = list(long.parts)
    worst = 0.0
    for ways in short.parts:
        part = Spoken((ways,), "", words=False)
        if max(map(weight, ways)) < _LIGHT and len(short.parts) > 2 and len(ways[0]) < 2:
            continue
        found = [
            (apart(Spoken((other,), "", words=False), part, sparse), i)
            for i, other in enumerate(left)
        ]
        if not found:
            return 2.0
        best, i = min(found)
        worst = max(worst, best)
        del left[i]
    return worst


def _sounds(a: str, lang_a: str, b: str, lang_b: str) -> float:
    """How far apart two names sound."""
    sparse = "arabic" in _scripts(a) | _scripts(b)
    best = 2.0
    for one in spoken(a, lang_a):
        for other in spoken(b, lang_b):
            best = min(best, apart(one, other, sparse))
            if one.words and other.words:
                best = min(best, _words_apart(one, other, sparse) + _PART)
            if _single(other):
                best = min([best, *(d + _PART for d in _parts_apart(one, other, sparse))])
            if _single(one):
                best = min([best, *(d + _PART for d in _parts_apart(other, one, sparse))])
    return best


@lru_cache(maxsize=1 << 14)
def same_name(a: str, lang_a: str, b: str, lang_b: str) -> float:
    """How surely two names are one, from 0 to 1; a family name is the same as the whole name.

    Names that are known (`lexicons/places.toml`, `lexicons/people.toml`) are one or not; others
    are compared as they sound in both languages.
    """
    one, other = canonical(a[:LONGEST]).strip(), canonical(b[:LONGEST]).strip()
    if not one or not other:
        return 0.0
    if one == other:
        return 1.0
    ids_a, ids_b = ids(one, lang_a), ids(other, lang_b)
    if ids_a and ids_b:
        return 1.0 if {thing(i) for i in ids_a} & {thing(i) for i in ids_b} else 0.0
    kinds_a, kinds_b = _scripts(one), _scripts(other)
    if kinds_a == kinds_b == {"han"}:
        return _in_han(one, other)
    if kinds_a == kinds_b == {"hangul"} and (found := _in_hangul(one, other)) is not None:
        return found
    limit = _LIMIT_ONE_SCRIPT if kinds_a == kinds_b else _LIMIT
    # By what the characters are, not by their elder forms, which may be read otherwise.
    one, other = plain(a[:LONGEST]).text, plain(b[:LONGEST]).text
    if (one, lang_a) > (other, lang_b):
        one, lang_a, other, lang_b = other, lang_b, one, lang_a
    return _confidence(_sounds(one, lang_a, other, lang_b), limit)
