"""What is known of a language, as data: `lexicons/<lang>.toml`, read when first asked for.

A file says how sentences end, which lines assert nothing and where a sentence falls into claims;
`lexicons/default.toml` holds what is true of every language and stands in for languages that have
no file. `docs/adding-a-language.md` and the comments in `lexicons/en.toml` say how to add one.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, Literal, cast, get_args

import tomli as tomllib
from msgspec import Struct

from readout_diff.errors import ReadoutDiffError
from readout_diff.kept import keeps

Need = Literal["any", "predicate", "verb first"]


class LexiconError(ReadoutDiffError):
    """A lexicon file that doesn't say what it must; the message names the file and the key."""


class Split(Struct, frozen=True):
    """A place where a sentence falls into two claims."""

    why: str
    at: re.Pattern[str]
    """Matches the end of the left claim and, as look-ahead, the beginning of the right one; the
    claims part where the match ends."""
    left: Need
    """What the left claim must hold: a predicate, or anything."""
    right: Need
    """The same of the right claim; `verb first` wants a verb right after the connective."""
    shortest: int
    """Letters that either side must have."""


class IgnoreRule(Struct, frozen=True):
    """A line that asserts nothing, or the beginning of one, and why."""

    why: str
    line: re.Pattern[str]


class Lexicon(Struct, frozen=True):
    """One language."""

    lang: str
    name: str
    spaced: bool
    """Words are parted by spaces."""
    enders: str
    """Characters that end a sentence."""
    abbreviations: frozenset[str]
    """Lower case, without the last full stop: a full stop after these ends no sentence."""
    soft_abbreviations: frozenset[str]
    """The same, but before one of `sentence_starts` the sentence ends."""
    sentence_starts: frozenset[str]
    """Words that begin a sentence after a soft abbreviation."""
    ordinal_stop: bool
    """A full stop after a number makes an ordinal: German "3. Oktober"."""
    assertion_ends: re.Pattern[str] | None
    """Ends of a line that asserts something although nothing ends its sentence."""
    continuation: re.Pattern[str] | None
    """What follows a closing quote mark when the sentence goes on."""
    lines: tuple[IgnoreRule, ...]
    """Whole lines that assert nothing, wherever they stand."""
    prefixes: tuple[IgnoreRule, ...]
    """Beginnings of lines that assert nothing: speakers, datelines."""
    head: tuple[IgnoreRule, ...]
    """How to name what stands above the first sentence; else it is a title."""
    predicate: re.Pattern[str] | None
    """Finds a finite verb or what does its work."""
    not_predicate: frozenset[str]
    """Words that only look like predicates."""
    splits: tuple[Split, ...]
    unless_left: re.Pattern[str] | None
    """No split where the left claim would end so: "he said,"."""
    unless_whole_left: re.Pattern[str] | None
    """No split where the left claim would be nothing but this: "On trade,"."""
    unless_right: re.Pattern[str] | None
    """No split where the right claim would begin so."""
    months: tuple[str, ...]


SECTIONS = ("quantities", "dates", "names", "speech", "wrap", "offices", "pages")
"""Tables of a file that are read by the stage that needs them (`section`), not here."""
_KEYS = {
    "": {"name", "spaced", "sentences", "ignore", "claims", "words", "fragments", *SECTIONS},
    "sentences": {
        "enders",
        "abbreviations",
        "soft_abbreviations",
        "sentence_starts",
        "ordinal_stop",
        "assertion_ends",
        "continuation",
    },
    "ignore": {"lines", "prefixes", "head"},
    "claims": {
        "predicates",
        "predicate_patterns",
        "not_predicates",
        "splits",
        "unless_left",
        "unless_whole_left",
        "unless_right",
    },
    "words": {"months"},
}


class _Table(Struct, frozen=True):
    """A table of a file, that knows where it is so that an error can say so."""

    file: str
    path: str
    data: Mapping[str, Any]
    fragments: Mapping[str, str]

    def wrong(self, key: str, what: str) -> LexiconError:
        place = f"{self.path}.{key}" if self.path else key
        return LexiconError(f"{self.file}: {place} {what}.")

    def check_keys(self) -> None:
        for key in self.data:
            if key not in _KEYS[self.path]:
                raise self.wrong(key, "is not a key that the lexicon knows")

    def table(self, key: str) -> "_Table":
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, "must be a table")
        table = _Table(self.file, key, value, self.fragments)
        table.check_keys()
        return table

    def text(self, key: str, default: str | None = None) -> str:
        value = self.data.get(key, default)
        if not isinstance(value, str):
            raise self.wrong(key, "must be a string")
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self.data.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "must be true or false")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, "must be a list of strings")
        return tuple(value)

    def pattern(self, key: str, source: str, flags: int = 0) -> re.Pattern[str]:
        """Compile a pattern of the file, in which `{name}` stands for a fragment."""
        try:
            source = re.sub(r"\{([a-z_]+)\}", lambda m: f"(?:{self.fragments[m[1]]})", source)
            return re.compile(source, flags)
        except KeyError as error:
            raise self.wrong(key, f"names the fragment {error}, which is not there") from error
        except re.error as error:
            raise self.wrong(key, f"is not a regular expression ({error})") from error

    def joined(self, key: str, prefix: str = "", suffix: str = "") -> re.Pattern[str] | None:
        """One pattern that matches any of a list of patterns."""
        sources = self.texts(key)
        if not sources:
            return None
        return self.pattern(key, f"{prefix}(?:{'|'.join(sources)}){suffix}", re.IGNORECASE)

    def rules(self, key: str) -> tuple[IgnoreRule, ...]:
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, "must be a table of lists")
        rules = _Table(self.file, f"{self.path}.{key}", value, self.fragments)
        return tuple(
            IgnoreRule(why, rules.pattern(why, source, re.IGNORECASE if why != "speaker" else 0))
            for why in value
            for source in rules.texts(why)
        )

    def splits(self, key: str) -> tuple[Split, ...]:
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.wrong(key, "must be a list of tables")
        return tuple(
            _split(_Table(self.file, f"{self.path}.{key}[{i}]", item, self.fragments))
            for i, item in enumerate(value)
        )


