"""A small desk whose orders go to a real venue: the executor's own story and scribe, a venue that
fills market orders at once, and protective orders that rest there.
"""

from __future__ import annotations

import asyncio
from collections import deque
from decimal import Decimal

from engine.lifecycle import OrderEvent
from engine.stage import Output
from executor.live import story
from executor.live.scribe import Scribe
from executor.venues.venue import VenueFill, VenueOrder
from schemas import names
from schemas.codec import decode
from schemas.commands import Halt, PlaceOrder
from schemas.orders import Intent, OrderCommand, OrderDecision, OrderType, TimeInForce
from schemas.record import Record
from schemas.statuses import JournalEntry, Status
from schemas.ticks import Ticks
from tests.unit.small_desk import ACCOUNT, SETTINGS, Story

EPOCH = 7
LOST = "0.002"
MS = 1_000_000
STOPPED = SETTINGS.model_copy(update={"strategies": {}})


class Wire:
    """The producer of a scribe: every record is durable at once, and goes on to the desk."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.made: list[Output] = []
        self.buried: list[str] = []

    def send(
        self, topic: str, key: str, value: bytes | None, partition: int | None = None
    ) -> asyncio.Future[None]:
        model: type[Record] = JournalEntry if topic == names.JOURNAL else Status
        if value is None:
            self.buried.append(key)
        else:
            self.made.append(Output(topic, key, decode(model, value)))
        durable = self.loop.create_future()
        durable.set_result(None)
        return durable


class LiveTaker:
    """trading.orders of a live account -> journal and statuses; stands where a cell stands."""

    state = None

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.wire = Wire(self.loop)
        self.now, self.price, self.trades = 0, "0", 0
        self.scribe = Scribe(ACCOUNT, self.wire, self._clock)

    def _clock(self) -> int:
        self.now += MS
        return self.now

    def take(self, topic: str, order: OrderDecision) -> list[Output]:
        self.wire.made = []
        self.now = max(self.now, order.seen_time)
        self.loop.run_until_complete(self._taken(order))
        return self.wire.made

    async def _taken(self, order: OrderDecision) -> None:
        if order.outcome != "approved":
            if order.clock:
                self.scribe.tell(self._mark(order))
            return
        begun = story.begun(order)
        if begun.command.quantity == LOST:
            await self._lost(begun)
            return
        entry = await self._sent(begun, "88")
        if entry.command.type is OrderType.MARKET:
            entry = await self._filled(entry)
            if entry.command.intent is Intent.OPEN:
                await self._guarded(entry)
        else:
            await self.scribe.write(story.resting(entry, self._rests(entry)))

    def _mark(self, order: OrderDecision) -> Status:
        return Status(
            type="mark", account=order.account, venue=order.venue, symbol=order.symbol,
            mark=self.price, cause=order.id, clock=order.clock,
        )  # fmt: skip

    async def _lost(self, entry: JournalEntry) -> None:
        """A request that was never answered; the venue proves later that it never came."""
        name = entry.command.client_order_id
        entry = story.sending(entry, "place", name, EPOCH, self._clock())
        entry = await self.scribe.write(entry)
        entry = story.answered(entry, "unknown", self._clock(), text="timed out after 5 s")
        entry = await self.scribe.write(story.lost(entry))
        entry = await self.scribe.write(story.absent(entry, self._clock(), "not at the venue"))
        await self.scribe.write(story.refused(entry, None))

    async def _sent(self, entry: JournalEntry, number: str) -> JournalEntry:
        name = entry.command.client_order_id
        request = story.request_of(entry.command)
        entry = story.sending(entry, request, name, EPOCH, self._clock())
        entry = await self.scribe.write(entry)
        return story.answered(entry, "acknowledged", self._clock(), number=number)

    async def _filled(self, entry: JournalEntry) -> JournalEntry:
        command = entry.command
        half = str(Decimal(command.quantity) / 2)
        for _ in range(2):
            self.trades += 1
            fill = VenueFill(
                trade=f"t{self.trades}", symbol=command.symbol, side=command.side, quantity=half,
                price=self.price, fee="0.01", currency="USDT", at=self.now, liquidity="taker",
                name=command.client_order_id, number="88",
            )  # fmt: skip
            entry = await self.scribe.write(story.counted(entry, fill))
        return entry

    def _rests(self, entry: JournalEntry) -> VenueOrder:
        command = entry.command
        return VenueOrder(
            name=command.client_order_id, number="88", symbol=command.symbol, state="open",
            side=command.side, type=command.type, quantity=command.quantity, filled="0",
            price=command.price, trigger=command.trigger, conditional=command.trigger is not None,
        )  # fmt: skip

    async def _guarded(self, entry: JournalEntry) -> None:
        """A stop that rests, made by the executor for the order; then it is moved."""
        of = entry.command
        guard = OrderCommand(
            client_order_id=f"{of.client_order_id}S", account=of.account, venue=of.venue,
            symbol=of.symbol, strategy=of.strategy, parent=of.client_order_id, role="stop",
            intent=Intent.CLOSE, side="sell", type=OrderType.STOP, quantity=of.quantity,
            time_in_force=TimeInForce.GTC, trigger="1000", reduce_only=True, expires=of.expires,
        )  # fmt: skip
        made = JournalEntry(
            cause=entry.cause, command=guard, order_seq=entry.order_seq, tick=entry.tick,
            state=entry.state.INTENDED, due=self._clock(),
        )  # fmt: skip
        stop = await self._sent(made, "89")
        await self.scribe.write(story.resting(stop, self._rests(stop)))
        change = guard.model_copy(
            update={
                "client_order_id": f"{of.client_order_id}M", "action": "modify", "role": None,
                "orders": (guard.client_order_id,), "parent": None, "trigger": "1001",
            }
        )  # fmt: skip
        moves = made.model_copy(
            update={"command": change, "order_seq": -1, "tick": -1, "cause": "", "due": self.now}
        )
        moved = await self._sent(moves, "89")
        await self.scribe.write(story.happened(moved, OrderEvent.COMPLETE))


class LiveStory(Story):
    """A person has a limit order far away, buys what the venue never gets, and buys."""

    def __init__(self) -> None:
        super().__init__(STOPPED)
        self.taker = LiveTaker()
        self.desk.takers[names.ORDERS] = self.taker  # type: ignore[assignment]
        self.desk.execution.follow = self._follow  # type: ignore[method-assign]
        self.steps = deque(
            [
                (4, self._far),
                (6, lambda: self._buy(quantity=LOST)),
                (8, self._buy),
                (12, lambda: Halt(why="lunch")),
            ]
        )

    def _far(self) -> PlaceOrder:
        price = self._away(-0.002)
        return self._buy(type=OrderType.LIMIT, time_in_force=TimeInForce.GTC, price=price)

    def _follow(self, state: object, ticks: Ticks, *, moves: bool = True) -> None:
        if ticks.bid is not None:
            self.taker.price = ticks.bid[0]
