"""ccxt.pro's reading of a venue's frames, as its client would hand them on, without a network."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from tests.unit.ccxt_venue import Theirs


class CcxtReader:
    """A fresh exchange that knows the markets of some names.

    told: what ccxt is given in place of a frame that it cannot read without another library.
    asked: snapshots of books are among the frames, as answers of REST.
    failed: frames over which it stumbled, and what the first was.
    """

    def __init__(
        self,
        exchange: Any,
        symbols: Mapping[str, str],
        url: str,
        told: Mapping[bytes, Any],
        *,
        asked: bool,
    ) -> None:
        self.theirs = Theirs(exchange, dict(symbols), url)
        exchange.spawn = lambda *given: None
        self.exchange, self.client, self.told = exchange, self.theirs.client, told
        self.symbol = next(iter(symbols.values()), "")
        self.failed, self.first = 0, ""
        for each in symbols.values() if asked else ():
            exchange.orderbooks[each] = exchange.order_book({})
            self.client.subscriptions[f"orderbook::{each}"] = {}

    def play(self, frames: Iterable[str | bytes]) -> None:
        """Read all of them."""
        for frame in frames:
            try:
                self._take(frame)
            except Exception as error:
                self.failed += 1
                self.first = self.first or f"{type(error).__name__}: {error}"

    def _take(self, frame: str | bytes) -> None:
        if isinstance(frame, bytes) and frame in self.told:
            self.exchange.handle_protobuf_message(self.client, self.told[frame])
            return
        message = _message(frame)
        if isinstance(message, dict):
            rows, number = message.get("data", message), "lastUpdateId"
            if number in message or ("success" in message and "version" in rows):
                self._snapshot(rows, message.get(number) or rows["version"])
                return
            if "stream" in message:
                message = rows
        self.exchange.handle_message(self.client, message)

    def _snapshot(self, rows: Any, number: int) -> None:
        """An answer of REST, which ccxt would have asked for: what it has held comes upon it."""
        held = list(self.exchange.orderbooks[self.symbol].cache)
        book = self.exchange.order_book(self.exchange.parse_order_book(rows, self.symbol))
        book["nonce"] = number
        self.exchange.orderbooks[self.symbol] = book
        for message in held:
            if message.get("u", 0) > number:
                self.exchange.handle_message(self.client, message)


def unpacked(frame: str | bytes) -> str | bytes:
    """What is in a gzip frame, any other as it is."""
    if isinstance(frame, bytes) and frame.startswith(b"\x1f\x8b"):
        return zlib.decompress(frame, 31)
    return frame


def _message(frame: str | bytes) -> Any:
    """JSON, or a text that is none, such as a pong."""
    frame = unpacked(frame)
    try:
        return orjson.loads(frame)
    except orjson.JSONDecodeError:
        return frame
