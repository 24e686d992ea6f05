"""Words of a readout that name a party: persons, countries, "both sides", "I", "he"."""

import re
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from readout_diff.conflicts.speech_words import SpeechWords

MOST_NAMES = 200
"""Names that are looked for without their titles; no readout has as many."""
HEAD = 320
"""Characters of the beginning, where a readout says who met."""


class Mention(Struct, frozen=True):
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
    key: str = ""
    """Of a person or country: the same wherever the text names it."""
    sure: bool = True
    """Whether the side is said; else it is what is left over."""


def find_mentions(text: str, words: SpeechWords) -> Iterator[Mention]:
    """The mentions in a plain text in order, none overlapping; persons are on no side yet."""
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
            yield from _candidate(match, words)
    for match in words.full_name.finditer(text, 0, min(len(text), HEAD)):
        if _name(match[0], words) == match[0]:
            yield from _candidate(match, words)


def _candidate(match: re.Match[str], words: SpeechWords) -> Iterator[Mention]:
    found = match.groupdict()
    name = _name(found.get("name") or "", words)
    title = found.get("title") or ""
    code = found.get("country") or found.get("of") or found.get("whose")
    start = match.start()
    if words.country(name):
        code, name = name, ""
    elif name in words.not_names or words.both.match(name):
        # What stands before the title is no name; without a title nothing is left.
        if not title:
            return
        name, start = "", match.start("title")
    if name and not title:
        start = match.start("name")
    yield Mention(
        start, match.end(), "unknown", name, title, words.country(code.strip()) if code else None
    )


def _bare(text: str, known: list[Mention], words: SpeechWords) -> list[Mention]:
    """Names that stand without a title after they have been introduced with one."""
    names = list(dict.fromkeys(m.name for m in known if m.name))[:MOST_NAMES]
    if not words.spaced:
        names = [name for name in names if len(name) > 1]
        if words.subject is not None or not names:
            return []
        pattern = re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))))
        return [Mention(m.start(), m.end(), "unknown", m[0]) for m in pattern.finditer(text)]
    parts = {t for name in names for t in tokens(name) if len(t) > 1 and t[0].isupper()}
    stems = {_stem(t) for t in parts} if words.inflects else parts
    titles = {t for m in known for t in tokens(m.title)}
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


def _name(written: str, words: SpeechWords) -> str:
    name = written.strip(" .,'-")
    if not words.spaced:
        return name
    return " ".join(word for word in name.split() if word.strip(".") not in words.not_names)


def tokens(name: str) -> list[str]:
    """The words of a name."""
    return [t for t in re.split(r"[\s.,·・=]+", name) if t]


def _stem(word: str) -> str:
    """A name without what its case may add."""
    return word[: max(4, len(word) - 2)] if len(word) > 4 else word


def same_person(one: str, two: str, words: SpeechWords) -> bool:
    """Whether two names of one text are one person's."""
    if words.spaced:
        mine, theirs = (
            {(_stem(t) if words.inflects else t).lower() for t in tokens(name) if len(t) > 1}
            for name in (one, two)
        )
        return bool(mine & theirs)
    # A family name stands for the whole, and foreign names are written in several parts.
    return any(
        mine.startswith(theirs) or theirs.startswith(mine)
        for mine in tokens(one)
        for theirs in tokens(two)
    )
