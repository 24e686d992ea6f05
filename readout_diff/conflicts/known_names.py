"""Names that are known: `lexicons/places.toml` and `lexicons/people.toml`, ready to be found."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

import tomli as tomllib
from msgspec import Struct

from readout_diff.conflicts.name_words import canonical, name_words
from readout_diff.conflicts.phonetics import script
from readout_diff.kept import ALL, keeps
from readout_diff.lexicon import LexiconError

PLACES = "lexicons/places.toml"
PEOPLE = "lexicons/people.toml"
KINDS = {"places": "place", "areas": "place", "organisations": "organisation", "terms": "term"}
_SCRIPTS = {
    "en": ("latin",),
    "fr": ("latin",),
    "de": ("latin",),
    "es": ("latin",),
    "ko": ("hangul",),
    "ja": ("han", "kana"),
    "zh": ("han",),
    "ru": ("cyrillic",),
    "uk": ("cyrillic",),
    "ar": ("arabic",),
}
# Letters from which on a family name is taken for one without a title.
_ALONE = {"latin": 5, "cyrillic": 5, "arabic": 5, "hangul": 3, "kana": 4, "han": 3}
_CYRILLIC_END = re.compile("(?:ий|ый|[аяьйоіи])$")
_SHORT = 3
"""Letters up to which a form in capitals is another word: us, US."""


class Entry(NamedTuple):
    """One thing that has names."""

    id: str
    """Rivals are "thing.side": two names of one thing have the same thing."""
    kind: str
    """"person", "place", "organisation" or "term"."""
    area: bool
    """A part of the world larger than a country, or a sea."""
    within: str | None
    """The country that a city lies in."""


Forms = Mapping[str, tuple[str, ...]]
"""Language, for people script, -> what a thing is called, as the file has it."""


class Form(NamedTuple):
    """One name of an entry in one language."""

    text: str
    """In canonical characters, without `~`."""
    stem: str
    """What it begins with, whatever its ending; in lower case."""
    source: str | None
    """A regular expression, where the name has endings."""
    entry: Entry
    alone: bool
    """Is a name wherever it stands, not only beside a title."""


def _load(name: str) -> dict[str, Any]:
    file = resources.files("readout_diff") / "lexicons" / name.removeprefix("lexicons/")
    return parse(file.read_text("utf-8"), name)


def parse(source: str, file: str) -> dict[str, Any]:
    """A TOML file's tables; LexiconError where it is none."""
    try:
        return tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise LexiconError(f"{file} is not TOML ({error}).") from error


def _entry(file: str, path: str, kind: str, table: object, keys: set[str]) -> tuple[Entry, Forms]:
    """The entry of a table, and what it is called; its path without the section is its id."""
    if not isinstance(table, dict):
        raise LexiconError(f"{file}: {path} must be a table.")
    forms = {}
    for key, value in table.items():
        if key in ("kind", "within"):
            if not isinstance(value, str):
                raise LexiconError(f"{file}: {path}.{key} must be a string.")
        elif key not in keys:
            raise LexiconError(f"{file}: {path}.{key} is not a key that the table knows.")
        elif not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            raise LexiconError(f"{file}: {path}.{key} must be a list of strings.")
        else:
            forms[key] = tuple(value)
    section, _, id = path.rpartition(".") if kind == "person" else path.partition(".")
    area = section in ("areas", "rivals")
    return Entry(id, table.get("kind", kind), area, table.get("within")), forms


def place_entries(data: Mapping[str, Any], file: str = PLACES) -> Iterator[tuple[Entry, Forms]]:
    """The entries of places.toml; LexiconError where it doesn't say what it must."""
    langs = set(_SCRIPTS)
    for section, tables in data.items():
        if not isinstance(tables, dict) or section not in {*KINDS, "rivals"}:
            raise LexiconError(f"{file}: {section} is not a section that the table knows.")
        for id, table in tables.items():
            if section != "rivals":
                yield _entry(file, f"{section}.{id}", KINDS[section], table, langs)
                continue
            if not isinstance(table, dict):
                raise LexiconError(f"{file}: rivals.{id} must be a table of sides.")
            for side, words in table.items():
                yield _entry(file, f"rivals.{id}.{side}", "term", words, langs)


def person_entries(data: Mapping[str, Any], file: str = PEOPLE) -> Iterator[tuple[Entry, Forms]]:
    """The entries of people.toml; LexiconError where it doesn't say what it must."""
    scripts = {name for names in _SCRIPTS.values() for name in names}
    for id, table in data.items():
        yield _entry(file, id, "person", table, scripts)


@lru_cache(maxsize=1)
def entries() -> tuple[tuple[Entry, Forms], ...]:
    """All that is known, read when first asked for."""
    return (*place_entries(_load(PLACES)), *person_entries(_load(PEOPLE)))


@keeps(ALL)
def by_id() -> Mapping[str, Entry]:
    return {entry.id: entry for entry, _ in entries()}


def thing(id: str) -> str:
    """What a name is a name of: the same for rivals."""
    return id.partition(".")[0]


