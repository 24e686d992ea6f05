"""Time `readout-diff diff` beside a ten-line sentence-transformers script, interleaved.

    python -m bench.speed [--runs 5] [--sentences 30] [--stages]

Both compare the same two files, one sentence a line, with the model already unpacked; each run is
a process of its own. Prints medians, spread and the ratio of the medians. `--stages` times what
comes after loading instead, in one process: embedding, aligning and judging as many claims a side.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.run import signature
from readout_diff.embed.folder import model_folder
from readout_diff.load import load
from readout_diff.segment import segment

SAMPLES = Path("samples")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--sentences", type=int, default=30)
    parser.add_argument("--stages", action="store_true")
    options = parser.parse_args()
    if options.stages:
        time_stages(options.sentences, options.runs)
        return
    folder = model_folder()
    with tempfile.TemporaryDirectory() as scratch:
        files = [
            _write(Path(scratch) / f"{side}.txt", pattern, options.sentences)
            for side, pattern in (("a", "*.en.txt"), ("b", "*.[!e]*.txt"))
        ]
        commands = {
            "readout-diff diff": [sys.executable, "-m", "readout_diff", "diff", *files],
            "ten lines": [sys.executable, "bench/ten_lines.py", str(folder), *files],
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(options.runs):
            for name, command in commands.items():
                started = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True)
                seconds[name].append(time.perf_counter() - started)
    print(f"{options.sentences} sentences a side, {options.runs} interleaved runs each")
    for name, times in seconds.items():
        spread = f"{min(times):.2f}-{max(times):.2f}"
        print(f"{name:20} median {statistics.median(times):6.2f} s  ({spread})")
    tool, script = (statistics.median(times) for times in seconds.values())
    print(f"ratio {tool / script:.2f}")
    print(f"{signature()}, {os.cpu_count()} cores")


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
        parts = timed("embed both sides", embed_claims, encoder, [side[0] for side in sides])
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
    for name, times in seconds.items():
        spread = f"{min(times[1:]):.3f}-{max(times[1:]):.3f}"
        print(f"{name:20} median {statistics.median(times[1:]):6.3f} s  ({spread})")
    print(f"{signature()}, {os.cpu_count()} cores")


def _write(path: Path, pattern: str, count: int) -> str:
    """The first sentences of the samples that match, one a line."""
    sentences: list[str] = []
    for sample in sorted(SAMPLES.glob(f"*/{pattern}")):
        readout = load(sample)
        for sentence in segment(readout.text, readout.lang).sentences:
            sentences.append(" ".join(readout.text[sentence.start : sentence.end].split()))
    if len(sentences) < count:
        raise SystemExit(f"the samples have only {len(sentences)} sentences like {pattern}")
    path.write_text("\n".join(sentences[:count]) + "\n", encoding="utf-8")
    return str(path)


if __name__ == "__main__":
    main()
