"""Names of persons, places, organisations and terms in a text, and where two claims clash in one.

What is known by name (`lexicons/places.toml`, `lexicons/people.toml`) is found wherever it stands;
a person who isn't known, by a title beside the name ([names] of each lexicon).
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from msgspec import Struct, field
from msgspec.structs import replace

from readout_diff.conflicts.han import elder
from readout_diff.conflicts.known_names import Entry, Form, begins, by_id, known, thing
from readout_diff.conflicts.name_words import NameWords, name_words
from readout_diff.conflicts.phonetics import script
from readout_diff.conflicts.same_names import ids, same_name
from readout_diff.plain import NO_BREAK, plain

__all__ = ["Name", "name_clash", "names", "rival_words", "rivals", "same_name"]

_SPACES = str.maketrans(dict.fromkeys((NO_BREAK, "\n", "\r", "\t", "\v", "\f"), " "))
_NEAR = 40
"""Characters before a title in which a name is sought."""
_KOREAN = 3
"""Syllables of the longest common names of Koreans."""
_LONGEST = 12
"""Characters of a name in Hangul or Han characters."""
_STEPS = 8
"""Words between a name and its title that are passed over."""
_SURE = 0.5
"""From this confidence on two names are one."""
_BREAKS = " ,"
_READING = re.compile(r"\([^\W\d]{1,12}(?:[・ ][^\W\d]{1,12}){0,3}\)$")
"""How a name before it is read, in brackets."""


class Name(Struct, frozen=True):
    """A name in a text, without titles and particles."""

    start: int
    end: int
    text: str
    kind: str
    """"person", "place", "organisation" or "term"."""
    id: str | None
    """Of places.toml or people.toml, where it is known who or what is meant."""
    where: bool = False
    """A place where something takes place: in Seoul, 東京で."""
    lang: str = ""
    """The language of the text."""


class _Search(Struct):
    """The names of one text as they are found, in the offsets of its canonical form."""

    source: str
    """The text in plain characters."""
    text: str
    """The same, lines and all in one and Han characters in their oldest form."""
    lang: str
    words: NameWords
    taken: bytearray
    """For each character: 1 in a name, 2 in words that only look like one."""
    by_start: dict[int, Name] = field(default_factory=dict)
    by_end: dict[int, Name] = field(default_factory=dict)

    def free(self, start: int, end: int) -> bool:
        return not any(self.taken[start:end])

    def add(self, start: int, end: int, kind: str, id: str | None) -> None:
        self.taken[start:end] = b"\1" * (end - start)
        name = Name(start, end, self.text[start:end], kind, id, lang=self.lang)
        self.by_start[start] = self.by_end[end] = name

    def drop(self, name: Name) -> None:
        self.taken[name.start : name.end] = bytes(name.end - name.start)
        del self.by_start[name.start], self.by_end[name.end]


def _meant(forms: Sequence[Form]) -> tuple[str, str | None]:
    """Kind and id of what is called so; no id where several are."""
    found = {form.entry.id for form in forms}
    return forms[0].entry.kind, found.pop() if len(found) == 1 else None


def _starts(search: _Search, start: int) -> Iterator[int]:
    """Where a name may begin in the word that begins here."""
    yield start
    if search.words.joined is None:
        return
    text, article = search.text, search.words.article
    # Arabic: و, ب, ل and the like are written as one with the next word, and so is the article.
    at = start
    while at - start <= 2 and at < len(text):
        if search.words.joined.fullmatch(text, start, at) and at > start:
            yield at
        if text.startswith(article, at):
            yield at + len(article)
        at += 1


def _find_known(search: _Search) -> None:
    text, forms = search.text, known(search.lang)
    at = 0
    while at < len(text):
        if search.taken[at] or not begins(text, at):
            at += 1
            continue
        for start in _starts(search, at):
            end, called = forms.at(text, start)
            if called and not any(mark == 2 for mark in search.taken[start:end]):
                search.add(start, end, *_meant(called))
                at = end - 1
                break
        at += 1


def _find_signs(search: _Search) -> None:
    """Places in one-character signs: 日米韓, 美方, 한미."""
    words = search.words
    for pattern in (words.compounds, words.signs):
        for match in pattern.finditer(search.text) if pattern else ():
            start, end = match.span()
            if pattern is words.signs:
                group = "a" if match.groupdict().get("a") else "b"
                start, end = match.span(group)
            if not search.free(start, end) or not (
                begins(search.text, start) or script(search.text[start]) == "han"
            ):
                continue
            for at in range(start, end):
                if place := words.short.get(search.text[at]):
                    search.add(at, at + 1, "place", place)


def _find_before_titles(search: _Search) -> None:
    """Persons whose title comes after the name: 石破総理大臣, 조태열 장관."""
    pattern = search.words.titles_after
    for title in pattern.finditer(search.text) if pattern else ():
        end = title.start()
        countries = set()
        for _ in range(_STEPS):
            step = _step_back(search, end)
            if step == end:
                break
            if place := search.by_end.get(end):
                countries.add(place.id)
            end = step
        if end and not search.taken[end - 1]:
            words = 2 if _is_foreign(search, title[0], countries) else 1
            _add_before(search, end, words)


def _step_back(search: _Search, end: int) -> int:
    """Over what may stand between a name and its title: 王毅(おう・き)中国外交部長."""
    text = search.text
    if end and text[end - 1] == " " and search.source[end - 1] != "\n":
        return end - 1
    if reading := _READING.search(text, max(0, end - _NEAR), end):
        return reading.start()
    if (name := search.by_end.get(end)) and name.kind != "person":
        return name.start
    if end and end < len(text) and script(text[end - 1]) == script(text[end]) == "hangul":
        # Hangul parts a name from its title: 관세국장 is all title.
        return max((at for at in range(max(0, end - _NEAR), end) if begins(text, at)), default=end)
    offices = search.words.offices
    if offices and (office := offices.search(text, max(0, end - _NEAR), end)):
        return office.start()
    return end


def _is_foreign(search: _Search, title: str, countries: set[str | None]) -> bool:
    """Whether Hangul writes the name in two words: 후나코시 다케히로 일본 외무성 국장."""
    words = search.words
    return bool(words.foreign and words.foreign.search(title)) or bool(
        words.foreign and countries - {None} - words.one_word
    )


def _add_before(search: _Search, end: int, words: int) -> None:
    """The name that ends here, of so many words at most."""
    text = search.text
    near = max(0, end - _NEAR)
    if words > 1:
        _free_family(search, end)
    # A name doesn't reach into what is another one.
    while near < end and any(search.taken[near:end]):
        near += 1
    for start in range(max(near, end - _LONGEST), end):
        stop, called = known(search.lang).at(text, start, titled=True)
        if stop == end and called and begins(text, start):
            search.add(start, end, *_meant(called))
            return
    begin = _name_start(search, near, end)
    if begin is None:
        return
    if words > 1 and text[max(near, begin - 1) : begin] == " ":
        begin = _two_words(search, near, begin)
    found = ids(text[begin:end], search.lang)
    search.add(begin, end, "person", min(found) if len(found) == 1 else None)


def _free_family(search: _Search, end: int) -> None:
    """Forget a family name that was known, before a first name that is another's."""
    space = search.text.rfind(" ", max(0, end - _LONGEST), end)
    if (family := search.by_end.get(space)) and family.kind == "person":
        search.drop(family)


