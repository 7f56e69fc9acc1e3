"""Which of people's requests are due on a market, and which make no sense."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from engine.requests import LIFETIME, Asked, Wanted, due, fault, told
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
from schemas.orders import OrderType, TimeInForce
from schemas.refusals import Reason

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
SEEN = 1_000 * 10**9


def place(**fields: Any) -> PlaceOrder:
    given = {"venue": "binance", "symbol": BTC, "side": "buy", "quantity": "0.5"}
    return PlaceOrder.model_validate(given | fields)


def row(*commands: Wanted, seen_time: int = SEEN) -> ControlState:
    asked = [
        Asked(number=n, id=f"c{n}", seen=SEEN, by="ann", command=each)
        for n, each in enumerate(commands)
    ]
    return of_text(told(asked), len(commands) - 1, seen_time)


def of_text(text: str, seq: int = 0, seen_time: int = SEEN) -> ControlState:
    return ControlState(
        key="paper:requests", seq=seq, account="paper", setting="requests", value=text,
        seen_time=seen_time,
    )  # fmt: skip


def numbers(commands: list[Wanted], symbol: str = BTC, venue: str = "binance") -> list[int]:
    return [each.number for each in due(-1, row(*commands), symbol, venue, 0)]


EVERYWHERE: list[Wanted] = [CancelOrders(), Flatten(why="out")]
OF_SYMBOL: list[Wanted] = [
    Approve(client_order_id="tl1", symbol=BTC),
    Reject(client_order_id="tl1", symbol=BTC),
    ModifyOrder(client_order_id="tl1", symbol=BTC, price="9"),
    Protect(symbol=BTC, stop="9"),
    CancelOrders(symbol=BTC),
    Flatten(symbol=BTC, why="out"),
]


def test_nothing_is_due_without_a_row() -> None:
    assert due(-1, None, BTC, "binance", 0) == []


def test_an_order_concerns_its_venue_and_symbol() -> None:
    asked: list[Wanted] = [place(), place(symbol=ETH), place(venue="okx")]
    assert numbers(asked) == [0]
    assert numbers(asked, ETH) == [1]
    assert numbers(asked, BTC, "okx") == [2]


def test_all_else_concerns_its_symbol_or_every_market() -> None:
    asked = [*OF_SYMBOL, *EVERYWHERE]
    assert numbers(asked) == list(range(8))
    assert numbers(asked, venue="okx") == list(range(8))
    assert numbers(asked, ETH) == [6, 7]


def test_what_was_handled_is_not_due_again() -> None:
    asked = row(place(), place(side="sell"), place(quantity="2"))
    (last,) = due(1, asked, BTC, "binance", 0)
    assert (last.number, last.id, last.by, last.seen) == (2, "c2", "ann", SEEN)
    assert last.command == place(quantity="2")
    assert (last.reason, last.why) == (None, "")
    assert due(2, asked, BTC, "binance", 0) == []


def test_a_request_expires_by_the_market_s_time() -> None:
    asked = row(place())
    assert due(-1, asked, BTC, "binance", SEEN + LIFETIME)[0].reason is None
    (late,) = due(-1, asked, BTC, "binance", SEEN + LIFETIME + 1)
    assert (late.reason, late.command) == (Reason.EXPIRED, place())


def test_a_recording_of_the_past_expires_none() -> None:
    assert due(-1, row(place()), BTC, "binance", 1)[0].reason is None


def test_a_request_expires_too_when_later_ones_are_that_much_later() -> None:
    asked = row(place(), seen_time=SEEN + LIFETIME + 1)
    assert due(-1, asked, BTC, "binance", 1)[0].reason is Reason.EXPIRED


@pytest.mark.parametrize("text", ["", "{", "{}", "1"])
def test_a_row_that_is_no_list_is_told_once(text: str) -> None:
    broken = of_text(text, seq=4)
    (only,) = due(3, broken, BTC, "binance", 0)
    assert (only.number, only.command, only.reason) == (4, None, Reason.BAD_COMMAND)
    assert due(4, broken, BTC, "binance", 0) == []


def test_a_request_that_cannot_be_understood_is_told_with_what_is_known() -> None:
    raw = orjson.loads(row(place(), place()).value)
    raw[0]["command"]["side"] = "up"
    text = orjson.dumps([*raw, 7]).decode()
    bad, good, nothing = due(-1, of_text(text, seq=2), BTC, "binance", 0)
    assert (bad.number, bad.id, bad.command, bad.reason) == (0, "c0", None, Reason.BAD_COMMAND)
    assert "side" in bad.why
    assert (good.number, good.reason) == (1, None)
    assert (nothing.number, nothing.reason) == (2, Reason.BAD_COMMAND)
    assert [each.number for each in due(-1, of_text(text, seq=2), ETH, "binance", 0)] == [2]


def test_a_request_that_makes_no_sense_is_refused_with_its_command() -> None:
    (bad,) = due(-1, row(place(quantity="-1")), BTC, "binance", SEEN + LIFETIME + 1)
    assert (bad.reason, bad.command) == (Reason.BAD_COMMAND, place(quantity="-1"))
    assert bad.why == "quantity '-1' is no positive number in plain digits"


@pytest.mark.parametrize("text", ["0", "0.00", "-1", "1e3", "nan", "", ".5", "1.", "1" * 21, "١"])
def test_amounts_are_positive_numbers_in_plain_digits(text: str) -> None:
    assert "quantity" in fault(place(quantity=text))
    assert "stop" in fault(Protect(symbol=BTC, stop=text))


@pytest.mark.parametrize(
    ("type_", "fields", "why"),
    [
        (OrderType.MARKET, {}, ""),
        (OrderType.MARKET, {"price": "1"}, "an order of type market has no price"),
        (OrderType.LIMIT, {"price": "1", "post_only": True}, ""),
        (OrderType.LIMIT, {}, "an order of type limit needs a price"),
        (OrderType.STOP, {"trigger": "1"}, ""),
        (OrderType.STOP, {}, "an order of type stop needs a trigger"),
        (OrderType.STOP_LIMIT, {"trigger": "1", "price": "1"}, ""),
        (OrderType.STOP_LIMIT, {"trigger": "1"}, "an order of type stop_limit needs a price"),
        (OrderType.MARKET, {"post_only": True}, "an order of type market cannot be post-only"),
    ],
)
def test_an_order_has_the_prices_that_its_type_asks_for(
    type_: OrderType, fields: dict[str, Any], why: str
) -> None:
    assert fault(place(type=type_, **fields)) == why


ICEBERG = {
    "type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC, "price": "9", "quantity": "10",
    "visible": "1",
}  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, ""),
        ({"variance": "0.5"}, ""),
        ({"visible": "10"}, ""),
        ({"visible": "0.1"}, ""),
        ({"visible": "0.09"}, "visible 0.09 is not from a 100th of the quantity to all of it"),
        ({"visible": "11"}, "visible 11 is not from a 100th of the quantity to all of it"),
        ({"visible": "0"}, "visible '0' is no positive number in plain digits"),
        ({"variance": "1"}, "variance '1' is no share from 0 to below 1"),
        ({"variance": "-0.1"}, "variance '-0.1' is no share from 0 to below 1"),
        (
            {"time_in_force": TimeInForce.IOC},
            "only a limit order that is good till cancelled can be visible in part",
        ),
        (
            {"type": OrderType.MARKET, "price": None},
            "only a limit order that is good till cancelled can be visible in part",
        ),
    ],
)
def test_an_order_may_be_visible_in_part(fields: dict[str, Any], why: str) -> None:
    assert fault(place(**{**ICEBERG, **fields})) == why


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (place(venue=""), "its venue is empty"),
        (Flatten(symbol="", why=""), "its symbol is empty"),
        (Approve(client_order_id="", symbol=BTC), "its client_order_id is empty"),
        (
            ModifyOrder(client_order_id="tl1", symbol=BTC),
            "neither quantity nor price nor trigger is given",
        ),
        (Protect(symbol=BTC), "neither stop nor target nor trailing nor lasts is given"),
        (CancelOrders(client_order_ids=("tl1",)), "orders are named without their symbol"),
    ],
)
def test_what_is_missing_is_named(command: Wanted, why: str) -> None:
    assert fault(command) == why


@pytest.mark.parametrize("command", [place(), *OF_SYMBOL, *EVERYWHERE])
def test_what_is_whole_has_no_fault(command: Wanted) -> None:
    assert fault(command) == ""
