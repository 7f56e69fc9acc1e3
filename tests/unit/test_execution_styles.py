"""Icebergs at the executor: their parts, what they tell, and what people and the gate do."""

from __future__ import annotations

from typing import Any

import pytest

from engine.identity import client_order_id
from engine.portfolio import PortfolioStage
from engine.stage import Cell, Output
from schemas import names
from schemas.errors import Poison
from schemas.orders import OrderCommand, OrderType, Style, TimeInForce
from schemas.portfolio import Portfolio
from schemas.refusals import Reason
from schemas.statuses import OrderState, Status
from schemas.ticks import BookState
from tests.unit.executing import MS, STAGE, Input, command, decided, feed, journal, play, statuses
from tests.unit.market_tape import Row, depth, record, trade, whole

STEP = 10 * MS
CALM = whole((("99", "1"), ("98", "1")), (("101", "1"), ("102", "1")))


def part(number: int, parent: str = "ice") -> str:
    return client_order_id(parent, "child", number)


def iceberg(order_id: str = "ice", quantity: str = "10", **fields: Any) -> OrderCommand:
    body: dict[str, Any] = {
        "type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC, "price": "99",
        "style": Style(visible="4"), **fields,
    }  # fmt: skip
    return command(order_id, quantity=quantity, **body)


class Play:
    """Ticks and decisions one after the other, 10 ms apart; `given` is all that was published."""

    def __init__(self) -> None:
        self.inputs: list[Input] = []
        self.seq = self.order = 0
        self.tick(CALM)

    @property
    def now(self) -> int:
        return self.seq * STEP

    def tick(self, *rows: Row) -> Play:
        self.inputs.append(record(self.seq, self.now, *rows))
        self.seq += 1
        return self

    def ask(self, asked: OrderCommand | None = None) -> Play:
        self.inputs.append(decided(self.order, self.now - STEP, self.seq - 1, asked))
        self.order += 1
        return self

    def given(self) -> list[Output]:
        return play([*self.inputs, decided(self.order, self.now, self.seq - 1)])

    def of(self, name: str) -> list[Status]:
        return [one for one in statuses(self.given()) if one.client_order_id == name]

    def told(self, name: str) -> list[tuple[str, OrderState | None, str | None]]:
        """Type, state, and how much was filled."""
        return [(one.type, one.state, one.filled) for one in self.of(name)]


def begun(**fields: Any) -> Play:
    """An iceberg to buy 10 at 99, of which 4 rest behind 1."""
    return Play().ask(iceberg(**fields)).tick()


def test_an_iceberg_shows_one_part_at_a_time() -> None:
    at = begun().tick(trade("99", "5")).tick()
    assert [(one.type, one.state) for one in at.of(part(0))] == [
        ("status", OrderState.SENT), ("status", OrderState.OPEN), ("fill", OrderState.FILLED),
    ]  # fmt: skip
    assert [one.state for one in at.of(part(1))] == [OrderState.SENT, OrderState.OPEN]
    assert at.of(part(2)) == []
    assert at.told("ice") == [
        ("status", OrderState.SENT, None), ("status", OrderState.OPEN, None),
        ("status", OrderState.PARTIALLY_FILLED, "4"),
    ]  # fmt: skip


def test_the_next_part_takes_its_time_and_goes_to_the_end_of_the_queue() -> None:
    at = begun().tick(trade("99", "5"), depth((("99", "3"),)))
    sent = at.of(part(1))[-1]
    assert (sent.event_time, sent.state) == (2 * STEP, OrderState.SENT)
    at.tick(trade("99", "9"))
    opened = at.of(part(1))[1]
    assert (opened.event_time, opened.state) == (2 * STEP + 5 * MS, OrderState.OPEN)
    (fill,) = at.of(part(1))[2:]
    assert (fill.type, fill.quantity, fill.price, fill.liquidity) == ("fill", "4", "99", "maker")
    late = begun().tick(trade("99", "5"), depth((("99", "3"),))).tick(trade("99", "6"))
    assert [one.quantity for one in late.of(part(1))[2:]] == ["3"], "3 were ahead of it"


