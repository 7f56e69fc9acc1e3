"""trading.portfolio: what an account holds and is worth. Money is decimal strings in quote."""

from __future__ import annotations

from typing import Literal

from schemas.orders import Contract
from schemas.record import Record


class Portfolio(Record):
    """A position (key account:symbol), a strategy (account:@name) or all of an account (account:*).

    quantity: signed, base (contracts); entry: average price; exposure: sum of absolute notionals.
    equity: of a strategy what it has won, from 0; day, day_start and peak are of the same.
    settled: the money of realised, unrealised, fees and funding of a position; accounts and
    strategies tell theirs in quote.
    initial and maintenance: margin in quote; liquidation: the mark at which the venue would close
    the position; watch: how near that is.
    day: UTC day (ns) that day_start, the equity at its beginning, belongs to; peak: highest equity.
    closed, won: positions that were closed, and those that won after fees; returned: sum of their
    returns on initial margin, so that returned / closed is the average.
    open_orders: ids that the venue has; finished: the latest ids that are done, oldest first.
    """

    type: Literal["position", "strategy", "account"]
    account: str
    venue: str | None = None
    symbol: str | None = None
    strategy: str = ""
    contract: Contract | None = None
    settled: str = ""
    quantity: str = "0"
    entry: str | None = None
    mark: str | None = None
    realised: str = "0"
    unrealised: str = "0"
    fees: str = "0"
    funding: str = "0"
    initial: str = "0"
    maintenance: str = "0"
    liquidation: str | None = None
    watch: Literal["ok", "near", "breached"] = "ok"
    stop: str | None = None
    target: str | None = None
    equity: str | None = None
    exposure: str | None = None
    positions: int | None = None
    fills: int = 0
    last_order: str | None = None
    day: int | None = None
    day_start: str | None = None
    peak: str | None = None
    closed: int = 0
    won: int = 0
    returned: str = "0"
    open_orders: tuple[str, ...] = ()
    finished: tuple[str, ...] = ()
