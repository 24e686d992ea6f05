"""The options that commands share, and how what is given for one is read."""

from pathlib import Path

import click

from readout_diff import report
from readout_diff.report import hyperlinks

FINDINGS = ("only", "partial", "conflict")
SORTS = ("text", "severity")
MAX_CHARS = 1_000_000
"""As in `load`, which takes too long to import for `--help`."""
JUDGES = ("joint", "similarity")
"""As in `judge`, which takes too long to import for `--help`."""
OPENAI = "openai:"
"""Before the name of a model that a reader asks."""


def as_findings(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> frozenset[str]:
    """The findings to exit with 1 for, given one by one or with commas."""
    found = frozenset(part.strip().lower() for value in values for part in value.split(","))
    unknown = sorted(found - set(FINDINGS))
    if unknown:
        raise click.BadParameter(f"{unknown[0]!r} is not one of {', '.join(FINDINGS)}", ctx, param)
    return found


def as_judge(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """A judge's name or model file, or openai:MODEL."""
    if value is None or value in JUDGES or value.endswith(".json"):
        return value
    if not value.startswith(OPENAI) or not value.removeprefix(OPENAI).strip():
        known = ", ".join(JUDGES)
        raise click.BadParameter(
            f"{value!r} is none of {known}, FILE.json and {OPENAI}MODEL", ctx, param
        )
    return value


def as_link_format(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if value in (hyperlinks.AUTO, hyperlinks.NONE) or hyperlinks.is_format(value):
        return value
    fields = ", ".join(f"{{{field}}}" for field in hyperlinks.FIELDS)
    raise click.BadParameter(
        f"{value!r} is none of auto, none and a format with {{path}}, of the fields {fields}",
        ctx,
        param,
    )


def as_shard(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> tuple[int, int] | None:
    """`2/8` as numbers."""
    if value is None:
        return None
    number, _, of = value.partition("/")
    if number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of):
        return int(number), int(of)
    raise click.BadParameter(f"{value!r} is no part such as 2/8, the second of eight", ctx, param)


report_format = click.option(
    "--format",
    "format",
    type=click.Choice(list(report.FORMATS)),
    default="terminal",
    show_default=True,
    help="What the report looks like.",
)
output = click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Write the report to FILE, which is replaced as a whole, instead of standard output.",
)
show_all = click.option("--all", "show_all", is_flag=True, help="Show the shared claims too.")
width = click.option(
    "--width",
    type=click.IntRange(min=20),
    metavar="N",
    help="Width of the terminal report in columns.  [default: the terminal's, or 80]",
)
no_pager = click.option(
    "--no-pager", is_flag=True, help="Print a long report at once; else it comes page by page."
)
links = click.option(
    "--links",
    metavar="FORMAT",
    default=hyperlinks.AUTO,
    show_default=True,
    callback=as_link_format,
    help="Hyperlinks to a claim's place: auto, none, or such as vscode://file{path}:{line}.",
)
bom = click.option(
    "--bom",
    is_flag=True,
    help="Begin a CSV report with the mark by which spreadsheet programs know UTF-8.",
)
fail_on = click.option(
    "--fail-on",
    metavar="[" + "|".join(FINDINGS) + "]",
    multiple=True,
    callback=as_findings,
    help="Exit with 1 if the report has any such claim; give it again, or commas, for several.",
)
fail_on_watch = click.option(
    "--fail-on-watch",
    is_flag=True,
    help="Exit with 1 if only one side mentions a topic on the watch-list.",
)
sort = click.option(
    "--sort",
    type=click.Choice(SORTS),
    default="text",
    show_default=True,
    help="Order of what the other side lacks: as it stands in the text, or what matters most "
    "first (for the terminal).",
)


model = click.option(
    "--model",
    metavar="NAME",
    help="A sentence-transformers model, by name or folder.  [default: the bundled one]",
)
device = click.option(
    "--device",
    type=click.Choice(("auto", "cpu", "cuda")),
    default="auto",
    show_default=True,
    help="What the encoder computes on; auto takes a GPU where one can be used.",
)
min_absence = click.option(
    "--min-absence",
    type=click.FloatRange(0.0, 1.0),
    metavar="P",
    help="Call nothing lacking that is not at least so likely to be.  [default: the judge's own]",
)
watch = click.option(
    "--watch",
    metavar="TOPIC",
    multiple=True,
    help="A topic that the report answers for, also where neither side mentions it: an id such as "
    "abductions, a label, or any words in any language; give it again for several.",
)
topics = click.option(
    "--topics",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A TOML file of topics to add to the built-in ones.",
)
encoding = click.option(
    "--encoding",
    metavar="NAME",
    help="Encoding of the readouts that are text or HTML, such as euc-kr.  [default: detected]",
)
max_chars = click.option(
    "--max-chars",
    type=click.IntRange(min=1),
    metavar="N",
    default=MAX_CHARS,
    show_default=True,
    help="Refuse a text of more characters.",
)
cache_dir = click.option(
    "--cache-dir",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="READOUT_DIFF_CACHE",
    show_envvar=True,
    help="Where the bundled model is kept once it is unpacked.",
)
