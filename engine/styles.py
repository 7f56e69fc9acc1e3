"""Orders that are worked in parts: execution algorithms (engine.algos) above the venue.

An order with a style stays with the executor, which sends its parts, plain orders each with a
journal entry of its own that names the order as its parent. Money moves by the parts: they tell the
fills. The order itself tells how far it is, and is what people and the risk gate know: cancelling
or changing it reaches its parts, and all of it that is not filled counts as under way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from engine.algos import events as algo
from engine.algos.catalogue import algorithm
from engine.algos.commands import AmendChild, ChildCommand, PlaceChild, WithdrawChild
from engine.algos.course import hear
from engine.algos.orders import ParentOrder
from engine.book import Book
from engine.dispatch import dispatched
from engine.executions import Execution, Living, Styled
from engine.history import StatusType, extend, price_text, quantity_text, status_of
from engine.lifecycle import OrderEvent
from engine.numbers import QUANTITY_DECIMALS, price_units, quantity_units
from engine.venue.commands import Cancel, Modify, Order
from engine.venue.events import (
    Cancelled,
    Created,
    Done,
    Event,
    Filled,
    Funded,
    Opened,
    Rejected,
    Replaced,
)
from engine.venue.market import Market
from engine.venue.simulation import Venue
from schemas.orders import OrderCommand, OrderType, TimeInForce
from schemas.refusals import Reason
from schemas.statuses import JournalEntry, OrderState
from schemas.ticks import BookState, Side, Ticks


def unfit(command: OrderCommand) -> bool:
    """Whether a command has a style that cannot be carried out; Poison for a number that is none.

    Only a limit order that waits can be worked in parts.
    """
    style = command.style
    if style is None or command.action != "place":
        return False
    algorithm(style)
    waits = command.type is OrderType.LIMIT and command.time_in_force is TimeInForce.GTC
    visible, variance = quantity_units(style.visible), quantity_units(style.variance)
    return not waits or visible <= 0 or variance >= 10**QUANTITY_DECIMALS


def hidden(state: Execution, market: str, side: Side) -> int:
    """Signed quantity of orders on a side that may open and of which no part is out yet."""
    rests = (
        one.parent.remaining
        for name, one in state.styled.items()
        if one.market == market and one.parent.side == side and not one.parent.ending
        and not state.living[name].entry.command.reduce_only
    )  # fmt: skip
    return sum(rests) * (1 if side == "buy" else -1)


@dataclass(frozen=True)
class Styles:
    """Works the orders of an account that have a style, in the markets of its state."""

    venue: Venue

    def begin(self, state: Execution, entry: JournalEntry, now: int) -> None:
        """Begin to work an order that was journalled and is `living`."""
        command = entry.command
        assert command.style is not None
        name, works = command.client_order_id, algorithm(command.style)
        parent = ParentOrder(
            name, command.side, quantity_units(command.quantity),
            None if command.price is None else price_units(command.price),
            command.post_only, now,
        )  # fmt: skip
        market = f"{command.venue}:{command.symbol}"
        state.styled[name] = Styled(market, works, parent, works.initial(parent))
        self._hear(state, name, algo.Began(now))

    def heard(self, state: Execution, event: Event) -> None:
        """What the venue said, if it was of a part or of a command for one."""
        found = _of_a_part(state, event) or _of_a_command(state, event)
        if found is not None:
            self._hear(state, *found)

    def ticked(self, state: Execution, ticks: Ticks) -> None:
        """A ticks record has passed in its market."""
        names = [name for name, one in state.styled.items() if one.market == ticks.key]
        if not names:
            return
        market = state.market(ticks.key)
        ok = market.book is BookState.OK
        bid, ask = (market.best("bids"), market.best("asks")) if ok else (None, None)
        traded = sum(map(quantity_units, ticks.trades.quantity))
        for name in names:
            self._hear(state, name, algo.Ticked(ticks.seen_time, bid, ask, traded))

    def steer(
        self, state: Execution, command: OrderCommand, sent: Cancel | Modify, now: int
    ) -> Cancel | Modify | None:
        """Cancel or change those that a command names, or cancel all where it names none.

        Gives what of it goes on to the venue. A command that was for them alone is done then, or
        refused, and nothing of it goes on. A part is not changed by its own name.
        """
        market = f"{command.venue}:{command.symbol}"
        here = [name for name, one in state.styled.items() if one.market == market]
        mine = list(dict.fromkeys(name for name in sent.orders or here if name in here))
        left = tuple(name for name in sent.orders if name not in mine)
        if isinstance(sent, Modify):
            left = tuple(name for name in left if not _is_part(state, name))
        refused = _refused(sent, mine)
        for name in [] if refused else mine:
            self._hear(state, name, _asked(sent, now))
        if left or not sent.orders:
            return replace(sent, orders=left)
        done = OrderEvent.REJECT if refused else OrderEvent.COMPLETE
        facts = {"event_time": now, **where(state.market(market)), "reason": refused}
        _tell(state, sent.order_id, done, facts)
        return None

    def _hear(self, state: Execution, name: str, event: algo.Event) -> None:
        one = state.styled[name]
        one.state, one.parent, commands = hear(one.algorithm, one.state, one.parent, event)
        market, living = state.market(one.market), state.living[name]
        now = {"event_time": event.at, **where(market)}
        for done, facts in _told(living.entry.state, event, one.parent):
            _tell(state, name, done, {**now, **facts})
        for command in commands:
            self._send(state, living.entry, market, command, event.at)
        if one.parent.over:
            del state.styled[name]

    def _send(
        self,
        state: Execution,
        parent: JournalEntry,
        market: Market[Book],
        command: ChildCommand,
        at: int,
    ) -> None:
        match command:
            case PlaceChild():
                entry = _part(parent, command, self.venue.due(at, command.order_id))
                order = dispatched(entry)
                assert isinstance(order, Order)
                facts = {"event_time": at, **where(market)}
                entry = extend(entry, OrderEvent.SEND, status_of(entry, "status", **facts))
                state.living[command.order_id] = Living(entry, told=0)
                state.happened.append(command.order_id)
                self.venue.place(market, replace(order, later=command.later))
            case AmendChild(name, child, quantity, limit):
                due = self.venue.due(at, name)
                self.venue.place(market, Modify(name, due, (child,), quantity, limit, None))
            case WithdrawChild(name, child):
                self.venue.place(market, Cancel(name, self.venue.due(at, name), (child,)))


def _refused(sent: Cancel | Modify, mine: list[str]) -> Reason | None:
    """Why it cannot be done to orders with a style."""
    if not mine:
        return Reason.UNKNOWN_ORDER
    wakes = isinstance(sent, Modify) and sent.trigger is not None
    return Reason.BAD_COMMAND if wakes else None


def _asked(sent: Cancel | Modify, now: int) -> algo.Event:
    if isinstance(sent, Modify):
        return algo.AmendAsked(now, sent.quantity, sent.limit)
    return algo.CancelAsked(now)


def _is_part(state: Execution, name: str) -> bool:
    command = state.living[name].entry.command if name in state.living else None
    return command is not None and command.role is None and command.parent is not None


def _tell(state: Execution, name: str, done: OrderEvent, facts: dict[str, Any]) -> None:
    """One more thing became of an order, or a command, of ours."""
    living = state.living[name]
    type: StatusType = "rejection" if done is OrderEvent.REJECT else "status"
    living.entry = extend(living.entry, done, status_of(living.entry, type, **facts))
    state.happened.append(name)


def where(market: Market[Book]) -> dict[str, Any]:
    """Where the market is: how far its ticks were followed, and its mid."""
    return {"book_seq": market.followed if market.followed >= 0 else None, "mark": market.mid()}


def _part(parent: JournalEntry, child: PlaceChild, due: int) -> JournalEntry:
    """The entry of a part before it is sent: its parent's command, but what is its own."""
    command = parent.command.model_copy(
        update={
            "client_order_id": child.order_id,
            "parent": parent.command.client_order_id,
            "type": OrderType.MARKET if child.limit is None else OrderType.LIMIT,
            "time_in_force": child.time_in_force,
            "quantity": quantity_text(child.quantity),
            "price": price_text(child.limit),
            "after": None,
            "style": None,
        }
    )
    return JournalEntry(
        command=command,
        order_seq=parent.order_seq,
        tick=parent.tick,
        state=OrderState.INTENDED,
        due=due,
    )


