"""The pages name what there is: commands, options, fields, keys; their links and examples work."""

import importlib
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from readout_diff import cli
from readout_diff.options import FINDINGS
from readout_diff.report import FORMATS
from tests.fake_encoder import HashEncoder

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(
    page
    for folder in (".", "docs", "samples", "bench", "readout_diff/models")
    for page in (ROOT / folder).glob("*.md")
)
COMMANDS = cli.cli.commands
SCHEMA = json.loads((DOCS / "report.schema.json").read_text("utf-8"))


def read(path: Path) -> str:
    return path.read_text("utf-8")


def sections(page: Path) -> dict[str, str]:
    """Headings of a page, without marks, and what stands below each down to the next."""
    found = re.split(r"^#{1,4} (.+)$", without_code(read(page)), flags=re.MULTILINE)
    headings = (heading.replace("`", "") for heading in found[1::2])
    return dict(zip(headings, found[2::2], strict=True))


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def first_cells(section: str) -> set[str]:
    """What stands in `code` in the first column of a section's tables."""
    rows = re.findall(r"^\| (\[?`.*?) \|", section, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


# The command line


def options(command: click.Command) -> Iterator[str]:
    for parameter in command.get_params(click.Context(command)):
        if isinstance(parameter, click.Option):
            yield from (*parameter.opts, *parameter.secondary_opts)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_named_and_no_other(name: str) -> None:
    section = sections(DOCS / "cli.md")[f"readout-diff {name}"]
    named = {word for cell in first_cells(section) for word in re.findall(r"--?[a-z-]+", cell)}
    command = COMMANDS[name]
    assert named == {*options(command), "-h", "--help"}
    usage = command.collect_usage_pieces(click.Context(command))
    assert f"readout-diff {name} {' '.join(usage)}" in read(DOCS / "cli.md")


def test_every_command_and_every_option_of_the_group_is_named() -> None:
    section = sections(DOCS / "cli.md")["The command line"]
    named = first_cells(section)
    assert named == {*COMMANDS, *options(cli.cli), "-h", "--help"}


def test_choices_are_named() -> None:
    page = read(DOCS / "cli.md").replace("\\|", "|")
    assert f"`--format [{'|'.join(FORMATS)}]`" in page
    assert f"`--fail-on [{'|'.join(FINDINGS)}]`" in page


def test_exit_codes_are_named() -> None:
    codes = re.findall(r"^\| (\d+) \|", sections(DOCS / "cli.md")["Exit codes"], re.MULTILINE)
    assert [int(code) for code in codes] == [0, cli.FOUND, cli.WRONG, cli.INTERRUPTED]


def test_every_variable_of_the_environment_is_named() -> None:
    source = "".join(map(read, (ROOT / "readout_diff").rglob("*.py")))
    ours = set(re.findall(r'"(READOUT_DIFF_[A-Z0-9_]+)"', source))
    assert ours <= first_cells(sections(DOCS / "cli.md")["Environment"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_name_no_option_that_is_not_there(page: Path) -> None:
    known = {"--help", *(opt for command in COMMANDS.values() for opt in options(command))}
    for line in re.findall(r"readout-diff (?:diff|batch|render) [^\n`|]*", read(page)):
        for option in re.findall(r"(?<!\S)--[a-z][a-z-]*", line):
            assert option in known, line


# The JSON report


@pytest.mark.parametrize("noun", SCHEMA["$defs"])
def test_every_field_of_the_schema_is_named_and_no_other(noun: str) -> None:
    section = sections(DOCS / "json.md")[noun]
    assert first_cells(section) == set(SCHEMA["$defs"][noun]["properties"])


def test_every_value_of_the_schema_is_named() -> None:
    for noun, definition in SCHEMA["$defs"].items():
        section = sections(DOCS / "json.md")[noun]
        for value in (v for field in definition["properties"].values() for v in values(field)):
            assert f"`{value}`" in section


def values(field: dict[str, Any]) -> list[Any]:
    return [value for value in field.get("enum", []) if isinstance(value, str)]


def test_every_reason_to_ignore_is_named() -> None:
    section = sections(DOCS / "json.md")["Ignored"]
    for file in (ROOT / "readout_diff" / "lexicons").glob("*.toml"):
        for rules in tomllib.loads(read(file)).get("ignore", {}).values():
            assert not [why for why in rules if f"`{why}`" not in section]


# Languages and targets


def test_every_key_of_a_lexicon_is_named() -> None:
    page = read(DOCS / "adding-a-language.md")
    for file in (ROOT / "readout_diff" / "lexicons").glob("*.toml"):
        data = tomllib.loads(read(file))
        for table in ("sentences", "ignore", "claims", "words"):
            for key in data.get(table, {}):
                assert f"`{key}`" in page or f".{key}]" in page
        for split in data.get("claims", {}).get("splits", []):
            assert not [key for key in split if f"`{key}`" not in page]


def test_every_target_of_make_is_named() -> None:
    targets = re.findall(r"^([a-z]+):.*##", read(ROOT / "Makefile"), re.MULTILINE)
    page = read(ROOT / "CONTRIBUTING.md")
    assert targets
    assert not [target for target in targets if f"`make {target}`" not in page]


# Links and examples


def anchors(page: Path) -> set[str]:
    """The names that a forge gives to a page's headings."""
    headings = re.findall(r"^#{1,4} (.+)$", without_code(read(page)), re.MULTILINE)
    words = (re.sub(r"[^\w\s-]", "", heading.lower()) for heading in headings)
    return {word.strip().replace(" ", "-") for word in words}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", without_code(read(page))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        if anchor:
            assert anchor in anchors(target), link


def test_the_example_in_the_readme_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```$", read(ROOT / "README.md"), re.M | re.S)
    monkeypatch.chdir(ROOT)
    pipeline = importlib.import_module("readout_diff.compare")
    monkeypatch.setattr(pipeline, "load_encoder", lambda *_, **__: HashEncoder())
    names: dict[str, Any] = {}
    exec(compile(example, "README.md", "exec"), names)
    lines = capsys.readouterr().out.splitlines()
    only = [claim for claim in names["comparison"].claims if claim.status == "only"]
    assert [line.split(" ", 2)[2] for line in lines] == [claim.text for claim in only]
