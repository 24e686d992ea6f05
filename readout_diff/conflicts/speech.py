"""Who speaks or acts in each claim of a readout, and how strongly."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from readout_diff.conflicts.cast import cast
from readout_diff.conflicts.mentions import Mention
from readout_diff.conflicts.scope import Scope, scopes
from readout_diff.conflicts.speech_words import ATTITUDES, LEVELS, SpeechWords, speech_words
from readout_diff.plain import Plain, plain

_LONGEST = 2000
"""Characters of a claim that are read."""
_BEFORE, _AFTER = 32, 16
"""Characters around words that are looked at."""
NOT_RAISED = LEVELS.index("not_raised")
STATED = LEVELS.index("stated")
_TOGETHER = frozenset(map(LEVELS.index, ("mentioned", "confirmed", "shared", "agreed")))
AGREED = LEVELS.index("agreed")
_MENTIONED = LEVELS.index("mentioned")


class Speaker(Struct, frozen=True):
    """Who says or does what a claim says."""

    who: str
    """both, own (the readout's side), other (the side it met), third or unknown."""
    text: str | None
    """The words that say it, as the readout has them; None where they stand in a claim before."""
    start: int
    end: int
    """Span of these words in the readout, of those before too; -1 where there are none."""
    named: bool = True
    """Said in the claim itself."""
    key: str = ""
    """The same wherever the readout names this person or country; empty for both, I and we."""
    sure: bool = True
    """Whether the readout says whose side it is; else it is what is left over."""
    person: bool = False
    """A name or title, not a country or "we"."""


class Stance(Struct, frozen=True):
    """How strongly it is said."""

    level: int
    """Place in LEVELS."""
    word: str
    """The level's name."""
    start: int
    end: int
    """Span of the verb in the readout."""
    negated: bool


class Attitude(Struct, frozen=True):
    """What is thought of a thing: one of ATTITUDES."""

    name: str
    negated: bool
    start: int
    end: int


class Speech(Struct, frozen=True):
    """What one claim says of who speaks and how strongly."""

    speaker: Speaker
    stance: Stance | None
    initiator: Speaker | None = None
    """Who asked for it, invited or proposed it: "at the request of"."""
    tentative: tuple[int, int] | None = None
    """Span of words by which it is no more than thought about."""
    agreement: tuple[int, int] | None = None
    """Span of words by which something is agreed, wherever they stand in the claim."""
    talks: bool = False
    """Whether something is discussed or mentioned in it."""
    speakers: frozenset[str] = frozenset()
    """`who` of every party that acts in the claim, and both where it speaks of both at all."""
    attitudes: tuple[Attitude, ...] = ()
    negations: int = 0
    """How often the claim denies."""
    scopes: tuple[Scope, ...] = ()
    """Terms of `lexicons/scope.toml`, as spans of the readout."""
    span: tuple[int, int] = (0, 0)
    """Of the claim in the readout."""


def speeches(
    text: str,
    lang: str,
    claims: Sequence[tuple[int, int]],
    sentences: Sequence[tuple[int, int]],
    office_country: str | None = None,
    other_country: str | None = None,
    people: tuple[tuple[str, str], ...] = (),
) -> tuple[Speech, ...]:
    """One Speech for each claim; spans are code points into `text`; never raises.

    `claims` and `sentences` are spans in text order; the last three are what `Parties.of` gives,
    without which fewer speakers have a side.
    """
    reading = _Reading(
        text, lang, cast(plain(text).text, lang, office_country, other_country, people)
    )
    starts = [start for start, _ in sentences]
    found: list[Speech] = []
    number = -1
    for start, end in claims:
        sentence = bisect_left(starts, start + 1) - 1
        found.append(reading.claim(start, end, new=sentence != number))
        number = sentence
    return tuple(found)


_NOBODY = Speaker("unknown", None, -1, -1)


class _Reading:
    """Reads claims in order and remembers who spoke last."""

    def __init__(self, text: str, lang: str, mentions: tuple[Mention, ...]) -> None:
        self.source = text
        self.lang = lang
        self.words: SpeechWords = speech_words(lang)
        self.plain: Plain = plain(text)
        self.mentions = mentions
        self.starts = [m.start for m in self.mentions]
        self.previous = _NOBODY
        """Who spoke in the sentence before."""
        self.sentence = _NOBODY
        """Who speaks in the sentence so far."""
        self.single = _NOBODY
        """The last one party that spoke."""

    def claim(self, start: int, end: int, new: bool) -> Speech:
        span = start, end
        start, end = _inside(self.plain, start), _inside(self.plain, end)
        end = min(end, start + _LONGEST)
        said = self.plain.text[start:end]
        around = list(self._mentions(start, end))
        here = [m for m in around if self._acts(m, start)]
        verbs = sorted(self._verbs(said, start))
        if new:
            self.previous, self.sentence = self.sentence, _NOBODY
        subject, verb = self._main(here, verbs)
        speaker = self._speaker(subject, verb, said, new)
        if speaker.who != "unknown" or speaker.named:
            self.sentence = speaker
        if speaker.who in ("own", "other"):
            self.single = speaker
        return Speech(
            speaker,
            self._stance(verb),
            self._initiator(said, start),
            self._tentative(said, start),
            self._agreement(verbs),
            any(verb[2] == _MENTIONED for verb in verbs),
            self._speakers(subject, here, around, verbs),
            tuple(self._attitudes(said, start)),
            self._negations(said),
            tuple(self._scopes(said, start)),
            span,
        )

    def _speakers(
        self,
        subject: Mention | None,
        here: list[Mention],
        around: list[Mention],
        verbs: list[tuple[int, int, int]],
    ) -> frozenset[str]:
        # Of "A and B" neither acts alone.
        joined = subject if subject is not None and subject.who == "both" else None
        who = {m.who for m in here if not joined or m.end <= joined.start or m.start >= joined.end}
        if subject is not None:
            who.add(subject.who)
        # "is the common wish of the two": they act, although no subject is marked.
        if any(m.who == "both" for m in around) and any(self._strong(verb) for verb in verbs):
            who.add("both")
        return frozenset(who)

    def _mentions(self, start: int, end: int) -> Iterator[Mention]:
        for i in range(bisect_left(self.starts, start), len(self.mentions)):
            if self.mentions[i].end > end:
                return
            yield self.mentions[i]

    def _acts(self, mention: Mention, start: int) -> bool:
        """Whether a party can be a subject where it stands."""
        text, words = self.plain.text, self.words
        if words.not_before.match(text, mention.end):
            return False
        if words.subject is not None:
            # A country that is no topic acts in a clause within: "일본이 …한 것을 환영했다".
            bare = not mention.title and words.country(text[mention.start : mention.end])
            mark = words.topic if bare else words.subject
            return mention.who == "both" or bool(mark.match(text, mention.end))
        if words.oblique.match(text, mention.start):
            return False
        return not words.not_after.search(text[max(start, mention.start - _BEFORE) : mention.start])

    def _verbs(self, said: str, start: int) -> Iterator[tuple[int, int, int]]:
        """Verbs of speech of a claim: start, end and level in plain text; none within another."""
        found = sorted(
            (
                (match.start(), -match.end(), level)
                for level, pattern in enumerate(self.words.stance)
                for match in pattern.finditer(said)
            )
        )
        reached = -1
        for a, b, level in found:
            if -b > reached:
                reached = -b
                yield start + a, start - b, level

    def _main(
        self, here: list[Mention], verbs: list[tuple[int, int, int]]
    ) -> tuple[Mention | None, tuple[int, int, int] | None]:
        """The subject and the main verb."""
        absent = next((verb for verb in verbs if verb[2] == NOT_RAISED), None)
        if self.words.subject is not None:
            topics = [m for m in here if self.words.topic.match(self.plain.text, m.end)]
            subject = next(iter(topics or here), None)
            return self._joined(subject, here), absent or self._last(verbs)
        if not absent and any(verb[2] > _MENTIONED for verb in verbs):
            # "discussed …, and agreed that …": what came of it counts.
            verbs = [verb for verb in verbs if verb[2] != _MENTIONED]
        for verb in [absent] if absent else verbs:
            before = [m for m in here if m.start <= verb[0]]
            if before:
                # Where subjects are dropped the first one carries on through all clauses.
                return self._joined(before[0 if self.words.drops else -1], here), verb
            after = [m for m in here if 0 <= m.start - verb[1] <= _AFTER]
            if self.words.inverted and after:
                return self._joined(after[0], here), verb
        chosen = absent or (verbs[0] if verbs else None)
        if chosen is None and here:
            return self._joined(here[0], here), None
        return None, chosen

    def _last(self, verbs: list[tuple[int, int, int]]) -> tuple[int, int, int] | None:
        """The main verb of a language that has it last: "… を期待する旨述べた" is a hope."""
        if not verbs:
            return None
        if len(verbs) > 1 and verbs[-1][2] == STATED and verbs[-1][0] - verbs[-2][1] <= _AFTER // 2:
            return verbs[-2]
        return verbs[-1]

    def _joined(self, subject: Mention | None, here: list[Mention]) -> Mention | None:
        """The subject, or both where it is joined to the other party: "A and B agreed"."""
        if subject is None or subject.who == "both":
            return subject
        near = list(
            self._mentions(
                max(0, subject.start - 120), min(len(self.plain.text), subject.end + 120)
            )
        )
        for one, two in pairwise(near):
            if subject not in (one, two) or one.key == two.key or "both" in (one.who, two.who):
                continue
            between = self.plain.text[one.end : two.start].strip()
            if self.words.joins.fullmatch(between) and between and self._acts_joined(one):
                return Mention(one.start, two.end, "both")
        return subject

    def _acts_joined(self, first: Mention) -> bool:
        before = self.plain.text[max(0, first.start - _BEFORE) : first.start]
        return not self.words.not_after.search(before)

    def _speaker(
        self,
        subject: Mention | None,
        verb: tuple[int, int, int] | None,
        said: str,
        new: bool,
    ) -> Speaker:
        carried = self.sentence if not new else self.previous if self.words.drops else _NOBODY
        if subject is None:
            joint = verb and verb[2] != NOT_RAISED and self.words.joint.search(said)
            if joint and (new or self._strong(verb) or carried.who not in ("own", "other")):
                return Speaker("both", None, -1, -1, named=False)
            return _carry(carried)
        if subject.who == "pronoun":
            return _carry(self.single)
        who = subject.who
        if who == "we":
            who = "both" if verb is not None and verb[2] in _TOGETHER else "unknown"
        start, end = self.plain.span(subject.start, subject.end)
        return Speaker(
            who,
            self.source[start:end],
            start,
            end,
            True,
            subject.key,
            subject.sure,
            bool(subject.name or subject.title),
        )

    def _strong(self, verb: tuple[int, int, int] | None) -> bool:
        return verb is not None and verb[2] >= LEVELS.index("shared")

    def _stance(self, verb: tuple[int, int, int] | None) -> Stance | None:
        if verb is None:
            return None
        start, end, level = verb
        text, words = self.plain.text, self.words
        negated = level != NOT_RAISED and (
            bool(words.negated_before.search(text[max(0, start - _AFTER) : start]))
            or bool(words.negated_after.match(text[end : end + _AFTER]))
        )
        return Stance(level, LEVELS[level], *self.plain.span(start, end), negated)

    def _initiator(self, said: str, start: int) -> Speaker | None:
        for pattern in self.words.request:
            match = pattern.search(said)
            if match is None:
                continue
            group = "they" if "they" in pattern.groupindex else "who"
            a, b = start + match.start(group), start + match.end(group)
            near = self._mentions(max(0, a - _BEFORE), b + _AFTER)
            inside = [m for m in near if m.end > a and m.start < b]
            party = inside[-1] if inside else Mention(a, b, "unknown")
            a, b = self.plain.span(a, b)
            who = "other" if group == "they" else party.who
            return Speaker(who, self.source[a:b], a, b, True, party.key, party.sure)
        return None

    def _tentative(self, said: str, start: int) -> tuple[int, int] | None:
        found = None
        for match in self.words.tentative.finditer(said):
            found = match
        if found is None:
            return None
        return self.plain.span(start + found.start(), start + found.end())

    def _agreement(self, verbs: list[tuple[int, int, int]]) -> tuple[int, int] | None:
        return next((self.plain.span(a, b) for a, b, level in verbs if level == AGREED), None)

    def _attitudes(self, said: str, start: int) -> Iterator[Attitude]:
        words = self.words
        for name, pattern in zip(ATTITUDES, words.attitudes, strict=True):
            for match in pattern.finditer(said):
                a, b = match.span()
                negated = bool(words.negated_before.search(said[max(0, a - _AFTER) : a])) or bool(
                    words.negated_after.match(said[b : b + _AFTER])
                )
                yield Attitude(name, negated, *self.plain.span(start + a, start + b))

    def _scopes(self, said: str, start: int) -> Iterator[Scope]:
        for found in scopes(said, self.lang):
            at = self.plain.span(start + found.start, start + found.end)
            yield replace(found, start=at[0], end=at[1])

    def _negations(self, said: str) -> int:
        allowed = [match.span() for match in self.words.not_negations.finditer(said)]
        return sum(
            not any(a < m.end() and m.start() < b for a, b in allowed)
            for m in self.words.negations.finditer(said)
        )


def _carry(speaker: Speaker) -> Speaker:
    return replace(speaker, text=None, named=False)


def _inside(text: Plain, offset: int) -> int:
    """Where in the plain text a place of the source is."""
    return offset if text.starts is None else bisect_left(text.starts, offset)
