"""Write docs/demo.svg, the picture in the README: the terminal report of the June 2025 sample.

    python docs/write_picture.py

The report is the command line's own, with its colours, drawn by rich. The picture fetches nothing:
rich's template names fonts on a server, which are left out.
"""

import io
import re
from pathlib import Path

from rich import _export_format
from rich.cells import cell_len
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from readout_diff import compare, load
from readout_diff.report import render

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "samples" / "2025-06-kor-jpn-call"
PICTURE = ROOT / "docs" / "demo.svg"
WIDTH = 100

TEMPLATE = re.sub(r"@font-face \{\{.*?\}\}\s*", "", _export_format.CONSOLE_SVG_FORMAT, flags=re.S)


def picture(report: str, title: str) -> str:
    """An SVG of a report with ANSI colours; the same report gives the same bytes."""
    lines = Text.from_ansi(report)
    width = max(cell_len(line.plain) for line in lines.split())
    console = Console(record=True, width=width, file=io.StringIO(), legacy_windows=False)
    console.print(lines, no_wrap=True, overflow="ignore", crop=False)
    return console.export_svg(
        title=title, theme=MONOKAI, code_format=TEMPLATE, unique_id="demo", clear=True
    )


if __name__ == "__main__":
    comparison = compare(load(SAMPLE / "seoul.ko.txt"), load(SAMPLE / "tokyo.ja.txt"))
    shown = render(comparison, "terminal", width=WIDTH, color=True)
    PICTURE.write_text(picture(shown, "readout-diff diff seoul.ko.txt tokyo.ja.txt"), "utf-8")
