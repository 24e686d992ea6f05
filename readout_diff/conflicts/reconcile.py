"""Which speakers of two readouts are one party, by what matched claims say of them.

A readout often doesn't say whose minister one is; the side is then what was left over, and may be
wrong. But claims that convey the same mostly have one speaker, so that a name whose matched claims
are the other party's words is the other party's.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from readout_diff.conflicts.speech import Speaker, Speech

_FLIPPED = {"own": "other", "other": "own"}
_MARGIN = 2
"""How many more matched claims must speak against a side than for it: one may be a conflict."""

_ALIKE = 5
"""Matched claims that one name in both readouts counts as much as."""
_SURE = 0.8
"""From here on two names are one."""

Key = tuple[int, str]
"""Readout, 0 or 1, and the key of a speaker in it."""


def reconciled(
    a: Sequence[Speech],
    b: Sequence[Speech],
    matches: Sequence[tuple[int, int]],
    same: Callable[[str, str], float] | None = None,
) -> tuple[tuple[Speech, ...], tuple[Speech, ...]]:
    """The speeches of both readouts with sides mended by what the other readout says.

    `matches` are places in `a` and `b` of claims that convey the same; `same` says how sure it is
    that a name of readout a and one of readout b are one, 0 to 1. Sides that a readout says stay,
    but where one person would be on both; of the others the one that most speaks against is
    exchanged first.
    """
    pairs = Counter(
        (key_a, key_b)
        for i, j in matches
        if (key_a := _key(0, a[i].speaker)) and (key_b := _key(1, b[j].speaker))
    )
    spoken = [
        {key: s.speaker for s in side if (key := _key(n, s.speaker))}
        for n, side in enumerate((a, b))
    ]
    alike = _alike(spoken[0], spoken[1], same) if same else set()
    for keys in alike:
        pairs[keys] += _ALIKE
    known = {key: speaker.who for side in spoken for key, speaker in side.items()}
    sure = {key for side in spoken for key, speaker in side.items() if _said(speaker)}
    while True:
        against = _against(pairs, known)
        # By name where two are alike, so that exchanged readouts give the same.
        worst = max(
            (key for key in against if key not in sure),
            key=lambda key: (against[key], key[1], key[0]),
            default=None,
        )
        if worst is None or against[worst] < _MARGIN:
            break
        known[worst] = _turned(worst, pairs, known)
        sure.add(worst)
    torn = [k for k in alike if known[k[0]] in _FLIPPED and known[k[0]] == known[k[1]]]
    known |= dict.fromkeys((key for keys in torn for key in keys), "unknown")
    return _mended(0, a, known), _mended(1, b, known)


def _alike(
    mine: Mapping[Key, Speaker], theirs: Mapping[Key, Speaker], same: Callable[[str, str], float]
) -> set[tuple[Key, Key]]:
    """Persons of the two readouts that have one name."""
    return {
        (one, two)
        for one, speaker in mine.items()
        for two, other in theirs.items()
        if speaker.person and other.person and same(one[1], two[1]) >= _SURE
    }


def _key(readout: int, speaker: Speaker) -> Key | None:
    return (readout, speaker.key) if speaker.key else None


def _said(speaker: Speaker) -> bool:
    return speaker.sure and speaker.who != "unknown"


def _against(pairs: Mapping[tuple[Key, Key], int], sides: Mapping[Key, str]) -> Counter[Key]:
    """By how many matched claims more the words of each speaker are another party's."""
    found: Counter[Key] = Counter()
    for keys, count in pairs.items():
        one, two = (sides[key] for key in keys)
        for key, mine, theirs in ((keys[0], one, two), (keys[1], two, one)):
            if theirs in _FLIPPED:
                found[key] += -count if mine == _FLIPPED[theirs] else count
    return found


def _turned(key: Key, pairs: Mapping[tuple[Key, Key], int], sides: Mapping[Key, str]) -> str:
    """The side that most matched claims give a speaker."""
    votes: Counter[str] = Counter()
    for keys, count in pairs.items():
        if key in keys:
            theirs = sides[keys[1] if key == keys[0] else keys[0]]
            if theirs in _FLIPPED:
                votes[_FLIPPED[theirs]] += count
    return max(sorted(votes), key=lambda side: votes[side])


def _mended(
    readout: int, speeches: Sequence[Speech], sides: Mapping[Key, str]
) -> tuple[Speech, ...]:
    def mend(speaker: Speaker) -> Speaker:
        key = _key(readout, speaker)
        return replace(speaker, who=sides[key]) if key in sides and key is not None else speaker

    return tuple(
        replace(
            speech,
            speaker=mend(speech.speaker),
            initiator=speech.initiator and mend(speech.initiator),
        )
        for speech in speeches
    )
