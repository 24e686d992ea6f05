"""The nouns of a batch: what there is to compare, before anything is read."""

from msgspec import Struct


class Source(Struct, frozen=True):
    """Where one side's readout is, and what is known of it beforehand."""

    side: str
    """Tells the sides of a meeting apart: `seoul`."""
    path: str
    """Relative to the folder, with `/` between its parts."""
    name: str
    """How reports call the side: "Seoul"."""
    lang: str | None = None
    """Language tag; None where it is to be detected."""
    office: str | None = None
    date: str | None = None


class Pair(Struct, frozen=True):
    """Two readouts of one meeting that are to be compared."""

    key: str
    """File of its report in the output folder, without the ending: `call`, `summit/seoul--tokyo`.
    """
    a: Source
    b: Source


class Meeting(Struct, frozen=True):
    """A meeting and all its pairs; more than one where three sides or more have a readout."""

    name: str
    file: str
    """Its file in the output folder, without the ending."""
    pairs: tuple[Pair, ...]


class LeftOut(Struct, frozen=True):
    """What is compared with nothing, and why."""

    what: str
    """A meeting, or a path in the folder."""
    why: str
    failed: bool
    """Whether a meeting is lost by it; a file that is no readout loses none."""
