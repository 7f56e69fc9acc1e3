"""A report as a PDF: the page's sections on A4, its plots as lines and not as pictures."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import Drawing, Line, Polygon, PolyLine, Rect, String
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from gateway.reports.document import side
from gateway.reports.plots import HEIGHT, LEFT, RIGHT, WIDTH, Dot, Scale, scale_of
from gateway.reports.sections import Block, Columns, Curve, Figures, Grid, Heading, Words

INK, SOFT, RULE, LINE, UP, DOWN = map(
    HexColor, ("#1c2430", "#66707d", "#d6dbe1", "#1f6feb", "#1a8f5a", "#c5372c")
)
MARGIN = 16 * mm
ROOM = A4[0] - 2 * MARGIN
"""Width between the margins, points."""

SCALE = ROOM / WIDTH
BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=8.5, leading=11.5, textColor=SOFT)
CELL = ParagraphStyle("cell", fontName="Helvetica", fontSize=7.5, leading=9.5, textColor=INK)
NUMBER = ParagraphStyle("number", CELL, alignment=2)
HEAD = ParagraphStyle("head", CELL, fontName="Helvetica-Bold", textColor=SOFT)
HEAD_NUMBER = ParagraphStyle("head number", HEAD, alignment=2)
TITLE = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=15, leading=19, textColor=INK)
PART = ParagraphStyle(
    "part", fontName="Helvetica-Bold", fontSize=10.5, leading=14, textColor=INK, spaceBefore=9,
    spaceAfter=3,
)  # fmt: skip


def pdf(title: str, blocks: Iterable[Block]) -> bytes:
    """The file; the same blocks give the same bytes (reportlab's invariant form has no dates)."""
    made = io.BytesIO()
    document = SimpleDocTemplate(
        made, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN,
        bottomMargin=MARGIN, title=told(title), author="Tapeline", invariant=1,
    )  # fmt: skip
    story = [Paragraph(_words(title), TITLE), *_together(blocks)]
    document.build(story, onFirstPage=_numbered, onLaterPages=_numbered)
    return made.getvalue()


def told(text: str) -> str:
    """What the PDF's own fonts have (cp1252); another character by its number, so none is lost."""
    return text.encode("cp1252", "backslashreplace").decode("cp1252")


def _words(text: str) -> str:
    return escape(told(text))


def _numbered(canvas: Any, document: Any) -> None:
    canvas.setFont("Helvetica", 7)
    canvas.setFillColor(SOFT)
    canvas.drawRightString(A4[0] - MARGIN, MARGIN / 2, str(document.page))


def _together(blocks: Iterable[Block]) -> Iterator[Flowable]:
    """A heading stays with the beginning of what it is of."""
    heading: Flowable | None = None
    for block in blocks:
        drawn = _drawn(block)
        if isinstance(block, Heading):
            heading = drawn
        elif heading is not None and not isinstance(block, Grid):
            yield KeepTogether([heading, drawn])
            heading = None
        else:
            yield from [heading, drawn] if heading is not None else [drawn]
            heading = None


def _drawn(block: Block) -> Flowable:
    match block:
        case Heading(text):
            return Paragraph(_words(text), PART)
        case Words(text):
            return Paragraph(_words(text), BODY)
        case Figures(rows):
            return _figures(rows)
        case Grid(heading, rows, signed):
            return _grid(heading, rows, signed)
        case Curve():
            return _curve(block)
        case Columns():
            return _columns(block)


def _figures(rows: Sequence[tuple[str, str]]) -> Flowable:
    half = (len(rows) + 1) // 2
    pairs = [*rows, ("", "")] if len(rows) % 2 else rows
    lines = [
        [_cell(name), _cell(value, NUMBER), "", _cell(other), _cell(last, NUMBER)]
        for (name, value), (other, last) in zip(pairs[:half], pairs[half:], strict=True)
    ]
    wide = (ROOM - 8 * mm) / 2
    style = [*PLAIN, ("LINEBELOW", (0, 0), (1, -1), 0.4, RULE),
             ("LINEBELOW", (3, 0), (4, -1), 0.4, RULE)]  # fmt: skip
    widths = [wide * 0.62, wide * 0.38, 8 * mm, wide * 0.62, wide * 0.38]
    return Table(lines, colWidths=widths, style=style, spaceBefore=4)


PLAIN = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"), ("TOPPADDING", (0, 0), (-1, -1), 1.2),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1.6), ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 4),
]  # fmt: skip


