"""NTREX: news in many languages, line by line, made into labelled readouts by deleting from one.

Which documents training must not see is said here too.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from zlib import crc32

import numpy as np
from msgspec.structs import replace

from readout_diff.embed.cache import RememberingRichEncoder
from training.benchmark import Case
from training.deletions import Line, find_cut, without_clauses, without_sentences

FILES = {
    "ar": "arb",
    "de": "deu",
    "en": "eng",
    "es": "spa",
    "fr": "fra",
    "ja": "jpn",
    "ko": "kor",
    "ru": "rus",
    "uk": "ukr",
    "zh": "zho-CN",
}
TRAINING_PAIRS = (
    ("ko", "ja"),
    ("en", "ko"),
    ("en", "ja"),
    ("zh", "ja"),
    ("en", "ru"),
    ("en", "zh"),
    ("ko", "zh"),
    ("en", "uk"),
    ("fr", "de"),
    ("es", "ar"),
)
VARIANTS = {"sentences": without_sentences, "clauses": without_clauses}
_CASES_A_PAIR = 6
_SHARES = 3
_SIZE = 16
"""Sentences of a readout, at least: neighbouring documents are taken together until it has them."""
_MARGIN = 0.05


def held_out(document_id: str) -> bool:
    """Whether a document is kept for measuring: a third of them, by a hash of the id.

    Training must leave these out in every language; `bench.external` measures on nothing else.
    """
    return crc32(document_id.encode("utf-8")) % _SHARES == 0


def cases(
    folder: Path, langs: tuple[str, str], encoder: RememberingRichEncoder, limit: int
) -> Iterator[Case]:
    """Both variants of each readout made of documents kept out of training."""
    groups = in_order(list(passages(folder, langs, kept_out=True))[:limit], encoder)
    for number, lines in enumerate(groups):
        for variant, delete in VARIANTS.items():
            if variant == "clauses" and not any(line.cut for line in lines):
                continue
            name = f"{variant} {'-'.join(langs)} {number}"
            rng = np.random.default_rng(crc32(name.encode()))
            yield Case(name, delete(name, lines, langs, rng))


def training_cases(folder: Path, encoder: RememberingRichEncoder) -> list[Case]:
    """Readouts made of the other documents, a few for each pair of languages, in either variant.

    A document may stand in several, in other languages. They teach that a literal translation
    conveys everything, and what a deleted clause looks like; labelled readouts teach the rest.
    """
    found = []
    for place, langs in enumerate(TRAINING_PAIRS):
        parts = list(passages(folder, langs, kept_out=False))[place % 3 :: 3][:_CASES_A_PAIR]
        for number, lines in enumerate(in_order(parts, encoder)):
            cut = any(line.cut for line in lines)
            variant = "clauses" if cut and number % 3 else "sentences"
            name = f"ntrex-{variant}-{'-'.join(langs)}-{number}"
            rng = np.random.default_rng(crc32(name.encode()))
            case = Case(name, VARIANTS[variant](name, lines, langs, rng), measured=False)
            found.append(case)
    return found


def passages(folder: Path, langs: tuple[str, str], *, kept_out: bool) -> Iterator[list[Line]]:
    """Neighbouring documents that training never sees, or does, until they are long enough."""
    columns = [_lines(folder / f"{FILES[lang]}.txt") for lang in langs]
    rows = zip(_lines(folder / "DOCUMENT_IDS.tsv"), *columns, strict=True)
    passage: list[Line] = []
    for document, group in groupby(rows, key=lambda row: row[0]):
        if held_out(document) != kept_out:
            continue
        for _, a, b in group:
            line = Line(" ".join(a.split()), " ".join(b.split()))
            if line.asserts:
                passage.append(replace(line, cut=find_cut(line.a, line.b, langs)))
        if len(passage) >= _SIZE:
            yield passage
            passage = []


def in_order(groups: Sequence[list[Line]], encoder: RememberingRichEncoder) -> list[list[Line]]:
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


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").rstrip("\n").split("\n")
