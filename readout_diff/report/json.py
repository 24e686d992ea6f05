"""The JSON report, schema 1: the comparison itself, from which every other format is made."""

from readout_diff.datamodel import Comparison


def render(comparison: Comparison, **_how_it_is_viewed: object) -> str:
    """The comparison as indented JSON with a final newline; it always holds everything."""
    return comparison.to_json()
