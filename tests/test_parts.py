"""Long readouts, judged part by part: nearly what the whole would give, and nothing left out."""

import importlib
from pathlib import Path

import pytest

from readout_diff import Comparison, compare, from_text
from readout_diff.embed.bundled import BundledEncoder
from readout_diff.load import load_pair
from tests.fake_encoder import HashEncoder

# The module: the package's `compare` is the function.
PIPELINE = importlib.import_module("readout_diff.findings")
SAMPLE = Path("samples/2025-06-kor-jpn-call")


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every readout is long."""
    monkeypatch.setattr(PIPELINE, "MOST_PAIRS", 0)


def statuses(found: Comparison) -> dict[str, str]:
    return {claim.id: claim.status for claim in found.claims}


def test_parts_say_what_the_whole_says(
    bundled: BundledEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = load_pair(SAMPLE / "seoul.ko.txt", SAMPLE / "tokyo.ja.txt")
    whole = compare(a, b, encoder=bundled)
    monkeypatch.setattr(PIPELINE, "MOST_PAIRS", 0)
    parted = compare(a, b, encoder=bundled)
    assert parted.tool == whole.tool
    said, known = statuses(parted), statuses(whole)
    assert said.keys() == known.keys()
    assert sum(said[claim] == known[claim] for claim in said) >= 0.85 * len(said)
    assert [c.a.claim for c in parted.conflicts] == [c.a.claim for c in whole.conflicts]


@pytest.mark.usefixtures("in_parts")
def test_parts_are_each_other_s_mirror() -> None:
    a, b = load_pair(SAMPLE / "seoul.ko.txt", SAMPLE / "tokyo.ja.txt")
    one, other = (compare(*pair, encoder=HashEncoder()) for pair in ((a, b), (b, a)))
    turned = {claim.id.translate(str.maketrans("ab", "ba")): claim for claim in other.claims}
    for claim in one.claims:
        mirrored = turned[claim.id]
        assert (claim.status, claim.absence) == (mirrored.status, mirrored.absence)
        assert [m.similarity for m in claim.matches] == [m.similarity for m in mirrored.matches]


def test_a_long_readout_is_judged_to_its_end() -> None:
    lines = [f"The two sides agreed to open harbour number {n} in May." for n in range(420)]
    alone = [f"The minister visited lighthouse number {n}." for n in range(30)]
    a, b = from_text("\n".join([*lines, *alone])), from_text("\n".join(lines))
    shares: list[float] = []
    found = compare(
        a,
        b,
        encoder=HashEncoder(),
        progress=lambda stage, share: shares.append(share) if stage == "judging" else None,
    )
    known = statuses(found)
    assert len(known) == 870
    assert sum(known[f"a{n + 1}"] == "only" for n in range(420, 450)) >= 25
    assert sum(known[f"b{n + 1}"] == "only" for n in range(420)) <= 20
    assert shares == sorted(shares)
    assert len(shares) > 5