def test_an_iceberg_is_filled_with_its_last_part() -> None:
    at = begun()
    for _ in range(3):
        at.tick(trade("99", "9"))
    assert at.told("ice")[2:] == [
        ("status", OrderState.PARTIALLY_FILLED, "4"), ("status", OrderState.PARTIALLY_FILLED, "8"),
        ("status", OrderState.FILLED, "10"),
    ]  # fmt: skip
    commands = {entry.key: entry.command for entry in journal(at.given())}
    assert [commands[part(n)].quantity for n in range(3)] == ["4", "4", "2"]
    assert {commands[part(n)].parent for n in range(3)} == {"ice"}
    assert commands["ice"].parent is None


def test_money_is_told_once_and_the_portfolio_knows_the_order_not_its_parts() -> None:
    at = begun().tick(trade("99", "5")).tick()
    cell = Cell.fresh(PortfolioStage(), "paper")
    rows = [out.record for one in statuses(at.given()) for out in cell.take(names.STATUSES, one)]
    position = [row for row in rows if isinstance(row, Portfolio) and row.type == "position"][-1]
    assert (position.quantity, position.open_orders, position.finished) == ("4", ("ice",), ())


@pytest.mark.parametrize("names_it", [True, False])
def test_cancelling_it_withdraws_its_part(names_it: bool) -> None:
    at = begun().tick(trade("99", "3"))
    at.ask(command("stop it", action="cancel", orders=("ice",) if names_it else ())).tick().tick()
    assert at.told("ice")[-1] == ("status", OrderState.CANCELLED, "2")
    assert at.told(part(0))[-1] == ("status", OrderState.CANCELLED, "2")
    assert at.told("stop it")[-1] == ("status", OrderState.DONE, None)
    assert at.tick(trade("98", "50")).of(part(1)) == []


def test_a_cancel_may_name_other_orders_too() -> None:
    plain = {"type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC, "price": "98"}
    at = begun().ask(command("plain", **plain)).tick()
    at.ask(command("both", action="cancel", orders=("ice", "plain"))).tick()
    for name in ("ice", "plain", part(0)):
        assert at.told(name)[-1][1] is OrderState.CANCELLED
    assert [one.reason for one in at.of("both")] == [None, None]


def test_changing_it_changes_its_part_and_those_to_come() -> None:
    at = begun().ask(command("move", action="modify", orders=("ice",), quantity="6", price="98"))
    at.tick()
    replaced = at.of("ice")[2]
    assert (replaced.state, replaced.price, replaced.quantity) == (OrderState.OPEN, "98", "6")
    assert [(one.price, one.quantity) for one in at.of(part(0))[1:]] == [("99", "4"), ("98", "4")]
    assert at.told("move")[-1][1] is OrderState.DONE
    at.tick(trade("97", "1")).tick(trade("97", "1"))
    assert at.told("ice")[-1] == ("status", OrderState.FILLED, "6")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"orders": ("ice",), "trigger": "95"}, Reason.BAD_COMMAND),
        ({"orders": (part(0),), "price": "98"}, Reason.UNKNOWN_ORDER),
    ],
)
def test_what_cannot_be_changed_is_turned_away(fields: dict[str, Any], reason: Reason) -> None:
    at = begun().ask(command("change", action="modify", quantity="0", **fields)).tick()
    assert (at.of("change")[-1].state, at.of("change")[-1].reason) == (OrderState.REJECTED, reason)
    assert len(at.of(part(0))) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"type": OrderType.MARKET, "price": None},
        {"time_in_force": TimeInForce.IOC},
        {"type": OrderType.STOP_LIMIT, "trigger": "99"},
        {"style": Style(visible="0")},
        {"style": Style(visible="1", variance="1")},
    ],
)
def test_only_a_limit_order_that_waits_can_be_one(fields: dict[str, Any]) -> None:
    at = Play().ask(iceberg(**fields)).tick()
    (told,) = at.of("ice")
    assert (told.type, told.reason) == ("rejection", Reason.BAD_COMMAND)


def test_a_style_that_cannot_be_read_is_poison() -> None:
    cell: Cell[Any] = Cell.fresh(STAGE, "paper")
    feed(cell, record(0, 0, CALM))
    with pytest.raises(Poison):
        feed(cell, decided(0, 0, 0, iceberg(style=Style(visible="much"))))
    assert cell.state.living == {}


