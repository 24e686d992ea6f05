"""Where what two matched claims say of who speaks, how strongly and how far can't both be right.

Each function takes the speeches of a claim of readout a and of one of readout b and gives a Clash
with a rough confidence, or None. They look at two claims of which it is known that they are about
the same thing, and know nothing of what the claims say apart from that.
"""

from collections.abc import Iterator

from msgspec import Struct

from readout_diff.conflicts.cast import resolve
from readout_diff.conflicts.speech import NOT_RAISED, Speech
from readout_diff.conflicts.speech_words import LEVELS
from readout_diff.datamodel import ConflictKind

Span = tuple[int, int]

MENTIONED = LEVELS.index("mentioned")
STATED = LEVELS.index("stated")
PLEDGED = LEVELS.index("pledged")
CONFIRMED = LEVELS.index("confirmed")
SHARED = LEVELS.index("shared")
AGREED = LEVELS.index("agreed")
SINGLE = ("a", "b")
_LEAST = 0.2
"""A clash less likely than this is none."""

OPPOSITES = (
    ("support", "oppose"),
    ("welcome", "regret"),
    ("accept", "refuse"),
    ("progress", "deadlock"),
    ("support", "refuse"),
)
"""Attitudes that one party can't have to one thing at once."""


class Clash(Struct, frozen=True):
    """Two claims that can't both be right, and the words that show it."""

    kind: ConflictKind
    """attribution, stance, polarity or scope."""
    confidence: float
    """Roughly how likely it is a conflict, given that the claims match: 0 to 1."""
    a: Span
    """Span in readout a."""
    b: Span
    """Span in readout b."""


def attribution_clash(x: Speech, y: Speech) -> Clash | None:
    """One party's words or request against the other's.

    Where the two parties are not known, no speaker has a side and nothing clashes.
    """
    if x.initiator and y.initiator:
        one, two = resolve("a", x.initiator.who), resolve("b", y.initiator.who)
        if _different(one, two):
            span_a = (x.initiator.start, x.initiator.end)
            return Clash("attribution", 0.9, span_a, (y.initiator.start, y.initiator.end))
    one, two = resolve("a", x.speaker.who), resolve("b", y.speaker.who)
    if not _different(one, two) or not x.stance or not y.stance:
        return None
    if x.stance.level < STATED or y.stance.level < STATED:
        return None
    confidence = 0.45 if x.speaker.person and y.speaker.person else 0.25
    # Where the other party acts too, the claim tells of an exchange, each side in its own words.
    if _singles(x) > 1 or _singles(y) > 1:
        confidence -= 0.2
    if not x.speaker.named or not y.speaker.named:
        confidence -= 0.2
    # "A explained it" and "B welcomed it" are two ends of one exchange.
    if _responds(x) != _responds(y):
        confidence -= 0.2
    if confidence < _LEAST:
        return None
    return Clash("attribution", confidence, _who(x), _who(y))


def stance_clash(x: Speech, y: Speech) -> Clash | None:
    """What both agreed against what one party said, or no more than considers."""
    found = [clash for clash in (_joint(x, y), _swap(_joint(y, x))) if clash]
    found += [clash for clash in (_settled(x, y), _swap(_settled(y, x))) if clash]
    return max(found, key=lambda clash: clash.confidence, default=None)


def _joint(x: Speech, y: Speech) -> Clash | None:
    """Both in one readout, one party in the other."""
    if x.speaker.who != "both" or y.speaker.who == "both":
        return None
    if y.speaker.who not in ("own", "other") and not y.speaker.person:
        return None
    if not x.stance or not y.stance or x.stance.level < STATED or y.stance.level < STATED:
        return None
    # "The two spoke of …, A saying …": what both did is not what the claim says.
    if x.speakers & {"own", "other", "unknown"} and not x.agreement:
        return None
    # "A proposed and B agreed" is as good as an agreement of both.
    if y.agreement or "both" in y.speakers or _singles(y) > 1:
        return None
    # "Japan will host …" says who acts, not who said so.
    if y.stance.level == PLEDGED and not (y.speaker.person and y.speaker.named):
        return None
    confidence = 0.3 + 0.05 * max(0, x.stance.level - CONFIRMED)
    if x.speaker.named:
        confidence += 0.1
    if y.speaker.named:
        confidence += 0.1
    if x.stance.level >= SHARED:
        confidence += 0.1
    return Clash("stance", confidence, _who(x), _who(y))


def _settled(x: Speech, y: Speech) -> Clash | None:
    """Agreed or to be done in one readout, thought about or talked of in the other."""
    settled = x.agreement or _attitude(x, "accept")
    if settled is None or x.tentative or x.talks:
        return None
    if y.tentative and not (x.stance and x.stance.level <= MENTIONED):
        return Clash("stance", 0.5, settled, y.tentative)
    if (refused := _attitude(y, "refuse")) and not _attitude(x, "refuse"):
        return Clash("stance", 0.5, settled, refused)
    if not x.stance or not y.stance or y.agreement:
        return None
    if NOT_RAISED < y.stance.level <= MENTIONED and x.stance.level >= SHARED:
        return Clash("stance", 0.25, settled, (y.stance.start, y.stance.end))
    return None


