"""A Ticks record taken apart again: one plain object an event, in the order of the frames."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schemas.ticks import Columns, Notice, NoticeType, Ticks

Row = dict[str, Any]

_TRADE = ("price", "quantity", "side", "trade_id")
_QUOTE = ("bid", "bid_quantity", "ask", "ask_quantity", "update_id")
_FUNDING = ("mark", "index_price", "rate", "due")
_INTEREST = ("quantity", "value")
_LIQUIDATION = ("price", "quantity", "side")
_BOOK = (
    "snapshot", "applied", "first_id", "last_id", "previous_id", "bridged", "bids", "asks",
)  # fmt: skip


def rows_of(ticks: Ticks, frames: int) -> list[list[Row]]:
    """`frames` + 1 lists: first what no frame said (time passing), then the rows of each frame.

    Every row has venue, symbol, type, event_time (ns or None), seen_time and its type's own fields.
    A gap is named before the update that showed it, any other notice after.
    """
    head = {"venue": ticks.venue, "symbol": ticks.symbol}
    lists: list[list[Row]] = [[] for _ in range(frames + 1)]
    for index, row in _of_notices(ticks.notices, gap=True):
        lists[index + 1].append({**head, **row})
    for index, row in _of_events(ticks):
        lists[index + 1].append({**head, **row})
    for index, row in _of_notices(ticks.notices, gap=False):
        lists[index + 1].append({**head, **row})
    return lists


def _of_events(ticks: Ticks) -> Iterator[tuple[int, Row]]:
    """(frame index, row) of all events, type by type; those of a frame that holds several events
    of one type are in its order.
    """
    yield from _of_columns(ticks.trades, "trade", _TRADE)
    yield from _of_columns(ticks.quotes, "quote", _QUOTE)
    yield from _of_columns(ticks.books, "book", _BOOK)
    for index, row in _of_columns(ticks.fundings, "funding", _FUNDING):
        yield index, {"index" if name == "index_price" else name: row[name] for name in row}
    if ticks.interests is not None:
        yield from _of_columns(ticks.interests, "interest", _INTEREST)
    if ticks.liquidations is not None:
        yield from _of_columns(ticks.liquidations, "liquidation", _LIQUIDATION)


def _of_columns(columns: Columns, type: str, names: tuple[str, ...]) -> Iterator[tuple[int, Row]]:
    names = ("event_time", "seen_time", *names)
    values = zip(*(getattr(columns, name) for name in names), strict=True)
    for index, row in zip(columns.index, values, strict=True):
        yield index, {"type": type, **dict(zip(names, row, strict=True))}


def _of_notices(notices: tuple[Notice, ...], gap: bool) -> Iterator[tuple[int, Row]]:
    for notice in notices:
        if (notice.type is NoticeType.GAP) is gap:
            text = "reason" if notice.type is NoticeType.DEAD else "text"
            yield (
                notice.index,
                {
                    "type": notice.type.value,
                    "event_time": notice.event_time,
                    "seen_time": notice.seen_time,
                    text: notice.text,
                },
            )