def test_a_first_part_that_is_refused_refuses_it() -> None:
    at = Play().ask(iceberg(price="101", post_only=True)).tick()
    (last,) = at.of("ice")[1:]
    assert (last.type, last.state, last.reason) == (
        "rejection", OrderState.REJECTED, Reason.WOULD_TAKE,
    )  # fmt: skip


@pytest.mark.parametrize(("after", "state"), [("14", OrderState.SENT), ("13", OrderState.REJECTED)])
def test_all_of_it_counts_when_another_order_is_sent(after: str, state: OrderState) -> None:
    """4 of the 10 are at the venue: an order of 4 more makes 14."""
    more = command("more", quantity="4", after=after)
    assert begun().ask(more).tick().of("more")[0].state is state
    filled = begun().tick(trade("99", "5")).tick().ask(more).tick()
    assert filled.of("more")[0].state is state


def test_what_is_hidden_of_a_cancelled_one_counts_no_longer() -> None:
    at = begun().ask(command("c", action="cancel", orders=("ice",)))
    at.ask(command("more", quantity="4", after="8"))
    assert at.tick().of("more")[0].state is OrderState.SENT


def test_a_part_that_trades_while_all_is_being_cancelled_is_the_last() -> None:
    at = begun().ask(command("stop it", action="cancel", orders=()))
    at.inputs.append(record(at.seq, at.now - STEP + MS, trade("99", "5")))
    at.seq += 1
    assert at.tick().tick().told("ice")[-1] == ("status", OrderState.CANCELLED, "4")
    assert at.of(part(1)) == []


def test_a_part_that_finds_no_book_is_sent_again_when_there_is_one() -> None:
    at = begun()
    for rows, book in (
        ((trade("99", "5"),), BookState.GAPPED), ((), BookState.GAPPED), ((CALM,), BookState.OK),
    ):  # fmt: skip
        at.inputs.append(record(at.seq, at.now, *rows, book=book))
        at.seq += 1
    assert [one.reason for one in at.of(part(1))] == [None, Reason.GAPPED_BOOK]
    assert at.tick().of(part(2))[-1].state is OrderState.OPEN


def test_later_parts_leave_protection_that_a_person_has_moved_where_it_is() -> None:
    at = begun(stop="90", target="120").tick(trade("99", "5"))
    at.ask(command("move", action="protect", stop="95", target="110")).tick()
    at.tick(trade("99", "9")).tick(trade("99", "9"))
    assert at.told("ice")[-1][2] == "10"
    prices = {
        one.role: (one.price, one.quantity)
        for one in statuses(at.given())
        if one.role and one.price
    }
    assert prices == {"stop": ("95", "10"), "target": ("110", "10")}
    parents = {entry.command.parent for entry in journal(at.given()) if entry.command.role}
    assert parents == {part(0)}


def test_a_reducing_iceberg_ends_with_the_position() -> None:
    at = Play().ask(command("open", quantity="2")).tick()
    at.ask(iceberg("out", "2", side="sell", reduce_only=True, price="103",
                   style=Style(visible="1"))).tick()  # fmt: skip
    at.ask(command("close", side="sell", quantity="2", reduce_only=True)).tick(CALM).tick()
    assert [one.reason for one in at.of("out")][-1] is Reason.POSITION_CLOSED
    assert at.told("out")[-1][1] is OrderState.CANCELLED


def test_parts_that_meet_the_book_at_once_go_on_within_the_same_pause() -> None:
    """A restart of the market's pace must not matter: parts are due between two records."""
    at = Play().tick(whole((("99", "1"),), (("101", "50"),)))
    at.ask(iceberg(price="101"))
    at.seq += 9
    at.inputs.append(record(2, at.now, trade("100", "1")))
    at.seq, at.order = 3, 1
    sent = [at.of(part(n))[0].event_time for n in range(3)]
    begin = STEP
    assert sent == [begin, begin + 5 * MS, begin + 10 * MS]
    assert [one.state for one in at.of("ice")][-1] is OrderState.FILLED
