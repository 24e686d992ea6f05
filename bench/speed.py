"""Time `readout-diff diff` beside a ten-line sentence-transformers script, interleaved.

    python -m bench.speed [--runs 5] [--sentences 30]

Both compare the same two files, one sentence a line, with the model already unpacked; each run is
a process of its own. Prints medians, spread and the ratio of the medians.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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
    options = parser.parse_args()
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
