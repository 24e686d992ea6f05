"""Characters of a readout, made harmless: readouts are untrusted and in any script."""

import re
import unicodedata
from functools import lru_cache

# Can reorder what comes after them, so that a reader sees other words than there are.
BIDI_CONTROLS = {
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
}
"""Their short names in Unicode, by which they are shown: ⟨RLO⟩."""
LINE_ENDS = frozenset("\n\r\v\f\x85\u2028\u2029")
_DROPPED = frozenset("\u00ad\ufeff")


@lru_cache(maxsize=1 << 12)
def harmless(char: str) -> str:
    """What stands for a character in one line of text: itself, unless it would act."""
    if char in LINE_ENDS or char.isspace():
        return char if char in "\u00a0\u202f\u3000" else " "
    if char in BIDI_CONTROLS:
        return f"⟨{BIDI_CONTROLS[char]}⟩"
    return "" if char in _DROPPED else pictured(char)


def pictured(char: str) -> str:
    """A character, or what stands for it where it is a control character or half of one."""
    if char < " ":
        return chr(0x2400 + ord(char))  # the picture of the control character
    if char == "\x7f":
        return "\u2421"
    return "\ufffd" if unicodedata.category(char) in ("Cc", "Cs") else char


def clean(text: str) -> str:
    """One line of text without anything that a reader's program would act on."""
    return re.sub(" +", " ", "".join(map(harmless, text))).strip()
