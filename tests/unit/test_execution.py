"""The executor's pure part: one effect per command, whatever restarts, to the byte."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.execution import Execution, ExecutionSettings, ExecutionStage
from engine.lifecycle import TERMINAL
from engine.stage import Cell, Output
from schemas import names
from schemas.codec import decode, encode
from schemas.errors import Poison
from schemas.orders import Intent, OrderCommand, OrderDecision, TimeInForce
from schemas.record import symbol_of
from schemas.refusals import Reason
from schemas.statuses import JournalEntry, OrderState, Status
from schemas.system import Snapshot
from schemas.ticks import BookState, BookUpdates, Level, Ticks

BTC = "binance:BTC/USDT:USDT"
ETH = "binance:ETH/USDT:USDT"
MS = 10**6
LATER = 10**18

Input = Ticks | OrderDecision


def ticks(
    seq: int, seen_time: int, bids: tuple[Level, ...] = (("99", "1"),),
    asks: tuple[Level, ...] = (("101", "1"), ("102", "2")),
    *, book: BookState = BookState.OK, market: str = BTC,
) -> Ticks:  # fmt: skip
    """A ticks record with one snapshot of the book."""
    updates = BookUpdates(
        index=(0,), event_time=(None,), seen_time=(seen_time,), snapshot=(True,), applied=(True,),
        first_id=(None,), last_id=(None,), previous_id=(None,), bridged=(0,),
        bids=(bids,), asks=(asks,),
    )  # fmt: skip
    return Ticks(
        key=market, venue="binance", symbol=symbol_of(market),
        seq=seq, seen_time=seen_time, books=updates, book=book,
    )  # fmt: skip


def command(order_id: str = "tl1", market: str = BTC, **fields: Any) -> OrderCommand:
    body = {
        "client_order_id": order_id, "account": "paper", "venue": "binance",
        "symbol": symbol_of(market), "intent": Intent.OPEN, "side": "buy", "quantity": "1",
        "expires": LATER, **fields,
    }  # fmt: skip
    return OrderCommand.model_validate(body)


def decided(
    seq: int, seen_time: int, tick: int, asks_for: OrderCommand | None = None,
    *, market: str = BTC, clock: bool = False,
) -> OrderDecision:  # fmt: skip
    """An order decision: approved with a command, or held."""
    return OrderDecision(
        id=f"{market}-{seq}", seq=seq, key=f"paper:{symbol_of(market)}", seen_time=seen_time,
        clock=clock, account="paper", venue="binance", symbol=symbol_of(market), tick=tick,
        outcome="held" if asks_for is None else "approved", command=asks_for,
    )  # fmt: skip


STAGE = ExecutionStage()


def feed(cell: Cell[Execution], one: Input) -> list[Output]:
    """As the worker does: ticks are followed, decisions are taken."""
    if isinstance(one, Ticks):
        STAGE.follow(cell.state, one)
        return []
    return cell.take(names.ORDERS, one)


def play(inputs: Iterable[Input]) -> list[Output]:
    cell = Cell.fresh(STAGE, "paper")
    return [out for one in inputs for out in feed(cell, one)]


def statuses(outputs: Iterable[Output]) -> list[Status]:
    return [cast(Status, out.record) for out in outputs if out.topic == names.STATUSES]


def journal(outputs: Iterable[Output]) -> list[JournalEntry]:
    return [cast(JournalEntry, out.record) for out in outputs if out.topic == names.JOURNAL]


def test_an_order_from_intent_to_fills() -> None:
    buy = decided(0, 10, 0, command(quantity="2"))
    outputs = play([ticks(0, 10), buy, ticks(1, 10 * MS, asks=()), decided(1, 10 * MS, 1)])
    assert [out.topic for out in outputs] == [
        names.JOURNAL, names.STATUSES, names.JOURNAL, names.STATUSES, names.STATUSES,
    ]  # fmt: skip
    intended, done = journal(outputs)
    assert (intended.state, intended.due, intended.statuses) == (OrderState.INTENDED, 5000010, ())
    assert (intended.order_seq, intended.tick, intended.key) == (0, 0, "tl1")
    assert done.state is OrderState.FILLED
    sent, first, second = statuses(outputs)
    assert (sent.type, sent.state, sent.mark) == ("status", OrderState.SENT, "100")
    assert (first.price, first.quantity, first.filled, first.fee) == ("101", "1", "1", "0.0505")
    assert (second.price, second.quantity, second.filled) == ("102", "1", "2")
    assert (first.state, second.state) == (OrderState.PARTIALLY_FILLED, OrderState.FILLED)
    assert (first.book_seq, first.event_time, first.liquidity) == (0, 5000010, "taker")


def test_a_held_decision_says_nothing_and_a_clock_marks() -> None:
    assert play([ticks(0, 10), decided(0, 10, 0)]) == []
    (mark,) = statuses(play([ticks(0, 10), decided(0, 10, 0, clock=True)]))
    assert (mark.type, mark.mark, mark.book_seq, mark.client_order_id) == ("mark", "100", 0, None)


@pytest.mark.parametrize(
    ("bid", "ask", "mark"),
    [
        ("99", "100", "99.5"),
        ("0.00000001", "0.00000002", "0.000000015"),
        ("60000.12345678", "60000.12345679", "60000.1234568"),
    ],
)
def test_the_mark_is_exact_to_twelve_digits(bid: str, ask: str, mark: str) -> None:
    book = ticks(0, 10, ((bid, "1"),), ((ask, "1"),))
    assert statuses(play([book, decided(0, 10, 0, clock=True)]))[0].mark == mark


def test_a_second_command_of_the_same_id_is_a_duplicate_before_and_after_its_end() -> None:
    first, again = decided(0, 10, 0, command()), decided(1, 10, 0, command())
    late = decided(2, 20 * MS, 1, command())
    outputs = play([ticks(0, 10), first, again, ticks(1, 20 * MS), late])
    sent, double, fill, double_again = statuses(outputs)
    assert fill.type == "fill"
    assert sent.state is OrderState.SENT
    for told in (double, double_again):
        assert (told.type, told.reason, told.state) == ("rejection", Reason.DUPLICATE, None)
    assert [entry.state for entry in journal(outputs)] == [OrderState.INTENDED, OrderState.FILLED]


@pytest.mark.parametrize(
    ("fields", "state", "reason"),
    [
        ({"expires": 9}, OrderState.EXPIRED, Reason.EXPIRED),
        ({"reduce_only": True}, OrderState.REJECTED, Reason.POSITION_CHANGED),
    ],
)
def test_what_must_not_be_sent_ends_in_the_journal(
    fields: dict[str, Any], state: OrderState, reason: Reason
) -> None:
    outputs = play([ticks(0, 10), decided(0, 10, 0, command(**fields)), ticks(1, LATER)])
    (entry,), (told,) = journal(outputs), statuses(outputs)
    assert (entry.state, told.state, told.reason) == (state, state, reason)
    assert [status.reason for status in entry.statuses] == [reason]


def test_an_approval_without_a_readable_command_is_poison_and_does_nothing() -> None:
    cell = Cell.fresh(STAGE, "paper")
    bad = decided(0, 10, 0, command(quantity="1e3"))
    with pytest.raises(Poison):
        cell.take(names.ORDERS, bad)
    with pytest.raises(Poison):
        cell.take(names.ORDERS, decided(1, 10, 0, command()).model_copy(update={"command": None}))
    assert STAGE.dump(cell.state) == STAGE.dump(STAGE.initial("paper"))


def test_finished_ids_are_forgotten_after_a_day_when_their_commands_have_expired() -> None:
    day = ExecutionSettings().remember
    lasting, brief = command("long", expires=3 * day), command("brief", expires=day)
    start: list[Input] = [
        ticks(0, 10),
        decided(0, 10, 0, brief),
        ticks(1, day // 2),
        decided(1, day // 2, 1),
    ]
    cell = Cell.fresh(STAGE, "paper")
    more: list[Input] = [decided(2, day // 2, 1, lasting), ticks(2, day), decided(3, day, 2)]
    for one in [*start, *more]:
        feed(cell, one)
    assert list(cell.state.finished) == ["brief", "long"]
    feed(cell, decided(4, day // 2 + day + 1, 2))
    assert list(cell.state.finished) == ["long"]
    feed(cell, decided(5, 3 * day, 2))
    assert list(cell.state.finished) == ["long"]
    feed(cell, decided(6, 3 * day + 1, 2))
    assert not cell.state.finished


def test_the_worker_learns_how_far_a_market_was_followed() -> None:
    cell = Cell.fresh(STAGE, "paper")
    assert STAGE.position_of(cell.state, BTC) == -1
    feed(cell, ticks(7, 10))
    assert (STAGE.position_of(cell.state, BTC), STAGE.position_of(cell.state, ETH)) == (7, -1)


def test_a_position_outlives_a_restart_and_can_be_closed_once() -> None:
    cell = Cell.fresh(STAGE, "paper")
    opened: list[Input] = [ticks(0, 10), decided(0, 10, 0, command()), ticks(1, 10 * MS)]
    told = [out for one in [*opened, decided(1, 10 * MS, 1)] for out in feed(cell, one)]
    cell = Cell.restore(STAGE, decode(Snapshot, encode(cell.snapshot())))
    close: dict[str, Any] = {"side": "sell", "reduce_only": True, "intent": Intent.CLOSE}
    closes = [decided(n, 10 * MS, 1, command(f"close{n}", **close)) for n in (2, 3)]
    inputs: list[Input] = [*closes, ticks(2, 20 * MS)]
    outputs = [out for one in inputs for out in feed(cell, one)]
    outputs += feed(cell, decided(4, 20 * MS, 2, command()))
    assert statuses(outputs)[-1].reason is Reason.DUPLICATE
    ends = {entry.key: entry.state for entry in journal([*told, *outputs])}
    assert ends == {
        "tl1": OrderState.FILLED, "close2": OrderState.FILLED, "close3": OrderState.REJECTED,
    }  # fmt: skip


def test_settings_that_nobody_knows_are_refused() -> None:
    with pytest.raises(ValidationError):
        ExecutionSettings.model_validate({"latency": {"nanosecond": 1}})


@dataclass(frozen=True)
class Run:
    """A random recorded market with the account's decisions, in the order they are fed."""

    inputs: tuple[Input, ...]

    @property
    def commands(self) -> dict[str, tuple[OrderDecision, OrderCommand]]:
        """The first approval of each client order id."""
        found: dict[str, tuple[OrderDecision, OrderCommand]] = {}
        for one in self.inputs:
            if isinstance(one, OrderDecision) and one.command is not None:
                found.setdefault(one.command.client_order_id, (one, one.command))
        return found

    def book_at(self, market: str, due: int) -> int:
        """Sequence of the last ticks record of the market seen by `due`."""
        records = [one for one in self.inputs if isinstance(one, Ticks) and one.key == market]
        return max(one.seq for one in records if one.seen_time <= due)


