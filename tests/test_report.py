from pathlib import Path

import pytest

from readout_diff import report
from readout_diff.datamodel import Comparison
from readout_diff.report import FORMATS


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_gives_a_text_with_a_final_newline(
    comparison: Comparison, format: str
) -> None:
    text = report.render(comparison, format)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert report.render(comparison, format) == text


def test_every_format_is_one_file() -> None:
    folder = Path(report.__file__).parent
    for name, module in FORMATS.items():
        assert module == f"readout_diff.report.{name}"
        assert (folder / f"{name}.py").is_file()


def test_an_unknown_format_is_an_error(comparison: Comparison) -> None:
    with pytest.raises(KeyError):
        report.render(comparison, "pdf")
