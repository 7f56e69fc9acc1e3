"""When what is at the venue is another's, and when it may be ours."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.tallies import counted
from executor.live import adopted, story
from executor.live.adopted import Taking
from executor.live.wishes import change_of, venue_order
from executor.venues.venue import VenueFill, VenueOrder, VenuePosition
from schemas.orders import Contract, Intent, OrderType
from schemas.statuses import JournalEntry, OrderState
from tests.bench.executor_desk import decision
from tests.unit.test_live_journalling import SYMBOL, Room, turn
from tests.unit.test_live_journalling import room as room

TAKING = Taking("main", "binance", Contract(), 1, 100, 200, "tlmine", 300)


def resting(name: str | None = "web", filled: str = "0", number: str = "7") -> VenueOrder:
    """A bid for one that rests."""
    return VenueOrder(
        name, number, SYMBOL, "open", "buy", OrderType.LIMIT, "1", filled, price="60000"
    )  # fmt: skip


def execution(trade: str, quantity: str, at: int) -> VenueFill:
    """Of that order."""
    return VenueFill(
        trade, "7", None, SYMBOL, "buy", "60000", quantity, "0.1", "USDT", "maker", at
    )  # fmt: skip


def test_what_an_order_had_filled_is_no_fill_of_ours() -> None:
    entry = adopted.of_order(TAKING, resting(filled="0.4"))
    assert (entry.state, entry.before, entry.alias) == (OrderState.OPEN, "-0.4", "web")
    assert story.quantity(entry) == Decimal("0.6")
    assert story.counted(entry, execution("1", "0.4", 100)) is entry
    assert story.counts(entry, "0.4")
    assert not story.counts(entry, "0.5")
    part = story.counted(entry, execution("2", "0.1", 101))
    assert story.filled(part) == Decimal("0.1")
    assert story.counts(part, "0.5")
    rest = story.counted(part, execution("3", "0.5", 102))
    assert rest.state is OrderState.FILLED


def test_the_venue_is_told_of_the_whole_order() -> None:
    entry = adopted.of_order(TAKING, resting(filled="0.4"))
    there = venue_order(entry)
    assert (there.quantity, there.filled, there.number, there.name) == ("1", "0.4", "7", "web")
    command = entry.command.model_copy(update={"action": "modify", "quantity": "0.2"})
    change = entry.model_copy(update={"command": command})
    assert change_of(change, entry).quantity == "0.6"


@pytest.mark.parametrize(
    ("held", "own", "intent"),
    [
        ("1", "0", Intent.OPEN), ("0", "1", Intent.CLOSE), ("-2", "-1", Intent.ADD),
        ("1", "2", Intent.REDUCE), ("-1", "1", Intent.REDUCE),
    ],
)  # fmt: skip
def test_a_position_is_taken_over_as_one_fill(held: str, own: str, intent: Intent) -> None:
    entry = adopted.of_position(TAKING, SYMBOL, Decimal(held), Decimal(own), "60000")
    fill = entry.statuses[-1]
    sign = 1 if fill.side == "buy" else -1
    assert sign * Decimal(fill.quantity or 0) == Decimal(held) - Decimal(own)
    assert (entry.state, fill.fee, entry.command.intent) == (OrderState.FILLED, "0", intent)


def test_a_position_is_no_order_in_the_statistics() -> None:
    entry = adopted.of_position(TAKING, SYMBOL, Decimal(1), Decimal(0), "60000")
    told = [
        one.model_copy(update={"seq": n, "cause": entry.cause, "key": "main"})
        for n, one in enumerate(entry.statuses)
    ]
    assert counted(told).rows == {}
    other = [one.model_copy(update={"cause": "d1"}) for one in told]
    assert len(counted(other).rows) == 1


class Hall:
    """What rests and is held at the venue of a room, and two looks at it."""

    def __init__(self, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rows: list[VenueOrder] = []
        self.found: list[VenueFill] = []
        shop: Any = room.shop
        monkeypatch.setattr(shop, "open_orders", self._rows)
        monkeypatch.setattr(shop, "fills", self._fills)
        monkeypatch.setattr(shop, "clock", self._clock, raising=False)
        monkeypatch.setattr(shop, "positions", self._positions, raising=False)
        self.room, self.adopting = room, room.live.adopting
        room.live.hearing.foreign = self.adopting
        self.adopting.begin()

    async def _rows(self, symbol: str | None = None) -> list[VenueOrder]:
        return self.rows

    async def _fills(self, symbol: str, since: int) -> list[VenueFill]:
        return [one for one in self.found if one.at >= since]

    async def _clock(self) -> int:
        return 10**12

    async def _positions(self) -> list[VenuePosition]:
        own = self.room.live.desk.orders.own
        return [VenuePosition(symbol, str(held)) for symbol, held in own.items()]

    async def holds(self, held: VenuePosition) -> list[VenuePosition]:
        """As the start has it: what is held is noted."""
        self.room.live.desk.orders.held = {held.symbol: Decimal(held.quantity)}
        return [held]

    async def looked(self) -> list[JournalEntry]:
        """Entries of what two looks have taken over."""
        for _ in range(2):
            await self.adopting.look()
            self.room.broker.acknowledge(99)
            await turn()
        return [one for one, _ in self.room.broker.journal if story.adopted(one)]


@pytest.fixture
def hall(room: Room, monkeypatch: pytest.MonkeyPatch) -> Hall:
    return Hall(room, monkeypatch)


async def test_one_look_is_not_enough(hall: Hall) -> None:
    hall.rows = [resting()]
    await hall.adopting.look()
    hall.rows = [resting(filled="0.1")]
    await hall.adopting.look()
    assert hall.room.broker.journal == []
    assert [one.key for one in await hall.looked()] == ["web"]
    assert await hall.looked() == await hall.looked(), "once"


async def test_nothing_is_taken_over_while_an_order_of_the_symbol_is_unknown(hall: Hall) -> None:
    await hall.room.take(0)  # journalled as about to be sent, and no more
    hall.rows = [resting(None)]
    await hall.adopting.look()
    await hall.adopting.look()
    assert len(hall.room.broker.journal) == 1
    assert hall.adopting.restless
    hall.room.broker.acknowledge(1)
    await turn()
    hall.rows.append(resting(hall.room.shop.placed[0], number="n-x"))
    assert [one.sends[0].number for one in await hall.looked()] == ["7"]


async def test_an_order_under_the_name_of_a_change_is_not_anothers(hall: Hall) -> None:
    """It has come in the place of one of ours, and the process ended before that was journalled."""
    desk, one = hall.room.live.desk, decision(0)
    assert one.command is not None
    told = {"action": "modify", "orders": ("tlother",), "client_order_id": "tlchange"}
    one = one.model_copy(update={"command": one.command.model_copy(update=told)})
    desk.begin(story.sending(story.begun(one), "amend", "tlchange", 1, 5))
    hall.rows = [resting("tlchange")]
    assert await hall.looked() == []


async def test_what_trades_is_looked_at_later(hall: Hall) -> None:
    hall.adopting._since = 10**13  # executions are known already
    hall.rows = [resting()]
    hall.found = [execution("1", "0.1", 10**12 - 10**8)]
    assert await hall.looked() == []
    hall.found = []
    hall.room.live.hearing.since.clear()
    assert [one.command.type for one in await hall.looked()] == [OrderType.LIMIT]


async def test_an_execution_is_taken_over_once(hall: Hall) -> None:
    hall.adopting._since = 10
    hearing = hall.room.live.hearing
    for _ in range(2):
        hearing.fill(execution("1", "0.1", 11))
        hearing.fill(execution("0", "0.1", 10))
    assert [one.trades for one, _ in hall.room.broker.journal] == [("1",)]
    assert hall.room.live.desk.orders.own == {SYMBOL: Decimal("0.1")}


async def test_an_order_without_a_name_that_is_gone_has_ended(hall: Hall) -> None:
    hall.rows = [resting(None)]
    (entry,) = await hall.looked()
    hall.rows = []
    await hall.looked()
    ended = hall.room.live.desk.orders.finished[entry.key]
    assert ended.state is OrderState.CANCELLED


async def test_what_a_position_holds_is_not_taken_over_again(hall: Hall) -> None:
    """An execution is heard of late, when the position that it made is ours."""
    hall.adopting._since = 0
    held = VenuePosition(SYMBOL, "0.1", entry="60000")
    hall.adopting._positions = lambda: hall.holds(held)
    (entry,) = await hall.looked()
    assert entry.statuses[-1].price == "60000"
    hearing = hall.room.live.hearing
    hearing.fill(execution("1", "0.1", 10**12 - 10**9))
    assert hall.room.live.desk.orders.own == {SYMBOL: Decimal("0.1")}
    assert len(hall.room.broker.journal) == 1
