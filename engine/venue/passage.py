"""A ticks record passes by orders that rest: trades, quotes and book updates in file order.

A resting order trades at its own price as maker: by its turn in the queue when the other side
trades at the price, and whole when the market goes through it (a trade or the best price of the
other side beyond the price: its level was cleared). One that took all that the recorded book had
within its limit is the best price there is: until the recorded book has moved away from it, it
trades with what others bring to it, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from operator import itemgetter
from typing import Any

from engine.costs import EXACT
from engine.numbers import PRICE_DECIMALS, price_units, quantity_units
from engine.venue.following import trail
from engine.venue.liquidation import look, mid, watched
from engine.venue.market import D, Live
from engine.venue.protection import settle
from engine.venue.turn import Turn
from engine.venue.working import meet, reached, wake, wants
from schemas.ticks import BookState, BookUpdates, Columns, Fundings, Quotes, Ticks, Trades

Step = Callable[[Turn[Any], Ticks, int], None]
"""What one row of a record does."""

PLACE = itemgetter(0)
"""Of a row in its record."""


def passes(turn: Turn[D], ticks: Ticks) -> None:
    """Let everything that a record says happen to the book and to the orders."""
    groups: tuple[tuple[Step, Columns], ...] = (
        (_trade, ticks.trades),
        (_quote, ticks.quotes),
        (_book, ticks.books),
        (_mark, ticks.fundings),
    )
    steps = [
        (index, step, group, row)
        for step, group in groups
        if group.index
        for row, index in enumerate(group.index)
    ]
    steps.sort(key=PLACE)
    for _, step, group, row in steps:
        turn.at = group.seen_time[row]
        step(turn, ticks, row)
        if turn.moved:
            settle(turn)


def recover(turn: Turn[D], *, changed: bool) -> None:
    """What a book that may be met, after a record, does to the orders that waited for one.

    What it has gone through is filled; stops that were triggered and are not done take from it,
    again only when it has changed.
    """
    if turn.market.book is not BookState.OK:
        return
    _through(turn, turn.market.best("bids"), turn.market.best("asks"))
    for live in _there(turn):
        again = changed and live.met < turn.market.followed
        if live.phase == "awake" and (live.met < 0 or again):
            meet(turn, live)
            settle(turn)
    middle = mid(turn) if watched(turn, "mid") else None
    if middle is not None:
        look(turn, middle)


def reference(market_last: int | None, ticks: Ticks, mark: bool) -> int | None:
    """The price that triggers stops after a record."""
    if mark:
        told = [mark for mark in ticks.fundings.mark if mark is not None]
        return _mark_units(told[-1]) if told else market_last
    return price_units(ticks.trades.price[-1]) if ticks.trades else market_last


def displays(turn: Turn[D], books: BookUpdates, row: int) -> None:
    """The book becomes what one update says, and what was taken of it is looked at again."""
    turn.market.depth.follow(books if len(books) == 1 else _row(books, row))
    if turn.market.taken:
        turn.remember()


def _there(turn: Turn[D]) -> Iterator[Live]:
    """The orders at the venue as they are now, but those that go while the others are seen."""
    resting = turn.market.resting
    for live in list(resting.values()):
        if live.order.order_id in resting:
            yield live


def _sorted(turn: Turn[D], key: Callable[[Live], tuple[int, int]]) -> Iterator[Live]:
    """As _there, by a key, and those of one key in the order in which they came."""
    orders = sorted(turn.market.resting.values(), key=key)
    names = [live.order.order_id for live in orders]
    return (turn.market.resting[each] for each in names if each in turn.market.resting)


def _priority(live: Live) -> tuple[int, int]:
    """The better limit first."""
    return -(live.order.limit or 0) * live.order.sign, 0


def _way(live: Live) -> tuple[int, int]:
    """Buys from the lowest trigger, then sells from the highest."""
    return -live.order.sign, (live.order.trigger or 0) * live.order.sign


def _trade(turn: Turn[D], ticks: Ticks, row: int) -> None:
    trades: Trades = ticks.trades
    price, recorded = price_units(trades.price[row]), quantity_units(trades.quantity[row])
    left = recorded
    for live in _sorted(turn, _priority) if _at(turn, price) else ():
        if live.phase != "working" or live.order.limit is None:
            continue
        through = (live.order.limit - price) * live.order.sign
        if through > 0 and live.inside:
            left -= _fill(turn, live, left) if trades.side[row] != live.order.side else 0
        elif through > 0:
            _fill(turn, live, live.rest)
        elif through == 0 and trades.side[row] != live.order.side:
            live.place, reaching = turn.rules.queue.traded(live.place, left, recorded)
            left -= _fill(turn, live, reaching)
        settle(turn)
    if turn.rules.reference == "trade":
        _price(turn, price)
    if watched(turn, "trade"):
        look(turn, Decimal(trades.price[row]))


def _at(turn: Turn[D], price: int) -> bool:
    """Whether a price is at the limit of an order that works, or beyond it."""
    for live in turn.market.resting.values():
        limit = live.order.limit
        if live.phase == "working" and limit is not None and (limit - price) * live.order.sign >= 0:
            return True
    return False


def _quote(turn: Turn[D], ticks: Ticks, row: int) -> None:
    quotes: Quotes = ticks.quotes
    _through(turn, price_units(quotes.bid[row]), price_units(quotes.ask[row]))


def _book(turn: Turn[D], ticks: Ticks, row: int) -> None:
    books: BookUpdates = ticks.books
    displays(turn, books, row)
    if not books.applied[row]:
        return
    working = [each for each in turn.market.resting.values() if each.phase == "working"]
    for side, levels in (("buy", books.bids[row]), ("sell", books.asks[row])):
        mine = [each for each in working if each.order.side == side]
        changed = {price_units(price): quantity for price, quantity in levels} if mine else {}
        for live in mine:
            _displayed(turn, live, changed, books.snapshot[row])
    if turn.market.book is BookState.OK:
        _through(turn, turn.market.best("bids"), turn.market.best("asks"))


def _mark(turn: Turn[D], ticks: Ticks, row: int) -> None:
    fundings: Fundings = ticks.fundings
    mark = fundings.mark[row]
    if turn.rules.reference == "mark" and mark is not None:
        _price(turn, _mark_units(mark))
    if mark is not None and watched(turn, "mark"):
        look(turn, Decimal(mark))


def _displayed(turn: Turn[D], live: Live, changed: dict[int, str], snapshot: bool) -> None:
    """The order's level has, or may have, another quantity."""
    shown: int | None = None
    if live.order.limit in changed:
        shown = quantity_units(changed[live.order.limit])
    elif snapshot:
        shown = turn.market.ahead_at(live.order)
    if shown is not None:
        live.place = turn.rules.queue.displayed(live.place, shown)


