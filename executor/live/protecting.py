"""Protection of positions: what engine.protection wants, done as journalled orders.

The machine hears of every status in the order of its sequences, here and after a crash: a snapshot
has its state as of some sequence of each market, and the statuses behind it are heard again from
the journal. What it asked for while they were heard again is done unless the journal has it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Any

from engine.costs import text
from engine.protection.actions import Action, Alarm, Cancel, CloseNow, Place, Replace
from engine.protection.commands import command_of
from engine.protection.events import (
    Changed,
    EntryFilled,
    Event,
    Filled,
    Gone,
    Lost,
    PositionIs,
    PriceIs,
    Protect,
    Refused,
    Started,
    Terms,
    Tick,
    VenueHas,
    Working,
)
from engine.protection.machine import step, wakes
from engine.protection.orders import known
from engine.protection.snapshot import dump, load
from engine.protection.state import ProtectionSettings, State
from executor.live import story
from executor.live.desk import Desk
from executor.live.points import point
from executor.venues.venue import VenuePosition
from schemas.orders import OrderCommand
from schemas.statuses import ADOPTED_POSITION, JournalEntry, OrderState, Status
from schemas.system import Severity

LOOK = 0.05
"""Seconds between two looks at what is due."""
CLOSES = 60_000_000_000
"""ns for which a closing order may be sent."""
STAYS = 3650 * 86_400_000_000_000
"""ns for which a protective order may be sent: as long as the position lives."""

Submit = Callable[[JournalEntry], Awaitable[None]]
"""Takes a new entry, as a command that was read."""


class Protecting:
    """The machines of one account, by symbol."""

    def __init__(self, desk: Desk, settings: ProtectionSettings | None = None) -> None:
        self._desk, self._settings = desk, settings or ProtectionSettings()
        self._states: dict[str, State] = {}
        self._heard: dict[str, int] = {}
        self._queues: dict[str, asyncio.Queue[Action]] = {}
        self._again: list[tuple[str, Action]] | None = []
        self._likes: dict[str, OrderCommand] = {}
        self.submit: Submit | None = None

    @property
    def restless(self) -> bool:
        """A position is being closed, or waits for its stop."""
        return any(state.size and (state.closing or state.due) for state in self._states.values())

    def protects(self, symbol: str) -> bool:
        """There is, or was, a position that named protection."""
        return symbol in self._states

    def stopped(self, symbol: str) -> bool:
        """A stop is there for what is held, or wanted."""
        state = self._states.get(symbol)
        return state is not None and state.stop is not None

    # -- what is heard ---------------------------------------------------------------------------

    def hear(self, entry: JournalEntry, news: Iterable[Status]) -> None:
        """Statuses of an order that were just given their sequences."""
        for status in news:
            self._heard[status.symbol] = status.seq
            for event in self._events(entry, status):
                self._step(status.symbol, event)

    def price(self, symbol: str, price: str, at: int) -> None:
        """The market's price."""
        if symbol in self._states:
            self._step(symbol, PriceIs(story.decimal(price), at))

    def position(self, position: VenuePosition, at: int) -> None:
        """What the venue says is held."""
        if position.symbol in self._states:
            self._step(position.symbol, PositionIs(story.decimal(position.quantity), at))

    def protect(self, entry: JournalEntry) -> None:
        """A command that sets stop and target of a position."""
        command = entry.command
        terms = Terms.of(command)
        self._likes[command.client_order_id] = command
        self._step(command.symbol, Protect(command.client_order_id, terms, self._desk.clock()))

    def _events(self, entry: JournalEntry, status: Status) -> Iterator[Event]:
        """What a status is to the machine; nothing for most."""
        command, at = entry.command, status.event_time or status.seen_time
        if entry.cause == ADOPTED_POSITION and command.parent is None:
            at = 0  # the venue may have told of it as a position before
        name, state = command.client_order_id, self._states.get(command.symbol)
        ours = state is not None and known(state, name)
        if command.action == "modify":
            if ours:
                yield from _changed(entry, status, at)
        elif command.action != "place":
            return
        elif status.type == "fill":
            size, price = story.decimal(status.quantity), story.decimal(status.price)
            if ours:
                yield Filled(name, size, at)
            else:
                self._likes[name] = command
                side, terms = command.side, Terms.of(command)
                yield EntryFilled(command.parent or name, side, size, price, terms, at)
        elif ours:
            yield from _became(entry, status, at)

    def _step(self, symbol: str, event: Event) -> None:
        state = self._states.get(symbol)
        if state is None:
            state = self._states[symbol] = State(self._desk.account, symbol)
            step(state, self._able(symbol), self._settings)
        for action in step(state, event, self._settings):
            if self._again is not None:
                self._again.append((symbol, action))
            else:
                self._do(symbol, action)

    def _able(self, symbol: str) -> VenueHas:
        able = self._desk.venue.able
        lot, tick = self._desk.venue.steps(symbol)
        steps = story.decimal(lot), story.decimal(tick)
        return VenueHas(able.types, able.reduce_only, self._desk.clock(), *steps)

    # -- what is done ----------------------------------------------------------------------------

    def _do(self, symbol: str, action: Action) -> None:
        """Actions of a symbol one after the other."""
        if isinstance(action, Alarm):
            facts = {"account": self._desk.account, "symbol": symbol}
            said = f"{symbol}: {action.text}"
            self._desk.tell(Severity.WARNING, "protection", said, facts)
            return
        if symbol not in self._queues:
            self._queues[symbol] = asyncio.Queue()
            self._desk.start(self._carry(symbol))
        self._queues[symbol].put_nowait(action)

    async def _carry(self, symbol: str) -> None:
        queue = self._queues[symbol]
        while True:
            action = await queue.get()
            entry = self._entry(symbol, action)
            if entry is not None and self.submit is not None:
                await self.submit(entry)
                point("protected")

    def _entry(self, symbol: str, action: Action) -> JournalEntry | None:
        """The action as a command in the journal; None where it stands there already."""
        assert not isinstance(action, Alarm)
        like = self._like(symbol, action)
        lives = CLOSES if isinstance(action, CloseNow) else STAYS
        now = self._desk.clock()
        command = command_of(action, like, now + lives)
        command = self._fitted(command)
        if self._desk.orders.known(command.client_order_id):
            return None
        parent = self._desk.orders.find(like.client_order_id)
        return JournalEntry(
            cause=parent.cause if parent else "",
            command=command,
            order_seq=parent.order_seq if parent else -1,
            tick=parent.tick if parent else -1,
            state=OrderState.INTENDED,
            due=now,
        )

    def _fitted(self, command: OrderCommand) -> OrderCommand:
        """It reduces only, at prices that the venue takes: strategies reckon with finer ones."""
        if command.action == "cancel":
            return command
        tick = self._desk.venue.steps(command.symbol)[1]
        told = {name: stepped(getattr(command, name), tick) for name in ("price", "trigger")}
        return command.model_copy(update={**told, "reduce_only": True})

    def _like(self, symbol: str, action: Place | Replace | Cancel | CloseNow) -> OrderCommand:
        """The command of the order that an action is about."""
        if isinstance(action, Place):
            name = action.order.parent
        else:
            name = action.parent if isinstance(action, CloseNow) else action.name
        entry = self._desk.orders.find(name)
        if entry is not None:
            return entry.command
        return self._likes.get(name) or self._newest()[symbol]

    def _newest(self) -> dict[str, OrderCommand]:
        """The last command by symbol that made a machine hear of a position."""
        return {each.symbol: each for each in self._likes.values()}

    # -- time, starts and snapshots --------------------------------------------------------------

    async def tick(self) -> None:
        """Tell the machines of the time when they wait for it, for ever."""
        while True:
            await asyncio.sleep(LOOK)
            now = self._desk.clock()
            for symbol, state in list(self._states.items()):
                due = wakes(state, self._settings)
                if due is not None and due <= now:
                    self._step(symbol, Tick(now))

    def load(self, saved: Mapping[str, Any], entries: Iterable[JournalEntry]) -> None:
        """Take over a snapshot, then hear again what the journal has behind it."""
        for symbol, row in saved.get("states", {}).items():
            self._states[symbol] = load(row)
        self._heard = dict(saved.get("heard", {}))
        likes = saved.get("likes", {})
        self._likes = {name: OrderCommand.model_validate(row) for name, row in likes.items()}
        fresh = [
            (status.symbol, status.seq, n, entry, status)
            for n, entry in enumerate(entries)
            for status in entry.statuses
            if status.seq > self._heard.get(status.symbol, -1)
        ]
        for *_, entry, status in sorted(fresh, key=lambda each: each[:3]):
            self.hear(entry, (status,))

    def begin(self, held: Mapping[str, Any]) -> None:
        """After the venue was asked: what is not done yet of what is wanted is done from here on.

        held: signed quantities at the venue by symbol.
        """
        wanted, self._again = self._again or [], None
        now = self._desk.clock()
        for symbol in list(self._states):
            self._step(symbol, Started(now))
        for symbol, action in wanted:
            if not isinstance(action, Alarm):
                self._do(symbol, action)
        for symbol in list(self._states):
            self._step(symbol, self._able(symbol))
            self._step(symbol, PositionIs(held.get(symbol, story.decimal("0")), now))

    def dump(self) -> dict[str, Any]:
        """As JSON values; what protects nothing and is flat is left out."""
        states = {symbol: dump(state) for symbol, state in self._states.items()}
        parents = {state.source for state in self._states.values()}
        for state in self._states.values():
            parents.update(state.orders)
        parents.update(each.client_order_id for each in self._newest().values())
        self._likes = {name: one for name, one in self._likes.items() if name in parents}
        likes = {name: one.model_dump(mode="json") for name, one in self._likes.items()}
        return {"states": states, "heard": dict(self._heard), "likes": likes}


