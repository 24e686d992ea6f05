"""The command line: parse, call, write; no thinking.

Everything heavy is imported inside the commands, so that `--help` and `--version` are quick.
Exit status: 0 done; 1 done, and `--fail-on` or `--fail-on-watch` found some; 2 the input or the
usage is wrong, said in one sentence on standard error; 130 interrupted.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from readout_diff import __version__, report, writing
from readout_diff.errors import ReadoutDiffError
from readout_diff.report import hyperlinks

if TYPE_CHECKING:
    from readout_diff.datamodel import Comparison
    from readout_diff.embed import Device, Progress
    from readout_diff.judge.reader import ChatReader

FOUND = 1
WRONG = 2
INTERRUPTED = 130

FINDINGS = ("only", "partial", "conflict")
SORTS = ("text", "severity")
MAX_CHARS = 1_000_000
"""As in `load`, which takes too long to import for `--help`."""
JUDGES = ("joint", "similarity")
"""As in `judge`, which takes too long to import for `--help`."""


def _findings(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> frozenset[str]:
    """The findings to exit with 1 for, given one by one or with commas."""
    found = frozenset(part.strip().lower() for value in values for part in value.split(","))
    unknown = sorted(found - set(FINDINGS))
    if unknown:
        raise click.BadParameter(f"{unknown[0]!r} is not one of {', '.join(FINDINGS)}", ctx, param)
    return found


_OPENAI = "openai:"


def _judge(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """A judge's name or model file, or openai:MODEL."""
    if value is None or value in JUDGES or value.endswith(".json"):
        return value
    if not value.startswith(_OPENAI) or not value.removeprefix(_OPENAI).strip():
        known = ", ".join(JUDGES)
        raise click.BadParameter(
            f"{value!r} is none of {known}, FILE.json and {_OPENAI}MODEL", ctx, param
        )
    return value


def _link_format(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if value in (hyperlinks.AUTO, hyperlinks.NONE) or hyperlinks.is_format(value):
        return value
    fields = ", ".join(f"{{{field}}}" for field in hyperlinks.FIELDS)
    raise click.BadParameter(
        f"{value!r} is none of auto, none and a format with {{path}}, of the fields {fields}",
        ctx,
        param,
    )


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=False)
@click.version_option(__version__, prog_name="readout-diff")
def cli() -> None:
    """Say which claims only one side's readout makes.

    Compares two official readouts of one meeting, whatever languages they are in, and works
    without a network.
    """


_format = click.option(
    "--format",
    "format",
    type=click.Choice(list(report.FORMATS)),
    default="terminal",
    show_default=True,
    help="What the report looks like.",
)
_output = click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Write the report to FILE, which is replaced as a whole, instead of standard output.",
)
_show_all = click.option("--all", "show_all", is_flag=True, help="Show the shared claims too.")
_width = click.option(
    "--width",
    type=click.IntRange(min=20),
    metavar="N",
    help="Width of the terminal report in columns.  [default: the terminal's, or 80]",
)
_no_pager = click.option(
    "--no-pager", is_flag=True, help="Print a long report at once; else it comes page by page."
)
_links = click.option(
    "--links",
    metavar="FORMAT",
    default=hyperlinks.AUTO,
    show_default=True,
    callback=_link_format,
    help="Hyperlinks to a claim's place: auto, none, or such as vscode://file{path}:{line}.",
)
_bom = click.option(
    "--bom",
    is_flag=True,
    help="Begin a CSV report with the mark by which spreadsheet programs know UTF-8.",
)
_fail_on = click.option(
    "--fail-on",
    metavar="[" + "|".join(FINDINGS) + "]",
    multiple=True,
    callback=_findings,
    help="Exit with 1 if the report has any such claim; give it again, or commas, for several.",
)
_fail_on_watch = click.option(
    "--fail-on-watch",
    is_flag=True,
    help="Exit with 1 if only one side mentions a topic on the watch-list.",
)
_sort = click.option(
    "--sort",
    type=click.Choice(SORTS),
    default="text",
    show_default=True,
    help="Order of what the other side lacks: as it stands in the text, or what matters most "
    "first (for the terminal).",
)


