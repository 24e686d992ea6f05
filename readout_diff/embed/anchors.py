"""What a cosine means to an encoder: where unrelated texts lie on its scale, and translations.

Some encoders give unrelated sentences .1, others .8. `models/anchors.toml` holds forty short
statements on forty subjects in ten languages; the mean similarity of different statements becomes
0, that of a statement and its translation 1.
"""

from functools import lru_cache
from importlib import resources

import numpy as np
import tomli as tomllib
from msgspec import Struct

from readout_diff.embed import Encoder, embed
from readout_diff.embed.once import once

_PIVOT = "en"
_REWORDED = 0.65
"""Where a faithful rewording lies between unrelated and identical: .65 in e5, .6 in USE."""
_LEAST = 0.2
"""The same for an encoder that can't tell a translation from anything else."""


class Scale(Struct, frozen=True):
    """Cosines of unrelated texts and of translations, for one encoder and pair of languages."""

    unrelated: float = 0.0
    translated: float = 1.0


def measure(encoder: Encoder, lang_a: str, lang_b: str) -> Scale:
    """Place `encoder` by the anchors in the two languages; a language without any goes as English.

    Within one language a translation would be the same text; there, and for an encoder that does
    not know one of the languages, a rewording is taken to lie a fixed share of the way from
    unrelated to identical. Measured once for an encoder and pair of languages.
    """
    known = statements()
    first, second = sorted(lang if lang in known else _PIVOT for lang in (lang_a, lang_b))
    return once(
        encoder,
        ("anchors", first, second),
        lambda: _measure(encoder, known[first], known[second]),
    )


def _measure(encoder: Encoder, first: list[str], second: list[str]) -> Scale:
    size = len(first)
    vectors = embed(encoder, first + second).views[0]
    cosines = vectors[:size] @ vectors[size:].T
    unrelated = float((cosines.sum() - np.trace(cosines)) / (size * (size - 1)))
    if first == second:
        return Scale(unrelated, unrelated + max(_REWORDED * (1 - unrelated), 1e-3))
    least = unrelated + max(_LEAST * (1 - unrelated), 1e-3)
    return Scale(unrelated, max(float(np.mean(np.diag(cosines))), least))


@lru_cache(maxsize=1)
def statements() -> dict[str, list[str]]:
    """The statements by language, in one order."""
    file = resources.files("readout_diff") / "models" / "anchors.toml"
    tables = tomllib.loads(file.read_text(encoding="utf-8"))["statement"]
    return {lang: [table[lang] for table in tables] for lang in tables[0]}