lots = st.integers(1, 5).map(str)
bids = st.lists(st.tuples(st.sampled_from(("99", "98.5")), lots), max_size=2, unique_by=str)
asks = st.lists(st.tuples(st.sampled_from(("101", "101.5")), lots), max_size=2, unique_by=str)
commands = st.fixed_dictionaries(
    {
        "side": st.sampled_from(("buy", "sell")),
        "quantity": lots,
        "time_in_force": st.sampled_from((TimeInForce.IOC, TimeInForce.FOK)),
        "reduce_only": st.booleans(),
        "expires": st.sampled_from((LATER, LATER, LATER, 0)),
    }
)


@st.composite
def runs(draw: st.DrawFn) -> Run:
    """Two markets, up to 14 steps of some ticks and a decision; at last all that is due is told."""
    inputs: list[Input] = []
    now, made = 0, {BTC: (0, 0), ETH: (0, 0)}

    def step(market: str, asked: OrderCommand | None, behind: int, pause: int) -> None:
        nonlocal now
        tick, order = made[market]
        for _ in range(behind):
            now += pause
            book = draw(st.sampled_from((BookState.OK, BookState.OK, BookState.GAPPED)))
            levels = tuple(draw(bids)), tuple(draw(asks))
            inputs.append(ticks(tick, now, *levels, book=book, market=market))
            tick += 1
        clock = draw(st.booleans())
        inputs.append(decided(order, now, tick - 1, asked, market=market, clock=clock))
        made[market] = (tick, order + 1)

    for n in range(draw(st.integers(1, 14))):
        market = draw(st.sampled_from((BTC, ETH)))
        again = draw(st.integers(0, 9)) == 0 and n > 0
        asked = command(f"{market}{n - 1 if again else n}", market, **draw(commands))
        first = made[market] == (0, 0)
        held = draw(st.booleans())
        pause = draw(st.sampled_from((0, MS, 5 * MS, 7 * MS)))
        step(market, None if held else asked, draw(st.integers(first, 3)), pause)
    for market in (BTC, ETH):
        step(market, None, 1, 1000 * MS)
    return Run(tuple(inputs))


