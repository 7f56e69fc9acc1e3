"""The paper executor: what becomes of an account's orders in the recorded market.

Deterministic: its records are a function of the account's trading.orders in sequence and of what
market.ticks says, not of when either arrived. An order decision names the ticks record it rests on
(`tick`); before `step` takes the decision, the worker feeds `follow` every ticks record of that
market up to exactly that sequence (`position_of` tells how far it is). `follow` executes what is
due on the way and `step` publishes it.

A journal entry is an order's whole state. A step gives its journal drafts first, then its statuses
in order; each of these is told by an entry before it or is the SENT that an INTENDED entry covers.
So one wait for the journal's acknowledgement between the two makes every effect safe.

Cost: one book per account and market traded, so accounts * markets books.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from engine.book import Book
from engine.costs import EXACT, ProportionalFees
from engine.history import extend, happened, quantity_text, status_of
from engine.lifecycle import TERMINAL, OrderEvent
from engine.numbers import QUANTITY_DECIMALS, price_units, quantity_units
from engine.risk import Holding, recheck
from engine.stage import Context as StepContext
from engine.stage import Draft
from engine.venue import ConstantLatency, DisplayedBook, Market, Order, Venue
from schemas import names
from schemas.codec import decode, encode
from schemas.errors import Poison
from schemas.orders import OrderDecision
from schemas.record import Record, venue_of
from schemas.refusals import Reason
from schemas.statuses import JournalEntry, OrderState, Status
from schemas.ticks import BookState, Ticks

DAY = 86_400 * 10**9


class ExecutionSettings(BaseModel):
    """remember: ns for which the id of a finished order is known, against a second effect."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    latency: ConstantLatency = ConstantLatency()
    liquidity: DisplayedBook = DisplayedBook()
    fees: ProportionalFees = ProportionalFees()
    remember: int = Field(default=DAY, ge=0)


@dataclass(slots=True)
class Living:
    """An order that is not done. told: how many of its statuses have been published."""

    entry: JournalEntry
    told: int


@dataclass(frozen=True, slots=True)
class Finished:
    """An order of which only the id matters: ns when its end was published, and its expiry."""

    at: int
    expires: int


@dataclass
class Execution:
    """State of an account. due: living orders with statuses to publish, in order of happening."""

    markets: dict[str, Market[Book]] = field(default_factory=dict)
    living: dict[str, Living] = field(default_factory=dict)
    finished: dict[str, Finished] = field(default_factory=dict)
    due: list[str] = field(default_factory=list)

    def market(self, key: str) -> Market[Book]:
        """The market, with an empty book when it is new."""
        found = self.markets.get(key)
        if found is None:
            found = self.markets[key] = Market(Book())
        return found


