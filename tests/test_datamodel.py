import json
import runpy
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readout_diff.datamodel import Comparison
from readout_diff.errors import InputError
from tests import comparisons
from tests.comparisons import one_claim

SCHEMA_FILE = Path(__file__).parents[1] / "docs" / "report.schema.json"


def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return loaded


def test_the_checked_in_schema_is_that_of_the_data_model() -> None:
    schema_text = runpy.run_path(str(SCHEMA_FILE.with_name("write_schema.py")))["schema_text"]
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), "run `make schema`"


def test_the_schema_is_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("make", [comparisons.comparison, comparisons.empty_comparison])
def test_reports_are_valid_against_the_schema(make: Any) -> None:
    jsonschema.Draft202012Validator(schema()).validate(json.loads(make().to_json()))


def test_json_loses_nothing(comparison: Comparison) -> None:
    text = comparison.to_json()
    assert Comparison.from_json(text) == comparison
    assert Comparison.from_json(text.encode()) == comparison
    assert Comparison.from_json(text).to_json() == text


@given(st.text(min_size=1))
def test_json_loses_no_character(text: str) -> None:
    made = one_claim(text)
    assert Comparison.from_json(made.to_json()) == made


def test_the_keys_are_those_of_the_contract(comparison: Comparison) -> None:
    report = json.loads(comparison.to_json())
    assert list(report) == [
        "schema", "tool", "created", "sides", "claims", "conflicts", "topics", "summary",
    ]  # fmt: skip
    assert list(report["tool"]) == ["name", "version", "encoder", "judge", "settings"]
    assert list(report["sides"]["a"]) == [
        "name", "path", "lang", "encoding", "title", "date", "office", "sha256", "text",
        "coverage", "sentences", "claims", "ignored",
    ]  # fmt: skip
    assert list(report["claims"][0]) == [
        "id", "side", "start", "end", "text", "sentence", "status", "absence", "matches",
        "missing", "unsure", "speaker", "topics", "severity",
    ]  # fmt: skip
    assert list(report["claims"][2]["missing"][0]) == ["start", "end", "text", "absence"]
    assert list(report["conflicts"][0]) == ["kind", "confidence", "a", "b"]
    assert list(report["topics"][0]) == ["id", "label", "a", "b", "presence", "watched"]
    assert list(report["summary"]) == ["shared", "partial", "only_a", "only_b", "conflicts"]


def test_offsets_are_code_points_of_the_side_text(comparison: Comparison) -> None:
    report = json.loads(comparison.to_json())
    for claim in report["claims"]:
        text = report["sides"][claim["side"]]["text"]
        assert text[claim["start"] : claim["end"]] == claim["text"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"schema": 0}', "not json", '{"schema": 1}', b"\xff\xfe", "null"],
)
def test_what_is_no_report_is_refused_in_one_sentence(text: str | bytes) -> None:
    with pytest.raises(InputError, match="not a readout-diff report of schema 1"):
        Comparison.from_json(text)


def test_a_probability_out_of_range_is_refused(comparison: Comparison) -> None:
    text = comparison.to_json().replace('"absence": 0.97', '"absence": 1.97')
    with pytest.raises(InputError, match=r"absence"):
        Comparison.from_json(text)


def test_claims_are_found_by_side_and_by_id(comparison: Comparison) -> None:
    assert [claim.id for claim in comparison.of("b")] == ["b1", "b2", "b3", "b4"]
    assert comparison.claim("a3").missing[0].text == "400명으로"
    with pytest.raises(KeyError):
        comparison.claim("a9")


@pytest.mark.parametrize("text", ['{"schema": 2}', '{"schema": 17, "claims": {}}'])
def test_a_report_of_a_newer_schema_asks_for_an_upgrade(text: str) -> None:
    with pytest.raises(InputError, match=r"^This report was made by a newer readout-diff; upgrade"):
        Comparison.from_json(text)


def test_reports_without_anything_or_with_one_claim_hold_together() -> None:
    for made in (comparisons.empty_comparison(), one_claim("It was said.")):
        assert Comparison.from_json(made.to_json()) == made


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("sides.a.text", "", "the text of claim a1 is not what stands at its place"),
        ("sides.b.claims", 5, "side b says it has 5 claims and has 4"),
        ("claims.1.start", 0, "the text of claim a2 is not"),
        ("claims.7.end", 10**6, "the text of claim b4 is not"),
        ("claims.1.text", "어업", "the text of claim a2 is not"),
        ("claims.1.side", "b", "side a says it has 4 claims and has 3"),
        ("claims.3.id", "a2", "two claims are called a2"),
        ("claims.0.matches.0.id", "b9", "claim a1 matches b9, which is no claim of the other side"),
        ("claims.0.matches.0.id", "a2", "claim a1 matches a2, which is no claim of the other side"),
        ("claims.2.missing.0.text", "사백", "the missing words of claim a3 are not"),
        ("claims.2.missing.0.end", 0, "the missing words of claim a3 are not"),
        ("conflicts.0.a.claim", "b1", "a conflict is about b1, which is no claim of side a"),
        ("conflicts.0.b.start", 0, "the words of b1 in a conflict are not"),
        ("claims.1.status", "shared", "the summary counts 3 of shared where there are 4"),
        ("summary.partial", 0, "the summary counts 0 of partial where there are 1"),
        ("summary.only_b", 0, "the summary counts 0 of only_b where there are 2"),
        ("summary.conflicts", 2, "the summary counts 2 of conflicts where there are 1"),
    ],
)
def test_a_report_that_does_not_hold_together_is_refused(
    comparison: Comparison, path: str, value: object, says: str
) -> None:
    report = json.loads(comparison.to_json())
    *parents, last = (int(key) if key.isdigit() else key for key in path.split("."))
    place = report
    for key in parents:
        place = place[key]
    place[last] = value
    with pytest.raises(InputError) as caught:
        Comparison.from_json(json.dumps(report))
    message = str(caught.value)
    assert message.startswith(f"This report does not hold together: {says}")
    assert message.endswith("; make it again with `readout-diff diff --format json`.")
    assert "\n" not in message
