"""Time and peak memory as readouts grow, each size in a process of its own.

    python -m bench.growth [--sizes 30,300,1000,3000,10000] [--encoder bundled|fake] [--svg FILE]

Both sides have so many sentences, made of the samples' with other numbers in them, so that no two
are the same. The fake encoder hashes: it shows what everything but encoding costs. With the bundled
one the time of embedding is told apart from the rest.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

from bench.chart import lines
from bench.run import signature
from bench.speed import sentences_of

SIZES = "30,300,1000,3000,10000"


def main() -> None:
    """Print a row a size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default=SIZES)
    parser.add_argument("--encoder", choices=("bundled", "fake"), default="bundled")
    parser.add_argument("--svg", type=Path)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one, options.encoder)))
        return
    sizes = [int(size) for size in options.sizes.split(",")]
    found = []
    print(f"sentences a side, encoder {options.encoder}")
    for size in sizes:
        command = [sys.executable, "-m", "bench.growth", "--encoder", options.encoder]
        said = subprocess.check_output([*command, "--one", str(size)], text=True)
        row = json.loads(said.splitlines()[-1])
        found.append(row)
        print(
            f"{size:6}  {row['seconds']:8.2f} s, {row['rest']:7.2f} s of it not encoding"
            f"  {row['megabytes']:6.0f} MB  {row['claims']} claims",
            flush=True,
        )
    if options.svg is not None:
        series = {
            "seconds": [row["seconds"] for row in found],
            "not encoding, s": [row["rest"] for row in found],
            "peak memory, GB": [row["megabytes"] / 1000 for row in found],
        }
        title = f"Growth with the sentences of each side, encoder {options.encoder}"
        options.svg.write_text(lines(title, sizes, series, "sentences a side"), encoding="utf-8")
    print(f"{signature()}, {os.cpu_count()} cores")


def measure(size: int, encoder_name: str) -> dict[str, float]:
    """Compare two readouts of `size` sentences."""
    from readout_diff import compare, from_text, load_encoder
    from readout_diff.embed import Embedding
    from tests.rich_encoder import HashRichEncoder

    bundled = load_encoder()
    encoder = bundled if encoder_name == "bundled" else HashRichEncoder()
    sides = [
        from_text(_text(pattern, size), lang=lang, name=lang, max_chars=10**9)
        for pattern, lang in (("*.en.txt", "en"), ("*.ko.txt", "ko"))
    ]
    encoding = 0.0

    class Timed:
        """The encoder, with a watch."""

        name = encoder.name

        def _timed(self, work: str, texts: list[str]) -> object:
            nonlocal encoding
            started = time.perf_counter()
            found = getattr(encoder, work)(texts)
            encoding += time.perf_counter() - started
            return found

        def encode(self, texts: list[str]) -> object:
            return self._timed("encode", texts)

        def embed(self, texts: list[str]) -> Embedding:
            return self._timed("embed", texts)  # type: ignore[return-value]

        def read(self, texts: list[str]) -> object:
            return self._timed("read", texts)

    started = time.perf_counter()
    found = compare(sides[0], sides[1], encoder=Timed())  # type: ignore[arg-type]
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "seconds": seconds,
        "rest": seconds - encoding,
        "megabytes": peak / (1e6 if sys.platform == "darwin" else 1e3),
        "claims": len(found.claims),
    }


def _text(pattern: str, size: int) -> str:
    """So many sentences, no two the same."""
    known = sentences_of(pattern)
    made = []
    for number in range(size):
        sentence = known[number % len(known)]
        turned = re.sub(r"\d+", lambda at: str(int(at[0]) + number), sentence)  # noqa: B023
        made.append(turned if turned != sentence else f"{sentence[:-1]} ({number + 1}).")
    return "\n".join(made) + "\n"


if __name__ == "__main__":
    main()
