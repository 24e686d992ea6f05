"""What a language says about who speaks and how strongly: table [speech] of its lexicon."""

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from readout_diff.conflicts.countries import countries
from readout_diff.conflicts.table import Table
from readout_diff.kept import keeps
from readout_diff.lexicon import section

LEVELS = (
    "not_raised",
    "listened",
    "mentioned",
    "stated",
    "hoped",
    "proposed",
    "urged",
    "pledged",
    "confirmed",
    "shared",
    "agreed",
)
"""The scale, from nothing said to agreed by both; a stance's level is its place here."""
ATTITUDES = (
    "support",
    "oppose",
    "welcome",
    "regret",
    "accept",
    "refuse",
    "progress",
    "deadlock",
)
NOTHING = re.compile(r"(?!)")
_NAME = re.compile(r"(?<!\w)[^\W\d_a-z][\w'-]+")
_KEYS = {
    *("edges", "home", "countries", "offices", "titles", "name", "full_name", "not_names"),
    *("persons", "sides", "both", "own", "author", "we", "other", "pronoun", "subject", "topic"),
    *("oblique", "not_after", "not_before", "joins", "inverted", "drops", "inflects", "joint"),
    *("negated_before", "negated_after", "negations", "not_negations", "request", "stance"),
    "attitudes",
}


class SpeechWords(Struct, frozen=True):
    """Patterns of one language, to be used on `plain` text; all linear in its length."""

    home: tuple[str, ...]
    """Countries whose offices write in this language, likeliest first."""
    countries: re.Pattern[str]
    """What any is called, in a group named by its code."""
    offices: tuple[tuple[str, re.Pattern[str]], ...]
    """Code and the titles that only its officials have."""
    both: re.Pattern[str]
    own: re.Pattern[str]
    author: re.Pattern[str]
    """"I", of who writes the readout."""
    we: re.Pattern[str]
    """Both parties with verbs that both do, else the writer's."""
    other: re.Pattern[str]
    pronoun: re.Pattern[str]
    persons: tuple[re.Pattern[str], ...]
    """With groups name, title, and country, of or whose; each may be missing."""
    sides: tuple[re.Pattern[str], ...]
    """Countries that act, with a group country."""
    names: re.Pattern[str]
    """One word of a name where names are words that begin with a capital."""
    full_name: re.Pattern[str]
    """A whole name without a title."""
    not_names: frozenset[str]
    subject: re.Pattern[str] | None
    """What follows a subject; None where its place tells it."""
    topic: re.Pattern[str]
    """What follows a subject that comes before any other."""
    oblique: re.Pattern[str]
    """Forms of a title that are no subject."""
    not_after: re.Pattern[str]
    """Ends of a text after which a party is no subject."""
    not_before: re.Pattern[str]
    """What follows a party that is no subject."""
    joins: re.Pattern[str]
    """Between two parties: makes them both."""
    inverted: bool
    """A subject may follow its verb."""
    drops: bool
    """A sentence without a subject goes on with the last one's."""
    inflects: bool
    """Names change their endings."""
    joint: re.Pattern[str]
    """Verbs that are both parties' where nobody is named."""
    negated_before: re.Pattern[str]
    negated_after: re.Pattern[str]
    negations: re.Pattern[str]
    not_negations: re.Pattern[str]
    request: tuple[re.Pattern[str], ...]
    """Who took the initiative, with a group who, or they for the other side."""
    stance: tuple[re.Pattern[str], ...]
    """One for each of LEVELS."""
    tentative: re.Pattern[str]
    attitudes: tuple[re.Pattern[str], ...]
    """One for each of ATTITUDES."""

    @property
    def spaced(self) -> bool:
        """Whether names are found as words that begin with a capital."""
        return self.names != NOTHING

    def country(self, words: str) -> str | None:
        """The code of a country that is called so."""
        match = self.countries.fullmatch(words)
        return match.lastgroup if match else None