def _place_forms(entry: Entry, called: Forms, lang: str) -> Iterator[Form]:
    ending = name_words(lang).ending.pattern
    for form in called.get(lang, ()):
        text = canonical(form)
        source = None
        if "~" in text:
            ways = dict.fromkeys((text, text[:1].upper() + text[1:]))
            sources = [re.escape(way).replace(re.escape("~"), f"(?:{ending})") for way in ways]
            # In capitals the ending is too.
            capitals = re.escape(text.upper()).replace(re.escape("~"), f"(?i:{ending})")
            source = "|".join([*sources, capitals])
        stem = text.partition("~")[0].lower()
        yield Form(text.replace("~", ""), stem, source, entry, alone=True)


def _joins(kind: str) -> tuple[str, ...]:
    return {"han": ("",), "hangul": ("", " "), "kana": ("・", "", "=", " ")}.get(kind, (" ",))


def _person_forms(entry: Entry, called: Forms, kind: str) -> Iterator[Form]:
    for form in called.get(kind, ()):
        family, _, given = (part.strip() for part in canonical(form).partition(","))
        alone = len(family) >= _ALONE[kind] and (not given or kind != "han")
        names = [(family, alone)]
        for join in _joins(kind) if given else ():
            names.append((family + join + given, True))
            if kind not in ("han", "hangul"):
                names.append((given + join + family, True))
        for name, stands in names:
            if kind == "cyrillic":
                yield Form(name, *_inflected(name), entry, stands)
            else:
                yield Form(name, name.lower(), None, entry, stands)


def _inflected(name: str) -> tuple[str, str]:
    """Stem and pattern of a Cyrillic name in any case: Путин, Путина; Зеленский, Зеленского."""
    words = [
        (_CYRILLIC_END.sub("", word), "[а-яіїєґ]{0,4}") if len(word) > 2 else (word, "")
        for word in name.split(" ")
    ]
    return words[0][0].lower(), " ".join(re.escape(stem) + ending for stem, ending in words)


@lru_cache(maxsize=4096)
def _compiled(source: str) -> re.Pattern[str]:
    """Of thousands of names a text has a few: the others are never compiled."""
    return re.compile(source)


class Known(Struct, frozen=True):
    """The forms of one language."""

    starts: Mapping[str, tuple[Form, ...]]
    """First two letters in lower case -> forms that begin so, longest first."""

    def at(self, text: str, start: int, titled: bool = False) -> tuple[int, tuple[Form, ...]]:
        """The longest names that begin at a place of a canonical text: where they end, and which.

        `titled`: those count too that are names beside a title only.
        """
        found: list[Form] = []
        longest = start
        for form in self.starts.get(text[start : start + 2].lower(), ()):
            if start + len(form.text) < longest or not (form.alone or titled):
                continue
            end = _matched(form, text, start)
            if end > longest:
                longest, found = end, [form]
            elif found and end == longest:
                found.append(form)
        return longest, tuple(found)

    def called(self, name: str) -> frozenset[str]:
        """The ids of what is called so; a family name alone is the name of each who bears it."""
        end, forms = self.at(name, 0, titled=True)
        return frozenset(form.entry.id for form in forms) if end == len(name) else frozenset()


def _matched(form: Form, text: str, start: int) -> int:
    """Where a form that begins here ends, or -1."""
    if not text.startswith(form.stem, start) and (
        text[start : start + len(form.stem)].lower() != form.stem
    ):
        return -1
    if form.source is not None:
        match = _compiled(form.source).match(text, start)
        if match is None:
            return -1
        end = match.end()
    else:
        end = start + len(form.text)
        if not _same_case(form.text, text[start:end]):
            return -1
    if end < len(text) and not _ends(text[end - 1], text[end]):
        return -1
    return end


def _same_case(form: str, piece: str) -> bool:
    """As the form is written, or with a capital, or all in capitals where it isn't short."""
    if piece in (form, form[:1].upper() + form[1:]):
        return True
    return len(form) > _SHORT and piece == form.upper()


def _ends(last: str, following: str) -> bool:
    """Whether a word may end between two characters."""
    kind = script(last)
    if kind in ("han", "hangul"):
        return True
    if kind or last.isdigit():
        return script(following) != (kind or "latin") and not following.isdigit()
    return True


def begins(text: str, start: int) -> bool:
    """Whether a word may begin here: its script doesn't go on from before."""
    if start == 0:
        return True
    before = script(text[start - 1])
    return before in ("", "han") or before != script(text[start])


@keeps()
def known(lang: str) -> Known:
    """What is known by name in a language without region; nothing for one that has no lexicon."""
    starts: dict[str, dict[tuple[str, str], Form]] = defaultdict(dict)
    if lang in _SCRIPTS:
        article, swallowed = name_words(lang).article, name_words(lang).swallowed
        for entry, called in entries():
            forms = (
                [form for kind in _SCRIPTS[lang] for form in _person_forms(entry, called, kind)]
                if entry.kind == "person"
                else list(_place_forms(entry, called, lang))
            )
            for form in forms:
                _add(starts, form)
                if article and form.text.startswith(article) and form.source is None:
                    name = swallowed + form.text[len(article) :]
                    _add(starts, Form(name, name.lower(), None, entry, form.alone))
    return Known(
        {
            key: tuple(sorted(forms.values(), key=lambda form: (-len(form.text), form.entry.id)))
            for key, forms in starts.items()
        }
    )


def _add(starts: dict[str, dict[tuple[str, str], Form]], form: Form) -> None:
    same = starts[form.text[:2].lower()]
    old = same.get((form.text, form.entry.id))
    if old is None or form.alone:
        same[form.text, form.entry.id] = form
