"""The nouns: what a readout is, what a comparison found, and the JSON report they make.

Frozen structs of msgspec with tuples, as values are in the other modules: to make such a class
takes far less than a dataclass, and there are a hundred at every start. A field is documented by
the literal below it; `msgspec.structs` has `asdict` and `replace` for them. All
offsets are Unicode code points into the readout's text, end exclusive. `Comparison` is the JSON
report, schema 1, field by field: `to_json` and `from_json` lose nothing, and
`docs/report.schema.json` is generated from these classes.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Struct, field

from readout_diff.errors import InputError

SCHEMA = 1

SideKey = Literal["a", "b"]
Status = Literal["shared", "partial", "only"]
ConflictKind = Literal["number", "date", "name", "attribution", "stance", "polarity", "scope"]
CONFLICT_KINDS: tuple[ConflictKind, ...] = get_args(ConflictKind)
Presence = Literal["both", "a", "b", "neither"]

Probability = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Setting = str | int | float | bool | None


class Span(Struct, frozen=True):
    """A piece of a text: `text[start:end]`."""

    start: Count
    end: Count


class Ignored(Struct, frozen=True):
    """A piece of a text that asserts nothing and so is never counted."""

    start: Count
    end: Count
    why: str
    """`title`, `dateline`, `letterhead`, `contact`, `end mark`, `caption`, `question`, ..."""


class ClaimSpan(Struct, frozen=True):
    """A claim as segmentation finds it, before anything is judged."""

    start: Count
    end: Count
    sentence: Count
    """Index of the sentence that the claim lies in."""


class Segmentation(Struct, frozen=True):
    """What segmentation makes of one text; each tuple is in text order."""

    sentences: tuple[Span, ...]
    claims: tuple[ClaimSpan, ...]
    ignored: tuple[Ignored, ...]


class Readout(Struct, frozen=True):
    """One office's text on a meeting, as it was read; the text is never changed."""

    text: str
    lang: str
    """BCP 47 language tag without region: `ko`, `ja`, `zh`, ...; `und` where it can't be told."""
    name: str = ""
    """How reports call this side: "Seoul"."""
    path: str | None = None
    encoding: str | None = None
    """Encoding that the bytes were decoded with; null for text that came as text."""
    title: str | None = None
    date: str | None = None
    office: str | None = None

    @property
    def sha256(self) -> str:
        """SHA-256 of the text in UTF-8, in hex."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


class Match(Struct, frozen=True):
    """A claim of the other side that conveys this one, all of it or its main point."""

    id: str
    similarity: Probability


class Missing(Struct, frozen=True):
    """Words of a partial claim that the other side lacks; offsets are into the side's text."""

    start: Count
    end: Count
    text: str
    absence: Probability


class Severity(Struct, frozen=True):
    """How much an `only` or `partial` claim matters to a reader; rank 1 matters most."""

    rank: Annotated[int, msgspec.Meta(ge=1)]
    why: str


class Claim(Struct, frozen=True):
    """The smallest contiguous piece of a readout that asserts one checkable thing."""

    id: str
    """Side and place in the text, from 1: `a3` is the third claim of side a."""
    side: SideKey
    start: Count
    end: Count
    text: str
    sentence: Count
    status: Status
    absence: Probability
    """Calibrated probability that the other side lacks the claim; of a `partial` one, that it
    lacks the words outside `missing`."""
    matches: tuple[Match, ...] = ()
    """Likeliest first, which need not be the most similar first; empty for `only`."""
    missing: tuple[Missing, ...] = ()
    """In text order; empty unless `partial`."""
    unsure: bool = False
    speaker: str | None = None
    topics: tuple[str, ...] = ()
    severity: Severity | None = None


class ConflictSide(Struct, frozen=True):
    """One side's words in a conflict; offsets are into that side's text."""

    claim: str
    start: Count
    end: Count
    text: str


class Conflict(Struct, frozen=True):
    """Two matched claims that can't both be right."""

    kind: ConflictKind
    confidence: Probability
    a: ConflictSide
    b: ConflictSide


class Topic(Struct, frozen=True):
    """A subject, and the claims of either side that are about it."""

    id: str
    label: str
    a: tuple[str, ...]
    b: tuple[str, ...]
    presence: Presence
    watched: bool


class Side(Struct, frozen=True):
    """One readout in a report, with what was found in it as a whole."""

    name: str
    path: str | None
    lang: str
    encoding: str | None
    title: str | None
    date: str | None
    office: str | None
    sha256: str
    text: str
    coverage: Probability
    """Share of this side's claims that the other side conveys, a partial one as half; 0 if none."""
    sentences: Count
    claims: Count
    ignored: tuple[Ignored, ...]


class Sides(Struct, frozen=True):
    """The two readouts of a report."""

    a: Side
    b: Side