def by_place(outputs: Iterable[Output]) -> dict[tuple[str, str, int], bytes]:
    """Records by (topic, key, seq); one that is given twice must be the same bytes."""
    found: dict[tuple[str, str, int], bytes] = {}
    for out in outputs:
        value = encode(out.record)
        assert found.setdefault((out.topic, out.key, out.record.seq), value) == value
    return found


def play_with_crashes(run: Run, crashes: list[tuple[int, int]]) -> list[Output]:
    """Snapshots after each input; a crash at an input goes back some snapshots and feeds again.

    The inputs are fed from the very first once more: what the snapshot covers must be dropped.
    """
    cell = Cell.fresh(STAGE, "paper")
    snapshots, outputs = [encode(cell.snapshot())], []
    for at, back in crashes:
        for one in run.inputs[: at % len(run.inputs)]:
            outputs += feed(cell, one)
            snapshots.append(encode(cell.snapshot()))
        snapshots = snapshots[: max(1, len(snapshots) - back)]
        cell = Cell.restore(STAGE, decode(Snapshot, snapshots[-1]))
    return outputs + [out for one in run.inputs for out in feed(cell, one)]


crash_plans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), min_size=1, max_size=3)


@settings(max_examples=100, deadline=None)
@given(runs(), crash_plans)
def test_restarts_anywhere_change_no_byte(run: Run, crashes: list[tuple[int, int]]) -> None:
    assert by_place(play_with_crashes(run, crashes)) == by_place(play(run.inputs))


