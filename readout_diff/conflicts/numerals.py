"""Numerals: every number of a text that is written in digits, words or Han characters.

What a numeral counts, and whether it counts anything, is said by `quantities` and `dates`.
"""

import re
from fractions import Fraction

from msgspec import Struct

from readout_diff.conflicts.table import Pattern, read
from readout_diff.kept import keeps

KEYS = {
    "edges", "groups", "decimals", "numerals", "ordinals", "scales", "bare_scales", "joins",
    "myriads", "han", "needs_unit", "vague", "not_numbers", "units", "currencies", "halves",
    "before", "between", "after", "ranges", "fixed", "ordinal_before", "ordinal_after",
    "anniversary_before", "anniversary_after", "compound_joins", "frequencies", "fractions",
    "particles", "gaps",
}  # fmt: skip
HAN = "〇零一二三四五六七八九十百千万萬億亿兆两兩壱弐参"
_HAN_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | dict(
    zip("〇两兩壱弐参", (0, 2, 2, 1, 2, 3), strict=True)
)
_HAN_SCALES = {"十": 10, "百": 100, "千": 10**3} | {
    c: 10**n for c, n in (("万", 4), ("萬", 4), ("億", 8), ("亿", 8), ("兆", 12))
}
_BIG, _MYRIAD = 1000, 10_000


class Numeral(Struct, frozen=True):
    """A number in plain text."""

    start: int
    end: int
    value: Fraction
    written: str
    """`digits`, `words` or `han`."""
    ordinal: bool
    """Its last word is an ordinal: third, twenty-first."""
    needs_unit: bool
    """Counts something only before a unit: Korean 한, Han numerals."""
    decimals: int
    """Digits after the decimal sign."""


class _Words(Struct, frozen=True):
    """How a language writes numbers."""

    first: Pattern
    """Finds the first word of a numeral."""
    token: Pattern
    """Matches any word of one."""
    whole: bool
    """A numeral ends where a word does."""
    numerals: dict[str, int]
    ordinals: dict[str, int]
    scales: dict[str, int]
    bare_scales: frozenset[str]
    needs_unit: frozenset[str]
    joins: Pattern
    myriads: bool
    decimals: str
    empty: bool
    """Nothing is known of the language."""


def _alternatives(words: set[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=lambda w: (-len(w), w)))


@keeps()
def _words(lang: str) -> _Words:
    table = read(lang, "quantities", KEYS)
    numerals, ordinals, scales = (
        table.spellings(key) for key in ("numerals", "ordinals", "scales")
    )
    han = table.flag("han")
    groups, decimals = (
        "".join(re.escape(sign) for sign in table.texts(key)) for key in ("groups", "decimals")
    )
    groups = groups.replace(r"\ ", " \u00a0")
    # Bounded everywhere: a run of digits a megabyte long is read once and left alone.
    digits = r"(?<!\d)(?:"
    if groups:
        digits += rf"[1-9]\d{{0,2}}(?P<sep>[{groups}])\d{{3}}(?:(?P=sep)\d{{3}}){{0,6}}(?!\d)|"
    digits += r"\d{1,24}(?!\d))"
    if decimals:
        digits += rf"(?:[{decimals}]\d{{1,9}}(?!\d))?"
    edges = table.text("edges", "both")
    if edges not in ("both", "left", "none"):
        raise table.wrong("edges", "must be both, left or none")
    particles = "|".join(table.texts("particles"))
    spelled = {*numerals, *ordinals, *scales}
    marks = [f"(?P<digits>{digits})"] + ([f"(?P<han>[{HAN}])"] if han else [])
    word = f"(?P<word>{_alternatives(spelled) if spelled else '(?!)'})"
    edge = "" if edges == "none" else rf"(?<!\w)(?:{particles})?"
    return _Words(
        first=table.compiled("particles", "|".join([*marks, edge + word])),
        token=table.compiled("numerals", "|".join([*marks, word])),
        whole=edges == "both",
        numerals=numerals,
        ordinals=ordinals,
        scales=scales,
        bare_scales=frozenset(table.text("bare_scales").lower().split()),
        needs_unit=frozenset(table.text("needs_unit").lower().split()),
        joins=table.compiled("joins", table.text("joins")),
        myriads=table.flag("myriads"),
        decimals=decimals,
        empty=not table.data,
    )


