from msgspec.structs import replace

from readout_diff.datamodel import Claim, Missing, Status
from readout_diff.topics.catalogue import built_in
from readout_diff.topics.severity import lacking, with_severity

ENTRIES = built_in().entries


def claim(number: int, status: Status, absence: float, *topics: str) -> Claim:
    return Claim(
        id=f"a{number}",
        side="a",
        start=0,
        end=10,
        text="ten signs.",
        sentence=0,
        status=status,
        absence=absence,
        topics=topics,
    )


def ranks(*claims: Claim, watched: tuple[str, ...] = ()) -> list[int | None]:
    found = with_severity(claims, ENTRIES, watched)
    return [each.severity.rank if each.severity else None for each in found]


def test_watched_before_policy_before_courtesy_before_absence() -> None:
    claims = (
        claim(1, "only", 0.99, "thanks"),
        claim(2, "only", 0.6, "tariffs", "trade"),
        claim(3, "only", 0.8),
        claim(4, "only", 0.5, "abductions", "north-korea"),
        claim(5, "shared", 0.1, "abductions"),
    )
    assert ranks(*claims) == [4, 2, 1, 3, None]
    assert ranks(*claims, watched=("abductions",)) == [4, 3, 2, 1, None]


def test_a_courtesy_about_policy_is_policy() -> None:
    thanks = claim(1, "only", 0.9, "thanks", "ukraine")
    (found,) = with_severity([thanks], ENTRIES, ())
    assert found.severity is not None
    assert found.severity.why == "policy: War in Ukraine"


def test_why_names_the_topic() -> None:
    found = with_severity(
        [claim(1, "only", 0.9, "taiwan"), claim(2, "only", 0.9, "thanks"), claim(3, "only", 0.9)],
        ENTRIES,
        ("taiwan",),
    )
    assert [each.severity and each.severity.why for each in found] == [
        "watched: Taiwan",
        "courtesy: Thanks and greetings",
        "policy",
    ]


def test_a_partial_claim_counts_by_its_missing_letters() -> None:
    half = replace(claim(1, "partial", 0.1), missing=(Missing(0, 5, "ten s", 0.9),))
    assert lacking(half) == 0.5 * 0.9 + 0.5 * 0.1
    assert ranks(half, claim(2, "only", 0.8)) == [2, 1]
