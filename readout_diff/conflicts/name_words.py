"""What a language says about names: table [names] of its lexicon."""

import re
from collections.abc import Mapping

from msgspec import Struct

from readout_diff.conflicts.han import elder
from readout_diff.conflicts.table import Table, read
from readout_diff.kept import ALL, keeps
from readout_diff.lexicon import lexicon
from readout_diff.plain import plain

_KEYS = {
    *("ending", "joined", "article", "swallowed"),
    *("titles_before", "titles_after", "title_end", "offices", "links", "initials", "surnames"),
    *("person_after", "person_before", "foreign", "one_word", "particles"),
    *("not_persons", "not_names", "where_before", "where_after"),
    *("short", "compounds", "short_before", "short_after"),
    *("romanised", "pinyin", "sounds"),
}


class NameWords(Struct, frozen=True):
    """Names in one language. Patterns are for `canonical` text, and none where a list is empty."""

    ending: re.Pattern[str]
    """What `~` in a form stands for."""
    joined: re.Pattern[str] | None
    """Words written as one with the next; matched backwards from where a name begins."""
    article: str
    swallowed: str
    """The article, and what it becomes after a preposition that swallows it."""
    titles_before: re.Pattern[str] | None
    """A title, after which a name may begin."""
    titles_after: re.Pattern[str] | None
    """A title, before which a name may end."""
    offices: re.Pattern[str] | None
    """What may stand between a name and its title; ends where the title begins."""
    foreign: re.Pattern[str] | None
    """Titles of persons whose names are two words, where a name is one word else."""
    one_word: frozenset[str]
    """Countries, by id, whose people have names of one word there."""
    particles: re.Pattern[str] | None
    """Ends of words that are no part of a name of two words."""
    links: re.Pattern[str] | None
    """Small words between a title and a place before the name."""
    surnames: str
    """First characters of family names, where they must begin with one; else empty."""
    name_after: re.Pattern[str] | None
    """A name after a title."""
    name_before: re.Pattern[str] | None
    """A name before a title; ends where the text does."""
    initials: re.Pattern[str] | None
    not_persons: frozenset[str]
    not_names: re.Pattern[str] | None
    where_before: re.Pattern[str] | None
    """What stands before a place where something takes place; ends where the place begins."""
    where_after: re.Pattern[str] | None
    compounds: re.Pattern[str] | None
    signs: re.Pattern[str] | None
    """Single signs of places where they are nothing else, each a group sign."""
    short: Mapping[str, str]
    """Sign -> id of a place."""


class NameSounds(Struct, frozen=True):
    """How names sound that are spelt as in one language."""

    romanised: Mapping[str, tuple[str, ...]]
    """Surname -> how it is spelt in Latin letters, as sounds."""
    pinyin: re.Pattern[str] | None
    """A word in pinyin, of syllables."""
    syllable: re.Pattern[str] | None
    spelling: re.Pattern[str] | None
    """Any of the spellings that sound otherwise than they are written."""
    sounds: Mapping[str, str]


def canonical(text: str) -> str:
    """Text of a pattern or a form as texts are read: plain, Han characters in their oldest form."""
    return elder(plain(text).text)


def _strings(table: Table, key: str) -> dict[str, str]:
    value = table.data.get(key, {})
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise table.wrong(key, "must be a table of strings")
    return value


def _pattern(table: Table, key: str, source: str) -> re.Pattern[str]:
    try:
        return re.compile(canonical(source))
    except re.error as error:
        raise table.wrong(key, f"is not a regular expression ({error})") from error


def _optional(table: Table, key: str, form: str = "{}") -> re.Pattern[str] | None:
    source = table.text(key)
    return _pattern(table, key, form.format(source)) if source else None


def _any(table: Table, key: str, form: str) -> re.Pattern[str] | None:
    sources = table.texts(key)
    if not sources:
        return None
    # Longest first: 国家主席 before 主席.
    listed = "|".join(sorted(sources, key=len, reverse=True))
    return _pattern(table, key, form.replace("{}", f"(?:{listed})"))


def _spelling(sounds: Mapping[str, str]) -> re.Pattern[str] | None:
    if not sounds:
        return None
    keys = sorted(sounds, key=lambda key: (-len(key), key))
    return re.compile("|".join(map(re.escape, keys)))


def _compounds(table: Table, short: Mapping[str, str]) -> re.Pattern[str] | None:
    """Compounds, longest first, with a dot or a dash between their signs where a text has one."""
    sources = []
    for source in table.texts("compounds"):
        signs = re.match(r"\w+", source)
        if signs is None or any(sign not in short for sign in canonical(signs[0])):
            raise table.wrong("compounds", f"has {source}, which is not made of signs of short")
        sources.append((len(signs[0]), "[·・/-]?".join(signs[0]) + source[signs.end() :]))
    if not sources:
        return None
    return _pattern(
        table, "compounds", "|".join(text for _, text in sorted(sources, key=lambda s: -s[0]))
    )


@keeps()
def name_words(lang: str) -> NameWords:
    """The table of a language without region; an empty one where it has none."""
    table = read(lang, "names", _KEYS)
    short = {canonical(sign): place for sign, place in _strings(table, "short").items()}
    signs = "".join(map(re.escape, short))
    before, after = table.text("short_before"), table.text("short_after")
    single = [f"(?:{before})(?P<a>[{signs}])"] if before and signs else []
    single += [f"(?P<b>[{signs}])(?={after})"] if after and signs else []
    spaced = lexicon(lang).spaced
    return NameWords(
        ending=_pattern(table, "ending", table.text("ending")),
        joined=_optional(table, "joined", "(?:{})$"),
        article=table.text("article"),
        swallowed=table.text("swallowed"),
        titles_before=_any(table, "titles_before", "{}" if not spaced else r"(?<!\w){}(?!\w)"),
        titles_after=_any(table, "titles_after", "{}" + table.text("title_end")),
        offices=_any(table, "offices", "{}$"),
        foreign=_optional(table, "foreign"),
        one_word=frozenset(table.texts("one_word")),
        particles=_optional(table, "particles", "(?:{})$"),
        links=_optional(table, "links", "(?:{})(?= )"),
        surnames=canonical(table.text("surnames")),
        name_after=_optional(table, "person_after"),
        name_before=_optional(table, "person_before", "(?:{})$"),
        initials=_optional(table, "initials"),
        not_persons=frozenset(map(canonical, table.texts("not_persons"))),
        not_names=_any(table, "not_names", "{}"),
        where_before=_optional(table, "where_before", r"(?:{}) ?$"),
        where_after=_optional(table, "where_after"),
        compounds=_compounds(table, short),
        signs=_pattern(table, "short", "|".join(single)) if single else None,
        short=short,
    )


@keeps(ALL)
def name_sounds(lang: str) -> NameSounds:
    """How a language without region spells; nothing is known of one that has no table."""
    table = read(lang, "names", _KEYS)
    sounds = {plain(key).text: value for key, value in _strings(table, "sounds").items()}
    romanised = {key: tuple(value.split()) for key, value in _strings(table, "romanised").items()}
    return NameSounds(
        romanised=romanised,
        pinyin=_optional(table, "pinyin", "(?:{})+"),
        syllable=_optional(table, "pinyin"),
        spelling=_spelling(sounds),
        sounds=sounds,
    )
