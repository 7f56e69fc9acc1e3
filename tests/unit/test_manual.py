"""People's requests through the orders stage: what each becomes, and that each is answered once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from engine.orders import OrdersStage
from engine.requests import LIFETIME, Asked, Wanted, told
from engine.risk import RiskLimits
from engine.stage import Cell
from schemas import names
from schemas.codec import encode
from schemas.commands import (
    Approve,
    CancelOrders,
    ControlState,
    Flatten,
    ModifyOrder,
    PlaceOrder,
    Protect,
    Reject,
)
from schemas.decisions import Verdict
from schemas.orders import Intent, OrderCommand, OrderDecision, OrderType, Style, TimeInForce
from schemas.refusals import Reason
from tests.recorded import long
from tests.unit.ordering import account, ask, held, outputs, restarted, state
from tests.unit.trading import (
    ACCOUNT,
    BTC,
    ETH,
    SECOND,
    Input,
    decision,
    feed,
    instrument,
    opening,
    worth,
)

SYMBOL = "BTC/USDT:USDT"
OKX = "okx:BTC/USDT:USDT"


def place(**fields: Any) -> PlaceOrder:
    given = {"venue": "binance", "symbol": SYMBOL, "side": "buy", "quantity": "1"}
    return PlaceOrder.model_validate(given | fields)


def limit(price: str = "99", **fields: Any) -> PlaceOrder:
    return place(type=OrderType.LIMIT, time_in_force=TimeInForce.GTC, price=price, **fields)


def requests(*commands: Wanted, seen: int = 0) -> Input:
    """The row after these requests, of which the last is new."""
    asked = [
        Asked(number=n, id=f"c{n}", seen=seen, by="ann", command=each)
        for n, each in enumerate(commands)
    ]
    row = ControlState(
        seq=len(asked) - 1, key=f"{ACCOUNT}:requests", account=ACCOUNT, setting="requests",
        value=told(asked), seen_time=seen,
    )  # fmt: skip
    return names.STATE, row


class Desk:
    """An account whose people ask one thing after the other, each met by one held decision."""

    def __init__(self, *inputs: Input, **fields: Any) -> None:
        self.cell: Cell[Any] = account(*inputs, **fields)
        self.asked: list[Wanted] = []
        self.seqs: dict[str, int] = {}

    def take(self, *inputs: Input) -> None:
        feed(self.cell, inputs)

    def say(self, *commands: Wanted) -> None:
        for command in commands:
            self.asked.append(command)
            self.take(requests(*self.asked))

    def meet(
        self, verdict: Verdict = Verdict.HOLD, key: str = BTC, **fields: Any
    ) -> list[OrderDecision]:
        """What one decision makes; the strategy's own record is the first."""
        seq = self.seqs[key] = self.seqs.get(key, -1) + 1
        made = [each.record for each in outputs(self.cell, verdict, seq, key=key, **fields)]
        return [each for each in made if isinstance(each, OrderDecision)]

    def told(self, *commands: Wanted, key: str = BTC, **fields: Any) -> list[OrderDecision]:
        """What is said to new requests."""
        self.say(*commands)
        first, *others = self.meet(key=key, **fields)
        assert first.outcome == "held"
        for each in others:
            assert (each.origin, each.account) == ("person", ACCOUNT)
        return others

    def done(self, *commands: Wanted, **fields: Any) -> list[OrderCommand]:
        """The commands that new requests become; all must be let go."""
        found = self.told(*commands, **fields)
        assert [each.outcome for each in found] == ["approved"] * len(found), found
        return [each.command for each in found if each.command is not None]

    def reasons(self, *commands: Wanted, **fields: Any) -> list[Reason | None]:
        """Why new requests are refused."""
        found = self.told(*commands, **fields)
        assert {each.outcome for each in found} <= {"refused"}
        return [each.reason for each in found]


def test_an_order_by_hand_opens_under_the_name_of_its_request() -> None:
    desk = Desk()
    (record,) = desk.told(place(stop="97", target="106"))
    command = record.command
    assert command is not None
    assert (record.request, record.strategy, record.outcome) == ("c0", "person", "approved")
    assert (command.intent, command.side, command.quantity) == (Intent.OPEN, "buy", "1.000")
    assert (command.stop, command.target) == ("97", "106")
    assert {"risk", "symbol_cap", "notional"} <= {check.name for check in record.checks}
    assert (names.STATE, f"{ACCOUNT}:requests", 0) in {
        (read.topic, read.key, read.seq) for read in record.reads
    }
    assert desk.meet()[1:] == []


