"""A section of a lexicon file, read key by key; what is wrong in it is said with file and key."""

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from readout_diff.lexicon import LexiconError, section
from readout_diff.plain import plain

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class Table(Struct, frozen=True):
    """A table of a lexicon file. Strings come in plain characters, as the texts do."""

    lang: str
    path: str
    data: Mapping[str, Any]

    def wrong(self, key: str, what: str) -> LexiconError:
        return LexiconError(f"lexicons/{self.lang}.toml: {self.path}.{key} {what}.")

    def check_keys(self, known: set[str]) -> None:
        for key in self.data:
            if key not in known:
                raise self.wrong(key, "is not a key that the lexicon knows")

    def table(self, key: str) -> "Table":
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, "must be a table")
        return Table(self.lang, f"{self.path}.{key}", value)

    def text(self, key: str, default: str = "") -> str:
        value = self.data.get(key, default)
        if not isinstance(value, str):
            raise self.wrong(key, "must be a string")
        return plain(value).text

    def flag(self, key: str) -> bool:
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "must be true or false")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, "must be a list of strings")
        return tuple(plain(item).text for item in value)

    def compiled(self, key: str, source: str, named: Mapping[str, str] | None = None) -> "Pattern":
        """A pattern in which `{name}` stands for one of `named`; case is ignored."""
        try:
            source = _PLACEHOLDER.sub(lambda m: (named or {})[m[1]], source)
            return re.compile(source, re.IGNORECASE)
        except KeyError as error:
            raise self.wrong(key, f"names {error}, which is not there") from error
        except re.error as error:
            raise self.wrong(key, f"is not a regular expression ({error})") from error

    def any_of(self, key: str, before: str = "", after: str = "") -> "Pattern | None":
        """One pattern that matches any of a list of patterns; none for an empty list."""
        sources = self.texts(key)
        if not sources:
            return None
        return self.compiled(key, f"{before}(?:{'|'.join(sources)}){after}")

    def spellings(self, key: str) -> dict[str, int]:
        """A table of numbers, each with its spellings parted by spaces: spelling -> number.

        `_` in a spelling is a space.
        """
        found = {}
        table = self.table(key)
        for number in table.data:
            if not number.isdecimal():
                raise table.wrong(number, "must be a whole number")
            for spelling in table.text(number).split():
                found[spelling.replace("_", " ").lower()] = int(number)
        return found


Pattern = re.Pattern[str]


def read(lang: str, name: str, known: set[str]) -> Table:
    """A language's section of that name; LexiconError where it has a key that isn't known."""
    table = Table(lang, name, section(lang, name))
    table.check_keys(known)
    return table
