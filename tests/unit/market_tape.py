"""Ticks records written row by row, for tests of the venue."""

from __future__ import annotations

from typing import Any, Literal

from schemas.record import symbol_of, venue_of
from schemas.ticks import BookState, BookUpdates, Columns, Fundings, Level, Quotes, Ticks, Trades
from tests.unit.trading import BTC

Kind = Literal["trades", "quotes", "books", "fundings"]
Row = tuple[Kind, dict[str, Any]]

GROUPS: dict[Kind, type[Columns]] = {
    "trades": Trades, "quotes": Quotes, "books": BookUpdates, "fundings": Fundings,
}  # fmt: skip


def trade(price: str, quantity: str = "1", side: str = "sell") -> Row:
    """An execution; side is the aggressor's."""
    return "trades", {"price": price, "quantity": quantity, "side": side, "trade_id": "1"}


def quote(bid: str, ask: str) -> Row:
    """Best prices."""
    sizes = {"bid_quantity": "1", "ask_quantity": "1", "update_id": None}
    return "quotes", {"bid": bid, "ask": ask, **sizes}


def depth(
    bids: tuple[Level, ...] = (), asks: tuple[Level, ...] = (), *, snapshot: bool = False
) -> Row:
    """Levels that changed, or all of them."""
    ids = {"first_id": None, "last_id": None, "previous_id": None, "bridged": 0}
    return "books", {"snapshot": snapshot, "applied": True, **ids, "bids": bids, "asks": asks}


def whole(bids: tuple[Level, ...], asks: tuple[Level, ...]) -> Row:
    """A snapshot of the book."""
    return depth(bids, asks, snapshot=True)


def funding(mark: str | None, rate: str | None, due: int | None) -> Row:
    """The next payment as the venue announces it."""
    return "fundings", {"mark": mark, "index_price": None, "rate": rate, "due": due}


def record(
    seq: int, seen_time: int, *rows: Row, book: BookState = BookState.OK, key: str = BTC
) -> Ticks:
    """A ticks record with these rows in file order, all seen at its own time."""
    groups: dict[str, Columns] = {}
    for kind, group in GROUPS.items():
        mine = [(n, row) for n, (each, row) in enumerate(rows) if each == kind]
        columns: dict[str, tuple[Any, ...]] = {
            "index": tuple(n for n, _ in mine),
            "event_time": (None,) * len(mine),
            "seen_time": (seen_time,) * len(mine),
        }
        for name in mine[0][1] if mine else ():
            columns[name] = tuple(row[name] for _, row in mine)
        groups[kind] = group.model_validate(columns)
    return Ticks.model_validate(
        {
            "id": f"{key}#{seq}", "key": key, "venue": venue_of(key), "symbol": symbol_of(key),
            "seq": seq, "seen_time": seen_time, "book": book, **groups,
        }
    )  # fmt: skip
