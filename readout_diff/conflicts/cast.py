"""Who is who in a readout: the parties that its words name, and whose side each is on.

A readout names its own leader and the other's: a country beside one name ("Japanese Prime Minister
Ishiba") places the other one too, by elimination. Which two countries met is told from both texts
together (`parties`), so that names in two scripts need not be compared.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from readout_diff.conflicts.mentions import (
    HEAD,
    MOST_NAMES,
    Mention,
    find_mentions,
    same_person,
    tokens,
)
from readout_diff.conflicts.speech_words import SpeechWords, speech_words
from readout_diff.plain import plain

_NEAR = 160
"""Characters of one sentence."""
_STOP = re.compile(r"(?<![A-Z])[.!?](?=\s)|[。\n]")


class SideText(Struct, frozen=True):
    """One side's readout."""

    text: str
    lang: str
    country: str | None = None
    """Of the office, where it is known."""


class Parties(Struct, frozen=True):
    """The two parties of a meeting, as codes of [speech.countries]; None where the texts don't say.

    A speaker that is `own` in readout a and one that is `other` in readout b are one party.
    """

    a: str | None
    b: str | None
    people: tuple[tuple[str, str], ...] = ()
    """Names that either text places, with the country: what one text says helps with the other."""

    def of(self, side: str) -> tuple[str | None, str | None, tuple[tuple[str, str], ...]]:
        """What `speeches` wants to know of a side's readout: own and other country, people."""
        own, other = (self.a, self.b) if side == "a" else (self.b, self.a)
        return own, other, self.people


def resolve(side: str, who: str) -> str:
    """`who` of a speaker in the readout of `side` ("a" or "b") in common terms.

    Gives "a", "b", "both", "third" or "unknown".
    """
    if who == "own":
        return side
    if who == "other":
        return "b" if side == "a" else "a"
    return who


def parties(a: SideText, b: SideText) -> Parties:
    """Which two countries or organisations met: a's and b's.

    Each text names mostly the other side; a language hints at its own.
    """
    texts = (a, b)
    found = [list(find_mentions(plain(side.text).text, speech_words(side.lang))) for side in texts]
    named = [_named(mentions) for mentions in found]
    home = [speech_words(side.lang).home for side in texts]
    known = [side.country for side in texts]
    # The codes are sorted and the first best pair is taken: the same texts give the same parties.
    codes = sorted({*named[0], *named[1], *home[0][:1], *home[1][:1], *filter(None, known)})
    best: tuple[float, tuple[str | None, str | None]] = (0.0, (known[0], known[1]))
    for one in codes:
        for two in codes:
            if one == two or (known[0] or one) != one or (known[1] or two) != two:
                continue
            fit = named[0].get(two, 0.0) + named[1].get(one, 0.0)
            fit += 0.3 * (named[0].get(one, 0.0) + named[1].get(two, 0.0))
            fit += _at_home(one, home[0]) + _at_home(two, home[1])
            if fit > best[0]:
                best = (fit, (one, two))
    countries: dict[str, set[str]] = {}
    for mention in (each for mentions in found for each in mentions):
        for token in tokens(mention.name) if mention.name and mention.country else ():
            if len(token) > 1 and mention.country:
                countries.setdefault(token, set()).add(mention.country)
    # A name that two countries share tells nothing.
    people = sorted((name, *codes) for name, codes in countries.items() if len(codes) == 1)
    return Parties(*best[1], tuple((name, code) for name, code in people))


def _at_home(code: str, home: Sequence[str]) -> float:
    if code not in home:
        return 0.0
    # Where few countries write a language it says nearly all; English says next to nothing.
    return (1.2 if len(home) <= 8 else 0.25) * (1 - 0.6 * home.index(code) / len(home))


def _named(mentions: list[Mention]) -> dict[str, float]:
    """How much a text names each country as a party, beside names and as one that acts: 0 to 1."""
    counts: Counter[str] = Counter()
    for mention in mentions:
        if mention.country:
            weight = 4 if mention.title else 1
            counts[mention.country] += weight * (3 if mention.start < HEAD else 1)
    most = max(counts.values(), default=1)
    return {code: count / most for code, count in counts.items()}


@lru_cache(maxsize=32)
def cast(
    text: str,
    lang: str,
    own: str | None,
    other: str | None,
    people: tuple[tuple[str, str], ...] = (),
) -> tuple[Mention, ...]:
    """The mentions of a plain text in order, none overlapping, each with its side.

    `own` and `other` are the countries of the readout's office and of the side it met; `people`
    what else is known of names.
    """
    words = speech_words(lang)
    mentions = list(find_mentions(text, words))
    sides = _Sides(own, other, words)
    persons = _people(text, mentions, sides, dict(people))
    return tuple(_placed(text, mentions, persons, sides))


class _Person(Struct, frozen=True):
    """The mentions that are one person's."""

    key: str
    names: frozenset[str]
    titles: frozenset[str]
    who: str
    sure: bool


class _Sides(Struct, frozen=True):
    """What places a party."""

    own: str | None
    other: str | None
    words: SpeechWords

    def of_country(self, code: str) -> str:
        if code == self.own:
            return "own"
        if code == self.other:
            return "other"
        return "third" if self.own and self.other else "unknown"

    def of_title(self, title: str) -> str:
        """The side of a title that only one of the two countries has."""
        codes = [code for code, form in self.words.offices if form.search(title)]
        sides = {self.of_country(code) for code in codes if code in (self.own, self.other)}
        return sides.pop() if len(sides) == 1 else "unknown"

    def of_group(self, group: list[Mention], people: Mapping[str, str]) -> str:
        codes = Counter(m.country for m in group if m.country)
        codes = codes or Counter(
            people[token] for m in group for token in tokens(m.name) if token in people
        )
        if codes:
            return self.of_country(min(codes, key=lambda code: (-codes[code], code)))
        sides = {self.of_title(m.title) for m in group if m.title} - {"unknown"}
        return sides.pop() if len(sides) == 1 else "unknown"