class _Sum:
    """A numeral as far as it has been read, and what may follow in it."""

    def __init__(self, big: int) -> None:
        self.big = big
        self.total = self.section = Fraction(0)
        self.digit: Fraction | None = None
        self.last_big: int | None = None
        self.last_small: int | None = None

    def value(self) -> Fraction:
        return self.total + self.section + (self.digit or 0)

    def add(self, value: Fraction) -> bool:
        """Take a number below the scales; false where it doesn't belong to the numeral."""
        if self.digit is None:
            if self.last_small is not None and value >= self.last_small:
                return False
            if self.last_big is not None and value >= self.last_big:
                return False
            if self.section % 1000 and value >= 100:
                return False
            self.digit = value
            return True
        low, high = sorted((self.digit, value))
        # 열다섯 is fifteen, "ten five" is two numbers.
        lowest_ten = 10 if self.big == _MYRIAD else 20
        # twenty-five, fünfundzwanzig, soixante-dix, двести пять
        fits = (
            low.denominator == 1
            and high.denominator == 1
            and (
                (0 < low < 10 and high >= lowest_ten and high % 10 == 0)
                or (10 <= low < 20 and high in (60, 80) and self.big == _BIG)
                or (10 <= low < 20 and high >= 100 and high % 100 == 0)
                or (20 <= low < 100 and high >= 100 and high % 100 == 0)
            )
        )
        if fits:
            self.digit += value
        return fits

    def scale(self, scale: int) -> bool:
        if scale < self.big:
            if self.last_small is not None and scale >= self.last_small:
                return False
            if self.digit is None and self.section:
                return False
            self.section += (1 if self.digit is None else self.digit) * scale
            self.last_small = scale
        else:
            if self.last_big is not None and scale == self.last_big:
                return False
            if self.last_big is not None and scale > self.last_big:
                # dos mil millones, 3 mil 400 millones
                self.total = self.value() * scale
            else:
                self.total += (self.section + (self.digit or 0) or 1) * scale
            self.section, self.last_big, self.last_small = Fraction(0), scale, None
        self.digit = None
        return True


def _number(match: re.Match[str], words: _Words) -> tuple[Fraction, int]:
    """The value of digits with their separators, and how many decimals they have."""
    digits = match["digits"]
    separator = match["sep"] if "sep" in match.re.groupindex else None
    whole = digits
    decimals = ""
    if separator:
        parts = re.split(rf"{re.escape(separator)}(?=\d{{3}})", digits)
        # What stands behind the last group of three may be decimals of another sign.
        whole = "".join(parts)
    found = re.fullmatch(rf"(\d+)[{words.decimals}](\d+)", whole) if words.decimals else None
    if found:
        whole, decimals = found.groups()
    return Fraction(int(whole + decimals), 10 ** len(decimals)), len(decimals)


def numerals(text: str, lang: str) -> list[Numeral]:
    """The numerals of a text in plain characters (`plain`), in its order.

    None for a language without a lexicon: what a point or a comma means in a number is not known.
    """
    words = _words(lang)
    if words.empty:
        return []
    found = []
    position = 0
    while match := words.first.search(text, position):
        numeral = _numeral(text, match, words)
        if numeral is None:
            position = match.end()
        else:
            found.append(numeral)
            position = numeral.end
    return found


def _scale_follows(text: str, end: int, words: _Words) -> bool:
    join = words.joins.match(text, end)
    token = words.token.match(text, join.end() if join else end)
    return token is not None and token[0].lower() in words.scales


def _goes_on(text: str, end: int) -> bool:
    return end < len(text) and (text[end].isalnum() or text[end] == "_")


def _numeral(text: str, match: re.Match[str] | None, words: _Words) -> Numeral | None:
    """The longest numeral that begins with this word."""
    assert match is not None
    start = match.start(match.lastgroup or 0)
    total = _Sum(_MYRIAD if words.myriads else _BIG)
    numeral: Numeral | None = None
    kinds: set[str] = set()
    ordinal = False
    decimals = 0
    small = True
    while match is not None and not ordinal:
        kind = match.lastgroup if match.lastgroup != "sep" else "digits"
        token = match[match.lastgroup or 0].lower()
        if match["digits"]:
            kind = "digits"
            value, decimals = _number(match, words)
            if kinds and not (total.digit is None and total.last_big):
                break
            # Digits go on only between two scales: 3億5000万, 3 mil 400 millones.
            if kinds and not (words.myriads or _scale_follows(text, match.end(), words)):
                break
            if not kinds:
                total.digit = value
            elif not total.add(value):
                break
        elif kind == "han" and token in _HAN_DIGITS:
            digit = Fraction(_HAN_DIGITS[token])
            run = re.compile(f"[{''.join(_HAN_DIGITS)}]{{2,12}}").match(text, match.start())
            if run and not kinds:
                # Digit by digit: 二〇二五.
                value = Fraction(int("".join(str(_HAN_DIGITS[c]) for c in run[0])))
                return Numeral(start, run.end(), value, "han", False, True, 0)
            if token not in "〇零" and not total.add(digit):
                break
        elif kind == "han":
            if not total.scale(_HAN_SCALES[token]):
                break
        elif token in words.scales:
            if not kinds and token not in words.bare_scales:
                return None
            if not total.scale(words.scales[token]):
                break
        elif token in words.numerals:
            if "digits" in kinds and not words.myriads:
                break
            if not total.add(Fraction(words.numerals[token])):
                break
        else:
            if "digits" in kinds or not total.add(Fraction(words.ordinals[token])):
                break
            ordinal = True
        kinds.add(kind or "word")
        small = small and token in words.needs_unit
        written = "digits" if "digits" in kinds else "han" if "han" in kinds else "words"
        # A word of a numeral may go on into another word only where the numeral does.
        if match["digits"] or not (words.whole and _goes_on(text, match.end())):
            bare = written == "han" or small
            numeral = Numeral(start, match.end(), total.value(), written, ordinal, bare, decimals)
        join = words.joins.match(text, match.end())
        following = words.token.match(text, match.end())
        if following is None and join:
            following = words.token.match(text, join.end())
        match = following
    return numeral
