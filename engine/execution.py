"""The paper executor: what becomes of an account's orders in the recorded market.

Deterministic: its records are a function of the account's trading.orders in sequence and of what
market.ticks says, not of when either arrived. An order decision names the ticks record it rests on
(`tick`); before `step` takes the decision, the worker feeds `follow` every ticks record of that
market up to exactly that sequence (`position_of` tells how far it is). `follow` remembers what
happens to orders on the way, those that rest and those that the venue made itself included, and
`step` publishes it.

A journal entry is an order's whole state (of a long history the latest part, and a digest). A step
gives its journal drafts first, then its statuses in order; each of these is told by an entry before
it or is the SENT that an INTENDED entry covers. So one wait for the journal's acknowledgement
between the two makes every effect safe. Funding is no order's effect but the market's: it is told
once by its sequence and is not in the journal.

Cost: one book per account and market traded, so accounts * markets books; of orders, those that
live, and for `remember` the ids of those that have ended. An order of n statuses writes O(n).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from engine.costs import EXACT
from engine.dispatch import dispatched
from engine.executions import Execution as Execution
from engine.executions import Finished, Living, dump_execution, load_execution
from engine.gauges import of_execution
from engine.history import (
    created,
    folded,
    funding,
    happened,
    liquidation,
    own_extend,
    own_status,
    owned,
)
from engine.lifecycle import TERMINAL, OrderEvent
from engine.numbers import QUANTITY_DECIMALS
from engine.risk import Holding, recheck
from engine.stage import Cell, Draft
from engine.stage import Context as StepContext
from engine.styles import Styles, hidden, unfit, where
from engine.venue.commands import Cancel, Command, Modify
from engine.venue.events import Created, Event, Funded
from engine.venue.settings import ExecutionSettings as ExecutionSettings
from schemas import names
from schemas.errors import Poison
from schemas.metrics import Reading
from schemas.orders import OrderCommand, OrderDecision
from schemas.record import Record, venue_of
from schemas.refusals import Reason
from schemas.statuses import JournalEntry, OrderState, Status
from schemas.ticks import Ticks


@dataclass
class Page:
    """Drafts of one step: journal entries go first, statuses after them."""

    journal: list[Draft] = field(default_factory=list)
    statuses: list[Draft] = field(default_factory=list)

    def write(self, entry: JournalEntry) -> None:
        """Put the order's whole state into the journal; its end is the last of it."""
        name, ends = entry.command.client_order_id, entry.state in TERMINAL
        self.journal.append(Draft(names.JOURNAL, name, entry, ends))

    def tell(self, status: Status) -> None:
        """Publish what became of it."""
        self.statuses.append(Draft(names.STATUSES, f"{status.account}:{status.symbol}", status))


