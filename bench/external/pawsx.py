"""PAWS-X: do two sentences that share their words say the same?

The pairs differ by who did what to whom; word order and roles hardly move a similarity, and no
training case is of that kind, so the judge's rows say how near to guessing it is.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.external.figures import Column, letter_absence, ranks
from readout_diff import compare, from_text
from readout_diff.embed.cache import RememberingRichEncoder
from readout_diff.errors import InputError
from readout_diff.segment import segment
from training.pawsx import held_out_row

PAIRS = (("ko", "ja"), ("en", "zh"))
_ROWS = 15
"""Rows a comparison that `--limit` allows."""
_CHUNK = 100

Row = tuple[str, str, bool]
"""A sentence, one in the other language, and whether they say the same."""


def table(data: Path, encoder: RememberingRichEncoder, limit: int) -> Iterator[str]:
    """A row a language pair and way of telling."""
    yield "PAWS-X dev: the same meaning or not, rows kept out of training; thresholds from others"
    yield "pair   told by                      rows  threshold  accuracy  AUC"
    for langs in PAIRS:
        rows = {kept: read(data / "pawsx", langs, kept=kept)[: limit * _ROWS] for kept in (0, 1)}
        measured = {kept: ways(found, langs, encoder) for kept, found in rows.items()}
        truth = {kept: np.array([same for _, _, same in found]) for kept, found in rows.items()}
        name = "-".join(langs)
        count = len(rows[1])
        most = max(truth[1].mean(), 1 - truth[1].mean())
        yield f"{name:6} {'the commoner answer':27} {count:5}          -     {most:.3f}     -"
        for way, values in measured[1].items():
            fitting = best_threshold(measured[0][way], truth[0])
            cuts = {"": fitting, " at .5": 0.5} if way == "1 - absence" else {"": fitting}
            for suffix, cut in cuts.items():
                right = ((values >= cut) == truth[1]).mean()
                yield (
                    f"{name:6} {way + suffix:27} {count:5}      {cut:5.3f}     {right:.3f}"
                    f"     {auc(values, truth[1]):.3f}"
                )


def read(folder: Path, langs: tuple[str, str], *, kept: int) -> list[Row]:
    """The first sentence in one language, the second in the other; untranslated rows left out."""
    columns = [
        (folder / f"dev-{lang}.tsv").read_text(encoding="utf-8").rstrip("\n").split("\n")
        for lang in langs
    ]
    found = []
    for number, lines in enumerate(zip(*columns, strict=True)):
        a, b = (line.split("\t") for line in lines)
        if held_out_row(number) == bool(kept) and "NS" not in (a[0], a[1], b[0], b[1]):
            found.append((a[0], b[1], a[2] == "1"))
    return found


def ways(
    rows: Sequence[Row], langs: tuple[str, str], encoder: RememberingRichEncoder
) -> dict[str, Column]:
    """How likely each row's sentences say the same, by each way of telling."""
    absence, cosine = [], []
    for at in range(0, len(rows), _CHUNK):
        chunk = rows[at : at + _CHUNK]
        _prepare(chunk, langs, encoder)
        absence += [pair_absence(a, b, langs, encoder) for a, b, _ in chunk]
        columns = [row[0] for row in chunk], [row[1] for row in chunk]
        views = [encoder.embed(texts).views for texts in columns]
        each = [(x * y).sum(axis=1) for x, y in zip(*views, strict=True)]
        cosine += np.mean(each, axis=0).tolist()
        encoder.forget()
    return {"1 - absence": 1 - np.array(absence), "similarity": np.array(cosine)}


def pair_absence(a: str, b: str, langs: tuple[str, str], encoder: RememberingRichEncoder) -> float:
    """Mean absence over the letters of both; 1 where the tool finds no claim in one of them."""
    sides = [from_text(text, lang=lang) for text, lang in zip((a, b), langs, strict=True)]
    try:
        comparison = compare(sides[0], sides[1], encoder=encoder)
    except InputError:
        return 1.0
    claims = json.loads(comparison.to_json())["claims"]
    letters = [letter_absence(claims, key, len(text)) for key, text in (("a", a), ("b", b))]
    return float(np.mean([np.nanmean(side) for side in letters]))


def best_threshold(values: Column, truth: NDArray[np.bool_]) -> float:
    """The cut from which on values mean yes that is right most often."""
    cuts = np.append(np.unique(values), np.inf)
    return float(cuts[np.argmax([((values >= cut) == truth).mean() for cut in cuts])])


def auc(values: Column, truth: NDArray[np.bool_]) -> float:
    """How often a pair that says the same gets the higher value of two; 0.5 is guessing."""
    yes = int(truth.sum())
    above = ranks(values)[truth].sum() - yes * (yes + 1) / 2
    return float(above / (yes * (len(truth) - yes)))


def _prepare(rows: Sequence[Row], langs: tuple[str, str], encoder: RememberingRichEncoder) -> None:
    """Encode all claims in one go, which is quicker than pair by pair."""
    texts = []
    for row in rows:
        for text, lang in zip(row[:2], langs, strict=True):
            texts += [text, *(text[c.start : c.end] for c in segment(text, lang).claims)]
    encoder.embed(texts)
