"""Train the splitter, which says where in a sentence claims begin, on labelled readouts.

    python -m training.splitter

Prints precision, recall and F1 of the boundaries inside sentences, of the rules and, in
cross-validation, of the splitter, and writes `readout_diff/models/splitter.safetensors`. The judge
is trained on claims that a splitter cut which had not seen the case (`by_fold`).
"""

import argparse
import contextlib
import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from msgspec import Struct
from numpy.typing import NDArray
from torch import nn

from readout_diff.embed.bundled import BundledEncoder
from readout_diff.embed.cache import RememberingRichEncoder
from readout_diff.embed.claims import read_sentences
from readout_diff.lexicon import lexicon
from readout_diff.segment import segment
from readout_diff.segment.splitter import TOLD, Array, Splitter, from_bytes, look, to_bytes
from training import benchmark
from training.benchmark import Case
from training.examples import WORK, folds

THRESHOLD = 0.35
"""At the low end of what does well: a claim cut too finely costs less than two read as one, whose
matches count for both."""
_MEMBERS, _UNITS, _EPOCHS, _BATCH = 2, 48, 6, 256
_RATE, _DECAY, _DROPOUT = 2e-3, 0.05, 0.2
_SHARE = 0.2
"""Of the places in mid-clause that are looked at in training: they are many, and easy."""
_SLACK = 8
"""Characters, none a letter, that may lie between a place and a labelled claim's beginning."""


class Lesson(Struct, frozen=True):
    """The places of one case."""

    case: Case
    rows: Array
    """(places, columns)."""
    begins: NDArray[np.bool_]
    """Whether a labelled claim begins there, (places,)."""
    ruled: NDArray[np.bool_]
    """Whether the rules let one begin there, (places,)."""


def main() -> None:
    """Print the table, write the shipped splitter."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=Path, default=Path("../shared/benchmark/train"))
    options = parser.parse_args()
    cases = labelled(options.cases)
    encoder = RememberingRichEncoder(BundledEncoder())
    lessons = [lesson(case, encoder) for case in cases]
    print("boundaries in sentences    P     R     F1")
    likely = [np.zeros(0)] * len(lessons)
    for fold, fitted in by_fold(lessons, folds(cases), encoder.name):
        for number, given in enumerate(lessons):
            if given.case.group in fold:
                likely[number] = fitted.probabilities(given.rows)
    for name, measured in (("benchmark", True), ("our own", False)):
        kept = [n for n, given in enumerate(lessons) if given.case.measured == measured]
        truth = np.concatenate([lessons[n].begins for n in kept])
        _row(f"{name}, rules", np.concatenate([lessons[n].ruled for n in kept]), truth)
        for threshold in (0.3, THRESHOLD, 0.4, 0.5):
            said = np.concatenate([likely[n] for n in kept]) >= threshold
            _row(f"{name}, from {threshold}", said, truth)
    path = Path("readout_diff/models/splitter.safetensors")
    path.write_bytes(to_bytes(fit(lessons, encoder.name)))


def _row(name: str, said: NDArray[np.bool_], truth: NDArray[np.bool_]) -> None:
    both = float((said & truth).sum())
    found = both / max(said.sum(), 1), both / max(truth.sum(), 1)
    f1 = 2 * both / max(said.sum() + truth.sum(), 1)
    print(f"{name:24} {found[0]:.3f} {found[1]:.3f} {f1:.3f}")


def labelled(benchmark_cases: Path) -> list[Case]:
    """The cases that a splitter learns from: the benchmark's, and our own."""
    own = benchmark.read_cases(benchmark.OWN_CASES, measured=False)
    return [*benchmark.read_cases(benchmark_cases), *own]


def lesson(case: Case, encoder: RememberingRichEncoder) -> Lesson:
    """The places of both sides' sentences, and where labelled claims begin."""
    rows, begins, ruled = [], [], []
    for side in "ab":
        text, lang = case.text(side), case.lang(side)
        found = segment(text, lang)
        sentences = [text[s.start : s.end] for s in found.sentences]
        states = read_sentences(encoder, sentences)
        gold = {_letter_from(text, start) for start, _, _ in case.gold(side)}
        for number, sentence in enumerate(found.sentences):
            mine = [c.start - sentence.start for c in found.claims if c.sentence == number]
            words = sentences[number]
            spaced = lexicon(lang).spaced
            places = look(words, states[words], mine, spaced=spaced)
            rows.append(places.rows)
            begins += [sentence.start + at in gold for at in places.at]
            known = {_letter_from(words, at) for at in mine}
            ruled += [at in known for at in places.at]
    return Lesson(case, np.concatenate(rows), np.array(begins, bool), np.array(ruled, bool))


