"""The report as an Excel workbook and as a PDF, read by others than the libraries that wrote it."""

from __future__ import annotations

import io
import math
import subprocess
import sys
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from gateway.reports import sheets
from gateway.reports.pdf import pdf, told
from gateway.reports.report import Format, NoFormat, Report, Wanted
from gateway.reports.sections import Columns, Curve, Grid, Heading, Words, sections, title
from gateway.reports.sheets import workbook
from gateway.reports.tables import Table, tables
from gateway.watching.books import books
from tests.unit.portfolio_play import Play
from tests.unit.test_report import FORMULA, HOSTILE, RULES, reported, traded_book

BOTH: tuple[Format, ...] = ("xlsx", "pdf")
CHINESE = "动量 strategy"


def written(tmp_path: Path, made: Report, *formats: Format) -> dict[str, bytes]:
    wanted = Wanted(tmp_path, formats or BOTH)
    return {path.suffix: path.read_bytes() for path in made.write(wanted)}


def opened(content: bytes) -> Any:
    return load_workbook(io.BytesIO(content))


def said(content: bytes) -> str:
    """All text of a PDF, its spaces and ends of lines as one space."""
    return " ".join(
        " ".join(p.extract_text() for p in PdfReader(io.BytesIO(content)).pages).split()
    )


def test_equal_records_give_equal_bytes_without_a_date(tmp_path: Path) -> None:
    first = written(tmp_path / "1", reported(traded_book()))
    again = written(tmp_path / "2", reported(traded_book()))
    assert first == again
    with zipfile.ZipFile(io.BytesIO(first[".xlsx"])) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = opened(first[".xlsx"]).properties
    assert (properties.created, properties.modified) == (datetime(2000, 1, 1),) * 2
    information = PdfReader(io.BytesIO(first[".pdf"])).metadata
    assert information is not None
    assert information.creation_date is not None
    assert information.creation_date.year == 2000


