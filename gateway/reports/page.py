"""A report as one HTML page that needs nothing else: no script, no network."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from gateway.reports.document import document, table
from gateway.reports.plots import area, bars, line
from gateway.reports.sections import Block, Columns, Curve, Figures, Grid, Heading, Words


def page(title: str, blocks: Iterable[Block]) -> str:
    """The whole page; every name in it is escaped."""
    body = "".join(map(_drawn, blocks))
    return document(title, f"<h1>{escape(title)}</h1>{body}")


def _drawn(block: Block) -> str:
    match block:
        case Heading(text):
            return f"<h2>{escape(text)}</h2>"
        case Words(text):
            return f"<p>{escape(text)}</p>"
        case Figures(rows):
            half = (len(rows) + 1) // 2
            parts = (table(("", ">"), each) for each in (rows[:half], rows[half:]))
            return f'<div class="figures">{"".join(parts)}</div>'
        case Grid(heading, rows, signed):
            return table(heading, rows, signed)
        case Curve("line", dots, labels, ends, what):
            return line(dots, labels, ends, what)
        case Curve(_, dots, labels, ends, what):
            return area(dots, labels, ends, what)
        case Columns(values, titles, labels, what):
            return bars(values, titles, labels, what)
