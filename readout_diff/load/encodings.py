"""Bytes -> text: by what is certain first, by a guess last, and then it is said.

A byte order mark, strict UTF-8, what the page says of itself, and chardet's guess. Whatever is
chosen must decode every byte: a text with holes in it is refused, not shown.
"""

import codecs
import re
import unicodedata
from collections.abc import Sequence

from msgspec import Struct

from readout_diff import language
from readout_diff.errors import InputError
from readout_diff.load.files import printable

# UTF-32 before UTF-16: the mark of the one in little endian starts with that of the other.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What is declared or guessed as the one is mostly written with the characters of the other, which
# has all of the first's: https://encoding.spec.whatwg.org/#names-and-labels
_WIDER = {
    "euc_kr": "cp949", "ks_c_5601-1987": "cp949", "shift_jis": "cp932", "gb2312": "gb18030",
    "gbk": "gb18030", "iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254",
    "tis_620": "cp874", "iso8859-11": "cp874", "big5": "big5hkscs",
}  # fmt: skip
_GUESSED = (
    "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "ascii",
    "cp949", "euc-kr", "iso-2022-kr", "johab", "cp932", "shift_jis", "euc-jp", "iso-2022-jp",
    "gb18030", "gb2312", "hz", "big5", "big5hkscs", "koi8-r", "koi8-u", "cp1251", "cp866",
    "iso8859-5", "cp1256", "iso8859-6", "cp1252", "iso8859-1", "iso8859-15",
    "macroman", "cp1250", "iso8859-2", "cp1253", "iso8859-7", "cp1254", "cp1255", "iso8859-8",
    "cp1257", "cp1258", "cp874",
)  # fmt: skip
"""What web pages and text files are in; of the many others none is likely."""
_SEVEN_BITS = re.compile(rb"\x1b\$|\x1b\(|\x0e[^\x0f]{2,}\x0f|~\{[^~]{2,}~\}")
"""How ISO-2022 and HZ switch to Han characters: they are ASCII, and so valid UTF-8."""
_SAMPLE = 200_000
"""Bytes looked at for a guess."""
_BROKEN = 10
"""Characters of more than one byte, for each wrong byte, from which a text is UTF-8 with damage."""
_LEAST = 0.1
"""chardet's confidence below which a guess is doubtful; it gives .2 for French, .7 for Korean."""
_TELLING = 20
"""Bytes beyond ASCII from which such a guess is none, since there was enough to go by."""
_FEWEST = 4
"""Bytes beyond ASCII below which any guess is doubtful."""
_RIVAL = 0.9
"""Share of the best guess's confidence from which another one is as good."""
_CAPITAL_INSIDE = re.compile("[a-zà-ÿ][À-ÞŠŒŽŸ][a-zà-ÿ]")
_ODD = 0.02
"""Share of characters beyond ASCII that no one writes in a readout, from which a guess is odd."""


class Decoded(Struct, frozen=True):
    """A text, and how sure it is."""

    text: str
    encoding: str
    doubt: str | None = None
    """Why it may be wrong, as the end of a sentence that begins with the file's name."""


def decode(
    data: bytes, shown: str, *, given: str | None = None, declared: str | None = None
) -> Decoded:
    """Decode bytes by the encoding given, else by the best there is; InputError if none fits.

    `declared` is what the text says of itself; it must fit, and is passed over where it doesn't.
    """
    if given is not None:
        return _by_name(data, given, shown)
    for mark, marked in _MARKS:
        if data.startswith(mark):
            return Decoded(_strict(data[len(mark) :], marked, shown), marked)
    plain = b"\0" not in data and not _SEVEN_BITS.search(data)
    if plain and (text := _fits(data, "utf-8")) is not None:
        return Decoded(text, "utf-8")
    if _is_damaged_utf8(data):
        _strict(data, "utf-8", shown)  # which says where
    doubt = None
    if declared is not None and not _is_utf(declared):
        codec = _codec(declared)
        if codec is not None and (text := _fits(data, codec)) is not None:
            return Decoded(text, codec)
        doubt = f"says that it is {printable(declared)} and is not"
    return _guessed(data, shown, doubt)


