"""Commands in a row: each is sent once its own record is durable, none waits for another's."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

import pytest

from executor.live import executor as living
from executor.live.desk import Desk
from executor.live.executor import LiveExecutor
from executor.live.gate import Gate
from executor.live.hearing import GRACE
from executor.live.orders import Orders
from executor.live.scribe import Scribe
from executor.venues.settings import LiveAccount
from executor.venues.venue import Abilities, Order, Venue, VenueFill, VenueOrder
from schemas import names
from schemas.codec import decode
from schemas.orders import OrderDecision, OrderType, TimeInForce
from schemas.statuses import JournalEntry, OrderState
from tests.bench.executor_desk import ACCOUNT, decision

SYMBOL = "BTC/USDT:USDT"
ABLE = Abilities(
    types=frozenset(OrderType), time_in_force=frozenset(TimeInForce), post_only=True,
    reduce_only=True, amend=True, amend_waiting=True, batch_cancel=True, by_name=True,
    window=None, visible=0,
)  # fmt: skip


@dataclass
class Broker:
    """Takes records, and acknowledges those of the journal when it is told to."""

    journal: list[tuple[JournalEntry, asyncio.Future[None]]] = field(default_factory=list)

    def send(
        self, topic: str, key: str, value: bytes | None, partition: int | None = None
    ) -> asyncio.Future[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if topic == names.JOURNAL:
            self.journal.append((decode(JournalEntry, value or b""), done))
        else:
            done.set_result(None)
        return done

    def acknowledge(self, count: int) -> None:
        """So many more, in their order."""
        for _, done in [each for each in self.journal if not each[1].done()][:count]:
            done.set_result(None)


@dataclass
class Shop:
    """A venue that takes orders and has not filled them."""

    exchange: str = "binance"
    able: Abilities = ABLE
    placed: list[str] = field(default_factory=list)
    asked: int = 0
    state: str = "open"

    async def prepare(self, symbol: str, leverage: str | None, margin: str | None) -> None:
        """Nothing to set."""

    def steps(self, symbol: str) -> tuple[str, str]:
        return "0.001", "0.1"

    def size(self, symbol: str) -> str:
        return "1"

    async def place(self, order: Order) -> VenueOrder:
        self.placed.append(order.name)
        return shown(order.name, self.state, "0.002" if self.state == "filled" else "0")

    async def open_orders(self, symbol: str | None = None) -> list[VenueOrder]:
        self.asked += 1
        return []

    async def find(self, symbol: str, name: str) -> VenueOrder | None:
        return None

    async def fills(self, symbol: str, since: int) -> list[VenueFill]:
        return []


class Held:
    """A lease."""

    epoch = 1

    def check(self) -> None:
        """It is ours."""


@dataclass
class Room:
    """A live executor with nothing real around it."""

    broker: Broker
    shop: Shop
    live: LiveExecutor

    async def take(self, number: int) -> OrderDecision:
        """The bitcoin decision of that number."""
        one = decision(2 * number)
        await self.live.take(one)
        await turn()
        return one

    def states(self) -> list[OrderState]:
        return [entry.state for entry, _ in self.broker.journal]


@pytest.fixture
def room() -> Room:
    broker, shop, orders = Broker(), Shop(), Orders()
    clock = iter(range(10**18)).__next__
    desk = Desk(
        ACCOUNT, LiveAccount(exchange="binance"), cast(Venue, shop),
        Scribe(ACCOUNT, broker, clock), Gate(ACCOUNT, orders), Held(), clock,
        lambda *told: None, fail, orders,
    )  # fmt: skip
    return Room(broker, shop, LiveExecutor(desk))


def fail(error: BaseException) -> None:
    raise error


async def turn() -> None:
    """Let the loop do what is due."""
    for _ in range(10):
        await asyncio.sleep(0)


def shown(name: str, state: Any, filled: str) -> VenueOrder:
    """An order as the venue has it."""
    return VenueOrder(
        name, f"n-{name}", SYMBOL, state, "buy", OrderType.MARKET, "0.002", filled
    )  # fmt: skip


async def test_no_command_waits_for_the_record_of_another(room: Room) -> None:
    given = [await room.take(number) for number in range(3)]
    assert room.states() == [OrderState.SENT] * 3
    assert room.shop.placed == [], "sent before it was durable"
    room.broker.acknowledge(2)
    await turn()
    ids = [one.command.client_order_id for one in given if one.command]
    assert room.shop.placed == ids[:2]
    room.broker.acknowledge(9)
    await turn()
    assert room.shop.placed == ids


async def test_a_snapshot_waits_for_what_is_on_its_way(room: Room) -> None:
    await room.take(0)
    drained = asyncio.ensure_future(room.live.desk.scribe.drained())
    await turn()
    assert not drained.done(), "an offset would be committed whose command is nowhere"
    room.broker.acknowledge(1)
    await asyncio.wait_for(drained, 5)


async def test_a_symbol_has_so_many_under_way_and_the_others_wait(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(living, "BESIDE", 2)
    for number in range(3):
        await room.take(number)
    assert room.states() == [OrderState.SENT, OrderState.SENT, OrderState.INTENDED]
    while len(room.shop.placed) < 3:
        assert any(not done.done() for _, done in room.broker.journal), "one is stuck"
        room.broker.acknowledge(1)
        await turn()
    assert len(room.shop.placed) == 3


async def test_a_duplicate_is_known_before_the_first_is_durable(room: Room) -> None:
    one = await room.take(0)
    await room.live.take(one)
    room.broker.acknowledge(9)
    await turn()
    assert len(room.shop.placed) == 1


async def test_executions_are_waited_for_before_they_are_asked_for(room: Room) -> None:
    one = await room.take(0)
    room.broker.acknowledge(9)
    await turn()
    assert one.command is not None
    name = one.command.client_order_id
    hearing = room.live.hearing
    hearing.order(shown(name, "filled", "0.002"))
    await turn()
    assert (room.shop.asked, hearing.asking) == (0, True)
    hearing.fill(
        VenueFill("7", f"n-{name}", name, SYMBOL, "buy", "61700", "0.002", "0", "USDT", "taker", 1)
    )
    assert room.live.desk.orders.own == {SYMBOL: Decimal("0.002")}
    await asyncio.sleep(2 * GRACE)
    assert (room.shop.asked, hearing.asking) == (0, False), "the stream had told them"


async def test_executions_that_the_stream_does_not_tell_are_asked_for(room: Room) -> None:
    one = await room.take(0)
    room.broker.acknowledge(9)
    await turn()
    assert one.command is not None
    room.live.hearing.order(shown(one.command.client_order_id, "filled", "0.002"))
    await asyncio.sleep(2 * GRACE)
    assert room.shop.asked > 0
    await room.live.desk.close()


async def test_an_answer_that_tells_nothing_is_journalled_with_what_comes_next(room: Room) -> None:
    one = await room.take(0)
    room.shop.state = "filled"
    room.broker.acknowledge(1)
    await turn()
    assert one.command is not None
    name = one.command.client_order_id
    assert room.states() == [OrderState.SENT], "a flush to the disk that nobody needs"
    room.live.hearing.fill(
        VenueFill("7", f"n-{name}", None, SYMBOL, "buy", "61700", "0.002", "0", "USDT", "taker", 1)
    )
    assert room.states() == [OrderState.SENT, OrderState.FILLED]
    last = room.broker.journal[-1][0].sends[-1]
    assert (last.answer, last.number) == ("acknowledged", f"n-{name}")
    await room.live.desk.close()