_model = click.option(
    "--model",
    metavar="NAME",
    help="A sentence-transformers model, by name or folder.  [default: the bundled one]",
)
_device = click.option(
    "--device",
    type=click.Choice(("auto", "cpu", "cuda")),
    default="auto",
    show_default=True,
    help="What --model computes on; auto takes a GPU where torch sees one.",
)
_min_absence = click.option(
    "--min-absence",
    type=click.FloatRange(0.0, 1.0),
    metavar="P",
    help="Call nothing lacking that is not at least so likely to be.  [default: the judge's own]",
)
_watch = click.option(
    "--watch",
    metavar="TOPIC",
    multiple=True,
    help="A topic that the report answers for, also where neither side mentions it: an id such as "
    "abductions, a label, or any words in any language; give it again for several.",
)
_topics = click.option(
    "--topics",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A TOML file of topics to add to the built-in ones.",
)
_encoding = click.option(
    "--encoding",
    metavar="NAME",
    help="Encoding of the readouts that are text or HTML, such as euc-kr.  [default: detected]",
)
_max_chars = click.option(
    "--max-chars",
    type=click.IntRange(min=1),
    metavar="N",
    default=MAX_CHARS,
    show_default=True,
    help="Refuse a text of more characters.",
)
_cache_dir = click.option(
    "--cache-dir",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="READOUT_DIFF_CACHE",
    show_envvar=True,
    help="Where the bundled model is kept once it is unpacked.",
)


@cli.command()
@click.argument("a")
@click.argument("b")
@_format
@_output
@click.option("--name-a", metavar="NAME", help="What to call side A.  [default: from its path]")
@click.option("--name-b", metavar="NAME", help="What to call side B.")
@click.option("--lang-a", metavar="TAG", help="Language of A, such as ko.  [default: detected]")
@click.option("--lang-b", metavar="TAG", help="Language of B.")
@_encoding
@click.option("--encoding-a", metavar="NAME", help="Encoding of A.")
@click.option("--encoding-b", metavar="NAME", help="Encoding of B.")
@_max_chars
@_model
@_device
@_min_absence
@_watch
@_topics
@click.option(
    "--judge",
    metavar="NAME",
    callback=_judge,
    help="joint reads both sides, similarity only compares vectors (all there is for --model), "
    "FILE.json is one of your own; openai:MODEL has the default one send the claims that it is "
    "unsure of to a language model.  [default: joint]",
)
@click.option(
    "--base-url",
    metavar="URL",
    help="Where openai:MODEL is asked, such as http://localhost:8080/v1.",
)
@_cache_dir
@_show_all
@_sort
@_fail_on
@_fail_on_watch
@_width
@_no_pager
@_links
@_bom
def diff(
    a: str,
    b: str,
    format: str,
    output: str | None,
    name_a: str | None,
    name_b: str | None,
    lang_a: str | None,
    lang_b: str | None,
    encoding: str | None,
    encoding_a: str | None,
    encoding_b: str | None,
    max_chars: int,
    model: str | None,
    device: "Device",
    min_absence: float | None,
    watch: tuple[str, ...],
    topics: Path | None,
    judge: str | None,
    base_url: str | None,
    cache_dir: Path | None,
    show_all: bool,
    sort: str,
    fail_on: frozenset[str],
    fail_on_watch: bool,
    width: int | None,
    no_pager: bool,
    links: str,
    bom: bool,
) -> int:
    """Compare two readouts.

    A and B are text, Markdown, HTML, PDF, DOCX, ODT or RTF; one may be - for standard input.
    """
    writing.check(output, (a, b))
    _check_bom(bom, format)
    reader = _reader(judge, base_url)
    from readout_diff.load import load_pair

    side_a, side_b = load_pair(
        a,
        b,
        lang_a=lang_a,
        lang_b=lang_b,
        name_a=name_a,
        name_b=name_b,
        encoding_a=encoding_a or encoding,
        encoding_b=encoding_b or encoding,
        max_chars=max_chars,
        warn=lambda message: _say(f"Warning: {message}"),
    )
    if side_a.text == side_b.text:
        _say("Warning: the two readouts have the same text, so nothing can differ.")
    from readout_diff.compare import compare
    from readout_diff.embed import load_encoder

    with _progress() as progress:
        encoder = load_encoder(model, device=device, cache_dir=cache_dir, progress=progress)
        comparison = compare(
            side_a,
            side_b,
            encoder=encoder,
            judge=None if reader else judge,
            reader=reader,
            min_absence=min_absence,
            topics=topics,
            watch=watch,
            cache_dir=cache_dir,
            progress=progress,
        )
    view = _View(format, output, width, show_all, sort, links, bom, paged=not no_pager)
    _report(comparison, view)
    return _status(comparison, fail_on, fail_on_watch)


