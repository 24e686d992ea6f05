"""Han characters: which are one in other dress, and how names read them (`lexicons/han.tsv`)."""

from collections.abc import Mapping
from importlib import resources

from msgspec import Struct

from readout_diff.kept import ALL, keeps
from readout_diff.lexicon import LexiconError

FILE = "lexicons/han.tsv"
_COLUMNS = 5


Readings = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""Of a character: in pinyin, in Hangul, in Latin letters as Japanese has them; any may be empty."""


class Han(Struct, frozen=True):
    """What is known of Han characters."""

    elder: Mapping[int, str]
    """Code point -> the character that it is another form of, for `str.translate`."""
    rows: Mapping[str, str]
    """Character -> its line of the table."""

    def readings(self, char: str) -> Readings:
        """How names read a character; of one that is not known nothing."""
        _, _, *columns = self.rows.get(char, f"{char}\t-\t-\t-\t-").split("\t")
        pinyin, korean, japanese = (
            tuple(cell.split(",")) if cell != "-" else () for cell in columns
        )
        return pinyin, korean, japanese


def parse(source: str) -> Han:
    """Read the table; LexiconError with file and line where a line has not its five columns.

    Most of some four thousand lines are never asked for, so they stay as they are.
    """
    elder: dict[int, str] = {}
    rows = {}
    for number, line in enumerate(source.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        char, _, rest = line.partition("\t")
        if line.count("\t") != _COLUMNS - 1 or len(char) != 1:
            raise LexiconError(f"{FILE}: line {number} must be a character and four columns.")
        rows[char] = line
        if not rest.startswith("-\t"):
            elder[ord(char)] = rest.partition("\t")[0]
    return Han(elder, rows)


@keeps(ALL)
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
