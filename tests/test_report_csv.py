import csv
import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readout_diff.datamodel import Comparison
from readout_diff.report.csv import COLUMNS, render
from tests.comparisons import one_claim
from tests.pages import SAMPLES, judged_comparison, saved


def rows(comparison: Comparison) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render(comparison), newline="")))


@pytest.mark.parametrize("name", SAMPLES.values())
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.csv", render(saved(name)))


def test_one_row_a_claim_with_all_that_is_known() -> None:
    comparison = judged_comparison()
    found = rows(comparison)
    assert [row["id"] for row in found] == [claim.id for claim in comparison.claims]
    assert tuple(found[0]) == COLUMNS
    by_id = {row["id"]: row for row in found}
    assert by_id["a3"] == {
        "id": "a3",
        "side": "a",
        "side_name": "Onnuri",
        "status": "partial",
        "absence": "0.41",
        "unsure": "no",
        "text": "양측은 대학생 교류를 400명으로 늘리고,",
        "missing": "400명으로",
        "matches": "b2",
        "speaker": "",
        "topics": "students | exchange",
        "severity_rank": "2",
        "severity_why": "a number is missing",
        "conflicts": "",
    }
    assert by_id["a1"]["conflicts"] == "number b1"
    assert by_id["b1"]["conflicts"] == "number a1"
    assert by_id["a4"]["unsure"] == "yes"
    assert by_id["b1"]["speaker"] == "カラム外相"
    assert by_id["b3"]["text"] == comparison.claim("b3").text


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1", "'+1"),
        ("-2 percent", "'-2 percent"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1+1", "'＝1+1"),
        (" \t=1", "' \t'=1"),
        ("agreed;=1+1", "agreed;'=1+1"),
        ('agreed; "=1', "agreed;' \"=1"),
        ("growth of 2-3 percent = good", "growth of 2-3 percent = good"),
    ],
)
def test_nothing_is_a_formula(text: str, cell: str) -> None:
    assert rows(one_claim(text, name=text))[0]["text"] == cell


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=60))
def test_any_text_is_read_back(text: str) -> None:
    found = rows(one_claim(text))[0]["text"]
    assert found.replace("'", "") == text.replace("'", "")
    assert found.lstrip(" \"'\t\r\n\v\f")[:1] not in ("=", "+", "-", "@") or found.startswith("'")