def _reader(judge: str | None, base_url: str | None) -> "ChatReader | None":
    if judge is None or not judge.startswith(_OPENAI):
        if base_url is not None:
            raise click.UsageError("--base-url is for --judge openai:MODEL only")
        return None
    if base_url is None:
        raise click.UsageError("--judge openai:MODEL needs --base-url, where to ask it")
    from readout_diff.judge.reader import ChatReader

    return ChatReader(
        judge.removeprefix(_OPENAI), base_url, warn=lambda message: _say(f"Warning: {message}")
    )


@cli.command()
@click.argument("saved", metavar="REPORT.json")
@_format
@_output
@_show_all
@_sort
@_fail_on
@_fail_on_watch
@_width
@_no_pager
@_links
@_bom
def render(
    saved: str,
    format: str,
    output: str | None,
    show_all: bool,
    sort: str,
    fail_on: frozenset[str],
    fail_on_watch: bool,
    width: int | None,
    no_pager: bool,
    links: str,
    bom: bool,
) -> int:
    """Render a saved JSON report again.

    REPORT.json is what `diff --format json` wrote, or - for standard input; no model is needed.
    """
    writing.check(output, (saved,) if format != "json" else ())
    _check_bom(bom, format)
    from readout_diff.load import read_report

    comparison = read_report(saved)
    view = _View(format, output, width, show_all, sort, links, bom, paged=not no_pager)
    _report(comparison, view)
    return _status(comparison, fail_on, fail_on_watch)


def _shard(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """`2/8` as numbers."""
    if value is None:
        return None
    number, _, of = value.partition("/")
    if number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of):
        return int(number), int(of)
    raise click.BadParameter(f"{value!r} is no part such as 2/8, the second of eight", ctx, param)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    type=click.Path(path_type=Path),
    help="Write reports, tables and pages to this folder.",
)
@click.option(
    "--manifest",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="CSV or TOML that says which readouts meet.  [default: manifest.csv or .toml in FOLDER]",
)
@click.option("--dry-run", is_flag=True, help="Say which readouts meet and compare nothing.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Worker processes; they share the cores.  [default: one a core]",
)
@click.option(
    "--resume/--no-resume",
    default=True,
    help="Keep what is done with the same inputs, settings and version.  [default: resume]",
)
@click.option(
    "--shard",
    metavar="I/N",
    callback=_shard,
    help="Only the I-th of N parts of the meetings, for several machines.",
)
@click.option("--fail-fast", is_flag=True, help="Stop at the first meeting that fails.")
@click.option("--dask", metavar="ADDRESS", help="Have the workers of this dask scheduler do it.")
@click.option(
    "--cache-size",
    type=click.IntRange(min=0),
    default=1000,
    show_default=True,
    metavar="MB",
    help="Room for vectors that are kept between runs; 0 keeps none.",
)
@_encoding
@_max_chars
@_model
@_device
@_min_absence
@_watch
@_topics
@click.option(
    "--judge",
    metavar="NAME",
    callback=_judge,
    help="joint reads both sides, similarity only compares vectors, FILE.json is one of your own."
    "  [default: joint]",
)
@_cache_dir
def batch(
    folder: Path,
    output: Path | None,
    manifest: Path | None,
    dry_run: bool,
    jobs: int | None,
    resume: bool,
    shard: tuple[int, int] | None,
    fail_fast: bool,
    dask: str | None,
    cache_size: int,
    encoding: str | None,
    max_chars: int,
    model: str | None,
    device: "Device",
    min_absence: float | None,
    watch: tuple[str, ...],
    topics: Path | None,
    judge: str | None,
    cache_dir: Path | None,
) -> int:
    """Compare a folder of meetings.

    A meeting is a subfolder of FOLDER with its readouts in it, files named MEETING.SIDE.ending, or
    a row of a manifest.
    """
    if judge is not None and judge.startswith(_OPENAI):
        raise click.UsageError("--judge openai:MODEL is for single comparisons only")
    from readout_diff.batch.run import WHOLE, Plan, Shard, compare_folder, failures_name

    part = Shard(*shard) if shard else WHOLE
    if dry_run:
        from readout_diff.batch.dry_run import listing

        found = listing(Plan(folder, output, manifest, part))
        writing.to_stdout(found.text)
        return FOUND if found.failed else 0
    if output is None:
        raise click.UsageError("Missing option '-o', the folder to write to")
    from readout_diff.batch.progress import shown
    from readout_diff.batch.settings import Settings

    terminal = sys.stderr is not None and sys.stderr.isatty()
    with shown(_say, terminal=terminal) as tell, _going_on():
        tally = compare_folder(
            folder,
            output,
            settings=Settings(
                model=model,
                device=device,
                judge=judge,
                min_absence=min_absence,
                topics=topics,
                watch=watch,
                encoding=encoding,
                max_chars=max_chars,
                cache_dir=cache_dir,
                cache_megabytes=cache_size,
            ),
            manifest=manifest,
            jobs=jobs,
            resume=resume,
            shard=part,
            fail_fast=fail_fast,
            dask=dask,
            tell=tell,
            warn=lambda message: _say(f"Warning: {message}"),
        )
    for line in tally.lines(failures_name(part)):
        _say(line)
    return FOUND if tally.failed else 0