def test_the_gate_is_the_same_for_people() -> None:
    assert Desk(state("stopped", "true")).reasons(place()) == [Reason.HALTED]
    assert Desk().reasons(limit("10")) == [Reason.PRICE_FAR]
    (command,) = Desk().done(place(quantity="500"))
    assert command.quantity == "10.000"


def test_in_semi_automatic_mode_people_wait_for_nobody() -> None:
    (record,) = Desk(state("mode", "semi_automatic")).told(place())
    assert record.outcome == "approved"


@pytest.mark.parametrize(
    ("quantity", "fields", "intent", "left"),
    [
        ("2", {"side": "sell", "quantity": "0.5"}, Intent.REDUCE, "0.500"),
        ("2", {"side": "sell", "quantity": "5"}, Intent.CLOSE, "2"),
        ("-2", {"side": "buy", "quantity": "2", "reduce_only": True}, Intent.CLOSE, "2"),
        ("2", {"quantity": "1"}, Intent.ADD, "1.000"),
    ],
)
def test_an_order_is_for_what_the_position_makes_it(
    quantity: str, fields: dict[str, Any], intent: Intent, left: str
) -> None:
    (command,) = Desk(held(quantity)).done(place(**fields))
    assert (command.intent, command.quantity, command.strategy) == (intent, left, "main")


def test_what_would_only_reduce_needs_a_position() -> None:
    assert Desk().reasons(place(side="sell", reduce_only=True)) == [Reason.NO_POSITION]


def test_two_requests_at_once_are_two_commands() -> None:
    first, second = Desk().done(limit("99"), limit("98"))
    assert first.client_order_id != second.client_order_id


def test_one_request_has_other_ids_in_other_markets() -> None:
    desk = Desk(held("1"), held("1", key=ETH))
    (btc,) = desk.done(Flatten(why=""))
    (eth,) = desk.done(key=ETH)
    assert (btc.symbol, eth.symbol) == (SYMBOL, "ETH/USDT:USDT")
    assert btc.client_order_id != eth.client_order_id


def test_what_is_late_or_senseless_is_refused_with_the_reason() -> None:
    desk = Desk()
    desk.say(place(), place(quantity="none"))
    _, late, bad = desk.meet(seen_time=LIFETIME + 1)
    assert (late.reason, bad.reason) == (Reason.EXPIRED, Reason.BAD_COMMAND)
    assert bad.checks[0].value == "quantity 'none' is no positive number in plain digits"
    assert desk.meet()[1:] == []


def test_a_row_is_read_once_by_markets_that_it_does_not_concern() -> None:
    desk = Desk()
    assert desk.told(place(symbol="ETH/USDT:USDT")) == []
    assert desk.cell.state.handled == {BTC: 0}
    assert len(desk.told(key=ETH)) == 1


def test_people_come_before_the_strategy() -> None:
    desk = Desk()
    desk.say(place())
    strategy, person = desk.meet(Verdict.LONG)
    assert (strategy.reason, person.outcome) == (Reason.ORDER_PENDING, "approved")


def resting(desk: Desk, **fields: Any) -> str:
    (command,) = desk.done(limit(**fields))
    return command.client_order_id


def test_a_resting_order_is_changed_and_keeps_what_is_not_named() -> None:
    desk = Desk()
    name = resting(desk, quantity="2", stop="90")
    (command,) = desk.done(ModifyOrder(client_order_id=name, symbol=SYMBOL, price="98"))
    assert (command.action, command.orders, command.price) == ("modify", (name,), "98")
    assert (command.quantity, command.side) == ("2.000", "buy")
    (command,) = desk.done(ModifyOrder(client_order_id=name, symbol=SYMBOL, quantity="3"))
    assert (command.quantity, command.price) == ("3.000", "98")
    assert len(desk.cell.state.pending) == 1


def test_an_order_that_shows_a_part_of_itself_keeps_doing_so() -> None:
    desk = Desk()
    (order,) = desk.done(limit(visible="0.3", variance="0.2"))
    assert order.quantity == "1.000"
    assert order.style == Style(visible="0.300", variance="0.2", lot="0.001")
    changed = ModifyOrder(client_order_id=order.client_order_id, symbol=SYMBOL, price="98")
    assert desk.done(changed)[0].style == order.style


def test_a_change_passes_the_gate() -> None:
    desk = Desk()
    name = resting(desk)
    change = ModifyOrder(client_order_id=name, symbol=SYMBOL, price="130")
    assert desk.reasons(change) == [Reason.PRICE_FAR]
    (command,) = desk.done(change.model_copy(update={"price": "99", "quantity": "900"}))
    assert command.quantity == "10.101"