def test_the_workbook_has_every_table_with_numbers_and_times(tmp_path: Path) -> None:
    made = reported(traded_book())
    book = opened(written(tmp_path, made)[".xlsx"])
    assert book.sheetnames == [*tables(made.told, made.curve, made.trips)]
    equity = [*book["equity"].values]
    assert [row[1] for row in equity[1:]] == [float(worth) for _, worth in made.curve]
    epoch = datetime(1970, 1, 1)
    assert [row[0] for row in equity[1:]] == [
        epoch + timedelta(microseconds=time // 1000) for time, _ in made.curve
    ]
    trips = [*book["trades"].values]
    assert [row[5] for row in trips[1:]] == [float(each.trip.worth) for each in made.trips]
    figures = dict(row[:2] for row in book["figures"].values)
    assert figures["win_rate"] == made.told["win_rate"]
    assert figures["costs.fees"] == 12
    assert figures["account"] == "paper"
    assert len(book["equity"]._charts) == 1


@pytest.mark.parametrize("name", [FORMULA, "+1+1", "-2+3", "@SUM(A1)", "=1+1", "http://x.example"])
def test_no_text_of_a_workbook_is_run(tmp_path: Path, name: str) -> None:
    content = written(tmp_path, reported(traded_book(name)))[".xlsx"]
    cells = [cell for row in opened(content)["trades"].iter_rows(min_row=2) for cell in row]
    found = [cell for cell in cells if cell.value == name]
    assert len(found) == 12
    assert {cell.data_type for cell in found} == {"s"}
    assert {cell.quotePrefix for cell in found} == {not name.startswith("http")}
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheet = parts.read("xl/worksheets/sheet3.xml")
        assert b"<f>" not in sheet
        assert b"hyperlink" not in sheet


def test_a_name_that_looks_like_a_number_stays_a_name(tmp_path: Path) -> None:
    book = opened(written(tmp_path, reported(traded_book("0042"), account="007"))[".xlsx"])
    assert {row[1] for row in [*book["trades"].values][1:]} == {"0042"}
    assert dict(row[:2] for row in book["figures"].values)["account"] == "007"


def test_a_table_longer_than_a_sheet_has_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST", 4)
    rows = [(f"2024-01-01T00:00:0{n}Z", n, None) for n in range(9)]
    book = opened(workbook({"equity": Table(("time", "equity", "drawdown"), rows)}))
    assert book.sheetnames == ["equity", "equity 2", "equity 3"]
    values = [row[1] for name in book.sheetnames for row in [*book[name].values][1:]]
    assert values == [*range(9)]


def test_what_no_cell_can_hold_is_a_text() -> None:
    rows = [("a", math.inf), ("b", math.nan), ("c", True), ("d", "x" * 40_000)]
    book = opened(workbook({"figures": Table(("figure", "value"), rows)}))
    found = [row[1] for row in [*book["figures"].values][1:]]
    assert found == ["inf", "nan", True, "x" * 32_767]


def test_the_pdf_says_what_the_page_says(tmp_path: Path) -> None:
    made = reported(traded_book())
    text = said(written(tmp_path, made)[".pdf"])
    assert title(made.told) in text
    squeezed = text.replace(" ", "")
    for block in sections(made.told, made.curve, made.trips):
        if isinstance(block, Heading | Words):
            assert " ".join(block.text.split()) in text
        elif isinstance(block, Curve | Columns):
            assert all(label in text for label in block.labels)
        elif isinstance(block, Grid):
            cells = [cell for row in block.rows for cell in row]
            assert all(cell.replace(" ", "") in squeezed for cell in cells)


@pytest.mark.parametrize("name", [HOSTILE, CHINESE, "<b>bold", "&amp;", "x" * 150, ""])
def test_any_name_can_be_printed(tmp_path: Path, name: str) -> None:
    content = written(tmp_path, reported(traded_book(name), account=name))[".pdf"]
    squeezed = said(content).replace(" ", "")
    assert told(name).replace(" ", "")[:60] in squeezed
    assert b"/JavaScript" not in content
    assert b"/URI" not in content


def test_a_character_that_the_fonts_lack_is_told_by_its_number() -> None:
    assert told("é – 动") == "é – \\u52a8"


def test_many_round_trips_take_many_pages_with_their_heading(tmp_path: Path) -> None:
    content = written(tmp_path, reported(traded_book(rounds=180)), "pdf")[".pdf"]
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
    assert len(pages) > 4
    assert all("reasons" in page for page in pages[3:])


def test_an_account_that_has_not_traded_has_both(tmp_path: Path) -> None:
    desk = Play()
    desk.mark("100")
    found = written(tmp_path, reported(books(desk.statuses, RULES)["paper"]))
    assert "Nothing was traded." in said(found[".pdf"])
    assert opened(found[".xlsx"]).sheetnames[0] == "figures"


def test_excel_is_another_name_and_all_are_named() -> None:
    assert Wanted.of(Path(), "excel,pdf", 1, None, 1).formats == ("xlsx", "pdf")
    assert Wanted.of(Path(), "xlsx,excel", 1, None, 1).formats == ("xlsx",)
    with pytest.raises(NoFormat, match="html, json, csv, xlsx, pdf"):
        Wanted.of(Path(), "doc", 1, None, 1)


def test_the_libraries_are_loaded_where_they_are_needed() -> None:
    code = (
        "import sys; import gateway.cli, gateway.reports.report as report;"
        "print([name for name in ('reportlab', 'xlsxwriter', 'PIL') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_curve_is_drawn_as_lines(tmp_path: Path) -> None:
    curve = Curve("line", [(0.0, 1.0), (1.0, 2.0), (2.0, 0.5)], ("0.5", "2"), ("a", "b"), "x")
    (page,) = PdfReader(io.BytesIO(pdf("t", [curve]))).pages
    assert list(page.images) == []
    content = page.get_contents()
    assert content is not None
    assert content.get_data().split().count(b"l") >= 4
