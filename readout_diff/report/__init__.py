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
    ) -> str: ...


def render(
    comparison: "Comparison",
    format: str,
    *,
    width: int = DEFAULT_WIDTH,
    color: bool = False,
    show_all: bool = False,
    by_severity: bool = False,
) -> str:
    """The report in a format of `FORMATS`; KeyError for any other.

    `width` is in terminal cells; `show_all` asks for what a format leaves out by default;
    `by_severity` puts what matters most first where a format lists what the other side lacks.
    """
    renderer = cast(Renderer, import_module(FORMATS[format]).render)
    return renderer(
        comparison, width=width, color=color, show_all=show_all, by_severity=by_severity
    )
