"""Reports: a comparison becomes a string, in one of several formats.

A format is one file here with a `render` that satisfies `Renderer`, and one line in `FORMATS`;
it is imported when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from readout_diff.datamodel import Comparison

FORMATS = {
    "terminal": "readout_diff.report.terminal",
    "json": "readout_diff.report.json",
    "html": "readout_diff.report.html",
    "markdown": "readout_diff.report.markdown",
    "csv": "readout_diff.report.csv",
}

DEFAULT_WIDTH = 80


class Renderer(Protocol):
    """What each format's `render` is; it may leave unused what makes no sense for it."""

    def __call__(
        self,
        comparison: "Comparison",
        *,
        width: int,
        color: bool,
        show_all: bool,
        by_severity: bool,
        links: str | None,
    ) -> str: ...


def render(
    comparison: "Comparison",
    format: str,
    *,
    width: int = DEFAULT_WIDTH,
    color: bool = False,
    show_all: bool = False,
    by_severity: bool = False,
    links: str | None = None,
) -> str:
    """The report in a format of `FORMATS`; KeyError for any other.

    `width` is in terminal cells; `show_all` asks for what a format leaves out by default;
    `by_severity` puts what matters most first where a format lists what one side lacks; `links` is
    a format of `hyperlinks`, for terminals.
    """
    renderer = cast(Renderer, import_module(FORMATS[format]).render)
    return renderer(
        comparison,
        width=width,
        color=color,
        show_all=show_all,
        by_severity=by_severity,
        links=links,
    )
