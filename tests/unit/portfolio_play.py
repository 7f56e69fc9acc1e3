"""Statuses of an account, and what the portfolio makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from engine.portfolio import PortfolioStage
from engine.stage import Cell, Output
from schemas import names
from schemas.codec import decode, encode
from schemas.instruments import Kind
from schemas.orders import Contract
from schemas.portfolio import Portfolio
from schemas.statuses import OrderState, Status
from schemas.system import Snapshot

LINEAR, INVERSE, SPOT = "BTC/USDT:USDT", "BTC/USD:BTC", "ETH/USDT"
CONTRACTS = {
    LINEAR: Contract(kind=Kind.LINEAR, size="0.001", leverage="7", maintenance="0.004"),
    INVERSE: Contract(kind=Kind.INVERSE, size="100", leverage="20", maintenance="0.005"),
    SPOT: Contract(kind=Kind.SPOT),
}


class Play:
    """A portfolio's cell that is fed status by status; `told` is all that came out."""

    def __init__(self, stage: PortfolioStage | None = None) -> None:
        self.stage = stage or PortfolioStage()
        self.cell = Cell.fresh(self.stage, "paper")
        self.sequences: dict[str, int] = {}
        self.statuses: list[Status] = []
        self.told: list[Output] = []
        self.now = 0

    def take(self, type: str, symbol: str = LINEAR, **fields: Any) -> list[Output]:
        """One status of the symbol through the stage."""
        seq = self.sequences[symbol] = self.sequences.get(symbol, -1) + 1
        body = {"type": type, "account": "paper", "venue": "binance", "symbol": symbol, **fields}
        status = Status.model_validate(body).identified(
            id=f"{symbol}{seq}", cause="", seq=seq, key=f"paper:{symbol}", seen_time=self.now,
            clock=False,
        )  # fmt: skip
        self.statuses.append(status)
        made = self.cell.take(names.STATUSES, status)
        self.told += made
        return made

    def fill(
        self, side: str, price: str, quantity: str, symbol: str = LINEAR, **fields: Any
    ) -> list[Output]:
        """One fill, of an order of its own, under the symbol's contract."""
        given = {
            "side": side, "price": price, "quantity": quantity, "fee": "0", "strategy": "main",
            "contract": CONTRACTS[symbol], "client_order_id": f"tl{len(self.statuses)}",
            "state": OrderState.FILLED, **fields,
        }  # fmt: skip
        return self.take("fill", symbol, **given)

    def mark(self, price: str, symbol: str = LINEAR) -> list[Output]:
        """The market's price."""
        return self.take("mark", symbol, mark=price)

    def fund(self, amount: str, symbol: str = LINEAR, **fields: Any) -> list[Output]:
        """Funding that was paid."""
        return self.take("funding", symbol, amount=amount, contract=CONTRACTS[symbol], **fields)

    def restart(self) -> None:
        """Go on from the bytes of a snapshot."""
        self.cell = Cell.restore(self.stage, decode(Snapshot, encode(self.cell.snapshot())))

    def last(self, key: str) -> Portfolio:
        """The latest record under a key without its account: a symbol, @strategy or *."""
        found = [out.record for out in self.told if out.key == f"paper:{key}"]
        return cast(Portfolio, found[-1])

    def latest(self) -> dict[str, Portfolio]:
        """The latest record of each key."""
        return {out.key: cast(Portfolio, out.record) for out in self.told}


def values(outputs: Sequence[Output]) -> list[bytes]:
    """The records as bytes."""
    return [encode(out.record) for out in outputs]