def _through(turn: Turn[D], bid: int | None, ask: int | None) -> None:
    """Best prices: what they have gone through is filled; a mid may wake stops up."""
    if bid and ask and bid >= ask:
        return
    resting = turn.market.resting
    for live in list(resting.values()):
        best, limit = ask if live.order.side == "buy" else bid, live.order.limit
        if live.phase != "working" or limit is None or not best:
            continue
        if live.order.order_id not in resting:
            continue
        if (limit - best) * live.order.sign <= 0:
            live.inside = False
        elif not live.inside:
            _fill(turn, live, live.rest)
            settle(turn)
    if turn.rules.reference == "mid" and bid and ask:
        _price(turn, (bid + ask) // 2)


def _fill(turn: Turn[D], live: Live, quantity: int) -> int:
    """Fill a resting order at its price, as far as it may trade; give how much."""
    quantity = min(quantity, wants(turn.market, live))
    if quantity > 0 and live.order.limit is not None:
        turn.fill(live, live.order.limit, quantity, "maker")
    return quantity


def _price(turn: Turn[D], price: int) -> None:
    """A price that stops look at: those it has reached wake up, in the order in which a price that
    runs there would have reached them.
    """
    turn.market.last = price
    trail(turn, price)
    lives = turn.market.resting.values()
    if not any([live.phase == "asleep" and reached(live.order, price) for live in lives]):
        return
    for live in _sorted(turn, _way):
        if live.phase == "asleep" and reached(live.order, price):
            wake(turn, live)
            settle(turn)


def _row(books: BookUpdates, row: int) -> BookUpdates:
    """One row of the columns as columns."""
    names = BookUpdates.model_fields
    values = {name: getattr(books, name)[row : row + 1] for name in names}
    return BookUpdates.model_construct(**values)


def _mark_units(mark: str) -> int:
    """A mark price in units of 10^-20, downward: venues may tell it finer than any price."""
    return int(EXACT.scaleb(Decimal(mark), PRICE_DECIMALS))
