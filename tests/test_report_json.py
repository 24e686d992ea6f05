from collections.abc import Callable

import pytest

from readout_diff import report
from readout_diff.datamodel import Comparison
from readout_diff.report import json as json_report
from tests.pages import REPORTS, RIGHT_TO_LEFT, SAMPLES


def test_golden(comparison: Comparison, golden: Callable[[str, str], None]) -> None:
    golden("report.json", report.render(comparison, "json"))


@pytest.mark.parametrize("name", [*SAMPLES.values(), RIGHT_TO_LEFT])
def test_a_saved_report_is_given_back_byte_for_byte(name: str) -> None:
    text = (REPORTS / f"{name}.json").read_bytes().decode()
    assert report.render(Comparison.from_json(text), "json") == text


def test_it_is_the_comparison_whatever_the_view(comparison: Comparison) -> None:
    text = report.render(comparison, "json", width=20, color=True, show_all=True)
    assert text == json_report.render(comparison) == comparison.to_json()
    assert Comparison.from_json(text) == comparison


def test_letters_are_written_as_they_are(comparison: Comparison) -> None:
    assert "어업 협정" in json_report.render(comparison)
