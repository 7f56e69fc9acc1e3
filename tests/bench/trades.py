"""What the transport benches move: Binance trades, one a record or fifty, and what is made of them.

Only orjson is imported: the peer in an environment of its own runs this module too.
"""

from __future__ import annotations

from typing import Any

import orjson

FRAME = 50
"""Trades of one frame."""

BASES = ("BTC", "ETH", "SOL", "XRP", "BNB", "ADA", "DOGE", "LINK")
START_MS = 1_700_000_000_000


def key(symbol: int) -> bytes:
    """The record key of the symbol of that number."""
    name = BASES[symbol % len(BASES)] + (str(symbol // len(BASES)) if symbol >= len(BASES) else "")
    return f"binance:{name}/USDT".encode()


def message(number: int, symbol: int) -> dict[str, Any]:
    """Trade `number` as Binance's stream `<symbol>@trade` sends it; the same number, the same."""
    at = START_MS + number
    return {
        "e": "trade",
        "E": at + 3,
        "s": BASES[symbol % len(BASES)] + "USDT",
        "t": number,
        "p": f"{60_000 + number * 7 % 5_000}.{number % 100:02}",
        "q": f"{number % 3}.{number * 13 % 100_000:05}",
        "T": at,
        "m": number % 3 == 0,
        "M": True,
    }


def trade(number: int, symbols: int) -> tuple[bytes, bytes]:
    """Key and value of record `number`: one trade."""
    symbol = number % symbols
    return key(symbol), orjson.dumps(message(number, symbol))


def frame(number: int, symbols: int) -> tuple[bytes, bytes]:
    """Key and value of record `number`: FRAME trades of one symbol, as a JSON array."""
    symbol = number % symbols
    first = number * FRAME
    return key(symbol), orjson.dumps([message(first + n, symbol) for n in range(FRAME)])


def normalise(value: bytes) -> bytes:
    """One trade in Binance's words into one in ours."""
    told = orjson.loads(value)
    return orjson.dumps(
        {
            "symbol": told["s"],
            "price": float(told["p"]),
            "quantity": float(told["q"]),
            "event_time": told["T"] * 1_000_000,
            "trade_id": told["t"],
            "side": "sell" if told["m"] else "buy",
        }
    )


def columns(value: bytes) -> bytes:
    """A frame of trades into one record of columns."""
    told = orjson.loads(value)
    return orjson.dumps(
        {
            "symbol": told[0]["s"],
            "price": [float(one["p"]) for one in told],
            "quantity": [float(one["q"]) for one in told],
            "event_time": [one["T"] * 1_000_000 for one in told],
            "trade_id": [one["t"] for one in told],
            "side": ["sell" if one["m"] else "buy" for one in told],
        }
    )
