"""NTREX: does the tool flag what was deleted from one of two translations?"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from bench.external.deletions import Line, find_cut, without_clauses, without_sentences
from readout_diff import compare, from_text
from training.benchmark import Case, Scorer, load_scorer
from training.ntrex import held_out
from training.remembering import Remembering

PAIRS = (("ko", "ja"), ("en", "ko"), ("en", "ja"), ("zh", "ja"), ("en", "ru"))
FILES = {"ko": "kor", "ja": "jpn", "en": "eng", "zh": "zho-CN", "ru": "rus"}
VARIANTS = {"sentences": without_sentences, "clauses": without_clauses}

Report = dict[str, Any]
"""The JSON report, read."""

_SIZE = 16
"""Sentences of a readout, at least: neighbouring documents are taken together until it has them."""
_MARGIN = 0.05


def table(data: Path, encoder: Remembering, limit: int) -> Iterator[str]:
    """A row a variant and language pair; the benchmark's scorer over all readouts of the pair."""
    score = load_scorer(data.parent / "benchmark" / "score.py")
    yield "NTREX, documents kept out of training, what was deleted from side b"
    yield (
        "deleted    pair   readouts  units  gone  omission P/R/F1  of side a alone  BAcc   "
        "letters F1  AP"
    )
    found: dict[tuple[str, str], list[Case]] = {}
    for langs in PAIRS:
        for case in cases(data / "ntrex", langs, encoder, limit):
            found.setdefault((case.id.split()[0], "-".join(langs)), []).append(case)
    for variant in VARIANTS:
        everything: list[tuple[Case, Report]] = []
        rows = {pair: group for (kind, pair), group in found.items() if kind == variant}
        for pair, group in rows.items():
            judged = [(case, report(case, encoder)) for case in group]
            everything += judged
            yield _row(variant, pair, judged, score)
        yield _row(variant, "all", everything, score)


def cases(folder: Path, langs: tuple[str, str], encoder: Remembering, limit: int) -> Iterator[Case]:
    """Both variants of each readout made of documents kept out of training."""
    groups = in_order(list(passages(folder, langs))[:limit], encoder)
    for number, lines in enumerate(groups):
        for variant, delete in VARIANTS.items():
            if variant == "clauses" and not any(line.cut for line in lines):
                continue
            name = f"{variant} {'-'.join(langs)} {number}"
            rng = np.random.default_rng(crc32(name.encode()))
            yield Case(name, delete(name, lines, langs, rng))


def passages(folder: Path, langs: tuple[str, str]) -> Iterator[list[Line]]:
    """Neighbouring documents that training never sees, together until they are long enough."""
    columns = [_lines(folder / f"{FILES[lang]}.txt") for lang in langs]
    rows = zip(_lines(folder / "DOCUMENT_IDS.tsv"), *columns, strict=True)
    passage: list[Line] = []
    for document, group in groupby(rows, key=lambda row: row[0]):
        if not held_out(document):
            continue
        for _, a, b in group:
            line = Line(" ".join(a.split()), " ".join(b.split()))
            if line.asserts:
                passage.append(replace(line, cut=find_cut(line.a, line.b, langs)))
        if len(passage) >= _SIZE:
            yield passage
            passage = []


def in_order(groups: Sequence[list[Line]], encoder: Remembering) -> list[list[Line]]:
    """Cuts dropped where the clauses may stand in another order on the other side.

    Both of the encoder's views must find the clauses nearer to their counterparts than crosswise.
    The labels would be wrong otherwise; the price is that clauses which the encoder confuses are
    not measured.
    """
    cut = [line for lines in groups for line in lines if line.cut]
    texts = [
        part.strip()
        for line in cut
        if line.cut
        for part in (
            line.a[: line.cut.a],
            line.a[line.cut.a :],
            line.b[: line.cut.b],
            line.b[line.cut.b :],
        )
    ]
    margins = np.full(len(cut), np.inf)
    if texts:
        for view in encoder.embed(texts).views:
            parts = view.reshape(len(cut), 2, 2, -1)
            cosines = np.einsum("nid,njd->nij", parts[:, 0], parts[:, 1])
            straight = cosines[:, 0, 0] + cosines[:, 1, 1]
            margins = np.minimum(margins, straight - cosines[:, 0, 1] - cosines[:, 1, 0])
    sure = {line for line, margin in zip(cut, margins, strict=True) if margin > _MARGIN}
    return [
        [line if line in sure else replace(line, cut=None) for line in lines] for lines in groups
    ]


def report(case: Case, encoder: Remembering) -> Report:
    """What the tool says of a case, from raw text."""
    sides = [from_text(case.text(key), lang=case.lang(key), name=key.upper()) for key in "ab"]
    found: Report = json.loads(compare(sides[0], sides[1], encoder=encoder).to_json())
    return found


def _side_a(case: Case) -> Case:
    """With the labels of side a alone."""
    claims = [claim for claim in case.data["claims"] if claim["side"] == "a"]
    return Case(case.id, {**case.data, "claims": [{**claim, "matches": []} for claim in claims]})


def _row(variant: str, pair: str, judged: Sequence[tuple[Case, Report]], score: Scorer) -> str:
    gone = sum(claim["label"] != "shared" for case, _ in judged for claim in case.data["claims"])
    figures = score(judged)
    alone = score((_side_a(case), found) for case, found in judged)
    omission, of_a = (
        "/".join(f"{value:.2f}" for value in row["omission"]) for row in (figures, alone)
    )
    return (
        f"{variant:10} {pair:6} {len(judged):8} {figures['units']:6} {gone:5}  {omission:15}  "
        f"{of_a:15}  "
        f"{figures['BAcc']:.2f}   {figures['letters'][2]:.2f}        {figures['AP']:.3f}"
    )


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").rstrip("\n").split("\n")
