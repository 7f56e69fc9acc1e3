"""trading.portfolio: what an account holds and is worth. Money is decimal strings in quote."""

from __future__ import annotations

from typing import Literal

from schemas.record import Record


class Portfolio(Record):
    """A position (key account:symbol) or the whole account (key account:*).

    quantity: signed, base; entry: average price; exposure: sum of absolute notionals.
    """

    type: Literal["position", "account"]
    account: str
    venue: str | None = None
    symbol: str | None = None
    quantity: str = "0"
    entry: str | None = None
    mark: str | None = None
    realised: str = "0"
    unrealised: str = "0"
    fees: str = "0"
    equity: str | None = None
    exposure: str | None = None
    positions: int | None = None
    fills: int = 0
    last_order: str | None = None
