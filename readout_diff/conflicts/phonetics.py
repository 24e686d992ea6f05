"""How names sound, whatever they are written in: one rough alphabet, and how far two are apart.

A name becomes a row of parts (syllables of Han characters, words), each of which may sound in
several ways: a Han character in Chinese, in Korean and in several ways in Japanese. The distance is
an edit distance in which like sounds cost little (b/p, l/r, a vowel that Japanese puts in), found
for the best choice of sounds.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import product

from msgspec import Struct

from readout_diff.conflicts.han import han, is_han
from readout_diff.conflicts.name_words import name_sounds

LONGEST = 32
"""Letters of a name that are compared; longer ones are no names."""
_ALSO_SPELT = ("fr", "de")
_MOST = 12
"""Ways to say a whole name that are tried."""
_FAR = 2.0
"""The distance of names that have nothing in common."""
_PART_LIMIT = 0.4
_PART_LIMIT_LONG = 0.8
"""A part that is farther off than this share of its weight is another one; in a foreign name
that Han characters or Hangul write by syllables, than this."""
_SHORT = 3
"""Syllables of Chinese and Korean names, at most."""

# Hangul is put together of these, in the order of Unicode.
_INITIALS = ("g", "k", "n", "d", "t", "l", "m", "b", "p", "s", "s", "", "j", "j", "C", *"ktph")
_VOWELS = (
    *("a", "e", "ya", "ye", "@", "e", "y@", "ye", "o", "wa", "we"),
    *("we", "yo", "u", "w@", "we", "wi", "yu", "@", "i", "i"),
)
_FINALS = ("", *"kkknnntlkmlllplmpp", *"ttnttktpt")
_VOWEL_LETTERS = "aeiou@"
# What it costs to leave a letter out.
_LEFT_OUT = dict.fromkeys("bcdfgjkmnpstvzCSlr", 0.9) | {
    **dict.fromkeys("ae", 0.45),
    **dict.fromkeys("io", 0.38),
    "u": 0.28,
    "@": 0.22,
    "h": 0.4,
    "y": 0.25,
    "w": 0.3,
    "l": 0.6,
    "r": 0.3,
    "n": 0.75,
}
# What it costs to take one letter for another: for each pair, either way round.
_ALIKE = {
    "bp": 0.1, "dt": 0.1, "gk": 0.1, "sz": 0.2, "Cj": 0.12, "lr": 0.05, "sS": 0.1, "mn": 0.5,
    "fp": 0.15, "fh": 0.3, "bv": 0.12, "vw": 0.15, "fv": 0.12, "pv": 0.25, "hk": 0.25, "gh": 0.25,
    "sC": 0.35, "SC": 0.25, "zj": 0.15, "sj": 0.45, "Sj": 0.3, "Cz": 0.25, "tC": 0.45, "st": 0.5,
    "dj": 0.35, "iy": 0.1, "uw": 0.1, "jy": 0.35, "jr": 0.4, "ln": 0.45, "ow": 0.3, "zS": 0.3,
    "ae": 0.35, "ao": 0.35, "ei": 0.2, "ou": 0.15, "iu": 0.45, "ai": 0.5, "eo": 0.45, "au": 0.35,
    "eu": 0.45, "io": 0.5, "@a": 0.2, "@e": 0.15, "@i": 0.2, "@o": 0.12, "@u": 0.1, "hy": 0.4,
    "zd": 0.3, "gw": 0.5, "nr": 0.6, "bw": 0.3, "Ck": 0.6, "gj": 0.4,
}  # fmt: skip
_COSTS = {way: cost for pair, cost in _ALIKE.items() for way in (pair, pair[::-1])}


class Spoken(Struct, frozen=True):
    """One way to read a name."""

    parts: tuple[tuple[str, ...], ...]
    """For each part of the name the ways in which it may sound."""
    tongue: str
    """Han characters as read in zh, ko or ja; empty for what is no Han character."""
    words: bool
    """The parts are words, not syllables: they may stand in another order."""
    chinese: bool = False
    """Spelt as Chinese names are: a word of one syllable in pinyin, and another."""

    @property
    def han(self) -> bool:
        return bool(self.tongue)


def _hangul(word: str, romanised: Mapping[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The sounds of each syllable; the first may be a surname that is romanised otherwise."""
    parts: list[tuple[str, ...]] = []
    for i, char in enumerate(word):
        code = ord(char) - 0xAC00
        if not 0 <= code < 11172:
            continue
        sound = _INITIALS[code // 588] + _VOWELS[code % 588 // 28] + _FINALS[code % 28]
        spelt = romanised.get(char, ()) if i == 0 else ()
        ways = [sound, *(sounds(way, "en") for way in spelt)]
        parts.append(tuple(dict.fromkeys(_squeezed(way) for way in ways)))
    return parts


def _squeezed(sounds: str) -> str:
    """Without doubled letters."""
    return re.sub(r"(.)\1+", r"\1", sounds)


@lru_cache(maxsize=4096)
def sounds(word: str, lang: str) -> str:
    """The sounds of a word as a language spells them; letters that it doesn't know are left out."""
    words = name_sounds(lang)
    if words.spelling is None:
        return ""
    spelt = words.spelling.sub(lambda m: words.sounds.get(m[0], m[0]), word.lower() + "$")
    return _squeezed("".join(char for char in spelt if char in _LEFT_OUT))


@lru_cache(maxsize=1 << 12)
def script(char: str) -> str:
    """What a letter is written in: latin, cyrillic, arabic, hangul, kana (katakana), hiragana, han.

    Empty for what is no letter of these.
    """
    if is_han(char):
        return "han"
    if "가" <= char <= "힣":
        return "hangul"
    if "ァ" <= char <= "ヿ" and char != "・":
        return "kana"
    if "ぁ" <= char <= "ゖ":
        return "hiragana"
    if not char.isalpha() and unicodedata.category(char) not in ("Mn", "Mc"):
        return ""
    if "\u0600" <= char <= "\u06ff":
        return "arabic"
    if "\u0400" <= char <= "\u052f":
        return "cyrillic"
    return "latin" if char < "\u0250" or "\u1e00" <= char < "\u1f00" else ""


def _latin(word: str) -> str:
    """Without accents, but for what a language's own spelling says of them."""
    plain = unicodedata.normalize("NFKD", word.replace("ł", "l").replace("ø", "o"))
    return "".join(char for char in plain if not unicodedata.combining(char))


def _spelt(word: str, lang: str, kind: str) -> tuple[str, ...]:
    """The ways in which a word in letters may sound."""
    if kind in ("kana", "hiragana"):
        katakana = "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in word)
        return (sounds(katakana, "ja"),)
    if kind == "cyrillic":
        return (sounds(word, "uk" if lang == "uk" else "ru"),)
    if kind == "arabic":
        return (sounds(word, "ar"),)
    bare = _latin(word)
    # A name in any text may be spelt as in another language.
    ways = [sounds(bare, "en"), *(sounds(word, other) for other in _ALSO_SPELT)]
    if lang == "es":
        ways.append(sounds(word, lang))
    pinyin = name_sounds("zh").pinyin
    if pinyin is not None and pinyin.fullmatch(bare.lower()):
        ways.append(sounds(bare, "zh"))
    return tuple(dict.fromkeys(way for way in ways if way))


def _han_parts(word: str) -> Iterator[tuple[str, tuple[tuple[str, ...], ...]]]:
    """The readings of Han characters in zh, ko and ja, each where all have one."""
    table = han()
    romanised = name_sounds("ko").romanised
    # A character that doubles the one before it.
    word = re.sub("(.)々", r"\1\1", word)
    chars = [table.readings(char) for char in word]
    chinese = [tuple(sounds(way, "zh") for way in char[0]) for char in chars]
    korean = [
        tuple(sound for way in _korean(char[1], i == 0) for sound in _hangul(way, romanised)[0])
        for i, char in enumerate(chars)
    ]
    japanese = [tuple(sounds(way, "en") for way in char[2]) for char in chars]
    for tongue, parts in (("zh", chinese), ("ko", korean), ("ja", japanese)):
        if all(parts):
            yield tongue, tuple(tuple(dict.fromkeys(part)) for part in parts)


def _korean(readings: tuple[str, ...], first: bool) -> list[str]:
    """With what becomes of ㄹ and ㄴ at the beginning of a word (리, 이) and after a vowel."""
    ways = list(readings)
    for reading in readings:
        code = ord(reading[0]) - 0xAC00
        initial, rest = code // 588, code % 588
        vowel = rest // 28
        palatal = vowel in (2, 3, 6, 7, 12, 17, 20)
        if initial == 5:
            ways.append(chr(0xAC00 + (11 if palatal else 2) * 588 + rest))
        elif initial == 2 and palatal and first:
            ways.append(chr(0xAC00 + 11 * 588 + rest))
    return list(dict.fromkeys(ways))


_WORDS = re.compile(r"[^\s・·‧•=＝\-‐-―/.,|]+")


@lru_cache(maxsize=4096)
def spoken(name: str, lang: str) -> tuple[Spoken, ...]:
    """The ways to read a name: none for one without letters, three for Han characters."""
    name = unicodedata.normalize("NFKC", name[:LONGEST]).replace("'", "").replace("’", "")
    pieces: list[tuple[str, str]] = []
    for word in _WORDS.findall(name):
        run = ""
        kind = ""
        for char in word:
            now = script(char)
            if now and now == kind:
                run += char
                continue
            if kind:
                pieces.append((kind, run))
            run, kind = char, now
        if kind:
            pieces.append((kind, run))
    if not pieces:
        return ()
    if any(kind == "han" for kind, _ in pieces):
        choices = [
            list(_han_parts(word)) if kind == "han" else [("", _parts(word, lang, kind))]
            for kind, word in pieces
        ]
        return tuple(
            Spoken(
                parts=tuple(part for _, parts in choice for part in parts),
                tongue=max(tongue for tongue, _ in choice),
                words=False,
            )
            for choice in product(*choices)
        )[:_MOST]
    parts = tuple(part for kind, word in pieces for part in _parts(word, lang, kind))
    words = len(pieces) > 1
    if words and any(kind == "hangul" for kind, _ in pieces):
        # Words, not syllables, so that they may change places.
        parts = tuple(
            tuple("".join(p) for p in product(*_parts(word, lang, kind)))[:_MOST]
            for kind, word in pieces
        )
    if not parts or not all(parts):
        return ()
    return (Spoken(parts, "", words, chinese=words and _in_pinyin([word for _, word in pieces])),)


def _in_pinyin(words: list[str]) -> bool:
    """Whether all words are in pinyin, the first of one syllable, as most Chinese surnames are."""
    pinyin, syllable = name_sounds("zh").pinyin, name_sounds("zh").syllable
    if pinyin is None or syllable is None or syllable.fullmatch(words[0].lower()) is None:
        return False
    return all(pinyin.fullmatch(word.lower()) for word in words)


def _parts(word: str, lang: str, kind: str) -> tuple[tuple[str, ...], ...]:
    if kind == "hangul":
        return tuple(_hangul(word, name_sounds("ko").romanised))
    ways = _spelt(word, lang, kind)
    return (ways,) if any(ways) else ()


@lru_cache(maxsize=1 << 12)
def weight(sound: str) -> float:
    """What it costs to leave all of it out."""
    return sum(_LEFT_OUT[char] for char in sound)


@lru_cache(maxsize=1 << 14)
def _rows(part: str, rest: str, sparse: bool) -> tuple[float, ...]:
    """What it costs to turn a part into each beginning of the rest of the other name."""
    row = [0.0]
    for char in rest:
        row.append(row[-1] + _gap(char, sparse))
    for char in part:
        gone = _gap(char, sparse)
        new = [row[0] + gone]
        for j, other in enumerate(rest):
            cost = row[j] + (0.0 if char == other else _COSTS.get(char + other, 1.3))
            new.append(min(cost, row[j + 1] + gone, new[j] + _gap(other, sparse)))
        row = new
    return tuple(row)


def _gap(char: str, sparse: bool) -> float:
    # Arabic doesn't write short vowels.
    return _LEFT_OUT[char] * (0.35 if sparse and char in _VOWEL_LETTERS else 1.0)


def distance(
    parts: tuple[tuple[str, ...], ...], other: str, sparse: bool, loose: bool = False
) -> float:
    """The least cost of turning parts, each in one of its ways, into the other name, as a share.

    `loose`: the parts are syllables of a foreign name.

    0 for the same sounds, about 1 for nothing in common, and more where a part is another one.
    """
    other = other[:LONGEST]
    heaviest = sum(max(map(weight, part)) for part in parts)
    lightest = sum(min(map(weight, part)) for part in parts)
    if not sparse and not lightest / 2.5 < weight(other) < heaviest * 2.5:
        return _FAR
    limit = _PART_LIMIT_LONG if loose else _PART_LIMIT
    best: dict[int, tuple[float, float]] = {0: (0.0, 0.0)}
    for part in parts:
        found: dict[int, tuple[float, float]] = {}
        for start, (cost, own) in best.items():
            for way in part:
                heavy = weight(way)
                rest = other[start : start + len(way) + 4]
                for length, step in enumerate(_rows(way, rest, sparse)):
                    # One part that is wholly another must not drown in those that agree.
                    off = step if step <= limit * heavy + 0.15 else step + 1.0
                    total = cost + off
                    end = start + length
                    if end not in found or total < found[end][0]:
                        found[end] = (total, own + heavy)
        best = found
    if len(other) not in best:
        return _FAR
    cost, own = best[len(other)]
    return cost / max(0.5, (own + weight(other)) / 2)


def _strings(name: Spoken) -> Iterator[str]:
    """The whole name said at once; where its parts are words, with each of them first."""
    turns = range(len(name.parts)) if name.words else range(1)
    for turn in turns:
        parts = name.parts[turn:] + name.parts[:turn]
        for i, ways in enumerate(product(*parts)):
            if i >= _MOST:
                break
            yield _squeezed("".join(ways))


def apart(a: Spoken, b: Spoken, sparse: bool = False) -> float:
    """How far two names are apart, the whole of each: 0 for the same sounds, about 1 for none."""
    if (b.han, len(b.parts)) > (a.han, len(a.parts)):
        a, b = b, a
    if a.tongue == "ja" and b.chinese:
        return _FAR
    # Longer than Chinese and Korean names are: 斯托尔滕贝格.
    loose = not a.words and len(a.parts) > _SHORT and a.tongue in ("", "zh")
    return min(distance(a.parts, string, sparse, loose) for string in _strings(b))
