"""Why two claims are in conflict, in one plain sentence of the report's and both sides' words."""

from readout_diff.datamodel import Conflict, ConflictKind

_LONGEST = 48
"""Characters of a side's words before they are cut."""
_SENTENCES: dict[ConflictKind, str] = {
    "number": "{a} gives {x}, {b} gives {y}",
    "date": "{a} dates it {x}, {b} dates it {y}",
    "name": "{a} names {x}, {b} names {y}",
    "attribution": "{a} has it from {x}, {b} has it from {y}",
    "stance": "{a} says {x}, {b} says {y}: not equally firm",
    "polarity": "{a} says {x}, {b} says {y}: the one denies the other",
    "scope": "{a} says {x}, {b} says {y}: not equally far",
}


def reason(conflict: Conflict, name_a: str, name_b: str) -> str:
    """The sentence, without a full stop; what the sides say is quoted, cut where it is long."""
    return _SENTENCES[conflict.kind].format(
        a=name_a, b=name_b, x=_quoted(conflict.a.text), y=_quoted(conflict.b.text)
    )


def _quoted(words: str) -> str:
    words = " ".join(words.split())
    return f"“{words if len(words) <= _LONGEST else words[: _LONGEST - 1].rstrip() + '…'}”"
