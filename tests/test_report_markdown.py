import html
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from readout_diff.datamodel import Comparison
from readout_diff.report.characters import clean
from readout_diff.report.markdown import escaped, render
from tests.comparisons import empty_comparison, one_claim
from tests.pages import SAMPLES, judged_comparison, saved

# As forges do, and with raw HTML shown as text, so that any that got through would be seen.
MARKDOWN = MarkdownIt("gfm-like", {"html": True, "linkify": False})


def cells(markdown: str) -> list[list[str]]:
    """The rows of all tables, as a reader sees them."""
    shown = MARKDOWN.render(markdown)
    rows = re.findall(r"<tr>(.*?)</tr>", shown, re.S)
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in rows]
    return [[html.unescape(cell) for cell in row] for row in found]


@pytest.mark.parametrize("name", SAMPLES.values())
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.md", render(saved(name)))


def test_golden_with_all_there_is(golden: Callable[[str, str], None]) -> None:
    golden("report.md", render(judged_comparison(), show_all=True))


def test_topics_conflicts_and_findings_are_tables() -> None:
    rows = cells(render(judged_comparison()))
    assert ["sea birds ★", "only Garam", "–", "b3"] in rows
    assert ["whales ★", "neither", "–", "–"] in rows
    assert ["students | exchange", "both", "a3", "b2"] in rows
    (partial,) = (row for row in rows if row[0] == "partly covered")
    assert partial[1] == "a3: 양측은 대학생 교류를 ⟦400명으로⟧ 늘리고,"
    assert partial[2] == "b2: 両外相は、大学生の交流を拡大することで一致しました。"
    assert partial[3:] == ["41 %", "severity 2: a number is missing; students | exchange"]
    (conflict,) = (row for row in rows if row[0] == "number, 88 %")
    assert "⟦세 차례⟧" in conflict[1]


def test_shared_claims_are_listed_on_demand(comparison: Comparison) -> None:
    both = "both say"
    assert not any(row[0] == both for row in cells(render(comparison)))
    assert sum(row[0] == both for row in cells(render(comparison, show_all=True))) == 3
    assert "Findings" not in render(empty_comparison())


@pytest.mark.parametrize(
    "text",
    [
        "a | b",
        "`code` and *stars* and _lines_ and ~~waves~~",
        "<b>bold</b> &amp; <script>alert(1)</script>",
        "[link](https://example.org) ![picture](x.png)",
        "US$5 and $6$",
        "back\\slash \\| pipe",
        "one\nand\r\nanother\n\nline",
    ],
)
def test_a_quote_is_shown_as_it_is(text: str) -> None:
    rows = cells(render(one_claim(text)))
    assert [f"a1: {clean(text)}"] == [row[1] for row in rows if row[0] == "only North"]


@given(st.text(min_size=1, max_size=100))
def test_any_text_is_one_cell(text: str) -> None:
    rows = cells(render(one_claim(text, name=text)))
    said = [row for row in rows if row[0].startswith("only ")]
    assert len(said) == 2
    assert {len(row) for row in said} == {5}
    shown = re.sub(r"\s", "", said[0][1])
    assert shown == re.sub(r"\s", "", f"a1:{clean(text)}")
    assert "\n" not in escaped(text)
