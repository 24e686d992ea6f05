"""What countries are called, as names and as adjectives, by code.

The table [speech.countries] of a language comes first; countries that only `lexicons/places.toml`
knows are added from there.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from readout_diff.conflicts.known_names import Forms, entries
from readout_diff.lexicon import section
from readout_diff.plain import plain


@lru_cache(maxsize=1)
def _places() -> tuple[tuple[str, Forms], ...]:
    """What the countries of places.toml are called, by the code that English has, else the id."""
    table = section("en", "speech").get("countries", {})
    forms = (f"(?P<{code}>{str(forms).replace(';', '|')})" for code, forms in table.items())
    english = re.compile("|".join(forms))
    found = []
    for entry, called in entries():
        if entry.kind == "place" and not entry.area and entry.within is None:
            matches = map(english.fullmatch, called.get("en", ()))
            codes = (match.lastgroup for match in matches if match)
            found.append((next(codes, None) or entry.id, called))
    return tuple(found)


def countries(own: Mapping[str, str], lang: str) -> dict[str, tuple[str, str]]:
    """Code -> patterns of the names and of the adjectives, which may be empty.

    `own` is the language's table: names, and after `;` adjectives.
    """
    found = {}
    for code, forms in own.items():
        names, _, adjectives = forms.partition(";")
        found[code] = (names, adjectives)
    for code, called in _places():
        known = called.get(lang, ())
        if code not in found and known:
            found[code] = (_pattern(known, ending=False), _pattern(known, ending=True))
    return found


def _pattern(forms: tuple[str, ...], *, ending: bool) -> str:
    """The forms that have an ending, or those that have none; adjectives mostly have one."""
    chosen = [plain(form.rstrip("~")).text for form in forms if form.endswith("~") == ending]
    words = (r"\w*".join(map(re.escape, form.split("~"))) for form in chosen)
    return "|".join(word + r"\w*" * ending for word in words)