def _by_name(data: bytes, given: str, shown: str) -> Decoded:
    try:
        codec = codecs.lookup(given).name
    except (LookupError, ValueError) as error:
        raise InputError(
            f"There is no encoding named {printable(given)!r}; "
            "name one such as utf-8, euc-kr or shift_jis."
        ) from error
    # The mark is no text, also where the caller has named the encoding that it marks.
    for mark, marked in _MARKS:
        if data.startswith(mark) and marked.startswith(codec):
            data, codec = data[len(mark) :], marked
            break
    try:
        return Decoded(_strict(data, codec, shown), codec)
    except LookupError as error:  # a codec such as hex, which decodes bytes to bytes
        raise InputError(
            f"{printable(given)!r} is no text encoding; "
            "name one such as utf-8, euc-kr or shift_jis."
        ) from error


def _strict(data: bytes, codec: str, shown: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        if b"\0" in data and "16" not in codec and "32" not in codec:
            raise _binary(shown) from error
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{shown} is not valid {codec.upper()} (line {line}, byte {error.start}); "
            "save it as UTF-8, or name its encoding with --encoding."
        ) from error
    except UnicodeError as error:  # some codecs, such as punycode, don't say where
        raise InputError(
            f"{shown} is not valid {codec.upper()}; save it as UTF-8, or name its encoding with "
            "--encoding."
        ) from error


def _binary(shown: str) -> InputError:
    return InputError(f"{shown} is binary, not text; give the readout as text, HTML, PDF or DOCX.")


def _fits(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError):
        return None


def _is_utf(name: str) -> bool:
    return name.lower().replace("-", "").replace("_", "").startswith("utf8")


def _codec(name: str) -> str | None:
    """Python's name of an encoding, or of the wider one that is written under this name."""
    try:
        codec = codecs.lookup(name.strip()).name
    except (LookupError, ValueError):
        return None
    return _WIDER.get(codec, codec)


def _is_damaged_utf8(data: bytes) -> bool:
    """UTF-8 but for a few bytes: any other encoding would make nonsense of it."""
    text = data.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    good = sum(char > "\x7f" for char in text) - wrong
    return b"\0" not in data and good >= _BROKEN * max(wrong, 1)


def _guessed(data: bytes, shown: str, doubt: str | None) -> Decoded:
    import chardet

    found = chardet.detect_all(
        data[:_SAMPLE],
        include_encodings=_GUESSED,
    )
    guesses = []
    for guess in found:
        codec = _codec(guess["encoding"]) if guess["encoding"] else None
        text = None if codec is None else _fits(data, codec)
        if codec is not None and text is not None and (b"\0" not in data or "utf" in codec):
            guesses.append((Decoded(text, codec), guess["confidence"], guess["language"]))
    if not guesses and b"\0" in data:
        raise _binary(shown)
    beyond = sum(byte > 0x7F for byte in data[:_SAMPLE])
    if not guesses or (guesses[0][1] < _LEAST and beyond >= _TELLING):
        raise InputError(
            f"The encoding of {shown} can't be told; save it as UTF-8, or name its encoding with "
            "--encoding."
        )
    best, confidence, tongue = guesses[0]
    rivals = [other.text for other, sure, _ in guesses[1:] if sure >= _RIVAL * confidence]
    few = 0 < beyond < _FEWEST
    if doubt is None and (few or _is_doubtful(best.text, confidence, tongue, rivals)):
        doubt = "does not say in which encoding it is"
    reading = doubt and f"{doubt}, and was read as {best.encoding}; if its words look wrong, name "
    return Decoded(
        best.text, best.encoding, f"{reading}the right one with --encoding" if reading else None
    )


def _is_doubtful(text: str, confidence: float, tongue: str | None, rivals: Sequence[str]) -> bool:
    if confidence < _LEAST or is_odd(text):
        return True
    said = language.detect(text)
    if tongue and said != language.UNKNOWN and said != _language(tongue):
        return True
    return any(rival != text and not is_odd(rival) for rival in rivals)


def _language(tag: str) -> str:
    try:
        return language.normalize_tag(tag)
    except InputError:
        return tag


def is_odd(text: str) -> bool:
    """Whether a text holds more than a few characters that wrong decoding leaves behind."""
    beyond = [char for char in text if char > "\x7f"]
    rare = sum(map(_is_rare, beyond)) + len(_CAPITAL_INSIDE.findall(text))
    return rare > _ODD * max(len(beyond), 1)


def _is_rare(char: str) -> bool:
    if "\u2500" <= char <= "\u259f" or char in "¤¦¨¬¯´¸ƒ†‡ˆ˜‰":
        return True
    if "\uff61" <= char <= "\uff9f":  # half-width kana
        return True
    return unicodedata.category(char) in ("Cc", "Cn", "Co", "Cs")
