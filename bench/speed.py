"""Time the tool beside what a user would write or pick instead, interleaved in one run.

    python -m bench.speed [--runs 5] [--sentences 30] [--only start,diff,encode,stages]

`start`: `--help` and `--version`. `diff`: two files of so many sentences each, one a line, with and
without the judge that reads both sides, beside `ten_lines.py` (sentence-transformers with the same
model, and a threshold) and `aligner.py` (the same with dynamic programming). `encode`: the same
texts encoded here and by sentence-transformers, beside a plain float32 product of matrices, whose
rate says what is the most that an encoder of such numbers could do. `stages`: embedding, aligning
and judging in one process that has loaded everything.

Each run of `start` and `diff` is a process of its own, and the model is already unpacked. Prints
medians, spread, ratios of medians and peak memory; draws bench/speed.svg of `diff` with `--svg`.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from bench.chart import bars
from bench.run import signature
from readout_diff.embed.folder import model_folder
from readout_diff.load import load
from readout_diff.segment import segment

SAMPLES = Path("samples")
PARTS = ("start", "diff", "encode", "stages")
TOOL, SIMILARITY, SCRIPT, ALIGNER = (
    "readout-diff diff", "  --judge similarity", "ten lines", "aligner",
)  # fmt: skip
ADDS = 21.3e6
"""Multiplications and additions that multilingual-e5-small makes of a token."""
TOKENS = 48
"""Of the texts that are encoded, about."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--sentences", type=int, default=30)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--svg", type=Path)
    options = parser.parse_args()
    chosen = options.only.split(",")
    model_folder()
    if "start" in chosen:
        time_start(options.runs)
    if "diff" in chosen:
        time_diff(options.sentences, options.runs, options.svg)
    if "encode" in chosen:
        time_encoding(options.runs)
    if "stages" in chosen:
        time_stages(options.sentences, options.runs)
    packages = ("onnxruntime", "sentence-transformers", "torch", "numpy")
    print(", ".join(f"{name} {metadata.version(name)}" for name in packages))
    print(f"{signature()}, {os.cpu_count()} cores{_processor()}")


def time_start(runs: int) -> None:
    """`--help` and `--version`, beside an interpreter that does nothing."""
    commands = {
        "--help": [sys.executable, "-m", "readout_diff", "--help"],
        "--version": [sys.executable, "-m", "readout_diff", "--version"],
        "python -c pass": [sys.executable, "-c", "pass"],
    }
    times, _ = _interleaved(commands, 2 * runs)
    print(f"start, {2 * runs} interleaved runs each")
    _print(times, digits=3)
    print("imports of a comparison, the ten that take longest with what they import, ms")
    for name, milliseconds in _imports("readout_diff.compare, readout_diff.findings")[:10]:
        print(f"{milliseconds:7.1f}  {name}")


