"""Writes the table of bad inputs in docs/inputs.md: what each gives, as the tests replay it."""

import tempfile
from pathlib import Path

from tests.bad_inputs import BAD, outcome

PAGE = Path(__file__).with_name("inputs.md")
BEGIN, END = "<!-- bad inputs -->", "<!-- /bad inputs -->"


def table() -> str:
    """The table, one row an input."""
    rows = ["| input | what it gives |", "|---|---|"]
    for bad in BAD:
        with tempfile.TemporaryDirectory() as folder:
            said = outcome(bad, Path(folder))
        rows.append(f"| {bad.what} | {_cell(said)} |")
    return "\n".join(rows)


def _cell(text: str) -> str:
    shown = "".join(char if char.isprintable() else "␣" for char in text)
    return shown.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "")


def page_with(found: str) -> str:
    """The page with this table in the place of its own."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{found}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page_with(table()), "utf-8")
