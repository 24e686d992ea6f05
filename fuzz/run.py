"""Fuzzes the loaders, each for its share of the time: `make fuzz`.

The corpus is kept in build/fuzz, so that the next run goes on where this one was; a file that made
a loader fail is left there too. Make it a case in tests/bad_inputs.py.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from fuzz import seeds

FOLDER = Path("build/fuzz")


def main() -> int:
    """Exit status: 0, or 1 where a loader failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loader", choices=seeds.KINDS, help="only this one")
    parser.add_argument("--seconds", type=int, default=60, help="in all (default: 60)")
    wanted = parser.parse_args()
    kinds = (wanted.loader,) if wanted.loader else seeds.KINDS
    seeds.write(FOLDER / "corpus")
    failed = []
    for kind in kinds:
        print(f"{kind}:", flush=True)
        options = [
            f"-max_total_time={max(wanted.seconds // len(kinds), 1)}",
            "-timeout=30",
            "-rss_limit_mb=3000",
            "-max_len=70000",
            "-verbosity=0",
            "-print_final_stats=1",
            f"-artifact_prefix={FOLDER}/{kind}-",
        ]
        command = [sys.executable, "-m", "fuzz.target", kind, *options, f"{FOLDER}/corpus/{kind}"]
        if subprocess.run(command, check=False).returncode:
            failed.append(kind)
    if failed:
        print(f"Failed: {', '.join(failed)}; the files are in {FOLDER}.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
