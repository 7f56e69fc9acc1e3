"""An account's orders at a real venue: one effect per command.

taken -> journalled -> checked -> sent -> answered -> journalled -> told, each step durable before
the one that depends on it. `take` returns once the command's record is on its way to the journal
(or it is known already): the offset behind it may be committed when the scribe is drained. What
waits for the journal or the venue goes on beside, each symbol by itself: of one symbol BESIDE
commands at a time, behind them a queue of LONGEST.

story     what becomes of an entry       scribe   writes and tells it
orders    those that live                gate     the last check
sending   requests                       hearing  what the venue says
resolving what became of UNKNOWN         starting after a crash
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from engine.protection.state import ProtectionSettings
from executor.live import story
from executor.live.adopting import Adopting
from executor.live.desk import Desk
from executor.live.hearing import Hearing
from executor.live.minding import Minding
from executor.live.points import point
from executor.live.protecting import Protecting
from executor.live.resolving import Resolver
from executor.live.sending import Sender
from executor.live.starting import Start, load
from executor.venues.venue import Category, VenueError
from schemas.commands import ControlState
from schemas.errors import Poison
from schemas.orders import OrderDecision
from schemas.refusals import Reason
from schemas.statuses import JournalEntry, OrderState, Status
from schemas.system import Severity
from topics.settings import Settings

BESIDE = 16
"""Requests of one symbol that may be under way at once."""
LONGEST = 1000
"""Commands of one symbol that may wait for their turn."""
PROTECTION = ProtectionSettings(within=700_000_000)
"""A position whose stop did not come is closed so early that it is flat within 1 s of its fill."""
TIMER = 30.0
"""Seconds between two looks at the orders that live."""


@dataclass
class Lane:
    """Commands of one symbol: how many are under way, and which wait."""

    busy: int = 0
    waiting: deque[str] = field(default_factory=deque)


class LiveExecutor:
    """Runs one account; `start`, then `take` each approved decision in order, then `close`."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.hearing = Hearing(desk)
        self.resolver = Resolver(desk, self.hearing)
        self.sender = Sender(desk, self.hearing, self.resolver.begin)
        self.resolver.again = self.sender.again
        self.protecting = Protecting(desk, PROTECTION)
        self.protecting.submit = self.submit
        self.sender.protect = self.protecting.protect
        desk.hear = self.protecting.hear
        self._start = Start(desk, self.hearing, self.resolver.begin)
        self.minding = Minding(desk, self.protecting, self._start.positions, self.submit)
        self.hearing.money = self.minding.told
        self.adopting = Adopting(desk, self.hearing, self.protecting, self._start.positions)
        self._lanes: dict[str, Lane] = {}
        self._next = 0

    async def start(self, settings: Settings, saved: dict[str, Any] | None = None) -> None:
        """Rebuild from the journal, reconcile with the venue, follow its stream.

        saved: what `dump` gave at the last snapshot. Raises VenueError when the venue refuses us.
        """
        desk, loop = self.desk, asyncio.get_running_loop()
        found = await loop.run_in_executor(None, load, settings, desk.account, saved or {})
        self._next = found.next
        desk.orders.past = dict((saved or {}).get("past", {}))
        desk.orders.taken = dict((saved or {}).get("taken", {}))
        self._start.rebuild(found, (saved or {}).get("made", {}))
        await self._patiently("the venue cannot be reached", desk.venue.open)
        if desk.settings.foreign == "adopt":
            self.hearing.foreign = self.adopting
        self.protecting.load((saved or {}).get("protection", {}), found.entries.values())
        desk.start(self.hearing.listen())
        await self._patiently("the venue cannot be asked", self._start.reconcile)
        if desk.settings.foreign == "adopt":
            self.adopting.begin()
        for name, entry in list(desk.orders.living.items()):
            if entry.state is OrderState.INTENDED:
                self._lane(entry).waiting.append(name)
        for symbol in list(self._lanes):
            self._fill(symbol)
        self.protecting.begin(desk.orders.held)
        desk.start(self.protecting.tick())
        desk.start(self.minding.run())
        desk.start(self._timer())
        if desk.settings.foreign == "adopt":
            desk.start(self.adopting.run())

    async def _patiently(self, trouble: str, step: Callable[[], Awaitable[None]]) -> None:
        """Do it, again and again while the venue is away; a key that is refused is final."""
        pause = 0.2
        while True:
            try:
                await step()
                return
            except VenueError as error:
                if error.category is Category.AUTHENTICATION:
                    raise
                facts = {"account": self.desk.account, "category": error.category}
                text = f"{trouble}, no command is taken: {error}"
                self.desk.tell(Severity.ERROR, "venue", text, facts)
            await asyncio.sleep(pause)
            pause = min(2 * pause, 2.0)

    async def _timer(self) -> None:
        while True:
            await asyncio.sleep(TIMER)
            for symbol in self.hearing.symbols():
                self.hearing.ask(symbol)

    def set(self, row: ControlState) -> None:
        """A row of control.state."""
        self.desk.gate.set(row)

    async def take(self, decision: OrderDecision) -> None:
        """One approved decision. Raises Poison for one that cannot be read."""
        desk = self.desk
        if decision.command is None:
            raise Poison(f"{decision.key} seq {decision.seq} is approved without a command")
        entry = story.begun(decision)
        desk.orders.taken[decision.key] = decision.seq
        known = self._known(entry)
        if known is not None:
            if known.cause != decision.id:
                desk.scribe.tell(story.turned_away(decision, Reason.DUPLICATE))
            return
        if desk.orders.known(entry.command.client_order_id):
            desk.scribe.tell(story.turned_away(decision, Reason.DUPLICATE))
            return
        point("taken")
        await self.submit(entry)

    async def submit(self, entry: JournalEntry) -> None:
        """A command that is new; its record is on the way to the journal when this returns."""
        lane = self._lane(entry)
        if entry.command.action != "cancel" and lane.busy >= BESIDE:
            self._queue(lane, entry)
        else:
            self._go(lane, entry)

    def mark(self, decision: OrderDecision, price: str | None) -> None:
        """The clock, with the market's price."""
        status = Status(
            type="mark", account=decision.account, venue=decision.venue, symbol=decision.symbol,
            mark=price, cause=decision.id, clock=decision.clock,
        )  # fmt: skip
        self.desk.scribe.tell(status)

    def _known(self, entry: JournalEntry) -> JournalEntry | None:
        name, orders = entry.command.client_order_id, self.desk.orders
        return orders.living.get(name) or orders.finished.get(name)

    # -- lanes -----------------------------------------------------------------------------------

    def _lane(self, entry: JournalEntry) -> Lane:
        return self._lanes.setdefault(entry.command.symbol, Lane())

    def _queue(self, lane: Lane, entry: JournalEntry) -> None:
        """It waits for its turn, journalled as an intent that was not sent."""
        if len(lane.waiting) >= LONGEST:
            self.desk.begin(story.refused(entry, Reason.QUEUE_FULL))
            return
        lane.waiting.append(entry.command.client_order_id)
        self.desk.begin(entry)
        point("intended")

    def _go(self, lane: Lane, entry: JournalEntry) -> None:
        """Its turn has come: journalled as about to be sent; sent once that is durable."""
        entry, acknowledged = self.sender.intend(entry)
        lane.busy += 1
        self.desk.start(self._performed(lane, entry, acknowledged))

    async def _performed(
        self, lane: Lane, entry: JournalEntry, acknowledged: asyncio.Future[None]
    ) -> None:
        try:
            await acknowledged
            if not story.over(entry):
                point("journalled")
                await self.sender.perform(entry)
        finally:
            lane.busy -= 1
            self._fill(entry.command.symbol)

    def _fill(self, symbol: str) -> None:
        """Let those that wait have their turn."""
        lane = self._lanes[symbol]
        while lane.waiting and lane.busy < BESIDE:
            entry = self.desk.orders.living.get(lane.waiting.popleft())
            if entry is not None and entry.state is OrderState.INTENDED:
                self._go(lane, entry)

    # -- ends ------------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """What a snapshot keeps: sequences that are given, what our executions add up to."""
        orders = self.desk.orders
        orders.expire(self.desk.clock())
        return {
            "past": dict(orders.past),
            "taken": dict(orders.taken),
            "made": dict(self.desk.scribe.made),
            "protection": self.protecting.dump(),
            "own": {symbol: str(held) for symbol, held in orders.own.items() if held},
            "next": self._next,
        }

    @property
    def idle(self) -> bool:
        """Nothing is under way, waits for its turn, or is being asked for."""
        busy = any(lane.busy or lane.waiting for lane in self._lanes.values())
        states = {each.state for each in self.desk.orders.living.values()}
        asks = self.hearing.asking or self.protecting.restless or self.adopting.restless
        return not (busy or asks or states & story.UNDER_WAY)

    async def close(self) -> None:
        """Stop; what is under way is resolved by the next start."""
        await self.desk.close()
        await self.desk.venue.close()