@contextlib.contextmanager
def _going_on() -> Iterator[None]:
    """Say, of an interrupted batch, that nothing is lost."""
    try:
        yield
    except KeyboardInterrupt:
        _say("Interrupted; what is finished is kept. Run the same again to go on.")
        raise


def _status(comparison: "Comparison", fail_on: frozenset[str], fail_on_watch: bool) -> int:
    summary = comparison.summary
    counts = {
        "only": summary.only_a + summary.only_b,
        "partial": summary.partial,
        "conflict": summary.conflicts,
    }
    one_sided = any(topic.watched and topic.presence in ("a", "b") for topic in comparison.topics)
    found = any(counts[finding] for finding in fail_on) or (fail_on_watch and one_sided)
    return FOUND if found else 0


def _links_wanted(links: str) -> str | None:
    if links == hyperlinks.AUTO:
        return hyperlinks.supported(os.environ)
    return None if links == hyperlinks.NONE else links


def _check_bom(bom: bool, format: str) -> None:
    if bom and format != "csv":
        raise click.UsageError("--bom is for --format csv only")


@dataclass(frozen=True, slots=True)
class _View:
    """How a report is wanted, as the options say."""

    format: str
    output: str | None
    width: int | None
    show_all: bool
    sort: str
    links: str
    bom: bool
    paged: bool


def _report(comparison: "Comparison", view: _View) -> None:
    to_terminal = writing.is_terminal(view.output)
    color = to_terminal and writing.takes_color()
    text = report.render(
        comparison,
        view.format,
        width=view.width or _width_of(to_terminal),
        color=color,
        show_all=view.show_all,
        by_severity=view.sort == "severity",
        links=_links_wanted(view.links) if color else None,
    )
    if view.bom:
        text = f"\ufeff{text}"
    if to_terminal and view.paged and view.format == "terminal" and writing.is_long(text):
        writing.page(text)
    else:
        writing.write(text, view.output)


def _width_of(to_terminal: bool) -> int:
    return writing.terminal_width(report.DEFAULT_WIDTH) if to_terminal else report.DEFAULT_WIDTH


@contextlib.contextmanager
def _progress() -> Iterator["Progress | None"]:
    """A bar on standard error while it lasts, where that is a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Starting", total=1.0)

        def show(stage: str, share: float) -> None:
            bar.update(task, description=stage, completed=share)

        yield show


def _say(message: str) -> None:
    """One line on standard error, harmless whatever is in a file's name."""
    line = "".join(char if char.isprintable() else " " for char in " ".join(message.split()))
    with contextlib.suppress(OSError, AttributeError):
        click.echo(line, err=True)


def _usage_sentence(error: click.ClickException) -> str:
    message = error.format_message().rstrip(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context else "readout-diff"
    return f"{message}; see `{command} --help`."


def main() -> NoReturn:
    """Run the command line and exit."""
    try:
        status = cli.main(prog_name="readout-diff", standalone_mode=False)
    except click.ClickException as error:
        _say(f"Error: {_usage_sentence(error)}")
        status = WRONG
    except ReadoutDiffError as error:
        _say(f"Error: {error}")
        status = WRONG
    except (KeyboardInterrupt, click.Abort):
        status = INTERRUPTED
    sys.exit(status)


def run() -> NoReturn:
    """`main` as a program of its own: exits at once, once all is written.

    To take apart networks that end with the process anyway takes a tenth of a second.
    """
    # For two thirds of a second after a product of matrices, OpenBLAS's threads would keep cores
    # busy with waiting for another one, which others have work for. 2 ** 4 cycles are the least.
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")
    try:
        main()
    except SystemExit as end:
        for stream in (sys.stdout, sys.stderr):
            # It may be closed, or there is none.
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()
        os._exit(end.code if isinstance(end.code, int) else WRONG)
