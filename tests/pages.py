"""Comparisons for tests of the formats for readers: with topics, saved from samples, and large."""

from functools import cache
from pathlib import Path

from msgspec.structs import replace

from readout_diff.datamodel import (
    Claim,
    Comparison,
    Match,
    Missing,
    Readout,
    Severity,
    Side,
    SideKey,
    Sides,
    Status,
    Summary,
    Tool,
    Topic,
)
from tests.comparisons import comparison

REPORTS = Path(__file__).parent / "reports"
SAMPLES = {"ko-ja": "2025-06-kor-jpn-call", "en-zh": "2023-11-usa-chn-woodside"}
"""Saved reports on two of the samples; topics and severity were put in by hand."""
RIGHT_TO_LEFT = "2022-07-usa-sau-jeddah"


@cache
def saved(name: str) -> Comparison:
    return Comparison.from_json((REPORTS / f"{name}.json").read_bytes())


def judged_comparison() -> Comparison:
    """The comparison made by hand, with topics of every presence and with severity."""
    found = comparison()
    topics = (
        Topic("exchange", "students | exchange", ("a3",), ("b2",), "both", watched=False),
        Topic("fisheries", "fisheries", ("a2",), (), "a", watched=False),
        Topic("birds", "sea birds", (), ("b3",), "b", watched=True),
        Topic("whales", "whales", (), (), "neither", watched=True),
    )
    of = {id: topic.id for topic in topics for id in topic.a + topic.b}
    severity = {
        "b3": Severity(1, "a watched topic that only Garam mentions: sea birds"),
        "a3": Severity(2, "a number is missing"),
        "a2": Severity(3, "a wish"),
    }
    claims = tuple(
        replace(
            claim,
            topics=(of[claim.id],) if claim.id in of else (),
            severity=severity.get(claim.id),
            speaker="カラム外相" if claim.id == "b1" else claim.speaker,
        )
        for claim in found.claims
    )
    return replace(found, claims=claims, topics=topics)


def large_comparison(n: int) -> Comparison:
    """A comparison of `n` claims a side, of every status, in paragraphs of four."""
    sides: list[Side] = []
    claims: list[Claim] = []
    keys: tuple[SideKey, SideKey] = ("a", "b")
    statuses: tuple[Status, ...] = ("shared", "only", "partial", "shared")
    for key, name in zip(keys, ("North", "South"), strict=True):
        text = ""
        for i in range(n):
            words = f"The {name} said in point {i} that lighthouse {i} needs {i % 9} lamps."
            status = statuses[i % 4]
            start = len(text)
            at = start + words.index("needs")
            other = "b" if key == "a" else "a"
            gap = Missing(at, at + 5, "needs", 0.8)
            claims.append(
                Claim(
                    id=f"{key}{i + 1}",
                    side=key,
                    start=start,
                    end=start + len(words),
                    text=words,
                    sentence=i,
                    status=status,
                    absence=0.9 if status == "only" else 0.1,
                    matches=() if status == "only" else (Match(f"{other}{i + 1}", 0.9),),
                    missing=(gap,) if status == "partial" else (),
                )
            )
            text += words + ("\n\n" if i % 4 == 3 else " ")
        coverage = sum({"shared": 1.0, "partial": 0.5, "only": 0.0}[s] for s in statuses) / 4
        readout = Readout(text, "en", name)
        sides.append(
            Side(
                name=name,
                path=None,
                lang="en",
                encoding=None,
                title=None,
                date=None,
                office=None,
                sha256=readout.sha256,
                text=text,
                coverage=coverage,
                sentences=n,
                claims=n,
                ignored=(),
            )
        )
    counted = [claim.status for claim in claims]
    return Comparison(
        schema=1,
        tool=Tool("readout-diff", "0.1.0", "hash-64", "by hand"),
        created="2026-01-02T03:04:05Z",
        sides=Sides(*sides),
        claims=tuple(claims),
        conflicts=(),
        topics=(),
        summary=Summary(
            shared=counted.count("shared"),
            partial=counted.count("partial"),
            only_a=counted.count("only") // 2,
            only_b=counted.count("only") // 2,
            conflicts=0,
        ),
    )
