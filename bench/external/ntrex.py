"""NTREX: does the tool flag what was deleted from one of two translations?"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from readout_diff import compare, from_text
from readout_diff.embed.cache import RememberingRichEncoder
from training.benchmark import Case, Scorer, load_scorer
from training.ntrex import VARIANTS, cases

PAIRS = (("ko", "ja"), ("en", "ko"), ("en", "ja"), ("zh", "ja"), ("en", "ru"))

Report = dict[str, Any]
"""The JSON report, read."""


def table(data: Path, encoder: RememberingRichEncoder, limit: int) -> Iterator[str]:
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


def report(case: Case, encoder: RememberingRichEncoder) -> Report:
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
