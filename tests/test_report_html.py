"""The page as text; what it does in a browser is in test_report_page.py."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from readout_diff.datamodel import Comparison, Match
from readout_diff.report.html import render
from tests.comparisons import empty_comparison, one_claim
from tests.pages import RIGHT_TO_LEFT, SAMPLES, judged_comparison, saved


class _Reader(HTMLParser):
    """What a browser would make of a page: its tags, and the text under each id."""

    VOID = frozenset({"meta", "link", "input", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str | None]] = []
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.texts: dict[str, str] = {}
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.attributes |= set(given)
        for name in ("href", "src"):
            if given.get(name):
                self.links.append(str(given[name]))
        if id := given.get("id"):
            assert id not in self.texts, id
            self.texts[id] = ""
        if tag not in self.VOID:
            self.open.append((tag, given.get("id")))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for _, id in self.open:
            if id:
                self.texts[id] += data


def scrubbed(page: str) -> str:
    """A page without what is written in files of its own."""
    page = re.sub(r"<style>.*?</style>", "<style>…</style>", page, flags=re.S)
    page = re.sub(r"<script>.*?</script>", "<script>…</script>", page, flags=re.S)
    return re.sub(r"sha256-[A-Za-z0-9+/=]{44}", "sha256-…", page)


@pytest.mark.parametrize("name", SAMPLES.values())
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.html", scrubbed(render(saved(name))))


def test_golden_with_topics(golden: Callable[[str, str], None]) -> None:
    golden("page.html", scrubbed(render(judged_comparison())))


@pytest.mark.parametrize(
    "comparison", [judged_comparison(), empty_comparison(), saved(RIGHT_TO_LEFT)]
)
def test_it_is_well_formed_and_fetches_nothing(comparison: Comparison) -> None:
    read = _Reader(render(comparison))
    assert [link for link in read.links if not link.startswith(("#", "data:"))] == []
    assert [name for name in read.attributes if name.startswith("on") or name == "style"] == []
    ids = {f"#{id}" for id in read.texts}
    assert [link for link in read.links if link.startswith("#") and link not in ids] == []
    assert read.tags.count("script") == 2


def test_every_claim_stands_once_in_its_text(comparison: Comparison) -> None:
    read = _Reader(render(comparison))
    for claim in comparison.claims:
        assert read.texts[claim.id] == claim.text
        side = comparison.sides.a if claim.side == "a" else comparison.sides.b
        assert side.text.split("\n")[0] in read.texts[f"pane-{claim.side}"]


def test_missing_words_and_clashing_words_are_marked() -> None:
    page = render(judged_comparison())
    assert '<mark class="missing">400명으로</mark>' in page
    assert '<mark class="clash">세 차례</mark>' in page
    overlapping = render(saved(SAMPLES["ko-ja"]))
    assert '<mark class="clash missing">25분</mark><mark class="clash"> 동안</mark>' in overlapping


def test_watched_topics_come_first_and_say_who_mentions_them() -> None:
    page = render(judged_comparison())
    table = page[page.index('<section id="topics"') : page.index('<section id="conflicts"')]
    rows = re.findall(r'<tr class="(.*?)">', table)
    assert rows == ["b watched", "neither watched", "both", "a"]
    assert "only Garam" in table
    assert "neither" in table
    assert "topics-head" not in render(empty_comparison())


def test_severity_and_speaker_are_said_where_they_are_known() -> None:
    page = render(judged_comparison())
    assert "Severity 1: a watched topic that only Garam mentions: sea birds" in page
    assert 'value="severity"' in page
    assert 'value="severity"' not in render(empty_comparison())


def test_each_text_says_its_language_and_direction() -> None:
    page = render(saved(RIGHT_TO_LEFT))
    assert '<div class="text" lang="en" dir="ltr">' in page
    assert '<div class="text" lang="ar" dir="rtl">' in page
    assert 'lang="zh-Hans"' in render(one_claim("两国部长谈及渔业协议。", lang="zh"))
    assert 'lang="zh-Hant"' in render(one_claim("兩國部長談及漁業協議。", lang="zh"))
    assert '<div class="text" lang="" dir="ltr">' in render(one_claim("It was said.", lang="und"))


def test_folders_of_a_path_are_not_shown(comparison: Comparison) -> None:
    for path in ("/home/jo/secret/onnuri.ko.txt", "C:\\Users\\jo\\secret\\onnuri.ko.txt"):
        sides = comparison.sides
        there = replace(comparison, sides=replace(sides, a=replace(sides.a, path=path)))
        page = render(there)
        assert "onnuri.ko.txt" in page
        assert "secret" not in page


def test_ids_that_are_no_anchors_are_given_some(comparison: Comparison) -> None:
    first, *rest = comparison.claims
    odd = 'data" onclick="x'
    back = replace(rest[3], matches=(Match(odd, 0.9),))
    claims = (replace(first, id=odd), *rest[:3], back, *rest[4:])
    page = render(replace(comparison, claims=claims, conflicts=()))
    read = _Reader(page)
    assert "onclick" not in read.attributes
    assert read.texts["claim-1"] == first.text
    assert page.count('href="#claim-1"') >= 2


def test_unknown_ids_in_a_report_do_not_break_it(comparison: Comparison) -> None:
    first, second, third, *rest = comparison.claims
    third = replace(third, matches=(Match("b99", 0.5),), topics=("unheard",))
    assert "unheard" in render(replace(comparison, claims=(first, second, third, *rest)))
    assert render(replace(comparison, claims=()))


def test_claims_that_overlap_lose_no_word(comparison: Comparison) -> None:
    first, *rest = comparison.claims
    side = comparison.sides.a
    longer = replace(first, end=first.end + 5, text=side.text[first.start : first.end + 5])
    read = _Reader(render(replace(comparison, claims=(longer, *rest))))
    assert read.texts["a1"] == longer.text
    assert "".join(rest[0].text.split())[4:] in "".join(read.texts["a2"].split())


def test_data_can_not_end_the_script() -> None:
    page = render(one_claim("</script><script>", name="</script>"))
    data = page[page.index('id="data">') + 10 :]
    data = data[: data.index("</script>")]
    assert json.loads(data)["sides"]["a"]["name"] == "</script>"
    assert "<" not in data


@given(st.text(min_size=1, max_size=200))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    page = render(one_claim(text, name=text))
    read = _Reader(page)
    assert read.tags.count("script") == 2
    assert "\u202e" not in page

    def letters(said: str) -> str:
        return "".join(char for char in said if char.isalnum())

    if not re.search("[\u202a-\u202e\u2066-\u2069]", text):
        assert letters(read.texts["a1"]) == letters(text)
