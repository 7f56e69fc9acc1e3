"""A report's plots as inline SVG: no script, no font, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 960, 220
LEFT, RIGHT, TOP, BOTTOM = 84, 12, 10, 24
"""Room for the axes' words around a plot."""

Dot = tuple[float, float]


@dataclass(frozen=True)
class Scale:
    """From values to places in the drawing."""

    low: float
    high: float
    first: float
    last: float

    def x(self, value: float) -> float:
        """Across, from the left."""
        wide = WIDTH - LEFT - RIGHT
        return LEFT + (value - self.first) / ((self.last - self.first) or 1) * wide

    def y(self, value: float) -> float:
        """Down, from the top."""
        tall = HEIGHT - TOP - BOTTOM
        return TOP + (self.high - value) / ((self.high - self.low) or 1) * tall

    def levels(self) -> set[float]:
        """Where lines go across: at the lowest, the highest, and zero between them."""
        zero = [self.y(0)] if self.low < 0 < self.high else []
        return {self.y(self.low), self.y(self.high), *zero}


def line(dots: Sequence[Dot], labels: Sequence[str], ends: tuple[str, str], what: str) -> str:
    """A line through dots, in steps; labels: of the lowest and the highest value."""
    scale = scale_of(dots, [y for _, y in dots])
    return _drawn(
        _axes(scale, labels, ends) + f'<path class="line" d="{_steps(dots, scale)}"/>', what
    )


def area(dots: Sequence[Dot], labels: Sequence[str], ends: tuple[str, str], what: str) -> str:
    """As `line`, filled up to zero."""
    scale = scale_of(dots, [0.0, *(y for _, y in dots)])
    down, first, last = scale.y(0), scale.x(dots[0][0]), scale.x(dots[-1][0])
    path = f"{_steps(dots, scale)} L{last:.1f},{down:.1f} L{first:.1f},{down:.1f} Z"
    return _drawn(_axes(scale, labels, ends) + f'<path class="area" d="{path}"/>', what)


def bars(values: Sequence[float], titles: Sequence[str], labels: Sequence[str], what: str) -> str:
    """A bar a value, from zero; titles: what is told of each where the pointer rests."""
    scale = scale_of([(0.0, 0.0), (float(len(values)), 0.0)], [0.0, *values])
    zero, drawn = scale.y(0), []
    width = max(0.5, (WIDTH - LEFT - RIGHT) / max(1, len(values)) * 0.8)
    for number, (value, title) in enumerate(zip(values, titles, strict=True)):
        top, height = min(zero, scale.y(value)), abs(scale.y(value) - zero)
        drawn.append(
            f'<rect class="{"up" if value > 0 else "down"}" x="{scale.x(number):.1f}" '
            f'y="{top:.1f}" width="{width:.1f}" height="{max(height, 0.5):.1f}">'
            f"<title>{escape(title)}</title></rect>"
        )
    return _drawn(_axes(scale, labels, ("1", str(len(values)))) + "".join(drawn), what)


def thinned(dots: Sequence[Dot], columns: int = WIDTH) -> list[Dot]:
    """At most four dots a column of equal width: its first, lowest, highest and last, so that the
    drawing is the same."""
    if len(dots) <= 4 * columns:
        return list(dots)
    first, last = dots[0][0], dots[-1][0]
    kept: dict[int, list[Dot]] = {}
    for dot in dots:
        kept.setdefault(int((dot[0] - first) / ((last - first) or 1) * columns), []).append(dot)
    found: list[Dot] = []
    for column in kept.values():
        places = {0, len(column) - 1}
        places.add(min(range(len(column)), key=lambda at: column[at][1]))
        places.add(max(range(len(column)), key=lambda at: column[at][1]))
        found += [column[at] for at in sorted(places)]
    return found


def scale_of(dots: Sequence[Dot], values: Sequence[float]) -> Scale:
    """From the lowest to the highest value, over all of the dots."""
    return Scale(min(values), max(values), dots[0][0], dots[-1][0])


def _steps(dots: Sequence[Dot], scale: Scale) -> str:
    """A value holds until the next one."""
    first = dots[0]
    path = [f"M{scale.x(first[0]):.1f},{scale.y(first[1]):.1f}"]
    path += [f"H{scale.x(x):.1f}V{scale.y(y):.1f}" for x, y in dots[1:]]
    return "".join(path)


def _axes(scale: Scale, labels: Sequence[str], ends: tuple[str, str]) -> str:
    low, high = scale.y(scale.low), scale.y(scale.high)
    right, base = WIDTH - RIGHT, HEIGHT - 6
    drawn = [
        f'<line class="axis" x1="{LEFT}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>'
        for at in scale.levels()
    ]
    drawn.sort()
    drawn += [_word(LEFT - 6, low, "end", labels[0]), _word(LEFT - 6, high + 8, "end", labels[1])]
    drawn += [_word(LEFT, base, "start", ends[0]), _word(right, base, "end", ends[1])]
    return "".join(drawn)


def _word(x: float, y: float, anchor: str, word: str) -> str:
    return f'<text x="{x}" y="{y:.1f}" text-anchor="{anchor}">{escape(word)}</text>'


def _drawn(inside: str, what: str) -> str:
    label = escape(what, quote=True)
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{inside}</svg>'
