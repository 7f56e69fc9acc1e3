"""Trades of a table: Binance's public dumps (trades, aggTrades), and plain ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from gateway.history.tables import BadTable, Cells, Table, table
from gateway.history.times import nanoseconds
from schemas.ticks import Side

TIME = ("time", "timestamp", "transact_time", "trade_time", "date", "datetime", "t")
PRICE = ("price", "p")
QUANTITY = ("quantity", "qty", "amount", "size", "volume", "q")
SIDE = ("side", "taker_side")
MAKER = ("is_buyer_maker", "isbuyermaker", "was_buyer_maker", "m")
NUMBER = ("trade_id", "id", "tid")
AGGREGATE = ("agg_trade_id", "aggregate_trade_id", "a")
FIRST = ("first_trade_id", "first_id", "f")
LAST = ("last_trade_id", "last_id", "l")

TELLING = tuple(frozenset((price, quantity)) for price in PRICE for quantity in QUANTITY)

UNNAMED = {
    6: ("id", "price", "qty", "quote_qty", "time", "is_buyer_maker"),
    7: ("agg_trade_id", "price", "quantity", "first_trade_id", "last_trade_id", "transact_time",
        "is_buyer_maker"),
    8: ("agg_trade_id", "price", "quantity", "first_trade_id", "last_trade_id", "transact_time",
        "is_buyer_maker", "is_best_match"),
}  # fmt: skip
"""Binance's dumps without a header by the number of their columns: trades and aggTrades of futures,
aggTrades of spot. Trades of spot have seven too, and a time in the fifth (binance-public-data).
"""

SPOT = ("id", "price", "qty", "quote_qty", "time", "is_buyer_maker", "is_best_match")

SIDES: dict[str, Side] = {
    "buy": "buy", "b": "buy", "bid": "buy", "sell": "sell", "s": "sell", "ask": "sell",
}  # fmt: skip
TRUTHS = {"true": True, "1": True, "false": False, "0": False}


class Traded(NamedTuple):
    """A trade of a table; side is the aggressor's, texts are plain decimals.

    trade_id: "" where the table has none. numbers: of the executions that it stands for, where the
    venue numbers them one by one; aggregate: its own, where it stands for several.
    """

    time: int
    price: str
    quantity: str
    side: Side
    trade_id: str
    numbers: tuple[int, int] | None = None
    aggregate: int | None = None


@dataclass
class Trades:
    """The trades of a file in the order of their times; `repairs` says what was mended for that.

    Read twice: once to see their order; memory: that of one trade, or of all where they are not in
    order. BadTable for a row that cannot be one.
    """

    path: Path
    repairs: list[str] = field(default_factory=list)
    rows: int = 0
    first: int = 0
    last: int = 0

    def read(self) -> Iterator[Traded]:
        """All of them, each once."""
        found = _named(table(self.path, TELLING))
        forward, backward, times = True, True, Span()
        for trade in _trades(found):
            forward &= trade.time >= times.at
            backward &= times.rows == 0 or trade.time <= times.at
            times.add(trade.time)
        if not times.rows:
            raise BadTable(f"{self.path}: it holds no trade")
        self.rows, self.first, self.last = times.rows, times.first, times.last
        if found.banner:
            self.repairs.append(f"{found.banner} lines before the header passed over")
        return self._once(_trades(found) if forward else self._ordered(found, backward))

    def _ordered(self, found: Table, backward: bool) -> Iterable[Traded]:
        rows = [*_trades(found)]
        if backward:
            self.repairs.append("newest first: turned around")
            return reversed(rows)
        self.repairs.append("not in the order of time: sorted")
        return sorted(rows, key=lambda trade: trade.time)

    def _once(self, trades: Iterable[Traded]) -> Iterator[Traded]:
        """Without rows that are there twice: the same in every cell, and so at the same time."""
        now, here, doubles = 0, set[Traded](), 0
        for trade in trades:
            if trade.time != now:
                now, here = trade.time, set()
            if trade.trade_id and trade in here:
                doubles += 1
                continue
            here.add(trade)
            yield trade
        if doubles:
            self.repairs.append(f"{doubles} rows that were there twice dropped")


@dataclass
class Span:
    """Times as they come: how many, the smallest, the largest, the last."""

    rows: int = 0
    first: int = 0
    last: int = 0
    at: int = 0

    def add(self, time: int) -> None:
        """One more."""
        self.first = min(self.first, time) if self.rows else time
        self.last, self.at, self.rows = max(self.last, time), time, self.rows + 1


def _named(found: Table) -> Table:
    """The table with columns; those of Binance's dumps where it names none."""
    if found.columns:
        return found
    _, cells = next(found.rows())
    columns = UNNAMED.get(len(cells), ())
    if len(cells) == 7 and "." in cells[3]:  # a quote quantity, where aggTrades have a number
        columns = SPOT
    if not columns:
        raise BadTable(
            f"{found.path}: it names no columns; write price,quantity,side,time over them"
        )
    return found._replace(columns=columns)


def _trades(found: Table) -> Iterator[Traded]:
    read = _Reader(found)
    for line, cells in found.rows():
        try:
            yield read.trade(cells)
        except (ValueError, InvalidOperation, KeyError) as error:
            raise BadTable(f"{found.path} line {line}: no trade: {error}; mend it") from error


class _Reader:
    """Cells to trades, by the columns of a table."""

    def __init__(self, found: Table) -> None:
        self._time, self._price = found.needed("time", *TIME), found.needed("price", *PRICE)
        self._quantity = found.needed("quantity", *QUANTITY)
        self._maker, self._side = found.place(*MAKER), found.place(*SIDE)
        if self._maker is None:
            self._side = found.needed("side", *SIDE, *MAKER)
        self._number, self._aggregate = found.place(*NUMBER), found.place(*AGGREGATE)
        self._first, self._last = found.place(*FIRST), found.place(*LAST)

    def trade(self, cells: Cells) -> Traded:
        """Raises ValueError, InvalidOperation or KeyError for what is none."""
        given = (
            nanoseconds(cells[self._time]), amount(cells[self._price]),
            amount(cells[self._quantity]), self._aggressor(cells),
        )  # fmt: skip
        if self._aggregate is not None:
            own = int(cells[self._aggregate])
            if self._first is None or self._last is None:
                return Traded(*given, str(own), None, own)
            return Traded(*given, str(own), (int(cells[self._first]), int(cells[self._last])), own)
        name = cells[self._number].strip() if self._number is not None else ""
        if self._maker is not None and name.isdecimal():
            return Traded(*given, name, (int(name), int(name)))
        return Traded(*given, name)

    def _aggressor(self, cells: Cells) -> Side:
        if self._maker is not None:
            return "sell" if TRUTHS[cells[self._maker].strip().lower()] else "buy"
        assert self._side is not None
        return SIDES[cells[self._side].strip().lower()]


def amount(text: str) -> str:
    """A plain decimal above zero, as written where it is one already; ValueError for another."""
    number = Decimal(text.strip())
    if not number.is_finite() or number <= 0:
        raise ValueError(f"{text} is not above zero")
    return text.strip() if text.strip().replace(".", "", 1).isdecimal() else format(number, "f")
