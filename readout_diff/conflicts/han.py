"""Han characters: which are one in other dress, and how names read them (`lexicons/han.tsv`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from readout_diff.lexicon import LexiconError

FILE = "lexicons/han.tsv"
_COLUMNS = 5


@dataclass(frozen=True, slots=True)
class Han:
    """What is known of Han characters."""

    elder: Mapping[int, str]
    """Code point -> the character that it is another form of, for `str.translate`."""
    readings: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]
    """Character -> pinyin, Korean in Hangul, Japanese in Latin letters; each may be empty."""


def parse(source: str) -> Han:
    """Read the table; LexiconError with file and line where a line has not its five columns."""
    elder: dict[int, str] = {}
    readings = {}
    for number, line in enumerate(source.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != _COLUMNS or len(cells[0]) != 1:
            raise LexiconError(f"{FILE}: line {number} must be a character and four columns.")
        char, form, *columns = cells
        if form != "-":
            elder[ord(char)] = form
        pinyin, korean, japanese = (
            tuple(cell.split(",")) if cell != "-" else () for cell in columns
        )
        readings[char] = (pinyin, korean, japanese)
    return Han(elder, readings)


@lru_cache(maxsize=1)
def han() -> Han:
    """The table, read when first asked for."""
    file = resources.files("readout_diff") / "lexicons" / "han.tsv"
    return parse(file.read_text("utf-8"))


def elder(text: str) -> str:
    """A text with every Han character in its oldest form, of the same length."""
    return text.translate(han().elder)


def is_han(char: str) -> bool:
    """Whether a character is one of the common Han characters, or repeats one (々)."""
    return "一" <= char <= "鿿" or char == "々"