def _split(table: _Table) -> Split:
    needs = get_args(Need)
    for key in table.data:
        if key not in {"why", "at", "left", "right", "shortest"}:
            raise table.wrong(key, "is not a key of a split")
    for key in ("left", "right"):
        if table.text(key, "any") not in needs:
            raise table.wrong(key, f"must be one of {', '.join(needs)}")
    shortest = table.data.get("shortest", 8)
    if not isinstance(shortest, int) or isinstance(shortest, bool):
        raise table.wrong("shortest", "must be a whole number")
    return Split(
        why=table.text("why"),
        at=table.pattern("at", table.text("at"), re.IGNORECASE),
        left=cast(Need, table.text("left", "any")),
        right=cast(Need, table.text("right", "any")),
        shortest=shortest,
    )


def parse(source: str, lang: str, file: str, base: Lexicon | None = None) -> Lexicon:
    """Make a lexicon of a TOML file's text; LexiconError where it doesn't say what it must.

    `base` is the default lexicon: its enders and its rules of lines are added to the language's.
    """
    try:
        data = _loaded(source)
    except tomllib.TOMLDecodeError as error:
        raise LexiconError(f"{file} is not TOML ({error}).") from error
    fragments = data.get("fragments", {})
    if not isinstance(fragments, dict) or not all(isinstance(v, str) for v in fragments.values()):
        raise LexiconError(f"{file}: fragments must be a table of strings.")
    top = _Table(file, "", data, fragments)
    top.check_keys()
    sentences, ignore, claims, words = (
        top.table(key) for key in ("sentences", "ignore", "claims", "words")
    )
    spaced = top.flag("spaced", True)
    predicates = [re.escape(word) for word in claims.texts("predicates")]
    predicates = [rf"\b(?:{'|'.join(predicates)})\b"] if predicates and spaced else predicates
    predicates += claims.texts("predicate_patterns")
    return Lexicon(
        lang=lang,
        name=top.text("name"),
        spaced=spaced,
        enders="".join(dict.fromkeys(sentences.text("enders", "") + (base.enders if base else ""))),
        abbreviations=frozenset(a.lower().rstrip(".") for a in sentences.texts("abbreviations")),
        soft_abbreviations=frozenset(
            a.lower().rstrip(".") for a in sentences.texts("soft_abbreviations")
        ),
        sentence_starts=frozenset(sentences.texts("sentence_starts")),
        ordinal_stop=sentences.flag("ordinal_stop", False),
        assertion_ends=sentences.joined("assertion_ends", suffix=r"[\s.。)）」』”\"]*$"),
        continuation=sentences.joined("continuation", prefix=r"\s*"),
        lines=ignore.rules("lines") + (base.lines if base else ()),
        prefixes=ignore.rules("prefixes") + (base.prefixes if base else ()),
        head=ignore.rules("head") + (base.head if base else ()),
        predicate=claims.pattern("predicates", "|".join(predicates), re.IGNORECASE)
        if predicates
        else None,
        not_predicate=frozenset(claims.texts("not_predicates")),
        splits=claims.splits("splits"),
        unless_left=claims.joined("unless_left", suffix="$"),
        unless_whole_left=claims.joined("unless_whole_left", suffix="$"),
        unless_right=claims.joined("unless_right"),
        months=words.texts("months"),
    )


@lru_cache(maxsize=16)
def _loaded(source: str) -> Mapping[str, Any]:
    return tomllib.loads(source)


def _read(lang: str) -> str | None:
    file = resources.files("readout_diff") / "lexicons" / f"{lang}.toml"
    return file.read_text("utf-8") if file.is_file() else None


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """The languages that have a lexicon of their own, as tags, sorted."""
    folder = resources.files("readout_diff") / "lexicons"
    names = (entry.name.removesuffix(".toml") for entry in folder.iterdir())
    return tuple(sorted(name for name in names if re.fullmatch(r"[a-z]{2,3}", name)))


@keeps()
def lexicon(lang: str) -> Lexicon:
    """The lexicon of a language tag without region; the default one where there is none.

    LexiconError where a file is wrong, which the tests make sure no shipped one is.
    """
    default = parse(_read("default") or "", "und", "lexicons/default.toml")
    source = _read(lang) if lang in languages() else None
    return parse(source, lang, f"lexicons/{lang}.toml", default) if source else default


def language_name(lang: str) -> str | None:
    """What a language is called; None where it has no file. Quicker than to parse the file."""
    source = _read(lang) if lang in languages() else None
    return str(_loaded(source)["name"]) if source else None


@lru_cache(maxsize=256)
def section(lang: str, name: str) -> Mapping[str, Any]:
    """A language's table of that name, one of SECTIONS, as its file has it; empty without one.

    The stage that reads it says where it is wrong.
    """
    source = _read(lang) if lang in languages() else None
    found = _loaded(source).get(name, {}) if source else {}
    if not isinstance(found, dict):
        raise LexiconError(f"lexicons/{lang}.toml: {name} must be a table.")
    return found
