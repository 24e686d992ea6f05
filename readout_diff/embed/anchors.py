"""What a cosine means to an encoder: where unrelated texts lie on its scale, and translations.

Some encoders give unrelated sentences .1, others .8. `models/anchors.toml` holds forty short
statements on forty subjects in ten languages; the mean similarity of different statements becomes
0, that of a statement and its translation 1.
"""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np

from readout_diff.embed import Encoder, embed

_PIVOT, _OTHER = "en", "fr"


@dataclass(frozen=True, slots=True)
class Scale:
    """Cosines of unrelated texts and of translations, for one encoder and pair of languages."""

    unrelated: float = 0.0
    translated: float = 1.0


def measure(encoder: Encoder, lang_a: str, lang_b: str) -> Scale:
    """Place `encoder` by the anchors in the two languages; a language without any goes as English.

    Within one language, where a translation would be the same text, its translation into English
    (or from there into French) says what a faithful rewording scores.
    """
    statements = _statements()
    first, second = (lang if lang in statements else _PIVOT for lang in (lang_a, lang_b))
    if first == second:
        second = _OTHER if first == _PIVOT else _PIVOT
    size = len(statements[first])
    vectors = embed(encoder, statements[first] + statements[second]).views[0]
    cosines = vectors[:size] @ vectors[size:].T
    translated = float(np.mean(np.diag(cosines)))
    unrelated = float((cosines.sum() - np.trace(cosines)) / (size * (size - 1)))
    return Scale(unrelated, max(translated, unrelated + 1e-3))


@lru_cache(maxsize=1)
def _statements() -> dict[str, list[str]]:
    """The statements by language, in one order."""
    file = resources.files("readout_diff") / "models" / "anchors.toml"
    tables = tomllib.loads(file.read_text(encoding="utf-8"))["statement"]
    return {lang: [table[lang] for table in tables] for lang in tables[0]}