@dataclass
class Page:
    """Drafts of one step: journal entries go first, statuses after them."""

    journal: list[Draft] = field(default_factory=list)
    statuses: list[Draft] = field(default_factory=list)

    def write(self, entry: JournalEntry) -> None:
        """Put the order's whole state into the journal."""
        self.journal.append(Draft(names.JOURNAL, entry.command.client_order_id, entry))

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
    sides: dict[str, type[Record]] = {}

    def __init__(self, settings: ExecutionSettings | None = None) -> None:
        self.settings = settings or ExecutionSettings()
        self.venue = Venue(self.settings.latency, self.settings.liquidity, self.settings.fees)

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

    def follow(self, state: Execution, ticks: Ticks) -> None:
        """Advance the account's market by one ticks record; remember what became due before it."""
        for event in self.venue.follow(state.market(ticks.key), ticks):
            living = state.living[event.order_id]
            living.entry = happened(living.entry, event)
            if event.order_id not in state.due:
                state.due.append(event.order_id)

    def step(self, state: Execution, record: OrderDecision, context: StepContext) -> list[Draft]:
        """What became due up to the decision's tick, then what the decision asks for."""
        asked = self._asked(record, context.now) if record.outcome == "approved" else None
        page = Page()
        if state.finished:
            self._forget(state, context.now)
        if state.due:
            _tell_due(state, page, context.now)
        if asked is not None:
            self._answer(state, asked, page, context.now)
        elif record.clock:
            page.tell(_mark(state, record))
        return [*page.journal, *page.statuses]

    def _asked(self, record: OrderDecision, now: int) -> tuple[JournalEntry, Order]:
        """The decision's order; raises Poison, with nothing done, for one that cannot be read."""
        if record.command is None:
            raise Poison(f"{record.key} seq {record.seq} is approved without a command")
        entry = JournalEntry(
            command=record.command,
            order_seq=record.seq,
            tick=record.tick,
            state=OrderState.INTENDED,
            due=self.settings.latency.arrival(now),
        )
        return entry, _order(entry)

    def _answer(
        self, state: Execution, asked: tuple[JournalEntry, Order], page: Page, now: int
    ) -> None:
        """Send the order, or say why not: known already, expired, or refused by the risk gate."""
        entry, order = asked
        command = entry.command
        market = state.market(f"{command.venue}:{command.symbol}")
        if order.order_id in state.living or order.order_id in state.finished:
            page.tell(status_of(entry, "rejection", reason=Reason.DUPLICATE, **_now(market)))
            return
        refused = recheck(command, now, holding=_holding(market))
        if refused is not None:
            event = _REFUSALS.get(refused.reason, OrderEvent.REJECT)
            entry = extend(
                entry,
                event,
                status_of(entry, "rejection", reason=refused.reason, **_now(market)),
            )
            state.finished[order.order_id] = Finished(now, command.expires)
            page.write(entry)
        else:
            page.write(entry)
            entry = extend(entry, OrderEvent.SEND, status_of(entry, "status", **_now(market)))
            state.living[order.order_id] = Living(entry, told=1)
            self.venue.place(market, order)
        page.tell(entry.statuses[-1])

    def _forget(self, state: Execution, now: int) -> None:
        """Drop ids that finished long ago and whose commands have expired: no second effect."""
        while state.finished:
            order_id, done = next(iter(state.finished.items()))
            if now - done.at <= self.settings.remember or now <= done.expires:
                return
            del state.finished[order_id]

    def dump(self, state: Execution) -> Any:
        """Orders as their journal entries, in order; sums as text, as they are beyond 64 bits."""
        return {
            "markets": {key: _dump_market(market) for key, market in state.markets.items()},
            "living": [[encode(each.entry).decode(), each.told] for each in state.living.values()],
            "finished": {key: [done.at, done.expires] for key, done in state.finished.items()},
            "due": list(state.due),
        }

    def load(self, data: Any) -> Execution:
        """The state that `dump` gave."""
        entries = [(decode(JournalEntry, row.encode()), told) for row, told in data["living"]]
        living = {entry.command.client_order_id: Living(entry, told) for entry, told in entries}
        markets = {key: _load_market(row, living) for key, row in data["markets"].items()}
        finished = {key: Finished(*row) for key, row in data["finished"].items()}
        return Execution(markets, living, finished, list(data["due"]))


_REFUSALS = {Reason.EXPIRED: OrderEvent.EXPIRE}


def _order(entry: JournalEntry) -> Order:
    """The journalled command as it travels to the venue."""
    command = entry.command
    return Order(
        order_id=command.client_order_id,
        due=entry.due,
        side=command.side,
        type=command.type,
        time_in_force=command.time_in_force,
        quantity=quantity_units(command.quantity),
        limit=None if command.price is None else price_units(command.price),
        reduce_only=command.reduce_only,
        contract=command.contract,
    )


def _holding(market: Market[Book]) -> Holding:
    """What the venue holds for the account, at the market's price (0 where there is none)."""
    quantity = EXACT.scaleb(Decimal(market.position), -QUANTITY_DECIMALS)
    return Holding(quantity, Decimal(market.mid() or 0))


def _now(market: Market[Book]) -> dict[str, Any]:
    """Where the market is: how far its ticks were followed, and its mid."""
    return {"book_seq": market.followed if market.followed >= 0 else None, "mark": market.mid()}


def _mark(state: Execution, record: OrderDecision) -> Status:
    """The clock with the price of the decision's market."""
    return Status(
        type="mark",
        account=record.account,
        venue=record.venue,
        symbol=record.symbol,
        **_now(state.market(f"{record.venue}:{record.symbol}")),
    )


def _tell_due(state: Execution, page: Page, now: int) -> None:
    """Write and tell what happened to orders since the step before; forget the finished ones."""
    for order_id in state.due:
        living = state.living[order_id]
        entry = living.entry
        page.write(entry)
        for status in entry.statuses[living.told :]:
            page.tell(status)
        living.told = len(entry.statuses)
        if entry.state in TERMINAL:
            del state.living[order_id]
            state.finished[order_id] = Finished(now, entry.command.expires)
    state.due.clear()


def _dump_market(market: Market[Book]) -> dict[str, Any]:
    return {
        "depth": market.depth.dump(),
        "book": market.book.value,
        "followed": market.followed,
        "built": market.built,
        "position": quantity_text(market.position),
        "pending": [order.order_id for order in market.pending],
    }


def _load_market(row: dict[str, Any], living: dict[str, Living]) -> Market[Book]:
    position = EXACT.scaleb(Decimal(row["position"]), QUANTITY_DECIMALS)
    return Market(
        depth=Book.load(row["depth"]),
        book=BookState(row["book"]),
        followed=row["followed"],
        built=row.get("built", True),
        position=int(position),
        pending=[_order(living[order_id].entry) for order_id in row["pending"]],
    )
