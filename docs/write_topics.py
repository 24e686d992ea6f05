"""Write the list of built-in topics into docs/topics.md, between its two marks."""

from pathlib import Path

from readout_diff.topics.catalogue import Catalogue, built_in

PAGE = Path(__file__).with_name("topics.md")
BEGIN, END = "<!-- topics -->", "<!-- /topics -->"


def main() -> None:
    """Replace what stands between the marks."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{table(built_in())}{END}{after}", encoding="utf-8")


def table(catalogue: Catalogue) -> str:
    """A row for each topic, in the order of reports."""
    rows = ["| id | topic | what belongs to it |", "|---|---|---|"]
    for entry in catalogue.entries.values():
        notes = [f"part of `{entry.part_of}`"] if entry.part_of else []
        notes += ["a courtesy"] if entry.courtesy else []
        about = entry.about + (f" ({'; '.join(notes)})" if notes else "")
        rows.append(f"| `{entry.id}` | {entry.name} | {about} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    main()