class ExecutionStage:
    """trading.orders and the recorded market -> journal and statuses; a cell is one account.

    A decision that asks for nothing gives only what became due: statuses tell what became of
    orders, and a clock record gives a mark. (The one stage where a main record may give nothing.)
    """

    name = "executor"
    main = names.ORDERS
    ignored: frozenset[str] = frozenset()
    sides: dict[str, type[Record]] = {}

    def __init__(self, settings: ExecutionSettings | None = None) -> None:
        self.settings = settings or ExecutionSettings()
        self.venue = self.settings.venue()
        self.styles = Styles(self.venue)

    def cells_of(self, topic: str, key: str) -> Sequence[str]:
        """The account of `account:symbol`."""
        return (venue_of(key),)

    def initial(self, cell: str) -> Execution:
        """An account that has sent nothing and follows no market."""
        return Execution()

    def position_of(self, state: Execution, market: str) -> int:
        """Sequence of the last ticks record of `venue:symbol` that was followed; -1 for none."""
        found = state.markets.get(market)
        return -1 if found is None else found.followed

    def leaving(self, state: Execution, market: str) -> frozenset[str]:
        """Fields of the next ticks record of `venue:symbol` that `follow` does not look at."""
        return state.unread(market)

    def follow(self, state: Execution, ticks: Ticks, *, moves: bool = True) -> None:
        """Advance the account's market by one ticks record; remember what happened on the way.

        moves: False where it is known that the record moves nothing that the account has there.
        """
        market = state.market(ticks.key)
        if ticks.seq > market.followed:
            hear = partial(self._heard, state, ticks)
            self.venue.follow(market, ticks, hear, moves=moves)
            self.styles.ticked(state, ticks)

    def pass_over(self, state: Execution, market: str, seq: int) -> None:
        """Count ticks of `venue:symbol` up to `seq` as followed: they moved nothing of the
        account's, and the next one shows the whole book.
        """
        found = state.market(market)
        found.followed = max(found.followed, seq)

    def _heard(self, state: Execution, ticks: Ticks, news: Sequence[Event]) -> None:
        """Remember what the venue said; orders that are worked in parts go on by it."""
        for event in news:
            if isinstance(event, Funded):
                state.happened.append(funding(ticks, event))
            elif isinstance(event, Created):
                if event.order.role is None:
                    made = liquidation(ticks, event)
                else:
                    made = created(state.living[event.order.parent or ""].entry, event)
                state.living[event.order_id] = Living(made, told=0)
                state.happened.append(event.order_id)
            elif living := state.living.get(event.order_id):
                living.entry = happened(living.entry, event)
                state.happened.append(event.order_id)
            if state.styled:
                self.styles.heard(state, event)

    def step(self, state: Execution, record: OrderDecision, context: StepContext) -> list[Draft]:
        """What happened up to the decision's tick, then what the decision asks for."""
        asked = self._asked(record, context.now) if record.outcome == "approved" else None
        page = Page()
        if state.finished:
            self._forget(state, context.now)
        if state.happened:
            _tell_happened(state, page, record.account, context.now)
        if asked is not None:
            self._answer(state, asked, page, context.now)
            if state.happened:
                _tell_happened(state, page, record.account, context.now)
        elif record.clock:
            page.tell(_mark(state, record))
        return [*page.journal, *page.statuses]

    def _asked(self, record: OrderDecision, now: int) -> tuple[JournalEntry, Command]:
        """The decision's command; raises Poison, with nothing done, if it cannot be read."""
        if record.command is None:
            raise Poison(f"{record.key} seq {record.seq} is approved without a command")
        entry = JournalEntry.own(
            command=record.command,
            order_seq=record.seq,
            tick=record.tick,
            state=OrderState.INTENDED,
            due=self.venue.due(now, record.command.client_order_id),
        )
        unfit(record.command)
        return entry, dispatched(entry)

    def _answer(
        self, state: Execution, asked: tuple[JournalEntry, Command], page: Page, now: int
    ) -> None:
        """Do what the command asks for, or say why not: it is known already, has expired, or the
        risk gate refuses it.
        """
        entry, sent = asked
        command, order_id = entry.command, sent.order_id
        market = state.market(f"{command.venue}:{command.symbol}")
        if order_id in state.living or order_id in state.finished:
            page.tell(own_status(entry, "rejection", reason=Reason.DUPLICATE, **where(market)))
            return
        reason = _refused(command, state, now)
        if reason is not None:
            event = OrderEvent.EXPIRE if reason is Reason.EXPIRED else OrderEvent.REJECT
            entry = own_extend(entry, event, "rejection", reason=reason, **where(market))
            state.finished[order_id] = Finished(now, command.expires)
            page.write(entry)
        else:
            page.write(entry)
            entry = own_extend(entry, OrderEvent.SEND, "status", **where(market))
            state.living[order_id] = Living(entry, told=1)
            self._send(state, entry, sent, now)
        page.tell(entry.statuses[-1])

    def _send(self, state: Execution, entry: JournalEntry, sent: Command, now: int) -> None:
        """To the venue, or to the orders that are worked in parts."""
        command = entry.command
        if command.style is not None and command.action == "place":
            self.styles.begin(state, entry, now)
            return
        left: Command | None = sent
        if isinstance(sent, Cancel | Modify):
            left = self.styles.steer(state, command, sent, now)
        if left is not None:
            self.venue.place(state.market(f"{command.venue}:{command.symbol}"), left)

    def _forget(self, state: Execution, now: int) -> None:
        """Drop ids that finished long ago and whose commands have expired: no second effect."""
        while state.finished:
            order_id, done = next(iter(state.finished.items()))
            if now - done.at <= self.settings.remember or now <= done.expires:
                return
            del state.finished[order_id]

    def gauges(self, cell: Cell[Execution]) -> Iterator[Reading]:
        """For whoever watches the desk."""
        return of_execution(cell)

    def dump(self, state: Execution) -> Any:
        """The state as JSON values."""
        return dump_execution(state)

    def load(self, data: Any) -> Execution:
        """The state that `dump` gave."""
        return load_execution(data)


def _refused(command: OrderCommand, state: Execution, now: int) -> Reason | None:
    """Why the command must not be sent; only an order is looked at for its risk once more."""
    if unfit(command):
        return Reason.BAD_COMMAND
    holding = _holding(command, state) if command.action == "place" else None
    refused = recheck(command, now, holding=holding)
    return None if refused is None else refused.reason


def _holding(command: OrderCommand, state: Execution) -> Holding:
    """What the venue holds for the account, at the market's price (0 where there is none), and has
    of orders on the command's side, parts of which none was sent yet included.
    """
    key, side = f"{command.venue}:{command.symbol}", command.side
    market = state.market(key)
    quantity, coming = (
        EXACT.scaleb(Decimal(units), -QUANTITY_DECIMALS)
        for units in (market.position, market.coming(side) + hidden(state, key, side))
    )
    return Holding(quantity, Decimal(market.mid() or 0), resting=coming)


def _mark(state: Execution, record: OrderDecision) -> Status:
    """The clock with the price of the decision's market."""
    return Status.own(
        type="mark",
        account=record.account,
        venue=record.venue,
        symbol=record.symbol,
        **where(state.market(f"{record.venue}:{record.symbol}")),
    )


def _tell_happened(state: Execution, page: Page, account: str, now: int) -> None:
    """Write each order that something happened to, tell it all in order, forget the finished."""
    orders = list(dict.fromkeys(one for one in state.happened if isinstance(one, str)))
    for order_id in orders:
        living = state.living[order_id]
        living.entry = owned(living.entry, account)
        page.write(living.entry)
    for one in state.happened:
        if isinstance(one, Status):
            page.tell(one.model_copy(update={"account": account}))
        else:
            living = state.living[one]
            page.tell(living.entry.statuses[living.told])
            living.told += 1
    state.happened.clear()
    for order_id in orders:
        entry = state.living[order_id].entry
        if entry.state in TERMINAL:
            del state.living[order_id]
            state.finished[order_id] = Finished(now, entry.command.expires)
        else:
            living = state.living[order_id]
            living.entry, cut = folded(entry)
            living.told -= cut