class _Words(Struct, frozen=True):
    """Lists of a table as patterns."""

    table: Table
    edges: tuple[str, str]
    """What must stand before and after a word."""
    parts: Mapping[str, str]
    """What `{name}` stands for."""

    def compiled(self, key: str, source: str, flags: int = 0) -> re.Pattern[str]:
        for name, part in self.parts.items():
            source = source.replace(f"{{{name}}}", f"(?:{part})")
        try:
            # A text may break its lines at any space.
            return re.compile(source.replace(" ", r"\s"), flags)
        except re.error as error:
            raise self.table.wrong(key, f"is not a regular expression ({error})") from error

    def any(self, key: str, *, edges: bool = True, case: bool = False) -> re.Pattern[str]:
        """One pattern for a list of words."""
        words = self.table.texts(key)
        if not words:
            return NOTHING
        before, after = self.edges if edges else ("", "")
        return self.compiled(key, f"{before}(?:{'|'.join(words)}){after}", 0 if case else re.I)

    def ending(self, key: str) -> re.Pattern[str]:
        """One pattern for what a text ends in."""
        words = self.table.texts(key)
        source = f"{self.edges[0]}(?:{'|'.join(words)})\\s?\\Z"
        return self.compiled(key, source, re.I) if words else NOTHING

    def each(self, key: str, *, edges: bool = True) -> tuple[re.Pattern[str], ...]:
        before, after = self.edges if edges else ("", "")
        flags = 0 if edges else re.I
        return tuple(
            self.compiled(key, f"{before}{s}{after}", flags) for s in self.table.texts(key)
        )


@keeps()
def speech_words(lang: str) -> SpeechWords:
    """The table [speech] of a language; patterns that match nothing where it has none.

    LexiconError names the file and the key that is wrong.
    """
    return parse(section(lang, "speech"), lang)


def parse(data: Mapping[str, Any], lang: str) -> SpeechWords:
    """Make patterns of what a table says."""
    table = Table(lang, "speech", data)
    table.check_keys(_KEYS)
    edges = _edges(table)
    codes = table.table("countries")
    named = countries({code: codes.text(code) for code in codes.data}, lang)
    # Adjectives begin a sentence with a capital letter.
    forms = {
        code: "|".join(filter(None, (names, adjectives and f"(?i:{adjectives})")))
        for code, (names, adjectives) in named.items()
    }
    offices = table.table("offices")
    country, land = (
        f"{edges[0]}(?:{'|'.join(filter(None, names)) or '(?!)'}){edges[1]}"
        for names in (forms.values(), (names for names, _ in named.values()))
    )
    title = "|".join(table.texts("titles")).replace("{country}", f"(?:{country})") or "(?!)"
    parts = {"country": country, "land": land, "title": title, "name": table.text("name", "(?!)")}
    words = _Words(table, edges, parts)
    stance = _Words(table.table("stance"), edges, parts)
    stance.table.check_keys({*LEVELS, "tentative"})
    attitudes = _Words(table.table("attitudes"), edges, parts)
    attitudes.table.check_keys(set(ATTITUDES))
    marked = bool(table.texts("subject"))
    return SpeechWords(
        home=table.texts("home"),
        countries=words.compiled(
            "countries", "|".join(f"(?P<{code}>{form})" for code, form in forms.items()) or "(?!)"
        ),
        offices=tuple(
            (code, words.compiled(code, offices.text(code))) for code in sorted(offices.data)
        ),
        both=words.any("both"),
        own=words.any("own", case=True),
        author=words.any("author", case=True),
        we=words.any("we", case=True),
        other=words.any("other"),
        pronoun=words.any("pronoun"),
        persons=words.each("persons"),
        sides=words.each("sides"),
        names=_NAME if any(edges) and not marked else NOTHING,
        full_name=words.compiled(
            "full_name", f"{edges[0]}(?P<name>{table.text('full_name', '(?!)')}){edges[1]}"
        ),
        not_names=frozenset(table.texts("not_names")),
        subject=words.any("subject", edges=False) if marked else None,
        topic=words.any("topic", edges=False),
        oblique=words.any("oblique", case=True),
        not_after=words.ending("not_after"),
        not_before=words.any("not_before", edges=False),
        joins=words.any("joins", edges=False),
        inverted=table.flag("inverted"),
        drops=table.flag("drops"),
        inflects=table.flag("inflects"),
        joint=words.any("joint"),
        negated_before=words.ending("negated_before"),
        negated_after=words.any("negated_after", edges=False),
        negations=words.any("negations"),
        not_negations=words.any("not_negations"),
        request=words.each("request", edges=False),
        stance=tuple(stance.any(level) for level in LEVELS),
        tentative=stance.any("tentative"),
        attitudes=tuple(attitudes.any(name) for name in ATTITUDES),
    )


def _edges(table: Table) -> tuple[str, str]:
    edges = table.texts("edges")
    if len(edges) not in (0, 2):
        raise table.wrong("edges", "must be two patterns")
    return (edges[0], edges[1]) if edges else ("", "")
