"""The sentence that says why two claims are in conflict."""

from typing import get_args

import pytest

from readout_diff.datamodel import Conflict, ConflictKind, ConflictSide
from readout_diff.report.reason import reason


def conflict(kind: ConflictKind, x: str, y: str) -> Conflict:
    sides = (ConflictSide(claim, 0, len(words), words) for claim, words in (("a1", x), ("b1", y)))
    return Conflict(kind, 0.9, *sides)


@pytest.mark.parametrize("kind", get_args(ConflictKind))
def test_every_kind_names_both_sides_and_quotes_both(kind: ConflictKind) -> None:
    said = reason(conflict(kind, "25분", "約40分間"), "Seoul", "Tokyo")
    assert said.index("Seoul") < said.index("“25분”") < said.index("Tokyo")
    assert said.index("Tokyo") < said.index("“約40分間”")


def test_kinds_are_told_apart() -> None:
    kinds = get_args(ConflictKind)
    assert len({reason(conflict(kind, "x", "y"), "A", "B") for kind in kinds}) == len(kinds)


def test_long_words_are_cut_and_lines_joined() -> None:
    said = reason(conflict("number", "word " * 40, "two\n lines"), "A", "B")
    assert "…”" in said
    assert "“two lines”" in said
    assert len(said) < 120