def _two_words(search: _Search, near: int, second: int) -> int:
    """Where a name begins whose second word does here, if there is a word for its first."""
    space = second - 1
    first = _name_start(search, near, space)
    if first is None:
        return second
    if _ends_in_particle(search.text[first:space], search.words):
        return second
    return first


def _name_start(search: _Search, near: int, end: int) -> int | None:
    """Where a name that isn't known begins, that ends here before a title."""
    text, words = search.text, search.words
    match = words.name_before.search(text, near, end) if words.name_before else None
    if match is None or not match[0]:
        return None
    start = match.start()
    before = script(text[start - 1]) if start else ""
    if not begins(text, start) or (before == script(text[start]) == "han" and not words.surnames):
        # A longer run of characters than a name.
        return None
    return start if _is_name(match[0], words) else None


def _ends_in_particle(word: str, words: NameWords) -> bool:
    return bool(words.particles and words.particles.search(word))


def _is_name(name: str, words: NameWords) -> bool:
    """Whether what stands beside a title is a name, of someone who isn't known."""
    if name in words.not_persons or any(name.endswith(w) for w in words.not_persons if len(w) > 1):
        return False
    kind = script(name[0])
    if kind == "hangul":
        particle = len(name) > _KOREAN and bool(words.particles and words.particles.search(name))
        return not particle and (len(name) > 1 or name in words.surnames)
    if kind == "han":
        return 2 <= len(name) <= 4 and (not words.surnames or name[0] in words.surnames)
    return len(name) > 1


def _find_after_titles(search: _Search) -> None:
    """Persons whose title comes before the name: President Lee, президент России В.Путин."""
    words = search.words
    for title in words.titles_before.finditer(search.text) if words.titles_before else ():
        at = title.end()
        for _ in range(_STEPS):
            if at < len(search.text) and search.text[at] in _BREAKS:
                at += 1
            elif (place := search.by_start.get(at)) and place.kind != "person":
                at = place.end
            elif words.links and (link := words.links.match(search.text, at)):
                at = link.end()
            else:
                break
        if at > title.end() or search.words.name_before:
            _add_after(search, at)
    for initials in words.initials.finditer(search.text) if words.initials else ():
        _add_after(search, initials.end())


