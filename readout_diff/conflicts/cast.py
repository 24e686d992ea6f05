"""Who is who in a readout: the parties that its words name, and whose side each is on.

A readout names its own leader and the other's: a country beside one name ("Japanese Prime Minister
Ishiba") places the other one too, by elimination. Which two countries met is told from both texts
together (`parties`), so that names in two scripts need not be compared.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from readout_diff.conflicts.plain import plain
from readout_diff.conflicts.speech_words import SpeechWords, speech_words

_MOST_NAMES = 200
"""Names that are looked for without their titles; no readout has as many."""
_NEAR = 160
"""Characters in which the first country of a readout's meeting is looked for."""


@dataclass(frozen=True, slots=True)
class Mention:
    """Words that name a party; offsets into the plain text."""

    start: int
    end: int
    who: str
    """both, own, other, third, unknown; pronoun for he and she; we."""
    name: str = ""
    """Of a person, as written; empty for a title alone."""
    title: str = ""
    country: str | None = None
    """What the words themselves say."""


@dataclass(frozen=True, slots=True)
class SideText:
    """One side's readout."""

    text: str
    lang: str
    country: str | None = None
    """Of the office, where it is known."""


@dataclass(frozen=True, slots=True)
class Parties:
    """The two parties of a meeting, as codes of [speech.countries]; None where the texts don't say.

    A speaker that is `own` in readout a and one that is `other` in readout b are one party.
    """

    a: str | None
    b: str | None

    def resolve(self, side: str, who: str) -> str:
        """`who` of a speaker in the readout of `side` ("a" or "b") in common terms.

        Gives "a", "b", "both", "third" or "unknown".
        """
        if who == "own":
            return side
        if who == "other":
            return "b" if side == "a" else "a"
        return who

    def of(self, side: str) -> tuple[str | None, str | None]:
        """The own and the other country of a side's readout."""
        return (self.a, self.b) if side == "a" else (self.b, self.a)


def parties(a: SideText, b: SideText) -> Parties:
    """Which two countries or organisations met: a's and b's.

    Each text names mostly the other side; a language hints at its own.
    """
    texts = (a, b)
    named = [_named(side.text, side.lang) for side in texts]
    home = [speech_words(side.lang).home for side in texts]
    known = [side.country for side in texts]
    # The codes are sorted and the first best pair is taken: the same texts give the same parties.
    codes = sorted({*named[0], *named[1], *home[0][:1], *home[1][:1], *filter(None, known)})
    best: tuple[float, Parties] = (0.0, Parties(known[0], known[1]))
    for one in codes:
        for two in codes:
            if one == two or (known[0] or one) != one or (known[1] or two) != two:
                continue
            fit = named[0].get(two, 0.0) + named[1].get(one, 0.0)
            fit += 0.3 * (named[0].get(one, 0.0) + named[1].get(two, 0.0))
            fit += _at_home(one, home[0]) + _at_home(two, home[1])
            if fit > best[0]:
                best = (fit, Parties(one, two))
    return best[1]


def _at_home(code: str, home: Sequence[str]) -> float:
    if code not in home:
        return 0.0
    # Where few countries write a language it says nearly all; English says next to nothing.
    return 1.2 if len(home) <= 4 else 0.25


def _named(text: str, lang: str) -> dict[str, float]:
    """How much a text names each country as a party, beside names and as one that acts: 0 to 1."""
    words = speech_words(lang)
    counts: Counter[str] = Counter()
    for mention in _found(plain(text).text, words):
        if mention.country:
            counts[mention.country] += (4 if mention.title else 1) * (
                3 if mention.start < _NEAR * 2 else 1
            )
    most = max(counts.values(), default=1)
    return {code: count / most for code, count in counts.items()}


@lru_cache(maxsize=32)
def cast(text: str, lang: str, own: str | None, other: str | None) -> tuple[Mention, ...]:
    """The mentions of a plain text in order, none overlapping, each with its side.

    `own` and `other` are the countries of the readout's office and of the side it met.
    """
    words = speech_words(lang)
    mentions = list(_found(text, words))
    people = _people(mentions, own, other, words)
    return tuple(_placed(mentions, people, own, other))


def _found(text: str, words: SpeechWords) -> Iterator[Mention]:
    spans = sorted(_candidates(text, words), key=lambda m: (m.start, -m.end))
    spans += _bare(text, spans, words)
    spans.sort(key=lambda m: (m.start, -m.end))
    end = -1
    for mention in spans:
        if mention.start >= end:
            end = mention.end
            yield mention


def _candidates(text: str, words: SpeechWords) -> Iterator[Mention]:
    for who, pattern in (
        ("both", words.both),
        ("own", words.own),
        ("we", words.we),
        ("other", words.other),
        ("pronoun", words.pronoun),
    ):
        for match in pattern.finditer(text):
            yield Mention(match.start(), match.end(), who)
    for pattern in (*words.persons, *words.sides):
        for match in pattern.finditer(text):
            found = match.groupdict()
            name = (found.get("name") or "").strip(" .,'-")
            code = found.get("country") or found.get("of")
            if words.country(name):
                code, name = name, ""
            if name in words.not_names or words.both.fullmatch(name):
                name = ""
            yield Mention(
                match.start("name") if name and "title" not in found else match.start(),
                match.end(),
                "unknown",
                name,
                found.get("title") or "",
                words.country(code.strip()) if code else None,
            )


