"""Orders that wait for a trigger, where the venue has them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from executor.venues.venue import VenueError, VenueFill
from schemas.orders import OrderType
from schemas.refusals import Reason
from tests.contract.desk import Desk
from tests.contract.hearing import hearing


@pytest.fixture
async def long(desk: Desk) -> Desk:
    """A desk with a position."""
    desk.needs("stops")
    desk.needs("contracts")
    await desk.venue.place(desk.market())
    return desk


async def test_a_stop_waits(long: Desk) -> None:
    asked = long.stop("61000")
    placed = await long.venue.place(asked)
    assert (placed.state, placed.conditional, placed.trigger) == ("open", True, "61000")
    found = await long.venue.find(long.symbol, asked.name)
    assert found is not None
    assert (found.name, found.number) == (asked.name, placed.number)
    assert (found.state, found.conditional, found.type) == ("open", True, OrderType.STOP)
    assert (found.trigger, found.quantity, found.side) == ("61000", asked.quantity, "sell")
    assert found.reduce_only
    (resting,) = await long.venue.open_orders(long.symbol)
    assert (resting.number, resting.conditional) == (found.number, True)
    (everywhere,) = await long.venue.open_orders()
    assert everywhere.name == asked.name


async def test_a_stop_is_cancelled(long: Desk) -> None:
    asked = long.stop("61000")
    placed = await long.venue.place(asked)
    assert await long.venue.cancel([placed]) == [None]
    assert await long.venue.open_orders() == []
    (again,) = await long.venue.cancel([placed])
    assert again is not None
    assert (again.reason, again.unknown) == (Reason.UNKNOWN_ORDER, False)
    found = await long.venue.find(long.symbol, asked.name)
    assert found is None or found.state == "cancelled"


async def test_a_stop_and_a_resting_order_are_cancelled_together(long: Desk) -> None:
    stop = await long.venue.place(long.stop("61000"))
    resting = await long.resting()
    assert await long.venue.cancel([stop, resting]) == [None, None]
    assert await long.venue.open_orders() == []


async def test_a_stop_limit_has_both_prices(long: Desk) -> None:
    asked = long.stop("61000", price="60990")
    await long.venue.place(asked)
    found = await long.venue.find(long.symbol, asked.name)
    assert found is not None
    assert (found.type, found.trigger, found.price) == (OrderType.STOP_LIMIT, "61000", "60990")


@pytest.mark.parametrize(("role", "trigger"), [("stop", "61700"), ("target", "61699")])
async def test_what_is_met_closes_the_position_under_its_name(
    long: Desk, role: str, trigger: str
) -> None:
    """A stop falls to its trigger, a target rises to it."""
    if role == "target":
        long.needs("targets")
        long.trade("sell", "61699")
        trigger = "61700"
    asked = long.stop(trigger, role=role)
    async with hearing(long.venue) as ears:
        await ears.connections(1)
        await long.venue.place(asked)
        await ears.until(lambda: "open" in ears.states(asked.name))
        long.trade(*(("sell", "61699") if role == "stop" else ("buy", "61701")))
        await ears.until(lambda: ears.all(VenueFill))
        await ears.filled(asked.name)
    (fill,) = ears.all(VenueFill)
    found = await long.venue.find(long.symbol, asked.name)
    assert found is not None
    assert (found.name, found.state, found.filled) == (asked.name, "filled", asked.quantity)
    assert (fill.number, fill.side) == (found.number, "sell")
    assert fill.name in (asked.name, None)
    assert await long.venue.positions() == []
    assert await long.venue.open_orders() == []


async def test_an_entry_by_a_stop(desk: Desk) -> None:
    desk.needs("stops")
    desk.needs("contracts")
    desk.trade("sell", "61699")
    asked = desk.stop("61700", side="buy", reduce_only=False, role=None)
    await desk.venue.place(asked)
    assert await desk.venue.positions() == []
    desk.trade("buy", "61701")
    (position,) = await desk.venue.positions()
    assert Decimal(position.quantity) == Decimal(desk.lot)


async def test_a_stop_that_is_met_already_is_refused_or_closes_at_once(long: Desk) -> None:
    refused = await long.tried(long.stop("61800"))
    if refused is None:
        assert await long.venue.positions() == []
    else:
        assert not refused.unknown
        assert len(await long.venue.positions()) == 1


async def test_a_trigger_between_ticks_is_not_sent(long: Desk) -> None:
    with pytest.raises(VenueError) as raised:
        await long.venue.place(long.stop("61000.0001"))
    assert not raised.value.sent