def _add_after(search: _Search, start: int) -> None:
    text, words = search.text, search.words
    if start >= len(text) or search.taken[start]:
        return
    end, called = known(search.lang).at(text, start, titled=True)
    if called and search.free(start, end):
        search.add(start, end, *_meant(called))
        return
    match = words.name_after.match(text, start) if words.name_after else None
    if match is None:
        return
    begin, end = match.span()
    if words.initials and (initials := words.initials.match(text, begin)):
        begin = initials.end()
    kept: list[str] = []
    for word in text[begin:end].split(" "):
        if word.removesuffix("'s") in words.not_persons:
            break
        kept.append(word)
    name = " ".join(kept).removesuffix("'s").removesuffix("'").rstrip("-'")
    end = begin + len(name)
    if (family := search.by_end.get(end)) and family.kind == "person" and family.start > begin:
        # The family name was known, with another first name or an initial: Joseph R. Biden.
        search.drop(family)
    elif (line := search.source.find("\n", begin, end)) > 0:
        # A name that isn't known doesn't go on in the next line.
        end = line
    while begin < end and not search.free(begin, end):
        end -= 1
    name = text[begin:end].rstrip()
    if len(name) > 1 and _is_name(name, words):
        search.add(begin, begin + len(name), "person", _id_of_family(name, search.lang))


def _id_of_family(name: str, lang: str) -> str | None:
    """Who is meant by a name whose last word only is known."""
    for word in reversed(name.split(" ")):
        found = ids(word, lang)
        if len(found) == 1 and by_id()[min(found)].kind == "person":
            return min(found)
    return None


def _marked(search: _Search) -> Iterator[Name]:
    """The names in the order of the text, with those marked at which something takes place."""
    words, text = search.words, search.text
    for _, name in sorted(search.by_start.items()):
        # Signs are governments, not places: 对于美方.
        where = (
            name.kind == "place"
            and name.end - name.start > 1
            and bool(
                (
                    words.where_before
                    and words.where_before.search(text, max(0, name.start - 24), name.start)
                )
                or (words.where_after and words.where_after.match(text, name.end))
            )
        )
        yield replace(name, where=where)


@lru_cache(maxsize=1024)
def names(text: str, lang: str) -> tuple[Name, ...]:
    """The names in a text, in its order; they don't overlap. Offsets are code points of the text.

    In a language without a lexicon none are found.
    """
    source = plain(text)
    words = name_words(lang)
    read = elder(source.text).translate(_SPACES)
    search = _Search(source.text, read, lang, words, bytearray(len(read)))
    for match in words.not_names.finditer(read) if words.not_names else ():
        search.taken[match.start() : match.end()] = b"\2" * (match.end() - match.start())
    for find in (_find_known, _find_signs, _find_before_titles, _find_after_titles):
        find(search)
    found = []
    for name in _marked(search):
        start, end = source.span(name.start, name.end)
        found.append(replace(name, start=start, end=end, text=text[start:end]))
    return tuple(found)


def rivals(a: Name, b: Name) -> bool:
    """Whether two names are rival words for one thing, whose choice is itself news."""
    return a.id is not None and b.id is not None and a.id != b.id and thing(a.id) == thing(b.id)


def rival_words(own: tuple[Name, ...], other: tuple[Name, ...]) -> tuple[tuple[Name, Name], ...]:
    """Pairs of rival words in two matched claims where neither side uses the other's as well."""
    ids_own, ids_other = ({name.id for name in side} for side in (own, other))
    pairs = {
        (a.id, b.id): (a, b)
        for a in reversed(own)
        for b in reversed(other)
        if rivals(a, b) and a.id not in ids_other and b.id not in ids_own
    }
    return tuple(sorted(pairs.values(), key=lambda pair: (pair[0].start, pair[1].start)))


def _same(a: Name, b: Name) -> bool:
    if a.id is not None and b.id is not None:
        return thing(a.id) == thing(b.id)
    return same_name(a.text, a.lang, b.text, b.lang) >= _SURE


def _entry(name: Name) -> Entry | None:
    return by_id().get(name.id) if name.id is not None else None


def _lies_in(city: Name, country: Name) -> bool:
    """A city, and its country as the place where something takes place."""
    entry = _entry(city)
    return (
        entry is not None
        and entry.within is not None
        and (entry.within == country.id and country.where)
    )


def _covers(a: Name, b: Name) -> bool:
    """Whether two names may be meant of one place: the same, or a city and its country."""
    return _same(a, b) or _lies_in(a, b) or _lies_in(b, a)


def _clashes(name: Name) -> bool:
    """Whether a name can clash: a place, no part of the world, where something takes place."""
    entry = _entry(name)
    return name.where and entry is not None and not entry.area


def name_clash(own: tuple[Name, ...], other: tuple[Name, ...]) -> tuple[tuple[Name, Name], ...]:
    """Pairs of names in two matched claims of which one is probably wrong: "in Seoul", 부산에서.

    Each is the only one of its side that has no counterpart on the other.
    """
    left = [a for a in own if _clashes(a) and not any(_covers(a, b) for b in other)]
    right = [b for b in other if _clashes(b) and not any(_covers(a, b) for a in own)]
    if len({a.id for a in left}) != 1 or len({b.id for b in right}) != 1:
        return ()
    return ((left[0], right[0]),)
