"""SwissGov-RSD: does absence rank words as annotators do who marked what the other page lacks?

Measured on only: nothing is trained or tuned on it.
"""

import json
import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from bench.external.figures import Column, letter_absence, spearman
from readout_diff import compare, from_text
from readout_diff.align import Alignment
from readout_diff.embed.cache import RememberingRichEncoder
from readout_diff.judge import load_judge
from readout_diff.judge.features import Evidence

LANGS = ("de", "fr", "it")
PIPELINE = import_module("readout_diff.findings")
_SEED = 0
_PUBLISHED = 0.306


def table(data: Path, encoder: RememberingRichEncoder, limit: int) -> Iterator[str]:
    """A row a language and way of telling a word's absence."""
    rows = {lang: _read(data / "swissgov-dev" / f"gold_admin_{lang}.jsonl") for lang in LANGS}
    size = min(map(len, rows.values()))
    chosen = sorted(np.random.default_rng(_SEED).permutation(size)[:limit].tolist())
    yield f"SwissGov-RSD dev, {len(chosen)} of {size} documents a language (seed {_SEED})"
    yield "absence of a word from        pair   words   Spearman, all words   mean of documents"
    means: dict[str, list[float]] = {}
    told: dict[str, list[str]] = {}
    for lang in LANGS:
        found: dict[str, list[tuple[Column, Column]]] = {}
        for number in chosen:
            row = rows[lang][number]
            gold = np.array([*row["labels_a"], *row["labels_b"]], dtype=np.float64)
            for way, absence in ways(row, lang, encoder).items():
                found.setdefault(way, []).append((absence[gold >= 0], gold[gold >= 0]))
        for way, pairs in found.items():
            absence, gold = (np.concatenate(column) for column in zip(*pairs, strict=True))
            overall = spearman(absence, gold)
            documents = float(np.nanmean([spearman(*pair) for pair in pairs]))
            means.setdefault(way, []).append(overall)
            told.setdefault(way, []).append(
                f"{way:29} en-{lang}  {len(gold):6}   {overall:19.3f}   {documents:17.3f}"
            )
    for way, lines in told.items():
        yield from lines
        yield f"{way:29} mean             {np.mean(means[way]):14.3f}"
    yield f"best published encoder, dev   mean             {_PUBLISHED:14.3f}"


def ways(row: dict[str, Any], lang: str, encoder: RememberingRichEncoder) -> dict[str, Column]:
    """Absence of each word of both sides, a's first: from the report, and from the token model.

    A word's absence is the mean over its letters. Words outside all claims, which the tool takes
    to assert nothing, get the mean of their side.
    """
    texts, langs = (row["text_a"], row["text_b"]), ("en", lang)
    sides = [
        from_text(text, lang=tag, name=key)
        for text, tag, key in zip(texts, langs, "AB", strict=True)
    ]
    listening = Listening()
    with patch.object(PIPELINE, "load_judge", listening.load):
        comparison = json.loads(compare(sides[0], sides[1], encoder=encoder).to_json())
    reported = [
        letter_absence(comparison["claims"], key, len(text))
        for key, text in zip("ab", texts, strict=True)
    ]
    return {
        "the report": _both(texts, reported),
        "the judge's tokens": _both(texts, [listening.heard[text] for text in texts]),
    }


class Listening:
    """Hears what `compare` gives its judge, and keeps what the token model makes of it.

    A report shows a claim's mean and its missing words; this is the same absence before that.
    """

    def __init__(self) -> None:
        self.heard: dict[str, Column] = {}
        """By text: absence of each character, nan where no claim lies."""

        self._judge: Any = None

    def load(self, *given: Any, **named: Any) -> "Listening":
        """In place of `load_judge`: its judge, listened to."""
        self._judge = load_judge(*given, **named)
        return self

    def __getattr__(self, name: str) -> Any:
        """All but judging is the judge's own."""
        return getattr(self._judge, name)

    def judge(self, a: Evidence, b: Evidence, alignment: Alignment, *rest: Any) -> Any:
        """Let the judge judge, and keep what it says of tokens."""
        found = self._judge.judge(a, b, alignment, *rest)
        for side, claims in zip((a, b), found.absent or (), strict=False):
            self.heard[side.text] = by_character(side, claims)
        return found


def by_character(side: Evidence, claims: Sequence[Column]) -> Column:
    """Absence of each character of a side's text, from that of its claims' tokens."""
    absence = np.full(len(side.text), np.nan)
    for (start, _), tokens, absent in zip(side.spans, side.tokens or (), claims, strict=True):
        for (at, until), value in zip(tokens.spans, absent, strict=True):
            absence[start + at : start + until] = value
    return absence


def words(text: str, absence: Column) -> Column:
    """The mean over each word's letters, or over its marks where it has none."""
    found = []
    for word in re.finditer(r"\S+", text):
        here = absence[word.start() : word.end()]
        letters = here[[character.isalnum() for character in word.group()]]
        known = letters if len(letters) else here
        known = known[~np.isnan(known)]
        found.append(known.mean() if len(known) else np.nan)
    values = np.array(found)
    return np.where(np.isnan(values), np.nanmean(values), values)


def _both(texts: tuple[str, str], absence: list[Column]) -> Column:
    return np.concatenate(list(map(words, texts, absence)))


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
