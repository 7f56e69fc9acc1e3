"""A report as an Excel workbook: a sheet a table, numbers as numbers, times as times."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from gateway.reports.tables import Table, is_formula, is_number

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

MOST = 1_048_575
"""Rows of a sheet below its heading (ECMA-376 has 1,048,576); a longer table has several."""

LONGEST = 32_767
"""Characters of a cell."""

NAMES = ("symbol", "strategy", "side", "reason", "way_out", "reasons", "month", "figure")
"""Columns of texts, also where one looks like a number."""

CREATED = datetime(2000, 1, 1)
"""The same in every workbook: equal records give equal bytes."""


def workbook(told: Mapping[str, Table]) -> bytes:
    """The workbook's file. Numbers have the 15 digits that Excel has; JSON and CSV have all."""
    from xlsxwriter import Workbook

    made = io.BytesIO()
    book = Workbook(made, {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
        "strings_to_numbers": False,
    })  # fmt: skip
    book.set_properties({"created": CREATED, "title": "Tapeline report"})
    sheets = Sheets(book)
    for name, table in told.items():
        sheets.put(name, table)
    book.close()
    return made.getvalue()


class Sheets:
    """A workbook that is being written."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._bold = book.add_format({"bold": True, "bottom": 1})
        self._quoted = book.add_format({"quote_prefix": True})
        self._time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"})

    def put(self, name: str, table: Table) -> None:
        """A table as a sheet; as several where it is longer than one may be."""
        left = iter(table.rows)
        for number, rows in enumerate(_pieces(left), 1):
            sheet = self._book.add_worksheet(name if number == 1 else f"{name} {number}")
            self._fill(sheet, table.heading, rows)
            if name == "equity" and len(rows) > 1:
                self._chart(sheet, len(rows))

    def _fill(self, sheet: Worksheet, heading: Sequence[str], rows: list[Sequence[Any]]) -> None:
        for column, word in enumerate(heading):
            sheet.write_string(0, column, word, self._bold)
        for line, row in enumerate(rows, 1):
            for column, (name, value) in enumerate(zip(heading, row, strict=True)):
                named = name in NAMES or (name == "value" and row[0] == "account")
                self._write(sheet, line, column, value, named)
        sheet.freeze_panes(1, 0)
        widths = (_width(name, [row[at] for row in rows[:200]]) for at, name in enumerate(heading))
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)

    def _write(self, sheet: Worksheet, line: int, column: int, value: Any, named: bool) -> None:
        """A cell by what it holds; a text is never run, also not once a person has edited it."""
        if value is None:
            return
        if isinstance(value, bool):
            sheet.write_boolean(line, column, value)
        elif isinstance(value, str) and not named and (time := _time(value)) is not None:
            sheet.write_datetime(line, column, time, self._time)
        elif (number := None if named else _number(value)) is not None:
            sheet.write_number(line, column, number)
        else:
            text = str(value)[:LONGEST]
            kind: Format | None = self._quoted if is_formula(text) else None
            sheet.write_string(line, column, text, kind)

    def _chart(self, sheet: Worksheet, count: int) -> None:
        chart = self._book.add_chart({"type": "scatter", "subtype": "straight"})
        assert chart is not None
        name = sheet.get_name()
        chart.add_series({
            "name": "equity", "categories": [name, 1, 0, count, 0],
            "values": [name, 1, 1, count, 1], "line": {"width": 1.25},
        })  # fmt: skip
        chart.set_legend({"none": True})
        chart.set_title({"name": "Equity"})
        chart.set_x_axis({"num_format": "yyyy-mm-dd hh:mm"})
        chart.set_size({"width": 900, "height": 360})
        sheet.insert_chart(1, 4, chart)


def _pieces(rows: Iterator[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    """As many rows as a sheet takes, at least once."""
    yield [*islice(rows, MOST)]
    while piece := [*islice(rows, MOST)]:
        yield piece


def _number(value: Any) -> float | None:
    """A number that a sheet can hold, None for what is none."""
    if isinstance(value, str):
        return float(value) if is_number(value) else None
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _time(value: str) -> datetime | None:
    """A time as Excel has it, which knows no zones: UTC. None for another text."""
    if len(value) < 20 or not value.endswith("Z"):
        return None
    try:
        return datetime.fromisoformat(value).astimezone(UTC).replace(tzinfo=None)
    except ValueError:
        return None


def _width(name: str, values: Sequence[Any]) -> int:
    return min(
        60, 2 + max([len(name), *(len(str(value)) for value in values if value is not None)])
    )
