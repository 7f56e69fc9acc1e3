"""The private stream: each update once, Connected before anything of a connection, no end."""

from __future__ import annotations

from decimal import Decimal

from executor.venues.venue import Connected, VenueFill, VenueOrder, VenuePosition
from tests.contract.desk import Desk
from tests.contract.hearing import hearing


async def test_an_order_is_told_as_it_goes(desk: Desk) -> None:
    async with hearing(desk.venue) as ears:
        await ears.connections(1)
        resting = await desk.resting()
        await ears.until(lambda: ears.states(resting.name or "") == ["open"])
        await desk.venue.cancel([resting])
        await ears.until(lambda: ears.states(resting.name or "") == ["open", "cancelled"])
    assert isinstance(ears.told[0], Connected)
    assert len(ears.all(Connected)) == 1
    first = ears.all(VenueOrder)[0]
    assert (first.number, first.symbol) == (resting.number, desk.symbol)
    assert (first.side, first.quantity) == (resting.side, resting.quantity)
    assert (first.price, first.type) == (resting.price, resting.type)
    assert first.at is not None


async def test_every_fill_is_told_once(desk: Desk) -> None:
    """One order that takes three levels, and two that follow at once."""
    desk.enrich()
    await desk.venue.prepare(desk.symbol, "20", "cross")
    for price in ("61702", "61703"):
        desk.other("sell", price)
    big = str(2 * Decimal(desk.depth) + Decimal(desk.lot))
    async with hearing(desk.venue) as ears:
        await ears.connections(1)
        for quantity in (big, desk.lot, desk.lot):
            await desk.venue.place(desk.market(quantity=quantity))
        asked = await desk.venue.fills(desk.symbol, desk.since)
        await ears.until(lambda: len(ears.all(VenueFill)) >= len(asked))
        await ears.until(lambda: len([o for o in ears.all(VenueOrder) if o.state == "filled"]) == 3)
    assert len(asked) >= 4
    told = ears.all(VenueFill)
    assert {each.trade for each in told} == {each.trade for each in asked}
    assert len(told) == len(asked)
    known = {each.trade: each for each in asked}
    for each in told:
        same = known[each.trade]
        assert (each.number, each.price, each.quantity) == (same.number, same.price, same.quantity)
        assert (each.fee, each.currency, each.at) == (same.fee, same.currency, same.at)
        assert (each.side, each.liquidity) == (same.side, same.liquidity)


async def test_money_is_told(desk: Desk) -> None:
    async with hearing(desk.venue) as ears:
        await ears.connections(1)
        await desk.venue.place(desk.market())
        await ears.until(lambda: Decimal(ears.money("USDT")) < 100_000)


async def test_positions_are_told(desk: Desk) -> None:
    desk.needs("contracts")
    async with hearing(desk.venue) as ears:
        await ears.connections(1)
        await desk.venue.place(desk.market())
        await ears.until(lambda: ears.all(VenuePosition))
        position = ears.all(VenuePosition)[-1]
        assert (position.symbol, Decimal(position.quantity)) == (desk.symbol, Decimal(desk.lot))
        await desk.venue.place(desk.market("sell", reduce_only=True))
        await ears.until(lambda: ears.all(VenuePosition)[-1].quantity == "0")
        await desk.venue.place(desk.market())
        await ears.until(lambda: ears.all(VenuePosition)[-1].quantity == desk.lot)
    assert len(ears.all(Connected)) == 1


async def test_a_connection_that_dies_is_made_again(desk: Desk) -> None:
    async with hearing(desk.venue) as ears:
        await ears.connections(1)
        for times in (2, 3):
            desk.arm(kind="disconnect", streams="/")
            desk.local.exchange.troubles.meet("", "time")
            await ears.connections(times)
            asked = desk.market()
            await desk.venue.place(asked)
            await ears.filled(asked.name)
    assert len(ears.all(VenueFill)) == 2


async def test_what_happened_while_nobody_heard_is_asked_for(desk: Desk) -> None:
    """Streams are cut and refused for a while; a fill comes meanwhile."""
    async with hearing(desk.venue) as ears:
        await ears.connections(1)
        resting = await desk.resting(price="61700")
        await ears.until(lambda: ears.states(resting.name or ""))
        before = len(ears.all(Connected))
        desk.arm(kind="maintenance", path=desk.section, lasts=1)
        desk.local.exchange.troubles.meet("", "time")
        desk.other("sell", "61700")
        await ears.connections(before + 1)
        (fill,) = await desk.venue.fills(desk.symbol, desk.since)
    assert fill.number == resting.number
    assert fill.liquidity == "maker"


async def test_what_the_venue_tells_twice_is_told_once(desk: Desk) -> None:
    async with hearing(desk.venue) as ears:
        await ears.connections(1)
        desk.arm(kind="double", path="events", times=100)
        first, second = desk.market(), desk.market()
        for asked in (first, second):
            await desk.venue.place(asked)
            await ears.filled(asked.name)
        desk.local.exchange.troubles.disarm()
        last = desk.market()
        await desk.venue.place(last)
        await ears.filled(last.name)
    fills = ears.all(VenueFill)
    assert len(fills) == len({each.trade for each in fills}) == 3
    for asked in (first, second, last):
        assert ears.states(asked.name).count("filled") == 1