def _grid(heading: Sequence[str], rows: Sequence[Sequence[str]], signed: bool) -> Flowable:
    numbers = [name.startswith(">") for name in heading]
    top = [
        _cell(name.removeprefix(">"), HEAD_NUMBER if number else HEAD)
        for name, number in zip(heading, numbers, strict=True)
    ]
    lines = [
        [_cell(cell, NUMBER if number else CELL, side(cell) if signed and number else "")
         for cell, number in zip(row, numbers, strict=True)]
        for row in rows
    ]  # fmt: skip
    named = any(name.strip(">") for name in heading)
    if not lines and not named:
        return Spacer(0, 0)
    return Table(
        [*([top] if named else []), *lines], colWidths=_widths(heading, rows),
        repeatRows=1 if named else 0, style=[*PLAIN, ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE)],
        hAlign="LEFT",
    )  # fmt: skip


def _widths(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> list[float]:
    """By the longest text of each column, at most what the page has."""
    longest = [
        min(40, max([len(name), 3, *(len(row[at]) for row in rows)])) * 4.6 + 10
        for at, name in enumerate(heading)
    ]
    return [width * min(1.0, ROOM / sum(longest)) for width in longest]


def _cell(text: str, style: ParagraphStyle = CELL, side: str = "") -> Paragraph:
    color = {"up": UP, "down": DOWN}.get(side)
    words = _words(text)
    inside = words if color is None else f'<font color="{color.hexval()}">{words}</font>'
    return Paragraph(inside, style)


def _curve(of: Curve) -> Drawing:
    floor = [0.0] if of.shape == "area" else []
    scale = scale_of(of.dots, [*floor, *(value for _, value in of.dots)])
    drawing = _axes(scale, of.labels, of.ends)
    points = stepped(of.dots, scale)
    if of.shape == "area":
        zero = scale.y(0)
        around = [(points[0][0], zero), *points, (points[-1][0], zero)]
        drawing.add(Polygon(_flat(around), fillColor=DOWN, fillOpacity=0.35, strokeColor=DOWN,
                            strokeWidth=0.5))  # fmt: skip
    else:
        drawing.add(PolyLine(_flat(points), strokeColor=LINE, strokeWidth=0.8))
    return drawing


def stepped(dots: Sequence[Dot], scale: Scale) -> list[Dot]:
    """Places of a line in which a value holds until the next one."""
    found = [(scale.x(dots[0][0]), scale.y(dots[0][1]))]
    for time, value in dots[1:]:
        found += [(scale.x(time), found[-1][1]), (scale.x(time), scale.y(value))]
    return found


def _columns(of: Columns) -> Drawing:
    scale = scale_of([(0.0, 0.0), (float(len(of.values)), 0.0)], [0.0, *of.values])
    drawing, zero = _axes(scale, of.labels, ("1", str(len(of.values)))), scale.y(0)
    width = max(0.5, (WIDTH - LEFT - RIGHT) / max(1, len(of.values)) * 0.8)
    for number, value in enumerate(of.values):
        top, tall = min(zero, scale.y(value)), max(abs(scale.y(value) - zero), 0.5)
        drawing.add(
            Rect(scale.x(number) * SCALE, (HEIGHT - top - tall) * SCALE, width * SCALE,
                 tall * SCALE, fillColor=UP if value > 0 else DOWN, strokeColor=None)
        )  # fmt: skip
    return drawing


def _axes(scale: Scale, labels: tuple[str, str], ends: tuple[str, str]) -> Drawing:
    drawing = Drawing(ROOM, HEIGHT * SCALE)
    left, right = LEFT * SCALE, (WIDTH - RIGHT) * SCALE
    for level in sorted(scale.levels()):
        at = (HEIGHT - level) * SCALE
        drawing.add(Line(left, at, right, at, strokeColor=RULE, strokeWidth=0.5))
    for value, word, drop in ((scale.low, labels[0], 0.0), (scale.high, labels[1], 5.0)):
        at = (HEIGHT - scale.y(value)) * SCALE - drop
        drawing.add(String(left - 4, at, word, textAnchor="end", **AXIS))
    drawing.add(String(left, 3, ends[0], **AXIS))
    drawing.add(String(right, 3, ends[1], textAnchor="end", **AXIS))
    return drawing


AXIS = {"fontName": "Helvetica", "fontSize": 6.5, "fillColor": SOFT}


def _flat(points: Sequence[Dot]) -> list[float]:
    """x and y in turns, up from the bottom, in points."""
    return [each for x, y in points for each in (x * SCALE, (HEIGHT - y) * SCALE)]
