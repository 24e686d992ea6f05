"""Run the tool over the benchmark's measuring cases, from raw text, and print the scorer's table.

    python -m bench.run [--check] [--judge NAME] [--reports FOLDER] [--benchmark FOLDER]

`--check` exits with 1 where a figure is below its floor in bench/floor.json. `--reports` keeps the
reports. The scorer is the benchmark's own; it is run as it is.
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from readout_diff import compare, from_text, load_encoder
from readout_diff.errors import InputError
from training.benchmark import scorer_module

FLOOR = Path(__file__).with_name("floor.json")


def main() -> int:
    """Print the table; 1 where `--check` finds a drop."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--benchmark", type=Path, default=Path("../shared/benchmark"))
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--model", help="a sentence-transformers model instead of the bundled one")
    parser.add_argument("--judge", help="joint, similarity or a model file")
    parser.add_argument("--reports", type=Path)
    options = parser.parse_args()
    if not options.benchmark.is_dir():
        print(f"{options.benchmark} is not there; give the benchmark's folder with --benchmark.")
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        reports = options.reports or Path(scratch)
        reports.mkdir(parents=True, exist_ok=True)
        cases = options.benchmark / "cases"
        write_reports(cases, reports, options.model, options.judge)
        scorer = [sys.executable, str(options.benchmark / "score.py"), str(reports), str(cases)]
        print(subprocess.check_output(scorer, text=True), end="")
        figures = json.loads(subprocess.check_output([*scorer, "--json"], text=True))
        precision, recall, _ = figures["all"]["located"]
        print(f"located conflicts: precision {precision:.2f}, recall {recall:.2f}")
        for name, share, conflicts in flagged_controls(options.benchmark, reports):
            print(f"{name}: {share:.0%} of the units flagged, {conflicts} conflicts")
    print(signature())
    return check(figures) if options.check else 0


def write_reports(cases: Path, reports: Path, model: str | None, judge: str | None) -> None:
    """Compare the two texts of every case."""
    encoder = load_encoder(model)
    for path in sorted(cases.glob("*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        sides = [
            from_text(case[key]["text"], lang=case[key]["lang"], name=case[key]["office"])
            for key in "ab"
        ]
        try:
            comparison = compare(sides[0], sides[1], encoder=encoder, judge=judge)
        except InputError as error:
            raise SystemExit(f"{path.stem}: {error}") from error
        (reports / path.name).write_text(comparison.to_json(), encoding="utf-8")


def flagged_controls(benchmark: Path, reports: Path) -> Iterator[tuple[str, float, int]]:
    """The share of units flagged and the conflicts in each control: a translation, strangers."""
    scorer = scorer_module(benchmark / "score.py")
    for path in sorted((benchmark / "cases").glob("control-*.json")):
        case, report = (
            json.loads(file.read_text(encoding="utf-8")) for file in (path, reports / path.name)
        )
        counts, _ = scorer.score_case(report, case)
        share = (counts["o_tp"] + counts["o_fp"]) / counts["o_n"]
        yield path.stem, share, len(report["conflicts"])


def signature() -> str:
    """What the figures belong to: date, commit, machine."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, commit {commit or 'unknown'}, Python "
        f"{platform.python_version()}, {platform.system()} {platform.machine()}"
    )


def check(figures: dict[str, Any]) -> int:
    """Hold the figures against their floors."""
    floors = json.loads(FLOOR.read_text(encoding="utf-8"))
    worst = min((row["omission"][2] for pair, row in figures.items() if pair != "all"), default=0.0)
    found = {
        "omission F1": figures["all"]["omission"][2],
        "BAcc": figures["all"]["BAcc"],
        "letters F1": figures["all"]["letters"][2],
        "AP": figures["all"]["AP"],
        "links F1": figures["all"]["links"][2],
        "precision of located conflicts": figures["all"]["located"][0],
        "F1 of located conflicts": figures["all"]["located"][2],
        "omission F1 of the worst language pair": worst,
    }
    below = {name: value for name, value in found.items() if value < floors[name]}
    for name, value in below.items():
        print(f"{name} fell to {value}, below its floor of {floors[name]}", file=sys.stderr)
    if not below:
        print("No figure is below its floor.")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