class Tool(Struct, frozen=True):
    """What made a report."""

    name: str
    version: str
    encoder: str
    judge: str
    settings: dict[str, Setting] = field(default_factory=dict)


class Summary(Struct, frozen=True):
    """Counts of a report: `shared` and `partial` are over both sides."""

    shared: Count
    partial: Count
    only_a: Count
    only_b: Count
    conflicts: Count


class Comparison(Struct, frozen=True):
    """Two readouts compared: the JSON report, schema 1."""

    schema: Literal[1]
    tool: Tool
    created: str
    """RFC 3339, UTC."""
    sides: Sides
    claims: tuple[Claim, ...]
    """Side a's in text order, then side b's."""
    conflicts: tuple[Conflict, ...]
    topics: tuple[Topic, ...]
    summary: Summary

    def claim(self, claim_id: str) -> Claim:
        """The claim of that id; KeyError if there is none."""
        for claim in self.claims:
            if claim.id == claim_id:
                return claim
        raise KeyError(claim_id)

    def of(self, side: SideKey) -> tuple[Claim, ...]:
        """The claims of one side, in text order."""
        return tuple(claim for claim in self.claims if claim.side == side)

    def to_json(self) -> str:
        """The JSON report, indented, with a final newline; `from_json` gives this object back."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode("utf-8") + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> "Comparison":
        """Read a JSON report; InputError where it is none of schema 1 or doesn't hold together."""
        try:
            comparison = msgspec.json.decode(text, type=cls)
        except (msgspec.DecodeError, UnicodeError) as error:
            if _is_newer(text):
                raise InputError(
                    "This report was made by a newer readout-diff; upgrade this one to read it."
                ) from error
            raise InputError(
                f"This is not a readout-diff report of schema {SCHEMA} ({error}); "
                "give a file that `readout-diff diff --format json` wrote."
            ) from error
        if wrong := next(_wrongs(comparison), None):
            raise InputError(
                f"This report does not hold together: {wrong}; "
                "make it again with `readout-diff diff --format json`."
            )
        return comparison


class _Numbered(Struct, frozen=True):
    """All that is read of a report whose schema may be another."""

    schema: int


def _is_newer(text: str | bytes) -> bool:
    try:
        return msgspec.json.decode(text, type=_Numbered).schema > SCHEMA
    except (msgspec.DecodeError, UnicodeError):
        return False


def _wrongs(comparison: Comparison) -> Iterator[str]:
    """What contradicts itself in a report, in its order: edited by hand, or cut and pasted."""
    texts: dict[SideKey, str] = {"a": comparison.sides.a.text, "b": comparison.sides.b.text}
    sides = {claim.id: claim.side for claim in comparison.claims}
    counts = Counter((claim.side, claim.status) for claim in comparison.claims)

    def quotes(key: SideKey, words: Claim | Missing | ConflictSide) -> bool:
        # A slice that reaches past the end would still be equal to what there is.
        return words.end <= len(texts[key]) and texts[key][words.start : words.end] == words.text

    for key, side in (("a", comparison.sides.a), ("b", comparison.sides.b)):
        found = sum(claim.side == key for claim in comparison.claims)
        if side.claims != found:
            yield f"side {key} says it has {side.claims} claims and has {found}"
    seen: set[str] = set()
    for claim in comparison.claims:
        if claim.id in seen:
            yield f"two claims are called {claim.id}"
        seen.add(claim.id)
        if not quotes(claim.side, claim):
            yield f"the text of claim {claim.id} is not what stands at its place"
        for match in claim.matches:
            if sides.get(match.id, claim.side) == claim.side:
                yield f"claim {claim.id} matches {match.id}, which is no claim of the other side"
        for gap in claim.missing:
            if not quotes(claim.side, gap):
                yield f"the missing words of claim {claim.id} are not what stands at their place"
    for conflict in comparison.conflicts:
        pair: tuple[tuple[SideKey, ConflictSide], ...] = (("a", conflict.a), ("b", conflict.b))
        for key, words in pair:
            if sides.get(words.claim) != key:
                yield f"a conflict is about {words.claim}, which is no claim of side {key}"
            if not quotes(key, words):
                yield f"the words of {words.claim} in a conflict are not what stands at their place"
    for what, said, found in (
        ("shared", comparison.summary.shared, counts["a", "shared"] + counts["b", "shared"]),
        ("partial", comparison.summary.partial, counts["a", "partial"] + counts["b", "partial"]),
        ("only_a", comparison.summary.only_a, counts["a", "only"]),
        ("only_b", comparison.summary.only_b, counts["b", "only"]),
        ("conflicts", comparison.summary.conflicts, len(comparison.conflicts)),
    ):
        if said != found:
            yield f"the summary counts {said} of {what} where there are {found}"


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a report."""
    schema = msgspec.json.schema(Comparison)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
