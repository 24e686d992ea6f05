"""Small charts as SVG."""

from collections.abc import Mapping, Sequence
from html import escape
from math import log10

_INK, _GRID = "#1f5fa8", "#e4e4e4"
_COLOURS = ("#1f5fa8", "#c2571a", "#3b7d3a", "#7a4a9c")


def bars(title: str, values: Mapping[str, float], unit: str) -> str:
    """A bar a value, each with its name and number."""
    left, row, width = 170, 30, 420
    most = max(values.values())
    parts = [f'<text x="10" y="22" font-size="14">{escape(title)}</text>']
    for number, (name, value) in enumerate(values.items()):
        y = 40 + row * number
        length = round(width * value / most, 1)
        parts += [
            f'<text x="{left - 8}" y="{y + 15}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{left}" y="{y}" width="{length}" height="20" fill="{_INK}"/>',
            f'<text x="{left + length + 6}" y="{y + 15}">{value:.2f} {escape(unit)}</text>',
        ]
    return _svg(title, left + width + 90, 50 + row * len(values), parts)


def lines(
    title: str, across: Sequence[float], series: Mapping[str, Sequence[float]], x_name: str
) -> str:
    """Curves over `across`, both axes logarithmic."""
    left, top, width, height = 60, 40, 460, 300
    values = [value for found in series.values() for value in found]
    low_x, high_x = log10(min(across)), log10(max(across))
    low_y, high_y = (f(log10(value) for value in values) for f in (min, max))
    bottom, ceiling = int(low_y // 1), int(-(-high_y // 1))

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            round(left + width * (log10(x) - low_x) / (high_x - low_x), 1),
            round(top + height * (1 - (log10(y) - bottom) / (ceiling - bottom)), 1),
        )

    parts = [f'<text x="10" y="22" font-size="14">{escape(title)}</text>']
    for power in range(bottom, ceiling + 1):
        _, y = place(across[0], 10.0**power)
        parts += [
            f'<path d="M{left} {y}H{left + width}" stroke="{_GRID}"/>',
            f'<text x="{left - 6}" y="{y + 4}" text-anchor="end">{10.0**power:g}</text>',
        ]
    for value in across:
        x, _ = place(value, 10.0**bottom)
        parts.append(
            f'<text x="{x}" y="{top + height + 18}" text-anchor="middle">{value:,.0f}</text>'
        )
    parts.append(
        f'<text x="{left + width / 2}" y="{top + height + 38}" text-anchor="middle">'
        f"{escape(x_name)}</text>"
    )
    for number, (name, found) in enumerate(series.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        places = [place(x, y) for x, y in zip(across, found, strict=True)]
        points = " ".join(f"{x},{y}" for x, y in places)
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        parts += [f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in places]
        x, y = places[-1]
        parts.append(f'<text x="{x + 8}" y="{y + 4}" fill="{colour}">{escape(name)}</text>')
    return _svg(title, left + width + 150, top + height + 50, parts)


def _svg(title: str, width: float, height: float, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}"'
        ' font-family="sans-serif" font-size="12" role="img">'
        f'<title>{escape(title)}</title><rect width="100%" height="100%" fill="white"/>'
    )
    return "\n".join((head, *parts, "</svg>")) + "\n"
