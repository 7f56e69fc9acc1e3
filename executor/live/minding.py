"""Positions, money and the way to liquidation, each minute and after what the venue tells of them.

What is held is taken from the venue again, so that the gate and the protection reckon with it; who
is near liquidation is warned, nearer still a part of the position is closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from decimal import Decimal

from engine.identity import client_order_id
from engine.protection.watching import Balance, Position, Reduce, Warned, Watching, look
from executor.live.desk import Desk
from executor.live.protecting import Protecting
from executor.venues.settings import LiveAccount
from executor.venues.venue import VenueBalance, VenueError, VenuePosition
from schemas.orders import Intent, OrderCommand, OrderType
from schemas.statuses import JournalEntry, OrderState
from schemas.system import Severity

EVERY = 60.0
"""Seconds between two looks."""
SOONEST = 1.0
"""Seconds after a look before the next, whatever the venue tells."""
LIVES = 10_000_000_000
"""ns for which a reducing order may be sent."""

Positions = Callable[[], Awaitable[list[VenuePosition]]]
Submit = Callable[[JournalEntry], Awaitable[None]]


class Minding:
    """Looks after one account. positions: asks the venue, and takes over what is held."""

    def __init__(
        self, desk: Desk, protecting: Protecting, positions: Positions, submit: Submit
    ) -> None:
        self._desk, self._protecting = desk, protecting
        self._positions, self._submit = positions, submit
        self._watching = Watching()
        self._told = asyncio.Event()

    def told(self) -> None:
        """The venue has told of a position or of money."""
        self._told.set()

    async def run(self) -> None:
        """For ever."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY):
                    await self._told.wait()
            self._told.clear()
            try:
                await self.look()
            except VenueError as error:
                facts = {"account": self._desk.account, "category": error.category}
                text = f"positions cannot be asked for: {error}"
                self._desk.tell(Severity.WARNING, "minding", text, facts)
            await asyncio.sleep(SOONEST)

    async def look(self) -> None:
        """Ask the venue, and do what follows."""
        desk, asked = self._desk, self._desk.clock()
        held = await self._positions()
        money = _money(await desk.venue.balances(), desk.settings)
        for each in held:
            self._protecting.position(each, asked)
        rows = [_row(each) for each in held]
        for told in look(self._watching, rows, money, desk.clock()):
            if isinstance(told, Warned):
                self._warn(told)
            else:
                await self._reduce(told)

    def _warn(self, told: Warned) -> None:
        desk = self._desk
        severity = Severity.INFO if told.better else Severity.WARNING
        what = "distance to liquidation" if told.what == "liquidation" else "share of money bound"
        text = f"{told.of}: {what} is {told.value}, the limit {told.limit}"
        facts = {"account": desk.account, "of": told.of, "value": str(told.value)}
        desk.tell(severity, told.what, text, facts)

    async def _reduce(self, told: Reduce) -> None:
        """Close a share of a position, in whole lots, and no less than one."""
        desk, symbol = self._desk, told.symbol
        held = desk.orders.held.get(symbol, Decimal(0))
        lot = Decimal(desk.venue.steps(symbol)[0])
        size = abs(held) * told.share
        if lot:
            size = min(max(size // lot * lot, lot), abs(held))
        now = desk.clock()
        command = OrderCommand(
            client_order_id=client_order_id(f"reduce|{symbol}|{now}", desk.account, 0),
            account=desk.account,
            venue=desk.settings.exchange,
            symbol=symbol,
            intent=Intent.REDUCE,
            side="sell" if held > 0 else "buy",
            type=OrderType.MARKET,
            quantity=format(size, "f"),
            reduce_only=True,
            expires=now + LIVES,
        )
        text = f"{symbol}: {told.distance} of the price from liquidation, {size} is closed"
        desk.tell(Severity.ERROR, "reduction", text, {"account": desk.account, "symbol": symbol})
        entry = JournalEntry(
            command=command, order_seq=-1, tick=-1, state=OrderState.INTENDED, due=now
        )
        await self._submit(entry)


def _money(balances: Iterable[VenueBalance], settings: LiveAccount) -> list[Balance]:
    """What positions are settled in; spot has no margin."""
    return [
        Balance(each.currency, Decimal(each.total), Decimal(each.free))
        for each in balances
        if settings.market != "spot" and each.currency == settings.settle and each.free is not None
    ]


def _row(position: VenuePosition) -> Position:
    quantity = Decimal(position.quantity)
    return Position(position.symbol, quantity, _price(position.mark), _price(position.liquidation))


def _price(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
