"""The desk in one process: exact, the workers' own bytes, and in the order that delays give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from engine.performance.attribution import UNTOLD, journeys
from engine.portfolio import PortfolioSettings
from engine.replay.desk import Delays, Desk, Row
from engine.replay.queue import Queue
from engine.stage import Context, Draft
from engine.ticks import TicksStage
from gateway.backtests import lookahead
from gateway.backtests.backtest import Results, desk_of, listed, run
from gateway.backtests.stages import Stages
from gateway.cli import app
from gateway.proof.verifying import Verification
from gateway.terminal.output import Output
from gateway.watching.books import books
from schemas import names
from schemas.codec import encode
from schemas.orders import OrderDecision
from schemas.raw import RawFrame
from schemas.statuses import Status
from tests.recorded import long
from tests.unit.small_desk import ACCOUNT, SECOND, SETTINGS, Topics, recorded
from topics.settings import Settings

SPAN = 40 * SECOND
SHORT = long(SPAN, 20 * SECOND)
"""Of plays that are not those of all tests."""


def inputs(span: int = SPAN) -> Iterator[Row]:
    return chain(listed(SETTINGS), ((names.RAW, each) for each in recorded(span)))


def played(delays: Delays | None = None, span: int = SPAN) -> list[Row]:
    return [*Desk(Stages.of(SETTINGS), (ACCOUNT,), delays).run(inputs(span))]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return played()


def test_its_records_are_those_of_a_run_to_the_byte(rows: list[Row]) -> None:
    found = Verification(SETTINGS, Topics.holding(rows)).run()
    assert found.differences == []
    assert found.same[names.STATUSES] == sum(topic == names.STATUSES for topic, _ in rows) > 10
    assert any(isinstance(row, Status) and row.type == "fill" for _, row in rows)


def test_two_backtests_are_the_same_bytes(rows: list[Row]) -> None:
    assert [(topic, encode(row)) for topic, row in played()] == [
        (topic, encode(row)) for topic, row in rows
    ]


def test_a_desk_goes_on_with_what_another_has_made(rows: list[Row]) -> None:
    """Market stages on one desk, the rest on another: the bytes of all on one."""
    delays = Delays(raw=7_000_000)
    market = Desk(Stages.of(SETTINGS)[:3], (), delays)
    made = [
        (market.now, (topic, row)) for topic, row in market.run(inputs(SHORT))
        if topic in (names.TICKS, names.SIGNALS)
    ]  # fmt: skip
    rest = Desk(Stages.of(SETTINGS)[3:], (ACCOUNT,), delays)
    told = [(0, row) for row in listed(SETTINGS)]
    found = [(topic, encode(row)) for topic, row in rest.play([*told, *made])]
    whole = [(topic, encode(row)) for topic, row in played(delays, SHORT)]
    for topic in (names.DECISIONS, names.ORDERS, names.JOURNAL, names.STATUSES, names.PORTFOLIO):
        assert [each for each in found if each[0] == topic] == [
            each for each in whole if each[0] == topic
        ]


def test_what_comes_before_the_span_warms_up_and_nothing_trades_then(rows: list[Row]) -> None:
    since = rows[-1][1].seen_time - 20 * SECOND
    desk = Desk(Stages.of(SETTINGS), (ACCOUNT,), since=since)
    found = [*desk.run(inputs())]
    market = (names.RAW, names.TICKS, names.SIGNALS, names.DECISIONS)
    assert [(topic, encode(row)) for topic, row in found if topic in market] == [
        (topic, encode(row)) for topic, row in rows if topic in market
    ]
    orders = [row for _, row in found if isinstance(row, OrderDecision)]
    assert min(row.seen_time for row in orders) >= since
    assert {row.cause for row in orders} == {
        row.id for topic, row in rows if topic == names.DECISIONS and row.seen_time >= since
    }
    assert any(isinstance(row, Status) and row.type == "fill" for _, row in found)


def test_accounts_that_trade_from_a_time_on_are_accounts_begun_then(rows: list[Row]) -> None:
    """All that they publish is what comes of the decisions since, at a venue that saw it all."""
    since = rows[-1][1].seen_time - 20 * SECOND
    ours = (names.ORDERS, names.JOURNAL, names.STATUSES, names.PORTFOLIO)
    heard = [
        (topic, row) for topic, row in rows
        if topic in (names.INSTRUMENTS, names.TICKS)
        or (topic == names.DECISIONS and row.seen_time >= since)
    ]  # fmt: skip
    begun = Desk(Stages.of(SETTINGS)[4:], (ACCOUNT,)).run(heard)
    warmed = Desk(Stages.of(SETTINGS), (ACCOUNT,), since=since).run(inputs())
    assert [(topic, encode(row)) for topic, row in begun if topic in ours] == [
        (topic, encode(row)) for topic, row in warmed if topic in ours
    ]


def read_of_portfolio(rows: list[Row]) -> list[tuple[int, int]]:
    """(time of an order record, time of the newest portfolio row that it has read)."""
    made = {(row.key, row.seq): row.seen_time for at, row in rows if at == names.PORTFOLIO}
    return [
        (row.seen_time, made[read.key, read.seq])
        for _, row in rows if isinstance(row, OrderDecision)
        for read in row.reads if read.topic == names.PORTFOLIO
    ]  # fmt: skip


@pytest.mark.parametrize("feedback", [0, 5_000_000, SECOND])
def test_an_account_knows_what_became_of_its_orders_after_the_feedback(feedback: int) -> None:
    known = read_of_portfolio(played(Delays(feedback=feedback), SHORT))
    assert known
    assert all(now - then >= feedback for now, then in known)
    assert min(now - then for now, then in known) < feedback + SECOND


def test_no_record_is_made_of_what_comes_later(rows: list[Row]) -> None:
    seen: set[str] = set()
    for _, row in rows:
        assert not getattr(row, "cause", "") or row.cause in seen
        seen.add(row.id)


def test_what_is_known_comes_before_what_happens_and_causes_before_effects() -> None:
    queue, record = Queue(), next(iter(recorded(SECOND)))
    for topic in (names.ORDERS, names.TICKS, names.PORTFOLIO, names.RAW):
        queue.put(5, topic, record)
    queue.put(4, names.ORDERS, record)
    queue.put(5, names.RAW, record)
    found = [queue.pop(6) for _ in range(6)]
    assert [(each[0], each[3]) for each in found if each] == [
        (4, names.ORDERS), (5, names.PORTFOLIO), (5, names.RAW), (5, names.RAW), (5, names.TICKS),
        (5, names.ORDERS),
    ]  # fmt: skip
    assert queue.pop() is None


def test_what_was_received_earlier_than_that_before_it_arrives_with_that() -> None:
    early, late = islice(recorded(SECOND), 2)
    first = late.model_copy(update={"seen_time": 9})
    second = early.model_copy(update={"seen_time": 4})
    desk = Desk((), ())
    assert [desk.now for _ in desk.run([(names.RAW, first), (names.RAW, second)])] == [9, 9]


def test_nothing_arrives_before_its_time() -> None:
    queue, record = Queue(), next(iter(recorded(SECOND)))
    queue.put(5, names.RAW, record)
    assert queue.pop(5) is None
    assert queue.pop(6) is not None


def test_a_frame_that_cannot_be_read_is_a_letter_and_the_rest_goes_on() -> None:
    def spoilt() -> Iterator[Row]:
        for topic, row in inputs(SHORT):
            if isinstance(row, RawFrame) and row.seq == 20:
                row = row.model_copy(update={"frames": ("{",) * len(row.frames)})
            yield topic, row

    found = [*Desk(Stages.of(SETTINGS), (ACCOUNT,)).run(spoilt())]
    assert any(at == names.LETTERS for at, _ in found)
    count = Counter(at for at, _ in found)
    assert count[names.RAW] == count[names.TICKS] == count[names.SIGNALS] > long(1000, 500)


def test_every_round_trip_leads_back_to_a_reason(rows: list[Row]) -> None:
    results = Results()
    for topic, record in rows:
        results.take(topic, record)
    rules = PortfolioSettings()
    book = books(results.statuses, rules)[ACCOUNT]
    found = journeys(book.statuses, rules, results.reasons)
    assert found
    assert all(each.reasons and UNTOLD not in each.reasons for each in found)
    assert all(each.way_out != UNTOLD for each in found)


def command(*given: str) -> Any:
    return CliRunner().invoke(app, ["backtest", *given])


def test_a_live_account_trades_the_recorded_market_as_a_paper_account_does(recording: Path) -> None:
    live = SETTINGS.model_copy(update={"live": {ACCOUNT: {"venue": "binance"}}})
    assert (SETTINGS.paper, live.paper) == ((ACCOUNT,), ())
    paper, real = (run((recording,), known, None, Output(True)) for known in (SETTINGS, live))
    assert real.statuses == paper.statuses
    assert any(status.type == "fill" for status in real.statuses)


def test_the_command_tells_what_was_earned(recording: Path) -> None:
    told = command(str(recording), "--json")
    assert told.exit_code == 0, told.output
    lines = [orjson.loads(line) for line in told.stdout.splitlines()]
    assert lines[0]["records"][names.RAW] == lines[0]["records"][names.TICKS] > 100
    assert lines[0]["letters"] == lines[0]["peeks"] == 0
    assert lines[0]["preceded"] == lines[0]["records"][names.DECISIONS]
    assert lines[1]["account"] == "paper"
    assert lines[1]["portfolio"] == "agrees"
    people = command(str(recording))
    assert people.exit_code == 0
    assert names.RAW in people.output


def test_the_command_trades_within_a_span(recording: Path) -> None:
    given = ("--from", "2024-08-08T23:54:24Z", "--to", "2024-08-08T23:54:25Z", "--curve")
    told = command(str(recording), *given, "--json")
    assert told.exit_code == 0, told.output
    lines = [orjson.loads(line) for line in told.stdout.splitlines()]
    assert lines[0]["records"][names.ORDERS] < lines[0]["records"][names.DECISIONS]
    assert lines[1]["from"] >= "2024-08-08T23:54:24"
    assert lines[1]["to"] <= "2024-08-08T23:54:30"
    whole = orjson.loads(command(str(recording), "--json").stdout.splitlines()[0])
    assert lines[0]["records"][names.RAW] < whole["records"][names.RAW]
    beyond = command(str(recording), "--from", "2024-08-09")
    assert beyond.exit_code == 1
    assert "the files hold 2024-08-08T23:54:" in beyond.stderr


def test_a_file_that_is_none_is_one_line() -> None:
    told = command("/nowhere/at.all")
    assert told.exit_code == 1
    assert "there is no recording" in told.output


class Eager(TicksStage):
    """Gives its open bar as if it were closed: a candle that is used at its open."""

    def step(self, state: Any, record: RawFrame, context: Context) -> list[Draft]:
        ticks, *rest = super().step(state, record, context)
        now = record.seen_time
        bars = [
            each.model_copy(update={"open_time": now, "close_time": now + 60 * SECOND})
            for each in ticks.record.bars  # type: ignore[attr-defined]
        ]
        return [ticks._replace(record=ticks.record.model_copy(update={"bars": tuple(bars)})), *rest]


def test_a_backtest_that_looks_ahead_fails_and_says_where(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Stages.of
    monkeypatch.setattr(Stages, "of", lambda known: honest(known)._replace(ticks=Eager()))
    told = command(str(recording), "--json")
    assert told.exit_code == 1
    assert orjson.loads(told.stdout.splitlines()[0])["peeks"] > 5
    assert told.stderr.count("not to be trusted: market.ticks binance:BTC/USDT:USDT seq") == 5
    assert "bar ends at" in told.stderr


def test_a_backtest_that_is_cut_short_is_told(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And fails where what came later had a part in what was before."""
    given = (str(recording), "--look-ahead", "--to", "2024-08-08T23:54:25Z")
    told = command(*given, "--json")
    assert told.exit_code == 0, told.output
    assert orjson.loads(told.stdout.splitlines()[-1]) == {"cuts": 3, "departures": []}
    settled, spans = desk_of, iter((SECOND, 2 * SECOND, SECOND, SECOND))

    def another(known: Settings, within: Any) -> Desk:
        bars = {"ticks": {"intervals": (next(spans),)}}
        return settled(known.model_copy(update=bars), within)

    monkeypatch.setattr(lookahead, "desk_of", another)
    told = command(*given)
    assert told.exit_code == 1
    assert told.stderr.count("looks ahead: cut at 2024-08-08T") == 1
    assert "without what came later" in told.stderr