def test_an_order_that_nobody_knows_is_neither_changed_nor_cancelled() -> None:
    desk = Desk()
    assert desk.reasons(
        ModifyOrder(client_order_id="tlx", symbol=SYMBOL, price="9"),
        CancelOrders(client_order_ids=("tlx",), symbol=SYMBOL),
        CancelOrders(symbol=SYMBOL),
        Approve(client_order_id="tlx", symbol=SYMBOL),
        Reject(client_order_id="tlx", symbol=SYMBOL),
    ) == [Reason.UNKNOWN_ORDER] * 5  # fmt: skip


def test_orders_are_cancelled_by_name_or_all() -> None:
    desk = Desk()
    first, second, third = (resting(desk, price=price) for price in ("99", "98", "97"))
    (command,) = desk.done(CancelOrders(symbol=SYMBOL, client_order_ids=(second,)))
    assert (command.action, command.orders, command.quantity) == ("cancel", (second,), "0")
    (command,) = desk.done(CancelOrders())
    assert command.orders == (first, second, third)


def test_an_order_of_the_venue_is_cancelled_by_name_only() -> None:
    desk = Desk(held("1", open_orders=("tlstop",)))
    assert desk.reasons(CancelOrders(symbol=SYMBOL)) == [Reason.UNKNOWN_ORDER]
    (command,) = desk.done(CancelOrders(symbol=SYMBOL, client_order_ids=("tlstop",)))
    assert command.orders == ("tlstop",)


def test_protection_moves_with_a_position_only() -> None:
    (command,) = Desk(held("1")).done(Protect(symbol=SYMBOL, stop="95"))
    assert (command.action, command.side, command.stop, command.target) == (
        "protect", "sell", "95", None,
    )  # fmt: skip
    assert Desk().reasons(Protect(symbol=SYMBOL, stop="95")) == [Reason.NO_POSITION]
    assert Desk(held("1")).reasons(Protect(symbol=SYMBOL, stop="105")) == [Reason.STOP_REVERSED]


def waiting(*inputs: Input) -> tuple[Desk, OrderDecision]:
    """A desk whose strategy asks, and waits for a person's word."""
    desk = Desk(state("mode", "semi_automatic"), *inputs)
    (record,) = desk.meet(Verdict.LONG)
    assert (record.outcome, record.origin) == ("awaiting", "strategy")
    return desk, record


def word(record: OrderDecision, kind: type[Approve] | type[Reject] = Approve) -> Wanted:
    assert record.command is not None
    return kind(client_order_id=record.command.client_order_id, symbol=SYMBOL)


def test_an_approval_lets_go_what_waited_judged_anew() -> None:
    desk, before = waiting()
    desk.take((names.PORTFOLIO, worth(1, "500")))
    (command,) = desk.done(word(before), seen_time=60 * SECOND)
    assert before.command is not None
    assert command.client_order_id == before.command.client_order_id
    assert command.strategy == "main"
    assert command.quantity == "3.333"
    assert before.command.quantity == "10.000"
    assert command.expires == 60 * SECOND + RiskLimits().order_lifetime
    assert desk.reasons(word(before)) == [Reason.DUPLICATE]


def test_in_manual_mode_people_s_orders_go_and_strategies_do_not() -> None:
    desk = Desk(state("mode", "manual"))
    (refused,) = desk.meet(Verdict.LONG)
    assert (refused.outcome, refused.reason) == ("refused", Reason.MANUAL_MODE)
    (command,) = desk.done(place())
    assert command.client_order_id
    (close,) = Desk(state("mode", "manual"), held("2")).told(Flatten(why="out"))
    assert close.outcome == "approved"


def test_what_waited_when_the_mode_became_manual_still_goes_with_a_person_s_word() -> None:
    desk, before = waiting()
    desk.take(state("mode", "manual", 1))
    (command,) = desk.done(word(before), seen_time=60 * SECOND)
    assert before.command is not None
    assert command.client_order_id == before.command.client_order_id


def test_an_approval_that_comes_too_late_lets_nothing_go() -> None:
    desk, before = waiting()
    desk.say(word(before))
    _, lapsed, answer = desk.meet(seen_time=301 * SECOND)
    assert (lapsed.reason, lapsed.command) == (Reason.EXPIRED, before.command)
    assert (answer.outcome, answer.origin, answer.command) == ("refused", "person", None)


def test_an_approved_close_closes_what_there_is_by_now() -> None:
    desk = Desk(state("mode", "semi_automatic"), held("2"))
    (before,) = desk.meet(Verdict.EXIT)
    desk.take(held("3", 1))
    (command,) = desk.done(word(before))
    assert (command.intent, command.quantity) == (Intent.CLOSE, "3")


