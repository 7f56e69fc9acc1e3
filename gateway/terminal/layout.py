"""Tables that fit: columns and rows are left out by their worth; nothing is ever wrapped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

GAP = 2
"""Spaces between columns."""

ROOMY = 34
"""Lines from which on a blank one between two sections is not missed elsewhere."""

LEAST = 20
"""Characters that a column which takes the rest has at least."""

Cell = str | Text


@dataclass(frozen=True)
class Column:
    """worth: the lowest goes first where there is no room. right: figures. rest: takes what is
    left of the line, and is cut.
    """

    name: str
    worth: int = 1
    right: bool = False
    rest: bool = False


@dataclass
class Section:
    """A table. least: rows without which it is not shown at all (as far as it has them).

    counts: the first column's header tells how many rows there was no room for.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    least: int = 1
    counts: bool = True

    def lines(self, width: int, most: int) -> list[Text]:
        """The header and up to `most` rows."""
        shown, left = self.rows[:most], len(self.rows) - most
        names = [column.name for column in self.columns]
        if left > 0 and self.counts:
            names[0] += f" +{left}"
        table = [
            [Text(name, "dim") for name in names],
            *([_text(each) for each in row] for row in shown),
        ]
        widths = [max(len(row[n]) for row in table) for n in range(len(names))]
        chosen = self._chosen(widths, width)
        for n in chosen:
            if self.columns[n].rest:
                others = sum(widths[each] + GAP for each in chosen if each != n)
                widths[n] = max(1, min(widths[n], width - others))
        return [self._line(row, chosen, widths) for row in table]

    def _chosen(self, widths: Sequence[int], width: int) -> list[int]:
        """The columns that there is room for, the worthiest first, in their order."""
        left, chosen = width, list[int]()
        for n in sorted(range(len(widths)), key=lambda n: -self.columns[n].worth):
            least = min(LEAST, widths[n]) if self.columns[n].rest else widths[n]
            if chosen and least + GAP > left:
                continue
            left -= least + (GAP if chosen else 0)
            chosen.append(n)
        return sorted(chosen)

    def _line(self, row: Sequence[Text], chosen: Sequence[int], widths: Sequence[int]) -> Text:
        line = Text(no_wrap=True)
        for n in chosen:
            part = row[n].copy()
            part.truncate(widths[n], overflow="ellipsis")
            space = " " * (widths[n] - len(part))
            before, after = (space, "") if self.columns[n].right else ("", space)
            line.append(" " * GAP if n != chosen[0] else "").append(before).append_text(part)
            line.append(after if n != chosen[-1] else "")
        return line


def fitted(sections: Sequence[Section], width: int, height: int | None) -> list[Text]:
    """The sections, the worthiest first, in `height` lines (None: as many as it takes).

    Each gets its header and least rows while there is room, then rows in turns. A blank line goes
    between them where there are lines enough.
    """
    wanted = [section for section in sections if section.rows]
    if height is None:
        height = sum(len(section.rows) + 2 for section in wanted)
    airy = height >= ROOMY
    given = _shares(wanted, height - (len(wanted) - 1 if airy else 0))
    told: list[Text] = []
    for section, most in zip(wanted, given, strict=True):
        if most:
            told += [Text("")] if airy and told else []
            told += section.lines(width, most)
    return told


def _shares(sections: Sequence[Section], height: int) -> list[int]:
    """Rows for each section."""
    given = [0] * len(sections)
    for n, section in enumerate(sections):
        least = min(section.least, len(section.rows))
        if least + 1 <= height:
            given[n], height = least, height - least - 1
    growing = True
    while height > 0 and growing:
        growing = False
        for n, section in enumerate(sections):
            if height > 0 and 0 < given[n] < len(section.rows):
                given[n], height, growing = given[n] + 1, height - 1, True
    return given


def _text(cell: Cell) -> Text:
    return cell if isinstance(cell, Text) else Text(cell)
