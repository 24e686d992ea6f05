"""Topics of claims: with an encoder that the classifier doesn't know, and with the bundled one."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from readout_diff import Comparison, compare, load
from readout_diff.datamodel import Topic
from readout_diff.embed.bundled import BundledEncoder
from readout_diff.errors import InputError
from readout_diff.topics.find import questions
from tests.fake_encoder import HashEncoder

CALL = Path(__file__).parents[1] / "samples" / "2025-06-kor-jpn-call"
NORTH = "The ministers spoke about tariffs on steel. They hailed the new lighthouse at Cape Orlan."
SOUTH = "The ministers spoke about tariffs on steel. The minister thanked her hosts for the soup."


def compared(watch: Sequence[str] = (), topics: Path | None = None) -> Comparison:
    return compare(
        NORTH, SOUTH, encoder=HashEncoder(), lang_a="en", lang_b="en", watch=watch, topics=topics
    )


def topic(found: Comparison, name: str) -> Topic:
    (one,) = (topic for topic in found.topics if topic.id == name)
    return one


def test_a_topic_is_found_by_its_terms_with_any_encoder() -> None:
    found = compared()
    assert topic(found, "tariffs").presence == "both"
    assert topic(found, "tariffs").a == ("a1",)
    assert not topic(found, "tariffs").watched
    assert found.claims[0].topics.index("tariffs") < found.claims[0].topics.index("trade")


def test_what_is_watched_is_answered_for_and_comes_first() -> None:
    found = compared(["lighthouse", "comfort women", "tariffs", "lighthouse"])
    first = [(each.id, each.presence, each.watched) for each in found.topics[:3]]
    assert first == [
        ("lighthouse", "a", True),
        ("comfort-women", "neither", True),
        ("tariffs", "both", True),
    ]
    assert not any(each.watched for each in found.topics[3:])
    severity = found.claim("a2").severity
    assert severity is not None
    assert (severity.rank, severity.why) == (1, "watched: lighthouse")


def test_what_is_watched_may_be_written_like_a_term() -> None:
    assert topic(compared(["lighthouse* + cape"]), "lighthouse-cape").presence == "a"


def test_a_file_of_topics_adds_to_the_built_in_ones(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[lights]\nlabel = "Lights"\nterms.en = ["lighthouse*"]\n', "utf-8")
    found = compared(topics=file)
    assert topic(found, "lights").a == ("a2",)
    assert topic(found, "tariffs").presence == "both"


@pytest.mark.parametrize("watch", ["", "  ", "?!", "+"])
def test_words_without_letters_are_refused(watch: str) -> None:
    with pytest.raises(InputError, match="no letters"):
        questions(watch=[watch])


def test_the_abductions_are_only_in_tokyos(bundled: BundledEncoder) -> None:
    found = compare(
        load(CALL / "seoul.ko.txt"),
        load(CALL / "tokyo.ja.txt"),
        encoder=bundled,
        watch=["abductions", "comfort women", "拉致被害者", "hijacking of a space station"],
    )
    assert [each.presence for each in found.topics[:4]] == ["b", "neither", "b", "neither"]
    assert topic(found, "abductions").b
    ranks = sorted(claim.severity.rank for claim in found.claims if claim.severity)
    assert ranks == list(range(1, len(ranks) + 1))
    assert all((claim.severity is None) == (claim.status == "shared") for claim in found.claims)
