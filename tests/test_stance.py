"""Claims that can't both be right for what they say of who speaks, how strongly and how far."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readout_diff.conflicts.speech import Speech, speeches
from readout_diff.conflicts.stance import Clash, clashes, features

CASES = json.loads((Path(__file__).parent / "cases" / "speech_pairs.json").read_text("utf-8"))
LIKELY = 0.4
"""A clash of this confidence is meant to be one."""


def read(side: dict[str, str], other: str) -> Speech:
    whole = [(0, len(side["text"]))]
    return speeches(side["text"], side["lang"], whole, whole, side["country"], other)[0]


def both(case: dict[str, Any]) -> tuple[Speech, Speech]:
    a, b = case["a"], case["b"]
    return read(a, b["country"]), read(b, a["country"])


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case,
            id=case["why"],
            marks=[pytest.mark.xfail(strict=True)] if case.get("fails") else [],
        )
        for case in CASES
    ],
)
def test_case(case: dict[str, Any]) -> None:
    found = clashes(*both(case))
    assert sorted(c.kind for c in found if c.confidence >= LIKELY) == sorted(case["kinds"])


def test_few_known_failures() -> None:
    assert len(CASES) >= 60
    assert sum(bool(case.get("fails")) for case in CASES) <= 0.03 * len(CASES)


def mirrored(clash: Clash) -> Clash:
    return Clash(clash.kind, clash.confidence, clash.b, clash.a)


SPEECHES = [speech for case in CASES for speech in both(case)]


@settings(max_examples=300, deadline=None)
@given(x=st.sampled_from(SPEECHES), y=st.sampled_from(SPEECHES))
def test_exchanged_sides_give_the_same(x: Speech, y: Speech) -> None:
    found = list(clashes(x, y))
    assert {c.kind: c.confidence for c in clashes(y, x)} == {c.kind: c.confidence for c in found}
    assert features(x, y) == features(y, x)
    for clash in found:
        assert 0 < clash.confidence <= 1
        for span, speech in ((clash.a, x), (clash.b, y)):
            assert 0 <= span[0] < span[1] <= speech.span[1]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["why"]))
def test_exchanged_sides_point_at_the_same_words(case: dict[str, Any]) -> None:
    x, y = both(case)
    assert [mirrored(clash) for clash in clashes(y, x)] == list(clashes(x, y))


def test_features_are_numbers_from_0_to_1_or_few() -> None:
    names = set(features(SPEECHES[0], SPEECHES[1]))
    for x, y in product(SPEECHES[::7], SPEECHES[1::7]):
        found = features(x, y)
        assert set(found) == names
        assert all(-1 <= value <= 2 for value in found.values())
