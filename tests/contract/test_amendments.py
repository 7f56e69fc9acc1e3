"""Changing an order that rests."""

from __future__ import annotations

from decimal import Decimal

import pytest

from executor.venues.venue import Change, VenueError
from schemas.refusals import Reason
from tests.contract.desk import Desk


async def test_an_amended_order_has_its_new_price_and_quantity(desk: Desk) -> None:
    desk.needs("amend")
    resting = await desk.resting()
    more = str(2 * Decimal(desk.lot))
    changed = await desk.venue.amend(Change(desk.name(), resting, quantity=more, price="61010"))
    found = await desk.venue.find(desk.symbol, changed.name or "")
    assert found is not None
    assert (found.state, found.quantity, found.price) == ("open", more, "61010")
    assert (changed.number, changed.quantity, changed.price) == (found.number, more, "61010")
    assert [each.number for each in await desk.venue.open_orders()] == [found.number]


async def test_what_is_not_named_stays(desk: Desk) -> None:
    desk.needs("amend")
    resting = await desk.resting()
    changed = await desk.venue.amend(Change(desk.name(), resting, price="61010"))
    found = await desk.venue.find(desk.symbol, changed.name or "")
    assert found is not None
    assert (found.quantity, found.price) == (resting.quantity, "61010")


async def test_an_order_that_is_gone_is_not_amended(desk: Desk) -> None:
    desk.needs("amend")
    resting = await desk.resting()
    assert await desk.venue.cancel([resting]) == [None]
    with pytest.raises(VenueError) as raised:
        await desk.venue.amend(Change(desk.name(), resting, price="61010"))
    assert not raised.value.unknown
    assert await desk.venue.open_orders() == []


async def test_a_change_between_steps_is_not_sent(desk: Desk) -> None:
    resting = await desk.resting()
    before = list(desk.calls)
    with pytest.raises(VenueError) as raised:
        await desk.venue.amend(Change(desk.name(), resting, price="61010.0001"))
    assert (raised.value.sent, raised.value.unknown) == (False, False)
    assert raised.value.reason in (Reason.VENUE_REFUSED, Reason.UNSUPPORTED)
    assert desk.calls == before
