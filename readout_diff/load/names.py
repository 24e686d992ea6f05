"""What reports call the two sides."""

import re
from pathlib import Path

from msgspec.structs import replace

from readout_diff.datamodel import Readout

# What comes after a file's name: an extension, and perhaps a language tag before it.
_EXTENSIONS = re.compile(r"(\.[a-z]{2,3}(-[a-z0-9]{2,8})*)?\.[a-z][a-z0-9]{0,7}$", re.IGNORECASE)


def name_of(path: str) -> str:
    """A name for a side from its file's name: `seoul.ko.txt` is "Seoul"."""
    file = Path(path).name
    return side_name(_EXTENSIONS.sub("", file) or file)


def side_name(stem: str) -> str:
    """How reports call a side: `south-korea` is "South korea"."""
    words = " ".join(stem.replace("_", " ").replace("-", " ").split()) or stem
    return words[:1].upper() + words[1:]


def distinct_names(a: Readout, b: Readout) -> tuple[Readout, Readout]:
    """The two readouts, renamed where a reader couldn't tell them apart by name.

    Sides without a name are called "A" and "B", by their place.
    `korea/readout.txt` and `japan/readout.txt` become "Readout (korea)" and "Readout (japan)".
    """
    a = a if a.name else replace(a, name="A")
    b = b if b.name else replace(b, name="B")
    if a.name.casefold() != b.name.casefold():
        return a, b
    for tell in (_folder, _extension, _language):
        in_a, in_b = tell(a), tell(b)
        if in_a and in_b and in_a != in_b:
            break
    else:
        in_a, in_b = "A", "B"
    return (
        replace(a, name=f"{a.name} ({in_a})"),
        replace(b, name=f"{b.name} ({in_b})"),
    )


def _folder(readout: Readout) -> str:
    return Path(readout.path).parent.name if readout.path else ""


def _extension(readout: Readout) -> str:
    return Path(readout.path).suffix if readout.path else ""


def _language(readout: Readout) -> str:
    return readout.lang
