"""The executor's pure part: what each command and each ticks record gives."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from engine.execution import ExecutionSettings
from engine.stage import Cell
from schemas import names
from schemas.codec import decode, encode
from schemas.errors import Poison
from schemas.orders import Intent, OrderType, TimeInForce
from schemas.refusals import Reason
from schemas.statuses import OrderState
from schemas.system import Snapshot
from tests.unit.executing import (
    LATER,
    MS,
    STAGE,
    Input,
    command,
    decided,
    feed,
    journal,
    play,
    statuses,
    ticks,
)
from tests.unit.trading import BTC, ETH


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


def test_quotes_are_looked_at_from_the_order_on_until_none_is_left() -> None:
    cell, looked = Cell.fresh(STAGE, "paper"), []
    rests = command(type=OrderType.LIMIT, price="95", time_in_force=TimeInForce.GTC)
    gone = command("tl2", action="cancel", orders=("tl1",))
    inputs: list[Input] = [
        ticks(0, 10), decided(0, 10, 0, rests), ticks(1, 10 * MS), decided(1, 10 * MS, 1, gone),
        ticks(2, 20 * MS), ticks(3, 30 * MS),
    ]  # fmt: skip
    for one in inputs:
        looked.append("quotes" not in STAGE.leaving(cell.state, BTC))
        feed(cell, one)
    assert looked == [False, False, True, True, True, False]


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


def test_nothing_of_an_ended_order_is_kept_but_its_id_for_a_day() -> None:
    """A thousand orders, all filled: no sequences of their journals stay behind."""
    cell = Cell.fresh(STAGE, "paper")
    sizes = []
    for n in range(1000):
        side = "buy" if n % 2 == 0 else "sell"
        asked = command(f"o{n}", side=side, expires=10 * n * MS + 1)
        feed(cell, ticks(2 * n, 10 * n * MS))
        feed(cell, decided(2 * n, 10 * n * MS, 2 * n, asked))
        feed(cell, ticks(2 * n + 1, 10 * n * MS + 5 * MS))
        feed(cell, decided(2 * n + 1, 10 * n * MS + 5 * MS, 2 * n + 1))
        sizes.append(sum(len(keys) for keys in cell.made.values()))
        if n == 500:
            cell = Cell.restore(STAGE, decode(Snapshot, encode(cell.snapshot())))
    assert len(cell.state.finished) > 990
    assert max(sizes) <= 3, "statuses of one symbol, and orders that live"
    day = ExecutionSettings().remember
    feed(cell, decided(2000, 2 * day, 1999))
    assert not cell.state.finished
