"""Topics as they are listed: `lexicons/topics.toml`, and files of the user's own in the same form.

[abductions]                        # the id
part_of = "north-korea"             # the wider topic, if there is one
courtesy = true                     # greetings, thanks and the like: matters least to a reader
about = "what such a claim talks about, in English or any other language"
[abductions.label]                  # the name by language
en = "Abductions of Japanese nationals"
[abductions.terms]                  # cue terms by language, see `terms`
ja = ["拉致"]
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import tomli as tomllib
from msgspec import Struct, field
from msgspec.structs import replace

from readout_diff.errors import InputError
from readout_diff.kept import ALL, keeps
from readout_diff.topics.terms import Spelling, Terms, fold, is_term

ANY_LANG = ""
"""Stands for all languages, in topics made of the user's words."""
_WORD = re.compile(r"[^\W_]+")
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LANG = re.compile(r"[a-z]{2,3}")
_SPELLING = "spelling"
_KEYS = {"part_of", "courtesy", "about", "label", "terms"}


class Entry(Struct, frozen=True):
    """One topic of a catalogue."""

    id: str
    label: Mapping[str, str]
    """By language; at least one."""
    about: str
    """What claims of it talk about; what they mean is compared with this."""
    terms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By language."""
    part_of: str | None = None
    """Id of the wider topic, which every claim of this one is of too."""
    courtesy: bool = False
    """Greetings, thanks, logistics: what matters least to a reader."""

    @property
    def name(self) -> str:
        """The English label, or the first that there is."""
        return self.label.get("en") or next(iter(self.label.values()))


class Catalogue(Struct, frozen=True, dict=True):
    """Topics by id, in their order, and how terms are spelt."""

    entries: Mapping[str, Entry]
    spelling: Spelling

    @cached_property
    def _terms(self) -> dict[str, Terms]:
        """By language, as they were asked for."""
        return {}

    def terms(self, lang: str) -> Terms:
        """The terms of all topics in a language, and those for any."""
        if self is built_in():
            return _built_in_terms(lang)
        if lang not in self._terms:
            self._terms[lang] = self._made(lang)
        return self._terms[lang]

    def _made(self, lang: str) -> Terms:
        listed = {
            topic: (*entry.terms.get(lang, ()), *entry.terms.get(ANY_LANG, ()))
            for topic, entry in self.entries.items()
        }
        return Terms(lang, listed, self.spelling)

    def wider(self, topic: str) -> Iterator[str]:
        """The topic itself and all that it is part of."""
        at: str | None = topic
        while at is not None:
            yield at
            at = self.entries[at].part_of

    def called(self, text: str) -> Entry | None:
        """The topic of that id, or of that label in any language, however it is written."""
        wanted = id_of(text)
        for entry in self.entries.values():
            if wanted in {entry.id, *map(id_of, entry.label.values())}:
                return entry
        return None

    def with_file(self, path: Path) -> "Catalogue":
        """The same with the topics of a file added, or put in place of those of the same id.

        Raises InputError, which names the line, for a file that can't be read or is wrong.
        """
        try:
            source = path.read_text(encoding="utf-8-sig")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
            raise InputError(
                f"The topics {path} can't be read ({reason}); give a TOML file in UTF-8."
            ) from error
        return parse(source, str(path), self)


def id_of(words: str) -> str:
    """Words as an id: without case, marks and spaces."""
    return "-".join(_WORD.findall(fold(words)))


@keeps(ALL)
def built_in() -> Catalogue:
    """The topics that come with the package."""
    file = resources.files("readout_diff") / "lexicons" / "topics.toml"
    return parse(file.read_text("utf-8"), "lexicons/topics.toml")


@keeps()
def _built_in_terms(lang: str) -> Terms:
    return built_in()._made(lang)


def parse(source: str, file: str, base: Catalogue | None = None) -> Catalogue:
    """Make a catalogue of a TOML file's text; `base` holds what it adds to.

    Raises InputError that names the file, the line and the key for what is wrong in it.
    """
    try:
        data = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{file} is not TOML: {error}; mend it.") from error
    reading = _Reading(file, source)
    spelling = base.spelling if base else Spelling()
    if _SPELLING in data:
        spelling = _spelling(reading, data.pop(_SPELLING))
    entries = dict(base.entries) if base else {}
    entries |= {topic: _entry(reading, topic, table) for topic, table in data.items()}
    catalogue = Catalogue(entries, spelling)
    for topic in data:
        _check_wider(reading, catalogue, topic)
    return catalogue


class _Reading(Struct, frozen=True):
    """A file as it is read, that knows where a key stands."""

    file: str
    source: str

    def wrong(self, what: str, topic: str, *keys: str) -> InputError:
        """`what` is wrong with the key `keys` of a topic."""
        line = self._line(topic, keys)
        name = ".".join((topic, *keys))
        return InputError(f"{self.file}, line {line}: {name} {what}; mend that line.")

    def _line(self, topic: str, keys: tuple[str, ...]) -> int:
        """The line of the innermost key that can be found: in its table, or as a dotted key."""
        lines = self.source.splitlines()
        path, last = (topic, *keys[:-1]), keys[-1:]
        header = re.compile(r"\s*\[\s*" + r"\s*\.\s*".join(map(_quoted, path)) + r"\s*[\].]")
        at = next((number for number, line in enumerate(lines) if header.match(line)), None)
        if at is None:
            return self._line(topic, keys[:-1]) if keys else 1
        if last:
            key = re.compile(r"\s*" + _quoted(last[0]) + r"\s*[.=]")
            for number in range(at + 1, len(lines)):
                if key.match(lines[number]):
                    return number + 1
                if re.match(r"\s*\[", lines[number]):
                    break
        return at + 1


def _quoted(key: str) -> str:
    return rf"[\"']?{re.escape(key)}[\"']?"


def _spelling(reading: _Reading, table: Any) -> Spelling:
    if not isinstance(table, dict) or set(table) - {"anywhere", "prefixes"}:
        raise reading.wrong("must hold `anywhere`, `prefixes` and no more", _SPELLING)
    prefixes = table.get("prefixes", {})
    if not isinstance(prefixes, dict):
        raise reading.wrong("must be a table of lists", _SPELLING, "prefixes")
    return Spelling(
        frozenset(_texts(reading, table.get("anywhere", []), _SPELLING, "anywhere")),
        {
            lang: _texts(reading, listed, _SPELLING, "prefixes", lang)
            for lang, listed in prefixes.items()
        },
    )


def _entry(reading: _Reading, topic: str, table: Any) -> Entry:
    if not isinstance(table, dict):
        raise reading.wrong("must be a table", topic)
    if not _ID.fullmatch(topic):
        raise reading.wrong("is no id: write small letters, digits and single hyphens", topic)
    for key in table:
        if key not in _KEYS:
            raise reading.wrong(f"is not one of {', '.join(sorted(_KEYS))}", topic, key)
    label = table.get("label", {})
    if isinstance(label, str):
        label = {"en": label}
    if not isinstance(label, dict) or not label:
        raise reading.wrong("must be a name, or a table of names by language", topic, "label")
    for lang, name in label.items():
        _check_lang(reading, lang, topic, "label")
        if not isinstance(name, str) or not name.strip():
            raise reading.wrong("must be a text", topic, "label", lang)
    terms = table.get("terms", {})
    if not isinstance(terms, dict):
        raise reading.wrong("must be a table of lists by language", topic, "terms")
    for lang in terms:
        _check_lang(reading, lang, topic, "terms")
    found = {lang: _terms(reading, listed, topic, lang) for lang, listed in terms.items()}
    about = table.get("about", "")
    if not isinstance(about, str):
        raise reading.wrong("must be a text", topic, "about")
    part_of, courtesy = table.get("part_of"), table.get("courtesy", False)
    if part_of is not None and not isinstance(part_of, str):
        raise reading.wrong("must be the id of a topic", topic, "part_of")
    if not isinstance(courtesy, bool):
        raise reading.wrong("must be true or false", topic, "courtesy")
    entry = Entry(topic, label, about.strip(), found, part_of, courtesy)
    return entry if entry.about else replace(entry, about=entry.name)


def _terms(reading: _Reading, listed: Any, topic: str, lang: str) -> tuple[str, ...]:
    terms = _texts(reading, listed, topic, "terms", lang)
    for term in terms:
        if not is_term(term):
            raise reading.wrong(
                f"has the term {term!r}, which has no letters", topic, "terms", lang
            )
    return terms


def _texts(reading: _Reading, value: Any, topic: str, *keys: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise reading.wrong("must be a list of texts", topic, *keys)
    return tuple(value)


def _check_lang(reading: _Reading, lang: str, topic: str, key: str) -> None:
    if not _LANG.fullmatch(lang):
        raise reading.wrong("is no language: write a code such as ko or ja", topic, key, lang)


def _check_wider(reading: _Reading, catalogue: Catalogue, topic: str) -> None:
    seen = {topic}
    at = catalogue.entries[topic].part_of
    while at is not None:
        if at not in catalogue.entries:
            raise reading.wrong(f"names {at!r}, which is no topic", topic, "part_of")
        if at in seen:
            raise reading.wrong("leads in a circle", topic, "part_of")
        seen.add(at)
        at = catalogue.entries[at].part_of