def test_an_approval_is_no_way_around_a_halt() -> None:
    desk, before = waiting()
    desk.take(state("stopped", "true"))
    assert desk.reasons(word(before)) == [Reason.HALTED]
    assert desk.reasons(word(before)) == [Reason.UNKNOWN_ORDER]


def test_an_approval_of_an_entry_into_a_position_that_has_come_meanwhile_is_refused() -> None:
    for quantity in ("1", "-1"):
        desk, before = waiting()
        desk.take(held(quantity))
        assert desk.reasons(word(before)) == [Reason.POSITION_CHANGED]


def test_a_rejected_command_waits_no_longer() -> None:
    desk, before = waiting()
    (record,) = desk.told(word(before, Reject))
    assert (record.reason, record.request) == (Reason.DECLINED, "c0")
    assert desk.reasons(word(before)) == [Reason.UNKNOWN_ORDER]
    assert desk.meet(Verdict.LONG)[0].outcome == "awaiting"


def test_cancelling_all_declines_what_waits() -> None:
    desk, _ = waiting()
    assert desk.reasons(CancelOrders()) == [Reason.DECLINED]
    assert desk.cell.state.awaiting == {}


def test_flatten_cancels_and_closes_all() -> None:
    desk = Desk(held("2"))
    name = resting(desk, side="sell", price="104", quantity="1")
    cancel, close = desk.done(Flatten(why="out"))
    assert (cancel.action, cancel.orders) == ("cancel", (name,))
    assert (close.intent, close.side, close.quantity, close.reduce_only) == (
        Intent.CLOSE, "sell", "2", True,
    )  # fmt: skip
    assert cancel.client_order_id != close.client_order_id


def test_flatten_waits_for_nobody_s_word() -> None:
    desk = Desk(state("mode", "semi_automatic"), held("2"))
    assert desk.meet(Verdict.EXIT)[0].outcome == "awaiting"
    declined, close = desk.told(Flatten(why="out"))
    assert declined.reason is Reason.DECLINED
    assert close.command is not None
    assert (close.outcome, close.command.quantity) == ("approved", "2")


def test_flatten_of_a_flat_symbol_is_said_and_of_a_flat_account_is_not() -> None:
    assert Desk().reasons(Flatten(symbol=SYMBOL, why="")) == [Reason.NO_POSITION]
    assert Desk().told(Flatten(why="")) == []


def test_flatten_waits_until_an_order_on_its_way_is_known() -> None:
    desk = Desk()
    (order,) = desk.done(place())
    assert desk.told(Flatten(why="out"), place(side="sell")) == []
    desk.take(held("1", last_order=order.client_order_id))
    close, after = desk.told()
    assert close.command is not None
    assert (close.command.intent, close.request) == (Intent.CLOSE, "c1")
    assert (after.reason, after.request) == (Reason.ORDER_PENDING, "c2")


def test_a_flatten_that_waited_too_long_is_told() -> None:
    desk = Desk()
    desk.done(place())
    assert desk.told(Flatten(why="out")) == []
    _, late = desk.meet(seen_time=LIFETIME + 1)
    assert late.reason is Reason.EXPIRED


def two_venues(*inputs: Input) -> Desk:
    return Desk((names.INSTRUMENTS, instrument(OKX)), *inputs)


def test_what_no_venue_knows_is_said_once() -> None:
    desk = two_venues()
    asked: list[Wanted] = [
        Reject(client_order_id="tlx", symbol=SYMBOL),
        Protect(symbol=SYMBOL, stop="95"),
    ]
    assert desk.reasons(*asked) == [Reason.UNKNOWN_ORDER, Reason.NO_POSITION]
    assert desk.told(key=OKX) == []


def test_a_venue_leaves_to_another_what_is_there() -> None:
    desk = two_venues()
    desk.say(limit(venue="okx"))
    assert desk.told() == []
    (order,) = desk.done(key=OKX)
    name = order.client_order_id
    assert desk.told(ModifyOrder(client_order_id=name, symbol=SYMBOL, price="98")) == []
    (change,) = desk.done(key=OKX)
    assert (change.venue, change.orders) == ("okx", (name,))
    desk.take(held("1", key=OKX))
    assert desk.told(Protect(symbol=SYMBOL, stop="95"), Flatten(symbol=SYMBOL, why="")) == []
    protect, cancel, close = desk.done(key=OKX)
    assert [protect.action, cancel.action, close.action] == ["protect", "cancel", "place"]


