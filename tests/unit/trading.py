"""Records that the tests of signals, decisions and orders are made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.stage import Cell, Output
from schemas import names
from schemas.commands import ControlState
from schemas.decisions import Decision, Verdict
from schemas.instruments import Instrument, Kind
from schemas.portfolio import Portfolio
from schemas.record import Record, symbol_of, venue_of
from schemas.ticks import BookState

ACCOUNT = "main"
BTC = "binance:BTC/USDT:USDT"
ETH = "binance:ETH/USDT:USDT"
SECOND = 1_000_000_000

Input = tuple[str, Record]
"""A logical topic and a record of it."""


def decision(seq: int, verdict: Verdict, key: str = BTC, **fields: Any) -> Decision:
    """A decision on a book at 100, with the prices that its verdict needs."""
    stop, target = ("97", "106") if verdict is Verdict.LONG else ("103", "94")
    entry = verdict in (Verdict.LONG, Verdict.SHORT)
    given: dict[str, Any] = {
        "id": f"{key}-{seq}",
        "seq": seq,
        "key": key,
        "tick": seq,
        "venue": venue_of(key),
        "symbol": symbol_of(key),
        "verdict": verdict,
        "entry": "100" if entry else None,
        "stop": stop if entry else None,
        "target": target if entry else None,
        "strength": 0.8,
        "confidence": 0.8,
        "book": BookState.OK,
        "bid": ("99.9", "5"),
        "ask": ("100", "5"),
        "seen_time": seq * SECOND,
        "event_time": seq * SECOND,
    }
    return Decision(**{**given, **fields})


def position(seq: int, quantity: str, key: str = BTC, **fields: Any) -> Portfolio:
    """The account's position in the symbol of a market key, entered at 100."""
    symbol = symbol_of(key)
    given: dict[str, Any] = {
        "seq": seq,
        "key": f"{ACCOUNT}:{symbol}",
        "type": "position",
        "account": ACCOUNT,
        "venue": venue_of(key),
        "symbol": symbol,
        "quantity": quantity,
        "entry": "100",
    }
    return Portfolio(**{**given, **fields})


def worth(seq: int, equity: str | None) -> Portfolio:
    """The account's own record."""
    return Portfolio(seq=seq, key=f"{ACCOUNT}:*", type="account", account=ACCOUNT, equity=equity)


def halt(seq: int, value: str) -> ControlState:
    """The account's halt, "true" or "false"."""
    return ControlState(
        seq=seq, key=f"{ACCOUNT}:halt", account=ACCOUNT, setting="halt", value=value
    )


def instrument(key: str = BTC, **fields: Any) -> Instrument:
    """A linear contract of one base unit in lots of a thousandth."""
    given: dict[str, Any] = {
        "seq": 0,
        "key": key,
        "venue": venue_of(key),
        "symbol": symbol_of(key),
        "kind": Kind.LINEAR,
        "tick_size": "0.1",
        "lot_size": "0.001",
        "minimum_quantity": "0.001",
        "minimum_notional": "5",
    }
    return Instrument(**{**given, **fields})


def opening(equity: str = "10000") -> list[Input]:
    """What an account needs before it can trade BTC and ETH."""
    return [
        (names.INSTRUMENTS, instrument(BTC)),
        (names.INSTRUMENTS, instrument(ETH)),
        (names.PORTFOLIO, worth(0, equity)),
    ]


def feed(cell: Cell[Any], inputs: Iterable[Input]) -> list[Output]:
    """All that a cell makes of its inputs, in order."""
    return [output for topic, record in inputs for output in cell.take(topic, record)]
