"""How orders fared, counted from trading.statuses alone: by account, venue, symbol and UTC day.

    fill rate     whole / (whole + partial + unfilled), of orders that the venue has ended
    success rate  1 - (rejected + expired) / all that ended, commands that are no orders included
    slippage      10^4 * sum(sign * (price - reference) * quantity) / sum(reference * quantity)

sign is 1 for a buy: positive slippage is a cost. The reference of an order that rested, or waited
for its trigger, is the price it told last before the fill; else the mid that was told when it was
sent. Fills of an order whose beginning was not seen have no slippage, and `unpriced` counts them.
A position that was taken over from the venue is no order, and counts nowhere.

An order that is worked in parts counts once; its fills are those of its parts. The half of a pair
that was spared (the other half filled, or the position was closed) counts in no rate. The day is
that of event_time, where a status has one, else of seen_time; an order counts on the day it ends.
Sums are exact; rates are rounded to 12 digits. A status costs O(1); what is kept are the tallies,
the references of orders that live, and a sequence for each key, by which doubles are dropped.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, NamedTuple

from engine.costs import EXACT, text
from engine.lifecycle import TERMINAL
from engine.margin import Terms
from engine.position import kind_of
from engine.spans import DAY
from schemas.orders import Contract
from schemas.refusals import Reason
from schemas.statuses import ADOPTED_POSITION, OrderState, Status

ZERO = Decimal(0)
TOLD = Context(prec=12, rounding=ROUND_HALF_EVEN)
BASIS_POINTS = 10_000
SPARED = (Reason.OTHER_FILLED, Reason.POSITION_CLOSED)


class Key(NamedTuple):
    """What a tally is of; day: ns of its beginning in UTC."""

    account: str
    venue: str
    symbol: str
    day: int


@dataclass(slots=True)
class Tally:
    """sent: orders and other commands; whole, partial, unfilled: orders by what they had when they
    ended; spared: halves of a pair that were not needed; done: commands that are no orders.

    volume: base or contracts; turnover: quote; fees: the money that the symbol settles in; others:
    fees that were paid in another currency, by its name.
    slipped, priced: the two sums of the slippage, in units of price * quantity.
    """

    sent: int = 0
    whole: int = 0
    partial: int = 0
    unfilled: int = 0
    spared: int = 0
    rejected: int = 0
    expired: int = 0
    done: int = 0
    fills: int = 0
    unpriced: int = 0
    volume: Decimal = ZERO
    turnover: Decimal = ZERO
    fees: Decimal = ZERO
    slipped: Decimal = ZERO
    priced: Decimal = ZERO
    others: dict[str, Decimal] = field(default_factory=dict)

    @property
    def fill_rate(self) -> Decimal | None:
        """Share of the orders that were filled whole; None before one has ended."""
        return _share(self.whole, self.whole + self.partial + self.unfilled)

    @property
    def success_rate(self) -> Decimal | None:
        """Share of what was asked for that the venue has taken; None before anything has ended."""
        taken = self.whole + self.partial + self.unfilled + self.done
        return _share(taken, taken + self.rejected + self.expired)

    @property
    def slippage(self) -> Decimal | None:
        """Basis points, a cost where positive; None without a fill that has a reference."""
        return _share(EXACT.multiply(self.slipped, Decimal(BASIS_POINTS)), self.priced)


@dataclass(slots=True)
class Living:
    """An order that has not ended: the price its fills are held against, and whether it has any.

    part: of an order that is worked in parts, which counts for it.
    """

    reference: str | None = None
    filled: bool = False
    part: bool = False


@dataclass(slots=True)
class Tallies:
    """All that was counted; rows in the order in which they began."""

    rows: dict[Key, Tally] = field(default_factory=dict)
    living: dict[str, Living] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)

    def take(self, status: Status) -> None:
        """Count a status; one that was seen before changes nothing."""
        if status.seq <= self.seen.get(status.key, -1):
            return
        self.seen[status.key] = status.seq
        if status.cause == ADOPTED_POSITION and status.parent is None:
            return
        name = status.client_order_id
        if name is None or (status.state is None and status.type != "fill"):
            return
        order = self.living.get(name, Living())
        order.part = status.parent is not None and status.role is None
        tally = self.rows.setdefault(_key(status), Tally())
        if status.type == "fill":
            _fill(tally, order, status)
        else:
            _told(tally, order, status)
        if status.state in TERMINAL:
            self.living.pop(name, None)
            if not order.part:
                _end(tally, order, status)
        elif status.state is not None:
            self.living[name] = order

    def dump(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "rows": [[*key, _dump(tally)] for key, tally in self.rows.items()],
            "living": [
                [name, each.reference, each.filled, each.part] for name, each in self.living.items()
            ],
            "seen": dict(self.seen),
        }

    @classmethod
    def load(cls, row: dict[str, Any]) -> Tallies:
        """What `dump` gave."""
        rows = {Key(*key): _load(tally) for *key, tally in row.get("rows", ())}
        living = {name: Living(*each) for name, *each in row.get("living", ())}
        return cls(rows, living, dict(row.get("seen", {})))


def counted(statuses: Iterable[Status]) -> Tallies:
    """The tallies of statuses in the order of their topic."""
    tallies = Tallies()
    for status in statuses:
        tallies.take(status)
    return tallies


def _key(status: Status) -> Key:
    at = status.seen_time if status.event_time is None else status.event_time
    return Key(status.account, status.venue, status.symbol, at // DAY * DAY)


def _told(tally: Tally, order: Living, status: Status) -> None:
    """It was sent, or tells the price that it rests at."""
    if status.state is OrderState.SENT:
        tally.sent += not order.part
        order.reference = status.mark
    elif status.price is not None:
        order.reference = status.price


def _fill(tally: Tally, order: Living, status: Status) -> None:
    if status.price is None or status.quantity is None:
        return
    price, quantity = Decimal(status.price), Decimal(status.quantity)
    terms = Terms.of(status.contract or Contract(kind=kind_of(status.symbol)))
    order.filled = True
    tally.fills += 1
    tally.volume = EXACT.add(tally.volume, quantity)
    tally.turnover = EXACT.add(tally.turnover, terms.notional(price, quantity))
    _paid(tally, Decimal(status.fee or 0), status.fee_currency)
    if order.reference is None:
        tally.unpriced += 1
        return
    reference = Decimal(order.reference)
    worse = EXACT.subtract(price, reference)
    worse = worse if status.side == "buy" else worse.copy_negate()
    tally.slipped = EXACT.add(tally.slipped, EXACT.multiply(worse, quantity))
    tally.priced = EXACT.add(tally.priced, EXACT.multiply(reference, quantity))


def _paid(tally: Tally, fee: Decimal, currency: str | None) -> None:
    if currency is None:
        tally.fees = EXACT.add(tally.fees, fee)
    else:
        tally.others[currency] = EXACT.add(tally.others.get(currency, ZERO), fee)


def _end(tally: Tally, order: Living, status: Status) -> None:
    """An order or another command is over."""
    match status.state:
        case OrderState.FILLED:
            tally.whole += 1
        case OrderState.CANCELLED if order.filled or Decimal(status.filled or 0):
            tally.partial += 1
        case OrderState.CANCELLED if status.role is not None and status.reason in SPARED:
            tally.spared += 1
        case OrderState.CANCELLED:
            tally.unfilled += 1
        case OrderState.REJECTED:
            tally.rejected += 1
        case OrderState.EXPIRED:
            tally.expired += 1
        case OrderState.DONE:
            tally.done += 1


def _share(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    return TOLD.divide(Decimal(part), Decimal(whole)) if whole else None


def _dump(tally: Tally) -> dict[str, Any]:
    values = {each.name: getattr(tally, each.name) for each in fields(tally)}
    told = {name: text(one) if isinstance(one, Decimal) else one for name, one in values.items()}
    return {**told, "others": {name: text(fee) for name, fee in tally.others.items()}}


def _load(row: dict[str, Any]) -> Tally:
    tally = Tally()
    for name, value in row.items():
        setattr(tally, name, Decimal(value) if isinstance(value, str) else value)
    tally.others = {name: Decimal(fee) for name, fee in row.get("others", {}).items()}
    return tally