def test_what_was_left_to_a_venue_is_said_there_when_it_is_gone() -> None:
    desk = two_venues(held("1"))
    assert desk.told(Protect(symbol=SYMBOL, stop="95"), key=OKX) == []
    desk.take(held("0", 1))
    (record,) = desk.told()
    assert (record.reason, record.request) == (Reason.NO_POSITION, "c0")


AMOUNTS = st.sampled_from(["1", "0.5", "300", "none"])
PRICES = st.none() | st.sampled_from(["99", "98.5", "101", "50"])
IDS = st.integers(0, 3)


def wanted() -> SearchStrategy[Any]:
    """A request, in which an id is the place of an order among those known."""
    side = st.sampled_from(["buy", "sell"])
    venue = st.sampled_from(["binance", "okx"])
    return st.one_of(
        st.builds(place, side=side, quantity=AMOUNTS, venue=venue, reduce_only=st.booleans()),
        st.builds(limit, st.sampled_from(["99", "98.5"]), side=side, venue=venue),
        st.builds(ModifyOrder, client_order_id=IDS.map(str), symbol=st.just(SYMBOL), price=PRICES),
        st.builds(Protect, symbol=st.just(SYMBOL), stop=PRICES, target=PRICES),
        st.builds(CancelOrders, symbol=st.none() | st.just(SYMBOL)),
        st.builds(Approve, client_order_id=IDS.map(str), symbol=st.just(SYMBOL)),
        st.builds(Reject, client_order_id=IDS.map(str), symbol=st.just(SYMBOL)),
        st.builds(Flatten, symbol=st.none() | st.just(SYMBOL), why=st.just("")),
    )


def known(cell: Cell[Any], command: Wanted) -> Wanted:
    """The request with the id of an order that there is, where there are that many."""
    if not isinstance(command, ModifyOrder | Approve | Reject):
        return command
    ids = [*cell.state.awaiting, *cell.state.pending]
    at = int(command.client_order_id)
    return command.model_copy(update={"client_order_id": ids[at] if at < len(ids) else "tlx"})


@settings(max_examples=long(120, 40), deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(wanted(), max_size=3),
            st.sampled_from([BTC, OKX]),
            st.sampled_from([Verdict.LONG, Verdict.SHORT, Verdict.HOLD, Verdict.EXIT]),
            st.none() | st.sampled_from(["1", "0", "-2"]),
            st.booleans(),
        ),
        max_size=12,
    ),
    st.sampled_from(["semi_automatic", "manual", "paper"]),
)
def test_each_request_is_answered_and_a_restart_changes_no_byte(
    steps: list[tuple[Sequence[Wanted], str, Verdict, str | None, bool]], mode: str
) -> None:
    desk = two_venues(state("mode", mode))
    torn: Cell[Any] = Cell.fresh(desk.cell.stage, ACCOUNT)
    shadow: list[Input] = [*opening(), (names.INSTRUMENTS, instrument(OKX)), state("mode", mode)]
    feed(torn, shadow)
    answered: dict[str | None, int] = {}
    ids: list[str] = []
    for n, (commands, key, verdict, quantity, restart) in enumerate(steps):
        inputs = [held(quantity, n)] if quantity is not None else []
        desk.asked += [known(desk.cell, each) for each in commands]
        inputs += [requests(*desk.asked)] if desk.asked else []
        torn = restarted(torn) if restart else torn
        seq = desk.seqs[key] = desk.seqs.get(key, -1) + 1
        inputs.append((names.DECISIONS, decision(seq, verdict, key, seen_time=n * SECOND)))
        made, again = feed(desk.cell, inputs), feed(torn, inputs)
        assert [encode(each.record) for each in again] == [encode(each.record) for each in made]
        for each in made:
            if isinstance(each.record, OrderDecision) and each.record.origin == "person":
                answered[each.record.request] = answered.get(each.record.request, 0) + 1
                if each.record.outcome == "approved" and each.record.command is not None:
                    ids.append(each.record.command.client_order_id)
    assert len(set(ids)) == len(ids)
    handled = desk.cell.state.handled
    for n, command in enumerate(desk.asked):
        concerned = [BTC, OKX]
        if isinstance(command, PlaceOrder):
            concerned = [BTC if command.venue == "binance" else OKX]
        if all(handled.get(each, -1) >= n for each in concerned):
            silent = isinstance(command, CancelOrders | Flatten) and command.symbol is None
            assert silent or answered.get(f"c{n}"), command


def test_a_state_of_the_time_before_requests_still_loads() -> None:
    stage = OrdersStage((ACCOUNT,), RiskLimits())
    assert stage.load({"account": ACCOUNT, "pending": {}}).handled == {}
    assert ask(account(), Verdict.LONG).outcome == "approved"
