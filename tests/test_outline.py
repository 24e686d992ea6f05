import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from readout_diff.datamodel import Comparison
from readout_diff.report.outline import Outline, kind_of, names
from tests.comparisons import one_claim
from tests.pages import judged_comparison


def test_every_claim_is_of_one_kind(comparison: Comparison) -> None:
    outline = Outline(comparison)
    kinds = {claim.id: kind_of(claim) for claim in comparison.claims}
    assert kinds["a4"] == "close"
    partial = replace(comparison.claim("a3"), unsure=True)
    assert kind_of(partial) == "partial"
    assert {claim.id for claim in outline.of("only")} == {"a2", "b3", "b4"}
    assert {claim.id for claim in outline.of("only", "b")} == {"b3", "b4"}
    assert sum(n for n, what in outline.counts() if what != "in conflict") == len(kinds)


def test_labels_say_what_is_likelier(comparison: Comparison) -> None:
    outline = Outline(comparison)
    labels = {claim.id: outline.label(claim) for claim in comparison.claims}
    assert labels["a2"] == "only Onnuri"
    assert labels["a3"] == "partly covered"
    assert labels["a4"] == "too close to call, probably only Onnuri"
    assert labels["b1"] == "both say"
    shared = replace(comparison.claim("b1"), unsure=True)
    assert outline.label(shared) == "too close to call, probably both"


def test_watched_topics_come_first_and_keep_their_order() -> None:
    topics = Outline(judged_comparison()).topics
    assert [topic.id for topic in topics] == ["birds", "whales", "exchange", "fisheries"]
    presence = [Outline(judged_comparison()).present(topic.presence) for topic in topics]
    assert presence == ["only Garam", "neither", "both", "only Onnuri"]


@given(st.lists(st.sampled_from(["a", "語", " ", "\n", "\r\n", "\r"]), min_size=1).map("".join))
def test_a_place_is_what_an_editor_shows(before: str) -> None:
    text = f"{before}\nThe ministers met."
    comparison = one_claim(text)
    claim = replace(comparison.claims[0], start=len(before) + 1)
    lines = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    # A lone carriage return at the end and the line end after it are one line end.
    line = len(lines) + (not before.endswith("\r"))
    assert Outline(comparison).place(claim) == (line, 1)


@pytest.mark.parametrize(
    ("text", "speaker", "found"),
    [("He said I may go.", "I", True), ("It may go.", "I", False), ("カラム外相は", "外相", True)],
)
def test_a_speaker_is_named_as_a_word(text: str, speaker: str, found: bool) -> None:
    assert names(text, speaker) == found
