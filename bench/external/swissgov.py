"""SwissGov-RSD: does absence rank words as annotators do who marked what the other page lacks?

Measured on only: nothing is trained or tuned on it.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.external.figures import Column, letter_absence, spearman
from bench.remembering import Remembering
from readout_diff import compare, from_text
from readout_diff.align import align
from readout_diff.judge import features
from readout_diff.judge.features import Evidence
from readout_diff.judge.model import load_judge_model
from readout_diff.segment import segment

LANGS = ("de", "fr", "it")
_SEED = 0
_PUBLISHED = 0.306


def table(data: Path, encoder: Remembering, limit: int) -> Iterator[str]:
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


def ways(row: dict[str, Any], lang: str, encoder: Remembering) -> dict[str, Column]:
    """Absence of each word of both sides, a's first: from the report, and from the token model.

    A word's absence is the mean over its letters. Words outside all claims, which the tool takes
    to assert nothing, get the mean of their side.
    """
    texts, langs = (row["text_a"], row["text_b"]), ("en", lang)
    sides = [
        from_text(text, lang=tag, name=key)
        for text, tag, key in zip(texts, langs, "AB", strict=True)
    ]
    comparison = json.loads(compare(sides[0], sides[1], encoder=encoder).to_json())
    reported = [
        letter_absence(comparison["claims"], key, len(text))
        for key, text in zip("ab", texts, strict=True)
    ]
    return {
        "the report": _both(texts, reported),
        "the similarity judge's tokens": _both(texts, token_absence(texts, langs, encoder)),
    }


def token_absence(
    texts: tuple[str, str], langs: tuple[str, str], encoder: Remembering
) -> list[Column]:
    """Absence of each character from the token model itself, which a report does not show."""
    model = load_judge_model("similarity")
    if model.token is None:
        raise ValueError("the similarity judge has no token model")
    spans = [
        tuple((claim.start, claim.end) for claim in segment(text, lang).claims)
        for text, lang in zip(texts, langs, strict=True)
    ]
    embeddings = [
        encoder.embed([text[start:end] for start, end in places])
        for text, places in zip(texts, spans, strict=True)
    ]
    a, b = (
        Evidence(text, places, tokens=embedding.tokens)
        for text, places, embedding in zip(texts, spans, embeddings, strict=True)
    )
    alignment = align(embeddings[0], embeddings[1])
    found = []
    for own, other, here in ((a, b, alignment), (b, a, alignment.mirrored)):
        likely = model.claim.probabilities(features.claim_columns(own, other, here))
        columns = features.token_columns(own, features.numbers(other.text), here, likely)
        absent = iter(model.token.probabilities(columns).tolist())
        absence = np.full(len(own.text), np.nan)
        for (start, _), tokens in zip(own.spans, own.tokens or (), strict=True):
            for at, until in tokens.spans:
                absence[start + at : start + until] = next(absent)
        found.append(absence)
    return found


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