def _people(
    text: str, mentions: list[Mention], sides: _Sides, people: Mapping[str, str]
) -> list[_Person]:
    """The persons of a text, in order, each on a side."""
    groups = _groups(mentions, sides.words)
    who = [sides.of_group(group, people) for group in groups]
    main = [i for i, g in enumerate(groups) if len(g) > 1 or g[0].start < HEAD]
    free = [i for i in main if who[i] == "unknown" and any(m.title for m in groups[i])]
    if any(who[i] == "other" for i in main):
        rest = ["own"] * len(free)
    elif any(who[i] == "own" for i in main):
        rest = ["other"] * len(free)
    elif _first_person(text, sides.words) or (
        len(free) == 1 and _beside(text, mentions, groups[free[0]])
    ):
        rest = ["other"] + ["unknown"] * len(free)
    else:
        rest = ["own", "other"] + ["unknown"] * len(free)
    said = [side != "unknown" for side in who]
    for i, side in zip(free, rest, strict=False):
        who[i] = side
    return [
        _Person(
            group[0].name,
            frozenset(m.name for m in group),
            frozenset(m.title for m in group if m.title),
            side,
            sure,
        )
        for group, side, sure in zip(groups, who, said, strict=True)
    ]


def _groups(mentions: list[Mention], words: SpeechWords) -> list[list[Mention]]:
    """The mentions of each person, in the order of the first ones."""
    of_name: dict[str, list[Mention]] = {}
    groups: list[list[Mention]] = []
    for mention in mentions:
        if not mention.name:
            continue
        group = of_name.get(mention.name)
        if group is None:
            if len(of_name) == MOST_NAMES:
                continue
            alike = (known for known in of_name if same_person(mention.name, known, words))
            group = next((of_name[known] for known in alike), None)
            if group is None:
                group = []
                groups.append(group)
            of_name[mention.name] = group
        group.append(mention)
    return groups


def _first_person(text: str, words: SpeechWords) -> bool:
    """Whether the author speaks as "I", not only within quotes."""
    return any(
        text.count("“", 0, m.start()) <= text.count("”", 0, m.start())
        and text.count('"', 0, m.start()) % 2 == 0
        for m in islice(words.author.finditer(text), 3)
    )


def _beside(text: str, mentions: list[Mention], group: list[Mention]) -> bool:
    """Whether a title stands alone in sentences that name the one person of a text.

    "The Prime Minister spoke to President Biden": such a title is that of the own side.
    """
    titles = {m.title.lower() for m in group if m.title}
    return any(
        not any(m.title.lower() in title for title in titles) or _near(text, m, group)
        for m in mentions
        if m.title and not m.name and not m.country
    )


def _near(text: str, mention: Mention, group: Sequence[Mention]) -> bool:
    """Whether a sentence names the person right before or after, so that the title is another's."""
    at = bisect_left(group, mention.start, key=lambda m: m.start)
    return any(
        m.title
        and abs(m.start - mention.start) < _NEAR
        and not _STOP.search(text, min(m.end, mention.end), max(m.start, mention.start))
        for m in group[max(0, at - 1) : at + 1]
    )


def _placed(
    text: str, mentions: list[Mention], people: list[_Person], sides: _Sides
) -> Iterator[Mention]:
    """Every mention with its side; a title alone is that of the one named last who has it."""
    by_name = {name: person for person in reversed(people) for name in person.names}
    last: list[_Person] = []
    named: dict[str, list[Mention]] = {}
    """Title in small letters -> the persons of the other side who have it."""
    for mention in mentions:
        person = by_name.get(mention.name) if mention.name else None
        if mention.who != "unknown":
            yield mention
        elif person is not None:
            last = [person, *(p for p in last if p is not person)][:8]
            yield replace(mention, who=person.who, key=person.key, sure=person.sure)
        elif mention.country:
            yield replace(mention, who=sides.of_country(mention.country), key=mention.country)
        elif mention.title:
            title = mention.title.lower()
            if title not in named:
                named[title] = [
                    m
                    for m in mentions
                    if title in m.title.lower()
                    and m.name in by_name
                    and by_name[m.name].who == "other"
                ]
            placed = _by_title(mention, people, last, sides)
            if placed.who == "other" and not placed.sure and _near(text, mention, named[title]):
                placed = replace(placed, who="own", key=title)
            yield placed
        else:
            yield mention


def _by_title(
    mention: Mention, people: list[_Person], last: list[_Person], sides: _Sides
) -> Mention:
    title = mention.title.lower()
    side = sides.of_title(mention.title)
    if side != "unknown":
        return replace(mention, who=side, key=title)
    fitting = [p for p in people if any(title in t.lower() for t in p.titles)]
    named = [p for p in fitting if p.who in ("own", "other")]
    if not named:
        return replace(mention, who="own", key=title, sure=False)
    if len({p.who for p in named}) == 1:
        person = named[0]
    else:
        person = next((p for p in last if p in fitting), fitting[0])
    return replace(mention, who=person.who, key=person.key, sure=False)