def polarity_clash(x: Speech, y: Speech) -> Clash | None:
    """Said against not said; for it against opposed to it."""
    raised = [s.stance is not None and s.stance.level == NOT_RAISED for s in (x, y)]
    if raised[0] != raised[1]:
        return Clash("polarity", 0.8, _verb(x), _verb(y))
    for one, two in (*OPPOSITES, *((b, a) for a, b in OPPOSITES)):
        mine, theirs = _attitude(x, one), _attitude(y, two)
        if mine and theirs and not _attitude(x, two) and not _attitude(y, one):
            return Clash("polarity", 0.4, mine, theirs)
    return None


def scope_clash(x: Speech, y: Speech) -> Clash | None:
    """One term of a pair of `lexicons/scope.toml` against the other."""
    best: Clash | None = None
    for name in dict.fromkeys(s.name for s in x.scopes):
        mine = {s.wide: s for s in x.scopes if s.name == name}
        theirs = {s.wide: s for s in y.scopes if s.name == name}
        if len(mine) != 1 or len(theirs) != 1 or mine.keys() == theirs.keys():
            continue
        (one,), (two,) = mine.values(), theirs.values()
        if best is None or one.confidence > best.confidence:
            best = Clash("scope", one.confidence, (one.start, one.end), (two.start, two.end))
    return best


def clashes(x: Speech, y: Speech) -> Iterator[Clash]:
    """All clashes of two matched claims, one of a kind at most."""
    for clash in (attribution_clash, stance_clash, polarity_clash, scope_clash):
        if found := clash(x, y):
            yield found


def features(x: Speech, y: Speech) -> dict[str, float]:
    """What a model may make of two matched claims; the same when the sides are exchanged."""
    one, two = resolve("a", x.speaker.who), resolve("b", y.speaker.who)
    levels = [s.stance.level if s.stance else -1 for s in (x, y)]
    found = {c.kind: c.confidence for c in clashes(x, y)}
    return {
        **{
            f"{kind}_clash": found.get(kind, 0.0)
            for kind in ("attribution", "stance", "polarity", "scope")
        },
        "same_party": float(one == two and one in SINGLE),
        "different_party": float(_different(one, two)),
        "both_against_single": float("both" in (one, two) and bool({one, two} & set(SINGLE))),
        "both_against_both": float(one == two == "both"),
        "unknown_party": float("unknown" in (one, two)),
        "named": (x.speaker.named + y.speaker.named) / 2,
        "single_speakers": float(_singles(x) > 1) + float(_singles(y) > 1),
        "initiators": float(bool(x.initiator)) + float(bool(y.initiator)),
        "level_low": min(levels) / AGREED,
        "level_high": max(levels) / AGREED,
        "level_gap": abs(levels[0] - levels[1]) / AGREED,
        "agreement_in_one": float(bool(x.agreement) != bool(y.agreement)),
        "tentative_in_one": float(bool(x.tentative) != bool(y.tentative)),
        "not_raised_in_one": float((levels[0] == NOT_RAISED) != (levels[1] == NOT_RAISED)),
        "negation_gap": float(min(abs(x.negations - y.negations), 2)) / 2,
        "stance_negated_in_one": float(_negated(x) != _negated(y)),
        "opposed": float(any(_opposed(x, y))),
    }


def _opposed(x: Speech, y: Speech) -> Iterator[bool]:
    for one, two in OPPOSITES:
        yield bool(_attitude(x, one) and _attitude(y, two))
        yield bool(_attitude(x, two) and _attitude(y, one))


def _negated(speech: Speech) -> bool:
    return speech.stance is not None and speech.stance.negated


def _different(one: str, two: str) -> bool:
    return one != two and one in SINGLE and two in SINGLE


def _responds(speech: Speech) -> bool:
    return any(_attitude(speech, name) for name in ("support", "welcome", "accept"))


def _singles(speech: Speech) -> int:
    return len(speech.speakers & {"own", "other"})


def _attitude(speech: Speech, name: str) -> Span | None:
    return next(
        ((a.start, a.end) for a in speech.attitudes if a.name == name and not a.negated), None
    )


def _who(speech: Speech) -> Span:
    """The words that name the speaker, or where they stand before, the verb."""
    if speech.speaker.named and speech.speaker.start >= 0:
        return speech.speaker.start, speech.speaker.end
    return _verb(speech)


def _verb(speech: Speech) -> Span:
    if speech.stance:
        return speech.stance.start, speech.stance.end
    return speech.span


def _swap(clash: Clash | None) -> Clash | None:
    return clash and Clash(clash.kind, clash.confidence, clash.b, clash.a)
