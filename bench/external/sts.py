"""JSTS, KLUE-STS, KorSTS: does similarity rank pairs of sentences as people do?"""

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from bench.external.figures import spearman
from readout_diff.align import align
from readout_diff.embed import Embedding
from readout_diff.embed.cache import RememberingRichEncoder

Row = tuple[str, str, float]
_CHUNK = 200


def table(data: Path, encoder: RememberingRichEncoder, limit: int) -> Iterator[str]:
    """A row a set: Spearman of people's figures with each view's cosine, their mean, and centred.

    Centred is what `align` makes of the set as a pair of readouts: each side's mean removed.
    """
    yield "Similarity of sentences of one language, Spearman with people's figures"
    yield "set             pairs   e5      USE     mean    centred mean"
    for name, rows in sets(data).items():
        first, second, gold = zip(*rows, strict=True)
        alignment = align(_embed(first, encoder), _embed(second, encoder))
        views = [matrix.diagonal() for matrix in alignment.views]
        centred = np.mean([matrix.diagonal() for matrix in alignment.centred], axis=0)
        columns = [*views, np.mean(views, axis=0), centred]
        figures = "   ".join(f"{spearman(column, gold):.3f}" for column in columns)
        yield f"{name:14} {len(rows):6}   {figures}"


def sets(data: Path) -> dict[str, list[Row]]:
    """First sentence, second sentence, people's figure."""
    jsts = (data / "jglue" / "jsts-v1.3-valid-v1.3.json").read_text(encoding="utf-8")
    klue = json.loads((data / "klue" / "klue-sts-dev.json").read_text(encoding="utf-8"))
    korsts = (data / "korsts" / "sts-test.tsv").read_text(encoding="utf-8").splitlines()
    reader = csv.DictReader(korsts, delimiter="\t", quoting=csv.QUOTE_NONE)
    return {
        "JSTS valid": [
            (row["sentence1"], row["sentence2"], float(row["label"]))
            for row in map(json.loads, jsts.splitlines())
        ],
        "KLUE-STS dev": [
            (row["sentence1"], row["sentence2"], float(row["labels"]["real-label"])) for row in klue
        ],
        "KorSTS test": [
            (row["sentence1"], row["sentence2"], float(row["score"])) for row in reader
        ],
    }


def _embed(texts: Sequence[str], encoder: RememberingRichEncoder) -> Embedding:
    """Views alone; tokens of a whole set would fill the memory."""
    views = []
    for at in range(0, len(texts), _CHUNK):
        views.append(encoder.embed(texts[at : at + _CHUNK]).views)
        encoder.forget()
    return Embedding(tuple(map(np.concatenate, zip(*views, strict=True))))
