"""How much it matters to a reader that the other side lacks a claim, or part of it.

Watched topics come first, then policy, then courtesies; among equals, what is the surer to be
lacking.
"""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from readout_diff.datamodel import Claim, Severity
from readout_diff.topics.catalogue import Entry

_WATCHED, _POLICY, _COURTESY = range(3)
_NAMES = {_WATCHED: "watched", _POLICY: "policy", _COURTESY: "courtesy"}


def with_severity(
    claims: Sequence[Claim], entries: Mapping[str, Entry], watched: Sequence[str]
) -> tuple[Claim, ...]:
    """The claims, those that the other side lacks, or in part, with their rank among them.

    `entries` has the topics of the claims by id, `watched` the ids that the reader asked for.
    """
    found = {
        claim.id: _tier(claim, entries, frozenset(watched))
        for claim in claims
        if claim.status != "shared"
    }
    ranked = sorted(
        (claim for claim in claims if claim.id in found),
        key=lambda claim: (found[claim.id][0], -lacking(claim)),
    )
    ranks = {claim.id: rank for rank, claim in enumerate(ranked, 1)}
    return tuple(
        replace(claim, severity=Severity(ranks[claim.id], found[claim.id][1]))
        if claim.id in found
        else claim
        for claim in claims
    )


def lacking(claim: Claim) -> float:
    """The share of a claim's letters that the other side probably lacks, 0 to 1."""
    if claim.status != "partial":
        return claim.absence
    inside = sum((gap.end - gap.start) * gap.absence for gap in claim.missing)
    outside = claim.end - claim.start - sum(gap.end - gap.start for gap in claim.missing)
    return (inside + outside * claim.absence) / max(claim.end - claim.start, 1)


def _tier(claim: Claim, entries: Mapping[str, Entry], watched: frozenset[str]) -> tuple[int, str]:
    """Where a claim stands before absence is looked at, and why."""
    for topic in claim.topics:
        if topic in watched:
            return _said(_WATCHED, [entries[topic]])
    policy = [entries[topic] for topic in claim.topics if not entries[topic].courtesy]
    if policy or not claim.topics:
        return _said(_POLICY, policy)
    return _said(_COURTESY, [entries[topic] for topic in claim.topics])


def _said(tier: int, about: Sequence[Entry]) -> tuple[int, str]:
    return tier, ": ".join((_NAMES[tier], *(entry.name for entry in about[:1])))
