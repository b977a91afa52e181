"""A line plot as SVG, without a plotting library."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, MARGIN = 640, 400, 56


@dataclass(frozen=True, slots=True)
class Curve:
    """A name, a colour, and points (x, y) in order of x."""

    name: str
    colour: str
    points: Sequence[tuple[float, float]]


def svg(title: str, x_name: str, y_name: str, curves: Sequence[Curve]) -> str:
    """The plot as a document."""
    xs = [x for curve in curves for x, _ in curve.points]
    ys = [y for curve in curves for _, y in curve.points]
    left, right = 0.0, max(xs) * 1.05
    low, high = int(min(ys)) - 1, int(max(ys)) + 2

    def place(x: float, y: float) -> tuple[float, float]:
        across = MARGIN + (x - left) / (right - left) * (WIDTH - 2 * MARGIN)
        return round(across, 1), round(HEIGHT - MARGIN - (y - low) / (high - low) * (HEIGHT - 2 * MARGIN), 1)

    parts = [_text(WIDTH / 2, 24, title, "middle"), _text(WIDTH / 2, HEIGHT - 12, x_name, "middle")]
    parts.append(_text(MARGIN, MARGIN - 12, y_name, "middle"))
    for y in range(low, high + 1, 2):
        (x0, at), (x1, _) = place(left, y), place(right, y)
        parts.append(f'<line x1="{x0}" y1="{at}" x2="{x1}" y2="{at}" stroke="#ddd"/>')
        parts.append(_text(x0 - 6, at + 4, str(y), "end"))
    for x in range(int(right) + 1):
        at, bottom = place(x, low)
        parts.append(_text(at, bottom + 18, str(x), "middle"))
    for number, curve in enumerate(curves):
        spots = [place(x, y) for x, y in curve.points]
        path = " ".join(f"{x},{y}" for x, y in spots)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{curve.colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x}" cy="{y}" r="3" fill="{curve.colour}"/>' for x, y in spots]
        parts.append(_text(WIDTH - MARGIN - 8, HEIGHT - MARGIN - 14 - 18 * number, curve.name, "end", curve.colour))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
        f' font-size="13"><rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n{body}\n</svg>\n'
    )


def _text(x: float, y: float, text: str, anchor: str, colour: str = "#222") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}">{text}</text>'