def _bare(text: str, known: list[Mention], words: SpeechWords) -> list[Mention]:
    """Names that stand without a title after they have been introduced with one."""
    names = list(dict.fromkeys(m.name for m in known if m.name))[:_MOST_NAMES]
    if not words.spaced:
        names = [name for name in names if len(name) > 1]
        if words.subject is not None or not names:
            return []
        pattern = re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))))
        return [Mention(m.start(), m.end(), "unknown", m[0]) for m in pattern.finditer(text)]
    tokens = {t for name in names for t in _tokens(name) if len(t) > 1 and t[0].isupper()}
    stems = {_stem(t) for t in tokens} if words.inflects else tokens
    titles = {t for m in known for t in _tokens(m.title)}
    found: list[Mention] = []
    for match in words.names.finditer(text):
        word = match[0].removesuffix("'s").strip("'-")
        if (_stem(word) if words.inflects else word) not in stems or word in titles:
            continue
        if found and 0 <= match.start() - found[-1].end <= 1:
            whole = text[found[-1].start : match.start() + len(word)]
            found[-1] = replace(found[-1], end=match.start() + len(word), name=whole)
        else:
            found.append(Mention(match.start(), match.start() + len(word), "unknown", word))
    return found


def _tokens(name: str) -> list[str]:
    return [t for t in re.split(r"[\s.,·・=]+", name) if t]


def _stem(word: str) -> str:
    """A name without what its case may add."""
    return word[: max(4, len(word) - 2)] if len(word) > 4 else word


@dataclass(frozen=True, slots=True)
class _Person:
    """The mentions that are one person's."""

    names: frozenset[str]
    titles: frozenset[str]
    who: str


def _same(one: str, two: str, words: SpeechWords) -> bool:
    if words.spaced:
        mine, theirs = (
            {(_stem(t) if words.inflects else t).lower() for t in _tokens(name) if len(t) > 1}
            for name in (one, two)
        )
        return bool(mine & theirs)
    # A family name stands for the whole, and foreign names are written in several parts.
    return any(
        mine.startswith(theirs) or theirs.startswith(mine)
        for mine in _tokens(one)
        for theirs in _tokens(two)
    )


def _people(
    mentions: list[Mention], own: str | None, other: str | None, words: SpeechWords
) -> list[_Person]:
    """The persons of a text, in order, each on a side."""
    of_name: dict[str, list[Mention]] = {}
    groups: list[list[Mention]] = []
    for mention in mentions:
        if not mention.name:
            continue
        group = of_name.get(mention.name)
        if group is None:
            if len(of_name) == _MOST_NAMES:
                continue
            alike = (known for known in of_name if _same(mention.name, known, words))
            group = next((of_name[known] for known in alike), None)
            if group is None:
                group = []
                groups.append(group)
            of_name[mention.name] = group
        group.append(mention)
    sides = [_country_side(group, own, other) for group in groups]
    free = [i for i, side in enumerate(sides) if side == "unknown" and any(
        m.title for m in groups[i]
    )]
    if "other" in sides or any(m.title and m.country and m.country == other for m in mentions):
        rest = ["own"] * len(free)
    elif "own" in sides:
        rest = ["other"] * len(free)
    elif _alone(mentions):
        # "The Prime Minister spoke to President Biden": a title alone is that of the own side.
        rest = ["other"] + ["unknown"] * len(free)
    else:
        rest = ["own", "other"] + ["unknown"] * len(free)
    for i, side in zip(free, rest, strict=False):
        sides[i] = side
    return [
        _Person(frozenset(m.name for m in g), frozenset(m.title for m in g if m.title), side)
        for g, side in zip(groups, sides, strict=True)
    ]


def _alone(mentions: list[Mention]) -> bool:
    first = next((m for m in mentions if m.title and m.start > 0), None)
    return first is not None and not first.name and not first.country


def _country_side(group: list[Mention], own: str | None, other: str | None) -> str:
    codes = Counter(m.country for m in group if m.country)
    if not codes:
        return "unknown"
    return _side_of(min(codes, key=lambda code: (-codes[code], code)), own, other)


def _side_of(code: str, own: str | None, other: str | None) -> str:
    if code == own:
        return "own"
    if code == other:
        return "other"
    return "third" if own and other else "unknown"


def _placed(
    mentions: list[Mention], people: list[_Person], own: str | None, other: str | None
) -> Iterator[Mention]:
    """Every mention with its side; a title alone is that of the one named last who has it."""
    by_name = {name: person for person in reversed(people) for name in person.names}
    last: list[_Person] = []
    for mention in mentions:
        if mention.who != "unknown":
            yield mention
            continue
        person = by_name.get(mention.name) if mention.name else None
        if person is not None:
            last = [person, *(p for p in last if p is not person)][:8]
            yield replace(mention, who=person.who)
        elif mention.country:
            yield replace(mention, who=_side_of(mention.country, own, other))
        elif mention.title:
            yield replace(mention, who=_by_title(mention.title, people, last))
        else:
            yield mention


def _by_title(title: str, people: list[_Person], last: list[_Person]) -> str:
    title = title.lower()
    fitting = [p for p in people if any(title in t.lower() for t in p.titles)]
    sides = {p.who for p in fitting} & {"own", "other"}
    if len(sides) == 1:
        return sides.pop()
    if not fitting:
        return "own"
    return next((p.who for p in last if p in fitting), fitting[0].who)

