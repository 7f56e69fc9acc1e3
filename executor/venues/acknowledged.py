"""How venues confirm subscriptions: which messages, and how many there are to be.

    Binance spot   {"id": "1", "status": 200, "result": {"subscriptionId": 0}}
    OKX            {"event": "subscribe", "arg": {"channel": "orders", "instType": "ANY"}}
    Bybit          {"success": true, "op": "subscribe", "req_id": "3"}

Binance USD-M has its events from the connection on: the listen key is in its address.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Message = dict[str, Any]


class Confirmations(NamedTuple):
    """name: what a message confirms, None for others. channels: how many of a connection are; by
    the beginning of the last part of its address, "" for any.
    """

    name: Callable[[Message], str | None]
    channels: dict[str, int]

    def count(self, url: str) -> int:
        """How many of this connection."""
        last = url.rpartition("/")[2]
        return next((n for part, n in self.channels.items() if last.startswith(part)), 0)


def nothing(message: Message) -> str | None:
    """No message confirms."""
    return None


def binance(message: Message) -> str | None:
    """Of the WebSocket API."""
    result = message.get("result")
    return "user" if isinstance(result, dict) and "subscriptionId" in result else None


def okx(message: Message) -> str | None:
    """By channel."""
    return str(message["arg"]["channel"]) if message.get("event") == "subscribe" else None


def bybit(message: Message) -> str | None:
    """By request: ccxt asks for each topic by itself."""
    confirms = message.get("op") == "subscribe" and message.get("success")
    return str(message.get("req_id")) if confirms else None


ACKNOWLEDGED = {
    "binanceusdm": Confirmations(nothing, {"": 0}),
    "binance": Confirmations(binance, {"": 1}),
    "okx": Confirmations(okx, {"business": 1, "": 3}),
    "bybit": Confirmations(bybit, {"": 4}),
}
