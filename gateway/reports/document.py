"""A page that needs nothing else: one HTML file, no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

POLICY = "default-src 'none'; style-src 'unsafe-inline'"

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #66707d; --rule: #d6dbe1; --paper: #fff;
  --line: #1f6feb; --up: #1a8f5a; --down: #c5372c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --soft: #98a2af; --rule: #343c47;
  --paper: #14181e; --line: #6aa6ff; --up: #3fbf83; --down: #ee6a5f; } }
body { font: 14px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 980px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.5em; margin: 0; } h2 { font-size: 1.1em; margin: 2em 0 .4em; }
p { color: var(--soft); margin: .3em 0; } .wide { overflow-x: auto; }
table { border-collapse: collapse; } .figures { columns: 2; column-gap: 3em; }
.figures table { width: 100%; break-inside: avoid; }
td, th { padding: .15em .8em .15em 0; text-align: left; border-bottom: 1px solid var(--rule);
  vertical-align: top; } th { color: var(--soft); font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
svg { width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: var(--soft); }
.axis { stroke: var(--rule); } .line { fill: none; stroke: var(--line); stroke-width: 1.4; }
.area { fill: var(--down); fill-opacity: .35; stroke: var(--down); }
rect.up { fill: var(--up); } rect.down { fill: var(--down); }
td.up { color: var(--up); } td.down { color: var(--down); }
"""


def document(title: str, body: str, style: str = "") -> str:
    """The whole page around its body, which is HTML already; the title is escaped.

    style: CSS beside what every page has.
    """
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}{style}</style></head>"
        f"<body>{body}</body></html>\n"
    )


def table(heading: Sequence[str], rows: Sequence[Sequence[str]], signed: bool = False) -> str:
    """Rows under their heading, all escaped; a column whose name begins with > is of numbers.

    signed: a number above or below zero is in the colour of a gain or a loss.
    """
    numbers = [name.startswith(">") for name in heading]
    top = "".join(
        f"<th{_kind(number)}>{escape(name.removeprefix('>'))}</th>"
        for name, number in zip(heading, numbers, strict=True)
    )
    lines = [
        "".join(
            f"<td{_kind(number, side(cell) if signed else '')}>{escape(cell)}</td>"
            for cell, number in zip(row, numbers, strict=True)
        )
        for row in rows
    ]
    words = f"<tr>{top}</tr>" if any(name.strip(">") for name in heading) else ""
    inside = "".join(f"<tr>{each}</tr>" for each in lines)
    return f'<div class="wide"><table>{words}{inside}</table></div>'


def _kind(number: bool, side: str = "") -> str:
    return f' class="number{f" {side}" if side else ""}"' if number else ""


def side(cell: str) -> str:
    """Whether a number as people read it is a gain ("up"), a loss ("down"), or neither."""
    if not any(digit in cell for digit in "123456789"):
        return ""
    return "down" if cell.startswith("-") else "up"
