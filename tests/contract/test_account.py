"""Money, positions, clock, leverage, and the key's rights."""

from __future__ import annotations

import time
from decimal import Decimal

from tests.contract.desk import Desk


async def test_a_position_is_signed(desk: Desk) -> None:
    desk.needs("contracts")
    assert await desk.venue.positions() == []
    await desk.venue.place(desk.market())
    (long,) = await desk.venue.positions()
    assert (long.symbol, Decimal(long.quantity)) == (desk.symbol, Decimal(desk.lot))
    assert long.entry == "61701"
    await desk.venue.place(desk.market("sell", quantity=str(2 * Decimal(desk.lot))))
    (short,) = await desk.venue.positions()
    assert (Decimal(short.quantity), short.entry) == (-Decimal(desk.lot), "61699")
    await desk.venue.place(desk.market(reduce_only=True))
    assert await desk.venue.positions() == []


async def test_reduce_only_never_opens(desk: Desk) -> None:
    refused = await desk.tried(desk.market(reduce_only=True))
    assert refused is None or not refused.unknown
    assert await desk.venue.positions() == []


async def test_money_that_an_order_holds_is_not_free(desk: Desk) -> None:
    (before,) = [each for each in await desk.venue.balances() if each.currency == "USDT"]
    await desk.venue.place(desk.limit())
    (after,) = [each for each in await desk.venue.balances() if each.currency == "USDT"]
    assert (before.total, before.free) == ("100000", "100000")
    assert after.total == "100000"
    assert Decimal(after.free or 0) < Decimal(before.free or 0)


async def test_the_venues_clock(desk: Desk) -> None:
    assert abs(await desk.venue.clock() - time.time_ns()) < 1_000_000_000


async def test_leverage_and_margin_mode_are_set_once(desk: Desk) -> None:
    desk.needs("contracts")
    await desk.venue.prepare(desk.symbol, "7", "cross")
    await desk.venue.prepare(desk.symbol, "7", "cross")
    assert len([each for each in desk.calls if each.startswith("wrote")]) <= 2
    await desk.venue.place(desk.market())
    (position,) = await desk.venue.positions()
    assert position.leverage in ("7", None)
