"""The second half of the pipeline; what comes of both halves is in test_compare."""

from readout_diff import compare
from readout_diff.datamodel import Comparison
from readout_diff.findings import mirrored
from tests.rich_encoder import HashRichEncoder

NORTH = "The ministers met on 4 May. They agreed on 30 boats and on a quota for eels."
SOUTH = "The ministers met on 5 May. They agreed on 20 boats. The lighthouse was not mentioned."


def test_a_mirror_image_of_a_mirror_image_is_the_report(comparison: Comparison) -> None:
    assert comparison.conflicts
    assert comparison.topics
    assert mirrored(comparison) != comparison
    assert mirrored(mirrored(comparison)) == comparison


def test_counts_and_coverage_are_those_of_the_claims() -> None:
    found = compare(NORTH, SOUTH, encoder=HashRichEncoder(), lang_a="en", lang_b="en")
    for key, side, lacking in (
        ("a", found.sides.a, found.summary.only_a),
        ("b", found.sides.b, found.summary.only_b),
    ):
        statuses = [claim.status for claim in found.claims if claim.side == key]
        assert statuses.count("only") == lacking
        conveyed = statuses.count("shared") + statuses.count("partial") / 2
        assert side.coverage == round(conveyed / len(statuses), 4)
    everything = [claim.status for claim in found.claims]
    assert found.summary.shared == everything.count("shared")
    assert found.summary.partial == everything.count("partial")
    assert Comparison.from_json(found.to_json()) == found
