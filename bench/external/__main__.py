"""Measure the tool on public data, on parts of it that nothing was trained or tuned on.

    python -m bench.external [--data ../shared/data] [--only ntrex,swissgov,pawsx,sts] [--limit 20]

`--limit N` takes at most N comparisons of a language pair in ntrex and swissgov and 15 N rows of
one in pawsx; sts is always whole. Which ones is fixed by hashes and seeds.
"""

import argparse
import sys
from pathlib import Path

from bench.external import ntrex, pawsx, sts, swissgov
from bench.run import signature
from readout_diff.embed.bundled import BundledEncoder
from readout_diff.embed.cache import RememberingRichEncoder

CHECKS = {
    "ntrex": ntrex.table,
    "swissgov": swissgov.table,
    "pawsx": pawsx.table,
    "sts": sts.table,
}


def main() -> int:
    """Print a table a check; 2 where the data or the check is not there."""
    parser = argparse.ArgumentParser(prog="bench.external", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", default=",".join(CHECKS), help="checks, comma-separated")
    parser.add_argument("--limit", type=int, default=20)
    options = parser.parse_args()
    names = options.only.split(",")
    if unknown := [name for name in names if name not in CHECKS]:
        print(f"No check is called {unknown[0]!r}; there are {', '.join(CHECKS)}.", file=sys.stderr)
        return 2
    if not options.data.is_dir():
        print(f"{options.data} is not there; give the data's folder with --data.", file=sys.stderr)
        return 2
    encoder = RememberingRichEncoder(BundledEncoder())
    for name in names:
        for row in CHECKS[name](options.data, encoder, options.limit):
            print(row, flush=True)
        print(signature() + "\n", flush=True)
        encoder.forget()
    return 0


if __name__ == "__main__":
    sys.exit(main())
