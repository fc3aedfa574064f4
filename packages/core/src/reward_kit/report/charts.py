"""Draw figures as inline SVG without any style or script of their own: the page's classes give the colours."""

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from reward_kit.report.text import visible

__all__ = ["Points", "histogram", "line_chart"]

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 480, 200
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 20, 26
COLOURS = 6
BINS = 20


def histogram(scores: Mapping[float, int], label: str) -> str:
    """Return the distribution of ``scores``, each with its count, in bins of equal width.

    Bins reach from 0 to 1, and further where a score does; a bin holds its lower bound, the last both.
    """
    if not scores:
        return ""
    low, high = min(0.0, *scores), max(1.0, *scores)
    counts = [0] * BINS
    for score, count in scores.items():
        counts[min(int(_share(score, low, high) * BINS), BINS - 1)] += count
    top = max(counts)
    width = (WIDTH - LEFT - RIGHT) / BINS
    parts = []
    for number, count in enumerate(counts):
        start, end = (_between(low, high, (number + step) / BINS) for step in (0, 1))
        size = (HEIGHT - TOP - BOTTOM) * count / top
        x, y = LEFT + number * width, HEIGHT - BOTTOM - size
        if count:
            parts.append(
                f"<g><title>{count} from {start:.4g} to {end:.4g}</title>"
                f'<rect class="bar" x="{x + 1:.1f}" y="{y:.1f}" width="{width - 2:.1f}" height="{max(size, 1):.1f}"/>'
                f'<text class="small" x="{x + width / 2:.1f}" y="{y - 4:.1f}" text-anchor="middle">{count}</text></g>'
            )
    ticks = (_between(low, high, step / 4) for step in range(5))
    return _svg(label, [*parts, _floor(), *_x_labels(ticks, low, high)])


def line_chart(series: Mapping[str, Points], label: str) -> str:
    """Return one line for each of ``series``, points of step and value in ascending order of step."""
    series = {name: [point for point in points if math.isfinite(point[1])] for name, points in series.items()}
    points = [point for line in series.values() for point in line]
    if not points:
        return ""
    first, last = min(x for x, _ in points), max(x for x, _ in points)
    low, high = min(y for _, y in points), max(y for _, y in points)
    if high - low < 1e-12:  # noqa: PLR2004 - a constant, but for rounding
        low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
    parts = [_floor()]
    for step in range(3):
        value = _between(low, high, step / 2)
        value = 0.0 if abs(value) < (high / 2 - low / 2) / 1e4 else value
        y = _y(value, low, high)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="small" x="{LEFT - 5}" y="{y + 3:.1f}" text-anchor="end">{value:.3g}</text>')
    for number, (name, line) in enumerate(series.items()):
        places = [(_x(x, first, last), _y(y, low, high)) for x, y in line]
        parts.append(_line(places, colour=number % COLOURS, title=_line_title(name, line)))
    return _svg(label, [*parts, *_x_labels(_steps(first, last), first, last)])


def _steps(first: float, last: float) -> list[float]:
    """Return up to five steps that an axis names."""
    return sorted({round(_between(first, last, part / 4)) for part in range(5)}) if last > first else [first]


def _line_title(name: str, line: Points) -> str:
    return f"{name}: {line[0][1]:.4g} at first, {line[-1][1]:.4g} at last" if line else name


def _line(places: Sequence[tuple[float, float]], *, colour: int, title: str) -> str:
    if not places:
        return ""
    words = f"<title>{escape(visible(title))}</title>"
    if len(places) == 1:
        ((x, y),) = places
        return f'<circle class="dot c{colour}" cx="{x:.1f}" cy="{y:.1f}" r="4">{words}</circle>'
    drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return f'<polyline class="line c{colour}" points="{drawn}">{words}</polyline>'


def _x(value: float, low: float, high: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * _share(value, low, high)


def _y(value: float, low: float, high: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * _share(value, low, high)


def _share(value: float, low: float, high: float) -> float:
    """Return how far ``value`` is from ``low`` to ``high``; halved, for their difference may be no finite number."""
    return (value / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.5


def _between(low: float, high: float, share: float) -> float:
    return low * (1 - share) + high * share


def _floor() -> str:
    y = HEIGHT - BOTTOM
    return f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'


def _x_labels(values: Iterable[float], low: float, high: float) -> list[str]:
    return [
        f'<text class="small" x="{_x(value, low, high):.1f}" y="{HEIGHT - 8}" text-anchor="middle">{value:.4g}</text>'
        for value in values
    ]


def _svg(label: str, parts: Sequence[str]) -> str:
    name = escape(visible(label))
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{name}">{"".join(parts)}</svg>'
