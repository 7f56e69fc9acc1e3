"""ccxt.pro's own reading of a venue's frames, without a connection: its trades and its books."""

from __future__ import annotations

from typing import Any

import orjson


class Client:
    """What ccxt's handlers ask of a connection; `subscriptions` and `futures` may be filled."""

    def __init__(self, url: str = "") -> None:
        self.url = url
        self.subscriptions: dict[str, Any] = {}
        self.futures: dict[str, Any] = {}
        self.rejected: list[Exception] = []
        self.lastPong = 0

    def resolve(self, *given: Any) -> None:
        """Somebody would be told."""

    def reject(self, error: Exception, *given: Any) -> None:
        """Somebody would be told of an error."""
        self.rejected.append(error)


class Theirs:
    """ccxt's exchange that knows the markets of some names."""

    def __init__(self, exchange: Any, symbols: dict[str, str], url: str = "") -> None:
        self.exchange, self.client = exchange, Client(url)
        exchange.set_markets([market_of(exchange, *pair) for pair in symbols.items()])

    def take(self, text: str | bytes) -> None:
        """Read one frame."""
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            message = text
        self.exchange.handle_message(self.client, message)

    def trades(self, symbol: str) -> list[dict[str, Any]]:
        """All trades of the symbol so far; at most 1000."""
        return list(self.exchange.trades.get(symbol, ()))

    def book(self, symbol: str, depth: int) -> dict[str, list[list[float]]]:
        """The best levels of the symbol's book, [price, quantity] each."""
        book = self.exchange.orderbooks.get(symbol)
        if book is None:
            return {"bids": [], "asks": []}
        return {side: [list(row[:2]) for row in book[side][:depth]] for side in ("bids", "asks")}


def market_of(exchange: Any, name: str, symbol: str) -> Any:
    pair, _, settles = symbol.partition(":")
    base, quote = pair.split("/")
    settle, _, dated = settles.partition("-")
    kind = "spot" if not settle else "future" if dated else "swap"
    return exchange.safe_market_structure(
        {
            "id": name, "symbol": symbol, "base": base, "quote": quote, "settle": settle or None,
            "baseId": base, "quoteId": quote, "type": kind, "spot": kind == "spot",
            "swap": kind == "swap", "future": kind == "future", "contract": kind != "spot",
            "linear": settle == quote if settle else None, "active": True,
            "inverse": settle == base if settle else None, "contractSize": 1 if settle else None,
            "precision": {"amount": 1e-8, "price": 1e-8},
        }
    )  # fmt: skip