@settings(max_examples=200, deadline=None)
@given(runs())
def test_every_command_has_one_end_and_its_fills_once(run: Run) -> None:
    outputs = play(run.inputs)
    entries = journal(outputs)
    for order_id, (asked, order) in run.commands.items():
        mine = [entry for entry in entries if entry.command.client_order_id == order_id]
        assert [entry.state in TERMINAL for entry in mine].count(True) == 1
        assert mine[-1].state in TERMINAL
        told = [each for each in statuses(outputs) if each.client_order_id == order_id]
        told = [each for each in told if each.reason is not Reason.DUPLICATE]
        assert tuple(bare(each) for each in told) == mine[-1].statuses
        fills = [each for each in told if each.type == "fill"]
        traded = sum(int(each.quantity or 0) for each in fills)
        assert traded <= int(order.quantity)
        assert (mine[-1].state is OrderState.FILLED) == (traded == int(order.quantity))
        for each in fills:
            due = asked.seen_time + 5 * MS
            assert each.book_seq == run.book_at(f"{order.venue}:{order.symbol}", due)


def bare(status: Status) -> Status:
    """Without the identity that the cell has filled in."""
    return status.identified(id="", cause="", seq=-1, key="", seen_time=0, clock=False)


@settings(max_examples=100, deadline=None)
@given(runs())
def test_the_journal_comes_before_what_it_covers(run: Run) -> None:
    """A crash between two records leaves no status on the topic that no entry is there for."""
    written: dict[str, JournalEntry] = {}
    for out in play(run.inputs):
        if isinstance(out.record, JournalEntry):
            written[out.key] = out.record
        elif isinstance(out.record, Status) and out.record.client_order_id is not None:
            entry = written[out.record.client_order_id]
            sent = out.record.state is OrderState.SENT and entry.state is OrderState.INTENDED
            double = out.record.reason is Reason.DUPLICATE
            assert sent or double or bare(out.record) in entry.statuses


@settings(max_examples=100, deadline=None)
@given(runs())
def test_dump_and_load_are_exact_through_json(run: Run) -> None:
    cell = Cell.fresh(STAGE, "paper")
    for one in run.inputs:
        feed(cell, one)
        dumped = orjson.dumps(STAGE.dump(cell.state))
        assert orjson.dumps(STAGE.dump(STAGE.load(orjson.loads(dumped)))) == dumped