def _imports(modules: str) -> list[tuple[str, float]]:
    """What modules import and how long each takes in all, the longest first."""
    command = [sys.executable, "-X", "importtime", "-c", f"import {modules}"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    found = []
    for line in said.splitlines()[1:]:
        _, taken, name = line.split("|")
        found.append((name.strip(), int(taken) / 1000))
    return sorted(found, key=lambda row: -row[1])


def time_diff(count: int, runs: int, svg: Path | None) -> None:
    """The tool, and what a user would do instead."""
    folder = str(model_folder())
    with tempfile.TemporaryDirectory() as scratch:
        files = [
            _write(Path(scratch) / f"{side}.txt", pattern, count)
            for side, pattern in (("a", "*.en.txt"), ("b", "*.[!e]*.txt"))
        ]
        diff = [sys.executable, "-m", "readout_diff", "diff", *files]
        commands = {
            TOOL: diff,
            SIMILARITY: [*diff, "--judge", "similarity"],
            SCRIPT: [sys.executable, "bench/ten_lines.py", folder, *files],
            ALIGNER: [sys.executable, "bench/aligner.py", folder, *files],
        }
        times, memory = _interleaved(commands, runs)
    print(f"{count} sentences a side, {runs} interleaved runs each")
    _print(times, memory)
    script = statistics.median(times[SCRIPT])
    for name in (TOOL, SIMILARITY):
        share = statistics.median(times[name]) / script
        print(
            f"{name.strip()}: {share:.3f} of the time of ten lines (1/{1 / share:.1f}), "
            f"{memory[name] / memory[SCRIPT]:.2f} of its memory"
        )
    if svg is not None:
        medians = {name.strip(): statistics.median(found) for name, found in times.items()}
        title = f"Seconds from the command to the report, {count} sentences a side"
        svg.write_text(bars(title, medians, "s"), encoding="utf-8")


def time_encoding(runs: int, count: int = 240) -> None:
    """e5 here and by sentence-transformers, on the same texts, beside a product of matrices."""
    from sentence_transformers import SentenceTransformer

    from readout_diff.embed.bundled import BundledEncoder

    sentences = sentences_of("*.txt")
    texts = [" ".join((sentences * 3)[at : at + 2]) for at in range(count)]
    ours, theirs = BundledEncoder(), SentenceTransformer(str(model_folder()))
    tokens = sum(map(len, theirs.tokenize(texts)["attention_mask"].tolist())) / count
    matrices = [np.ones(shape, np.float32) for shape in ((TOKENS * 32, 384), (384, 1536))]

    def multiply() -> None:
        for _ in range(10):
            matrices[0] @ matrices[1]

    works = {
        "here, e5": lambda: ours.read(texts),
        "here, e5 and USE": lambda: BundledEncoder.embed(_forgetful(ours), texts),
        "sentence-transformers": lambda: theirs.encode(texts, show_progress_bar=False),
        "float32 product": multiply,
    }
    times: dict[str, list[float]] = {name: [] for name in works}
    for run in range(runs + 1):
        for name, work in works.items():
            started = time.perf_counter()
            work()
            if run:  # the first one loads everything
                times[name].append(time.perf_counter() - started)
    medians = {name: statistics.median(found) for name, found in times.items()}
    rate = 10 * 2 * matrices[0].size * matrices[1].shape[1] / medians["float32 product"]
    print(f"{count} texts of {tokens:.0f} tokens with padding, {runs} interleaved runs each")
    print(f"float32 product of matrices  {rate / 1e9:6.0f} GFLOP/s")
    theirs_of = theirs.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    cosines = (ours.encode(texts) * theirs_of).sum(axis=1)
    print(f"cosine to float32 vectors    {cosines.mean():.5f}, {cosines.min():.5f} at least")
    most = rate / (2 * ADDS * tokens)
    for name in list(works)[:3]:
        speed = count / medians[name]
        spread = f"{count / max(times[name]):.0f}-{count / min(times[name]):.0f}"
        print(
            f"{name:28} {speed:6.0f} texts/s  ({spread}), "
            f"{medians['sentence-transformers'] / medians[name]:.2f} x sentence-transformers, "
            f"{speed / most:.2f} x what float32 products allow"
        )


def _forgetful(encoder: Any) -> Any:
    """The encoder, not knowing what it has just read."""
    encoder._read = {}
    return encoder


def time_stages(count: int, runs: int) -> None:
    """Print the medians of embedding, aligning and judging `count` claims a side."""
    from readout_diff.align import align
    from readout_diff.embed import load_encoder
    from readout_diff.embed.claims import ClaimPlaces, embed_claims
    from readout_diff.judge import JUDGES, load_judge
    from readout_diff.judge.features import Evidence

    with tempfile.TemporaryDirectory() as scratch:
        sides = []
        for side, pattern in (("a", "*.en.txt"), ("b", "*.[!e]*.txt")):
            readout = load(_write(Path(scratch) / f"{side}.txt", pattern, count))
            found = segment(readout.text, readout.lang)
            claims = found.claims[:count]
            spans = tuple((claim.start, claim.end) for claim in claims)
            around = [found.sentences[claim.sentence] for claim in claims]
            sentences = tuple((sentence.start, sentence.end) for sentence in around)
            sides.append((ClaimPlaces(readout.text, spans, sentences), claims, readout.lang))
    encoder = load_encoder()
    judges = {name: load_judge(encoder.name, name) for name in JUDGES}
    seconds: dict[str, list[float]] = {}

    def timed(name: str, work: Callable[..., Any], *given: Any) -> Any:
        started = time.perf_counter()
        found = work(*given)
        seconds.setdefault(name, []).append(time.perf_counter() - started)
        return found

    for _ in range(runs + 1):
        parts = timed(
            "embed both sides", embed_claims, _forgetful(encoder), [side[0] for side in sides]
        )
        alignment = timed("align", align, parts[0], parts[1])
        a, b = (
            Evidence(places.text, places.claims, part.tokens, lang)
            for (places, _, lang), part in zip(sides, parts, strict=True)
        )
        segments = sides[0][1], sides[1][1]
        for name, judge in judges.items():
            timed(f"judge: {name}", judge.judge, a, b, alignment, segments)
    sizes = " and ".join(str(len(claims)) for _, claims, _ in sides)
    print(f"{sizes} claims, {runs} runs after one that loads everything")
    _print({name: times[1:] for name, times in seconds.items()}, digits=3)


def _interleaved(
    commands: Mapping[str, Sequence[str]], runs: int
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Seconds of each run and the most memory that one took, in MB (0 where none can tell)."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    memory = dict.fromkeys(commands, 0.0)
    for run in range(runs + 1):
        for name, command in commands.items():
            started = time.perf_counter()
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            peak = _waited(process)
            if process.returncode:
                raise SystemExit(f"{name} failed")
            if run:  # the first one brings files into memory
                seconds[name].append(time.perf_counter() - started)
                memory[name] = max(memory[name], peak)
    return seconds, memory


def _waited(process: subprocess.Popen[bytes]) -> float:
    """The most memory that a process took until its end, in MB."""
    if not hasattr(os, "wait4"):
        process.wait()
        return 0.0
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def _print(
    times: Mapping[str, Sequence[float]],
    memory: Mapping[str, float] | None = None,
    digits: int = 2,
) -> None:
    for name, found in times.items():
        spread = f"{min(found):.{digits}f}-{max(found):.{digits}f}"
        peak = f"  {memory[name]:5.0f} MB" if memory else ""
        print(f"{name:22} median {statistics.median(found):7.{digits}f} s  ({spread}){peak}")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((f", {line.partition(': ')[2]}" for line in lines if "model name" in line), "")


def sentences_of(pattern: str) -> list[str]:
    """The sentences of the samples that match."""
    sentences: list[str] = []
    for sample in sorted(SAMPLES.glob(f"*/{pattern}")):
        readout = load(sample)
        for sentence in segment(readout.text, readout.lang).sentences:
            sentences.append(" ".join(readout.text[sentence.start : sentence.end].split()))
    return sentences


def _write(path: Path, pattern: str, count: int) -> str:
    """The first sentences of the samples that match, one a line."""
    sentences = sentences_of(pattern)
    if len(sentences) < count:
        raise SystemExit(f"the samples have only {len(sentences)} sentences like {pattern}")
    path.write_text("\n".join(sentences[:count]) + "\n", encoding="utf-8")
    return str(path)


if __name__ == "__main__":
    main()
