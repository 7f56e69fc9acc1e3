"""What Bybit tells and a house does not keep: results of positions, mark candles, funding rates."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from infra.exchange.facts import Changed, Fact, Marked, Reason, Report, Trade
from infra.exchange.house import House, Why
from infra.exchange.listing import Market
from infra.exchange.orders import Fill, Order
from infra.exchange.tape import Tape

KEPT_RATES = 1_000


@dataclass(slots=True)
class Record:
    """Of an account in a market: what was realised after fees and funding, of this position and of
    all; when the first one began and when it changed last (ns)."""

    current: int = 0
    all: int = 0
    created: int = 0
    updated: int = 0
    flat: bool = True
    seq: int = -1


class Ledger:
    """Kept from the facts of a house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.marks = [Tape() for _ in house.listing.markets]
        self.rates: list[deque[tuple[int, int]]] = [
            deque(maxlen=KEPT_RATES) for _ in house.listing.markets
        ]
        self._records: dict[tuple[int, int], Record] = {}
        house.listen(self.told)

    def record(self, account: int, market: Market) -> Record:
        """Of an account in a market."""
        return self._records.setdefault((account, market.number), Record())

    def told(self, facts: Sequence[Fact]) -> None:
        """Keep what is needed of the facts of one command."""
        for fact in facts:
            if isinstance(fact, Marked):
                seen = Trade(0, fact.market, fact.price, 0, True, fact.at)
                self.marks[fact.market.number].trade(seen)
            elif isinstance(fact, Report) and fact.fill is not None and fact.order.account.keeps:
                self._filled(fact.order, fact.fill)
            elif isinstance(fact, Changed) and fact.reason is Reason.FUNDING:
                record = self.record(fact.account.number, fact.markets[0])
                record.current, record.all = record.current + fact.amount, record.all + fact.amount
        for fact in facts:
            if isinstance(fact, Report) and fact.fill is not None:
                account, market = fact.order.account, fact.order.market
                flat = not account.position(market.number).lots
                self.record(account.number, market).flat = flat

    def _filled(self, order: Order, fill: Fill) -> None:
        record = self.record(order.account.number, order.market)
        if record.flat:
            record.current, record.flat = 0, False
            record.created = record.created or fill.at
        realised = fill.realised - fill.fee
        record.current, record.all = record.current + realised, record.all + realised
        record.updated, record.seq = fill.at, fill.trade

    def fund(self, market: Market, rate: int, time: int) -> Why | None:
        """As house.fund, and kept as the market's history."""
        why = self.house.fund(market, rate, time)
        if why is None:
            self.rates[market.number].append((time, rate))
        return why
