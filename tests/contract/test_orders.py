"""Placing, finding, cancelling: what every venue does alike."""

from __future__ import annotations

from decimal import Decimal

import pytest

from executor.venues.venue import VenueError
from schemas.orders import OrderType, TimeInForce
from schemas.refusals import Reason
from tests.contract.desk import Desk


async def test_a_limit_order_rests_under_our_name(desk: Desk) -> None:
    asked = desk.limit()
    placed = await desk.venue.place(asked)
    found = await desk.venue.find(desk.symbol, asked.name)
    assert found is not None
    assert (placed.name, placed.number) == (asked.name, found.number)
    assert (found.name, found.state, found.side) == (asked.name, "open", "buy")
    assert (found.quantity, found.price, found.filled) == (asked.quantity, "61000", "0")
    assert (found.type, found.time_in_force) == (OrderType.LIMIT, TimeInForce.GTC)
    assert [each.number for each in await desk.venue.open_orders(desk.symbol)] == [found.number]
    assert [each.name for each in await desk.venue.open_orders()] == [asked.name]


async def test_a_market_order_fills(desk: Desk) -> None:
    asked = desk.market()
    await desk.venue.place(asked)
    found = await desk.venue.find(desk.symbol, asked.name)
    assert found is not None
    assert (found.state, found.filled, found.average) == ("filled", asked.quantity, "61701")
    (fill,) = await desk.venue.fills(desk.symbol, desk.since)
    assert (fill.number, fill.side, fill.price) == (found.number, "buy", "61701")
    assert (fill.quantity, fill.liquidity) == (asked.quantity, "taker")
    assert fill.currency in ("USDT", "BTC")
    assert Decimal(fill.fee) > 0
    assert await desk.venue.fills(desk.symbol, fill.at + 1) == []


async def test_a_cancelled_order_is_gone(desk: Desk) -> None:
    resting = await desk.resting()
    assert await desk.venue.cancel([resting]) == [None]
    found = await desk.venue.find(desk.symbol, resting.name or "")
    assert found is not None
    assert found.state == "cancelled"
    assert await desk.venue.open_orders(desk.symbol) == []


async def test_several_are_cancelled_and_each_has_its_answer(desk: Desk) -> None:
    orders = [await desk.resting(price=price) for price in ("61000", "61001", "61002")]
    assert await desk.venue.cancel([orders[1]]) == [None]
    first, second, third = await desk.venue.cancel(orders)
    assert (first, third) == (None, None)
    assert second is not None
    assert (second.reason, second.unknown) == (Reason.UNKNOWN_ORDER, False)
    assert await desk.venue.open_orders(desk.symbol) == []


async def test_an_order_that_was_never_there_is_not_found(desk: Desk) -> None:
    assert await desk.venue.find(desk.symbol, desk.name()) is None


async def test_a_name_is_taken_while_its_order_is_open(desk: Desk) -> None:
    resting = await desk.resting()
    with pytest.raises(VenueError) as raised:
        await desk.venue.place(desk.limit(name=resting.name))
    assert raised.value.reason is Reason.DUPLICATE
    assert not raised.value.unknown
    assert len(await desk.venue.open_orders(desk.symbol)) == 1


@pytest.mark.parametrize("force", [TimeInForce.IOC, TimeInForce.FOK])
async def test_what_cannot_fill_at_once_does_not_rest(desk: Desk, force: TimeInForce) -> None:
    refused = await desk.tried(desk.limit(time_in_force=force))
    if refused is not None:
        assert (refused.reason, refused.unknown) == (Reason.NO_LIQUIDITY, False)
    assert await desk.venue.open_orders(desk.symbol) == []
    assert await desk.venue.fills(desk.symbol, desk.since) == []


async def test_an_immediate_order_fills(desk: Desk) -> None:
    asked = desk.limit("61701", time_in_force=TimeInForce.IOC)
    await desk.venue.place(asked)
    found = await desk.venue.find(desk.symbol, asked.name)
    assert found is not None
    assert (found.state, found.time_in_force) == ("filled", TimeInForce.IOC)


async def test_a_post_only_order_never_takes(desk: Desk) -> None:
    resting = await desk.resting(post_only=True)
    assert resting.state == "open"
    refused = await desk.tried(desk.limit("61701", post_only=True))
    if refused is not None:
        assert (refused.reason, refused.unknown) == (Reason.WOULD_TAKE, False)
    assert await desk.venue.fills(desk.symbol, desk.since) == []
    assert [each.number for each in await desk.venue.open_orders()] == [resting.number]


@pytest.mark.parametrize(
    ("quantity", "price", "reason"),
    [
        ("0.0100001", "61000", Reason.BELOW_LOT),
        ("0.01", "61000.001", Reason.VENUE_REFUSED),
    ],
)
async def test_an_order_between_steps_is_refused_and_not_resized(
    desk: Desk, quantity: str, price: str, reason: Reason
) -> None:
    with pytest.raises(VenueError) as raised:
        await desk.venue.place(desk.limit(price, quantity=quantity))
    assert (raised.value.reason, raised.value.sent) == (reason, False)
    assert not [each for each in desk.calls if each.startswith("wrote")]


async def test_too_much_for_the_account_is_refused(desk: Desk) -> None:
    with pytest.raises(VenueError) as raised:
        await desk.venue.place(desk.limit(quantity="900"))
    assert not raised.value.unknown
    assert raised.value.reason is not None


async def test_a_market_that_the_venue_has_not(desk: Desk) -> None:
    asked = desk.limit()
    stranger = type(asked)(
        asked.name, "NONE/USDT", asked.side, asked.type, asked.time_in_force, "1", "1"
    )
    with pytest.raises(VenueError) as raised:
        await desk.venue.place(stranger)
    assert (raised.value.reason, raised.value.sent) == (Reason.NO_INSTRUMENT, False)
