"""State pictures as SVG: boxes, frames and arrows at given places, the same bytes each time.

The places are chosen by hand and the arrows are not: :func:`picture` compares what is drawn with the table of
transitions, and refuses a picture that shows more, less or something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from html import escape
from typing import Any

from attrs import frozen

__all__ = ["Arrow", "Box", "Frame", "Junction", "Line", "picture"]

Point = tuple[float, float]
Table = Mapping[tuple[Any, Any], Any]

WIDTH, HEIGHT = 124, 44
CORNER = 8.0
LINE_HEIGHT = 15

STYLE = """
  .canvas { fill: #ffffff; }
  .box { stroke: #3f51b5; stroke-width: 1.5; fill: #e8eaf6; }
  .goal { stroke: #2e7d32; fill: #e8f5e9; }
  .end { stroke: #616161; fill: #eeeeee; }
  .frame { stroke: #9e9e9e; stroke-width: 1.2; stroke-dasharray: 5 4; fill: none; }
  .junction { stroke: #ef6c00; stroke-width: 1.5; fill: #fff3e0; }
  .arrow { stroke: #455a64; stroke-width: 1.5; fill: none; }
  .head { fill: #455a64; }
  text { font: 12.5px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #37474f; }
  .label { stroke: #ffffff; stroke-width: 4px; paint-order: stroke; stroke-linejoin: round; }
  .name { font-weight: 600; font-size: 13px; fill: #1a237e; text-anchor: middle; }
  .note { font-style: italic; fill: #757575; }
  @media (prefers-color-scheme: dark) {
    .canvas { fill: #1e2129; }
    .box { stroke: #9fa8da; fill: #2a3050; }
    .goal { stroke: #81c784; fill: #22402a; }
    .end { stroke: #9e9e9e; fill: #33363d; }
    .junction { stroke: #ffb74d; fill: #453218; }
    .arrow { stroke: #b0bec5; }
    .head { fill: #b0bec5; }
    text { fill: #cfd8dc; }
    .label { stroke: #1e2129; }
    .name { fill: #e8eaf6; }
    .note { fill: #9e9e9e; }
  }
"""


@frozen
class Box:
    """A state and the middle of its box; ``kind`` is ``goal`` or ``end``, or empty."""

    state: Enum
    x: float
    y: float
    kind: str = ""


@frozen
class Frame:
    """A dashed frame; what leaves its border leaves every state within."""

    left: float
    top: float
    right: float
    bottom: float
    note: str = ""


@frozen
class Junction:
    """A question between states; it is none of them."""

    x: float
    y: float
    lines: tuple[str, ...]
    width: float = 112
    height: float = 64


@frozen
class Line:
    """A way without a trigger of its own, to a junction or another line."""

    points: tuple[Point, ...]
    head: bool = True


@frozen
class Arrow:
    """What ``trigger`` does in each of ``sources``, drawn once along ``points``.

    ``label`` is where the trigger's words stand: x, y of the first line, anchor (``start``, ``middle``, ``end``),
    and characters a line. Without it the words stand elsewhere.
    """

    sources: tuple[Enum, ...]
    trigger: Enum
    target: Enum
    points: tuple[Point, ...]
    label: tuple[float, float, str, int] | None = None


def picture(
    title: str,
    size: tuple[int, int],
    table: Table,
    boxes: Iterable[Box],
    arrows: Iterable[Arrow],
    *,
    frames: Iterable[Frame] = (),
    junctions: Iterable[Junction] = (),
    lines: Iterable[Line] = (),
) -> str:
    """The picture of ``table`` as SVG.

    Raises:
        ValueError: the arrows are not those of the table, or a state has no box.
    """
    boxes, arrows = list(boxes), list(arrows)
    _check(table, boxes, arrows)
    across = _size(*size)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" {across} role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="canvas" {across} rx="8"/>',
    ]
    for frame in frames:
        place = f'x="{frame.left:g}" y="{frame.top:g}"'
        size_of = _size(frame.right - frame.left, frame.bottom - frame.top)
        parts.append(f'<rect class="frame" {place} {size_of} rx="12"/>')
        parts.append(
            f'<text class="note" x="{frame.left + 12:g}" y="{frame.top + 18:g}">{escape(frame.note)}</text>'
        )
    for line in lines:
        parts += _way(line.points, head=line.head)
    for arrow in arrows:
        parts += _way(arrow.points, head=True)
    for one in junctions:
        parts += _junction(one)
    for box in boxes:
        parts += _box(box)
    for arrow in arrows:
        if arrow.label is not None:
            parts += _label(str(arrow.trigger.value), *arrow.label)
    return "\n".join([*parts, "</svg>", ""])


def _check(table: Table, boxes: list[Box], arrows: list[Arrow]) -> None:
    drawn: dict[tuple[Any, Any], Any] = {}
    for arrow in arrows:
        for source in arrow.sources:
            if (source, arrow.trigger) in drawn:
                raise ValueError(f"{source} on {arrow.trigger} is drawn twice")
            drawn[source, arrow.trigger] = arrow.target
    if drawn != dict(table):
        odd = sorted(str(item) for item in drawn.items() ^ table.items())
        raise ValueError(f"the picture and the table differ: {', '.join(odd)}")
    states = {state for state, _ in table} | set(table.values())
    if {box.state for box in boxes} != states:
        raise ValueError("the boxes are not the table's states")
    named = {arrow.trigger for arrow in arrows if arrow.label is not None}
    if named != {trigger for _, trigger in table}:
        raise ValueError("a trigger's words stand nowhere")


def _size(width: float, height: float) -> str:
    return f'width="{width:g}" height="{height:g}"'


def _box(box: Box) -> list[str]:
    name = box.state.name.replace("_", " ")
    place = f'x="{box.x - WIDTH / 2:g}" y="{box.y - HEIGHT / 2:g}"'
    return [
        f'<rect class="box {box.kind}" {place} {_size(WIDTH, HEIGHT)} rx="10"/>',
        f'<text class="name" x="{box.x:g}" y="{box.y + 4.5:g}">{name}</text>',
    ]


def _junction(one: Junction) -> list[str]:
    x, y, across, up = one.x, one.y, one.width / 2, one.height / 2
    corners = f"{x - across:g},{y:g} {x:g},{y - up:g} {x + across:g},{y:g} {x:g},{y + up:g}"
    first = y + 4.5 - (len(one.lines) - 1) * LINE_HEIGHT / 2
    return [
        f'<polygon class="junction" points="{corners}"/>',
        *(
            f'<text x="{x:g}" y="{first + number * LINE_HEIGHT:g}" text-anchor="middle">{escape(text)}</text>'
            for number, text in enumerate(one.lines)
        ),
    ]


def _way(points: tuple[Point, ...], *, head: bool) -> list[str]:
    """A line with rounded corners; its segments are level or upright."""
    *before, last = points
    steps = [f"M{points[0][0]:g} {points[0][1]:g}"]
    for back, corner, ahead in zip(points, points[1:], points[2:], strict=False):
        start, end = _towards(corner, back), _towards(corner, ahead)
        steps.append(f"L{start[0]:g} {start[1]:g}Q{corner[0]:g} {corner[1]:g} {end[0]:g} {end[1]:g}")
    if not head:
        return [f'<path class="arrow" d="{"".join(steps)}L{last[0]:g} {last[1]:g}"/>']
    # The line ends within its head, or its blunt end would show beside the tip.
    x, y = last
    neck = _towards(last, before[-1], 6.0)
    dx, dy = (x - neck[0]) / 6, (y - neck[1]) / 6
    base = (x - 9 * dx, y - 9 * dy)
    tip = f"{x:g},{y:g} {base[0] - 4 * dy:g},{base[1] + 4 * dx:g} {base[0] + 4 * dy:g},{base[1] - 4 * dx:g}"
    return [
        f'<path class="arrow" d="{"".join(steps)}L{neck[0]:g} {neck[1]:g}"/>',
        f'<polygon class="head" points="{tip}"/>',
    ]


def _towards(origin: Point, other: Point, reach: float = CORNER) -> Point:
    """The point ``reach`` from ``origin`` on the way to ``other``."""
    dx, dy = other[0] - origin[0], other[1] - origin[1]
    return origin[0] + reach * (dx > 0) - reach * (dx < 0), origin[1] + reach * (dy > 0) - reach * (dy < 0)


def _label(words: str, x: float, y: float, anchor: str, across: int) -> list[str]:
    lines: list[str] = []
    for word in words.split():
        if lines and len(lines[-1]) + 1 + len(word) <= across:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    places = (f'x="{x:g}" y="{y + number * LINE_HEIGHT:g}"' for number in range(len(lines)))
    return [
        f'<text class="label" {place} text-anchor="{anchor}">{escape(text)}</text>'
        for place, text in zip(places, lines, strict=True)
    ]
