"""Random runs of the executor: one effect per command, whatever restarts, to the byte."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.lifecycle import TERMINAL
from engine.stage import Cell
from schemas.orders import OrderCommand, OrderDecision, TimeInForce
from schemas.refusals import Reason
from schemas.statuses import JournalEntry, OrderState, Status
from schemas.ticks import BookState, Ticks
from tests.recorded import long
from tests.unit.executing import (
    LATER,
    MS,
    STAGE,
    Input,
    bare,
    by_place,
    command,
    decided,
    feed,
    journal,
    play,
    play_with_crashes,
    statuses,
    ticks,
)
from tests.unit.trading import BTC, ETH


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


crash_plans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), min_size=1, max_size=3)


@settings(max_examples=long(100, 33), deadline=None)
@given(runs(), crash_plans)
def test_restarts_anywhere_change_no_byte(run: Run, crashes: list[tuple[int, int]]) -> None:
    assert by_place(play_with_crashes(run.inputs, crashes)) == by_place(play(run.inputs))


@settings(max_examples=long(200, 66), deadline=None)
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


@settings(max_examples=long(100, 33), deadline=None)
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


@settings(max_examples=long(100, 33), deadline=None)
@given(runs())
def test_dump_and_load_are_exact_through_json(run: Run) -> None:
    cell = Cell.fresh(STAGE, "paper")
    for one in run.inputs:
        feed(cell, one)
        dumped = orjson.dumps(STAGE.dump(cell.state))
        assert orjson.dumps(STAGE.dump(STAGE.load(orjson.loads(dumped)))) == dumped
