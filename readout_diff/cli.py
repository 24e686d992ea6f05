"""The command line: parse, call, write; no thinking.

Everything heavy is imported inside the commands, so that `--help` and `--version` are quick.
Exit status: 0 done; 1 done, and `--fail-on` or `--fail-on-watch` found some; 2 the input or the
usage is wrong, said in one sentence on standard error; 130 interrupted.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import click

from readout_diff import __version__, options, report, writing
from readout_diff.errors import ReadoutDiffError
from readout_diff.report import hyperlinks

if TYPE_CHECKING:
    from readout_diff.datamodel import Comparison
    from readout_diff.embed import Device, Progress
    from readout_diff.judge.reader import ChatReader

FOUND = 1
WRONG = 2
INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=False)
@click.version_option(__version__, prog_name="readout-diff")
def cli() -> None:
    """Say which claims only one side's readout makes.

    Compares two official readouts of one meeting, whatever languages they are in, and works
    without a network.
    """


@cli.command()
@click.argument("a")
@click.argument("b")
@options.report_format
@options.output
@click.option("--name-a", metavar="NAME", help="What to call side A.  [default: from its path]")
@click.option("--name-b", metavar="NAME", help="What to call side B.")
@click.option("--lang-a", metavar="TAG", help="Language of A, such as ko.  [default: detected]")
@click.option("--lang-b", metavar="TAG", help="Language of B.")
@options.encoding
@click.option("--encoding-a", metavar="NAME", help="Encoding of A.")
@click.option("--encoding-b", metavar="NAME", help="Encoding of B.")
@options.max_chars
@options.model
@options.device
@options.min_absence
@options.watch
@options.topics
@click.option(
    "--judge",
    metavar="NAME",
    callback=options.as_judge,
    help="joint reads both sides, similarity only compares vectors (all there is for --model), "
    "FILE.json is one of your own; openai:MODEL has the default one send the claims that it is "
    "unsure of to a language model.  [default: joint]",
)
@click.option(
    "--base-url",
    metavar="URL",
    help="Where openai:MODEL is asked, such as http://localhost:8080/v1.",
)
@options.cache_dir
@options.show_all
@options.sort
@options.fail_on
@options.fail_on_watch
@options.width
@options.no_pager
@options.links
@options.bom
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
    # Of a file that is missing it is said at once: nothing is worth loading for it.
    # `Path.exists` would raise for a name that is too long.
    there = all(path == "-" or os.path.exists(path) for path in (a, b))  # noqa: PTH110
    if model is None and there:
        from readout_diff.ahead import load_ahead

        load_ahead(
            cache_dir,
            device,
            network=judge in (None, options.JUDGES[0]) or reader is not None,
            modules=("rapidfuzz.process", report.FORMATS[format]),
        )
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
    if judge is None or not judge.startswith(options.OPENAI):
        if base_url is not None:
            raise click.UsageError("--base-url is for --judge openai:MODEL only")
        return None
    if base_url is None:
        raise click.UsageError("--judge openai:MODEL needs --base-url, where to ask it")
    from readout_diff.judge.reader import ChatReader

    return ChatReader(
        judge.removeprefix(options.OPENAI),
        base_url,
        warn=lambda message: _say(f"Warning: {message}"),
    )


@cli.command()
@click.argument("saved", metavar="REPORT.json")
@options.report_format
@options.output
@options.show_all
@options.sort
@options.fail_on
@options.fail_on_watch
@options.width
@options.no_pager
@options.links
@options.bom
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
    callback=options.as_shard,
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
@options.encoding
@options.max_chars
@options.model
@options.device
@options.min_absence
@options.watch
@options.topics
@click.option(
    "--judge",
    metavar="NAME",
    callback=options.as_judge,
    help="joint reads both sides, similarity only compares vectors, FILE.json is one of your own."
    "  [default: joint]",
)
@options.cache_dir
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
    if judge is not None and judge.startswith(options.OPENAI):
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


class _View(NamedTuple):
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