def _of_a_part(state: Execution, event: Event) -> tuple[str, algo.Event] | None:
    """The order whose part an event is of, and what it hears of it."""
    living = state.living.get(event.order_id)
    if living is None or isinstance(event, Created | Funded):
        return None
    command, at, name = living.entry.command, event.at, event.order_id
    if command.role is not None or command.parent not in state.styled:
        return None
    match event:
        case Opened():
            return command.parent, algo.Opened(at, name)
        case Filled():
            return command.parent, algo.Filled(at, name, event.quantity, event.price)
        case Replaced():
            return command.parent, algo.Replaced(at, name, event.quantity, event.price)
        case Cancelled() | Rejected():
            return command.parent, algo.Ended(at, name, event.reason)
        case _:
            return None


def _of_a_command(state: Execution, event: Event) -> tuple[str, algo.Event] | None:
    """The order that sent a change of a part, and the answer."""
    if not isinstance(event, Done | Rejected):
        return None
    for name, one in state.styled.items():
        if any(command == event.order_id for command, _ in one.parent.amending):
            return name, algo.Answered(event.at, event.order_id, event.reason)
    return None


def _told(
    state: OrderState, event: algo.Event, parent: ParentOrder
) -> Iterator[tuple[OrderEvent, dict[str, Any]]]:
    """What an order tells of itself after an event."""
    terms = {"price": price_text(parent.limit), "quantity": quantity_text(parent.quantity)}
    filled = {**terms, "filled": quantity_text(parent.filled)}
    whole = parent.over and parent.filled >= parent.quantity
    match event:
        case algo.Opened() if state is OrderState.SENT:
            yield OrderEvent.ACKNOWLEDGE, terms
        case algo.AmendAsked() if state is not OrderState.SENT:
            yield OrderEvent.REPLACE, terms
        case algo.Filled():
            yield OrderEvent.FILL_REST if whole else OrderEvent.FILL_PART, filled
            if whole:
                return
    if parent.over:
        refused = state is OrderState.SENT and parent.reason is not None
        told = {"reason": parent.reason} if refused else {**filled, "reason": parent.reason}
        yield OrderEvent.REJECT if refused else OrderEvent.CANCEL, told