def _letter_from(text: str, start: int) -> int:
    """The first letter or digit at or shortly after `start`."""
    until = min(start + _SLACK, len(text))
    return next((at for at in range(start, until) if text[at].isalnum()), start)


def by_fold(
    lessons: Sequence[Lesson], dealt: Sequence[set[str]], encoder: str
) -> list[tuple[set[str], Splitter]]:
    """For each fold a splitter that has not seen it; those trained before are kept in WORK."""
    found = []
    for fold in dealt:
        kept = [given for given in lessons if given.case.group not in fold]
        path = WORK / f"splitter-{_digest(kept)}.safetensors"
        if not path.exists():
            WORK.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(f".{os.getpid()}")
            part.write_bytes(to_bytes(fit(kept, encoder)))
            # Where several processes train a fold each, all must cut alike: the first one counts.
            with contextlib.suppress(FileExistsError):
                os.link(part, path)
            part.unlink()
        found.append((fold, from_bytes(path.read_bytes())))
    return found


def unseen(
    benchmark_cases: Path, cases: Sequence[Case], encoder: RememberingRichEncoder
) -> Callable[[Case], Splitter]:
    """Of each of `cases` the splitter that has not seen its fold."""
    lessons = [lesson(case, encoder) for case in labelled(benchmark_cases)]
    fitted = by_fold(lessons, folds(cases), encoder.name)
    known = {group: splitter for fold, splitter in fitted for group in fold}
    return lambda case: known[case.group]


def _digest(lessons: Sequence[Lesson]) -> str:
    """Changes with the cases, with what is seen of them and with the code that trains."""
    found = hashlib.sha256(Path(__file__).read_bytes())
    for given in lessons:
        found.update(given.rows.tobytes())
        found.update(given.begins.tobytes())
    return found.hexdigest()[:16]


def fit(lessons: Sequence[Lesson], encoder: str) -> Splitter:
    """A splitter trained on these cases."""
    kept = [_kept(given, number) for number, given in enumerate(lessons)]
    rows = np.concatenate([given.rows[k] for given, k in zip(lessons, kept, strict=True)])
    begins = np.concatenate([given.begins[k] for given, k in zip(lessons, kept, strict=True)])
    truth = torch.from_numpy(begins).float()
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    rows -= mean
    rows /= scale
    seen = torch.from_numpy(np.clip(rows, -6, 6, out=rows))
    members = []
    for seed in range(_MEMBERS):
        torch.manual_seed(seed)
        hidden, last = nn.Linear(rows.shape[1], _UNITS), nn.Linear(_UNITS, 1)
        drop = nn.Dropout(_DROPOUT)
        network = nn.Sequential(drop, hidden, nn.Tanh(), drop, last)
        optimizer = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=_DECAY)
        steps = _EPOCHS * (len(rows) // _BATCH + 1) + 1
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps)
        for _ in range(_EPOCHS):
            for batch in torch.randperm(len(rows)).split(_BATCH):
                said = network(seen[batch])[:, 0]
                cost = functional.binary_cross_entropy_with_logits(said, truth[batch])
                optimizer.zero_grad()
                cost.backward()
                optimizer.step()
                schedule.step()
        parts = hidden.weight.T, hidden.bias, last.weight[0], last.bias
        first, first_bias, weights, bias = (np.array(part.detach().numpy()) for part in parts)
        members.append((first, first_bias, weights, bias))
    return Splitter(encoder, THRESHOLD, mean, scale, tuple(members))


def _kept(given: Lesson, seed: int) -> NDArray[np.bool_]:
    """All places but most of those in mid-clause, where hardly any claim begins."""
    sample = np.random.default_rng(seed).random(len(given.rows)) < _SHARE
    kept: NDArray[np.bool_] = given.begins | _told(given.rows) | sample
    return kept


def _told(rows: Array) -> NDArray[np.bool_]:
    """Where a mark or a rule speaks for a claim's beginning."""
    return np.asarray(rows[:, TOLD].any(axis=1))


if __name__ == "__main__":
    main()