def stepped(price: str | None, tick: str) -> str | None:
    """The nearest multiple of a step; the price itself where any will do."""
    step = story.decimal(tick)
    if price is None or not step:
        return price
    return text((story.decimal(price) / step).to_integral_value() * step)


def _became(entry: JournalEntry, status: Status, at: int) -> Iterator[Event]:
    """What became of a protective order, by its status."""
    name, reason = entry.command.client_order_id, status.reason
    match status.state:
        case OrderState.OPEN:
            size = None if status.quantity is None else story.decimal(status.quantity)
            yield Working(name, at, size)
        case OrderState.CANCELLED:
            yield Gone(name, at, reason)
        case OrderState.REJECTED | OrderState.EXPIRED:
            absent = bool(entry.sends) and entry.sends[-1].answer == "absent"
            yield Lost(name, at, reason) if absent else Refused(name, at, reason)


def _changed(entry: JournalEntry, status: Status, at: int) -> Iterator[Event]:
    """What became of a change of a protective order."""
    change, orders = entry.command.client_order_id, entry.command.orders
    match status.state:
        case OrderState.DONE if status.reason is None:
            yield Changed(change, orders[0], at)
        case OrderState.DONE | OrderState.REJECTED | OrderState.EXPIRED:
            yield Refused(change, at, status.reason)
