"""How far a claim goes: terms of `lexicons/scope.toml` that exclude each other."""

import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

import tomli as tomllib
from msgspec import Struct

from readout_diff.kept import keeps
from readout_diff.lexicon import LexiconError
from readout_diff.plain import plain

_FILE = "lexicons/scope.toml"
_UNSPACED = frozenset({"ja", "zh", "ko"})


class Scope(Struct, frozen=True):
    """A term in a text."""

    name: str
    """The pair that it is of."""
    wide: bool
    """Which of the two it is."""
    confidence: float
    """That its opposite contradicts it."""
    start: int
    end: int
    """Span in the plain text where it was found."""


class Pair(Struct, frozen=True):
    """Two terms that exclude each other where claims match."""

    name: str
    confidence: float
    wide: Mapping[str, re.Pattern[str]]
    """Language -> pattern."""
    narrow: Mapping[str, re.Pattern[str]]


@keeps()
def pairs(lang: str | None) -> Mapping[str, Pair]:
    """All pairs by name, in that language alone or in all; LexiconError where the file is wrong."""
    file = resources.files("readout_diff") / "lexicons" / "scope.toml"
    return parse(file.read_text("utf-8"), lang)


def parse(source: str, lang: str | None = None) -> Mapping[str, Pair]:
    """Make pairs of the text of a file, in that language alone or in all.

    LexiconError names what is wrong in it.
    """
    try:
        data = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise LexiconError(f"{_FILE} is not TOML ({error}).") from error
    return {name: _pair(name, table, lang) for name, table in data.items()}


def _pair(name: str, table: Any, only: str | None) -> Pair:
    if not isinstance(table, dict) or set(table) != {"confidence", "wide", "narrow"}:
        raise LexiconError(f"{_FILE}: {name} must have confidence, wide and narrow, and no more.")
    confidence = table["confidence"]
    if not isinstance(confidence, float) or not 0 <= confidence <= 1:
        raise LexiconError(f"{_FILE}: {name}.confidence must be a number from 0.0 to 1.0.")
    wide, narrow = (_terms(name, pole, table[pole], only) for pole in ("wide", "narrow"))
    return Pair(name, confidence, wide, narrow)


def _terms(name: str, pole: str, table: Any, only: str | None) -> Mapping[str, re.Pattern[str]]:
    if not isinstance(table, dict):
        raise LexiconError(f"{_FILE}: {name}.{pole} must be a table of languages.")
    return {
        lang: _pattern(f"{name}.{pole}.{lang}", lang, terms)
        for lang, terms in table.items()
        if only in (None, lang)
    }


def _pattern(key: str, lang: str, terms: Any) -> re.Pattern[str]:
    if not isinstance(terms, list) or not all(isinstance(term, str) for term in terms):
        raise LexiconError(f"{_FILE}: {key} must be a list of strings.")
    source = plain("|".join(terms)).text.replace(" ", r"\s")
    before, after = ("", "") if lang in _UNSPACED else (r"(?<!\w)", r"(?!\w)")
    if lang == "ar":
        before += "[وفبل]?(?:ال)?"
    try:
        return re.compile(f"{before}(?:{source}){after}", re.IGNORECASE)
    except re.error as error:
        raise LexiconError(f"{_FILE}: {key} is not a regular expression ({error}).") from error


def scopes(text: str, lang: str) -> tuple[Scope, ...]:
    """The terms in a plain text; the first of each kind."""
    found = []
    for pair in pairs(lang).values():
        for wide, terms in ((True, pair.wide), (False, pair.narrow)):
            match = terms[lang].search(text) if lang in terms else None
            if match:
                found.append(Scope(pair.name, wide, pair.confidence, *match.span()))
    return tuple(found)
