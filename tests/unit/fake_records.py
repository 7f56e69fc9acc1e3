"""Records of a market and an account, each made of little more than its sequence."""

from __future__ import annotations

from schemas import names
from schemas.orders import Intent, OrderCommand, OrderDecision
from schemas.raw import RawFrame, Source
from schemas.record import symbol_of, venue_of
from schemas.ticks import BookState, BookUpdates, Ticks
from tests.unit.fake_broker import Message, read
from tests.unit.trading import BTC, SECOND


def frame(seq: int, key: str = "binance:A") -> RawFrame:
    """A record of market.raw."""
    return RawFrame(
        id=f"{key}{seq}", seq=seq, key=key, seen_time=seq, run="r", run_seq=seq,
        source=Source.WS, channel="stream",
    )  # fmt: skip


def ticks(seq: int, ask: int | None = None, *, snapshot: bool = False, key: str = BTC) -> Ticks:
    """A record of market.ticks, seen in second `seq`; with an ask, it updates the book."""
    books = BookUpdates()
    if ask is not None:
        books = BookUpdates(
            index=(0,), event_time=(None,), seen_time=(seq,), snapshot=(snapshot,),
            applied=(True,), first_id=(None,), last_id=(None,), previous_id=(None,),
            bids=(((str(ask - 1), "10"),),), asks=(((str(ask), "10"),),),
        )  # fmt: skip
    return Ticks(
        id=f"t{seq}", cause="c", seq=seq, key=key, seen_time=seq * SECOND,
        venue=venue_of(key), symbol=symbol_of(key), books=books, book=BookState.OK,
    )  # fmt: skip


def held(seq: int, tick: int, account: str = "a", key: str = BTC) -> OrderDecision:
    """An order record that only tells the time, resting on a ticks record."""
    symbol = symbol_of(key)
    return OrderDecision(
        id=f"o{account}:{symbol}{seq}", cause="d", seq=seq, key=f"{account}:{symbol}",
        seen_time=tick * SECOND, clock=True, account=account, venue=venue_of(key), symbol=symbol,
        tick=tick, outcome="held",
    )  # fmt: skip


def order(seq: int, tick: int, account: str = "a", key: str = BTC) -> OrderDecision:
    """An order record that buys one, resting on a ticks record."""
    plain = held(seq, tick, account, key)
    command = OrderCommand(
        client_order_id=f"tl{plain.id}", account=account, venue=plain.venue, symbol=plain.symbol,
        intent=Intent.OPEN, side="buy", quantity="1", expires=10**18,
    )  # fmt: skip
    return plain.model_copy(update={"clock": False, "outcome": "approved", "command": command})


def market(upto: int, key: str = BTC, *, since: int = 0) -> list[Message]:
    """Ticks records `since` to `upto`, not included, at their offsets; the first of all is a book.

    The ask is 100 and rises by one a record.
    """
    records = [ticks(n, 100 + n, snapshot=n == 0, key=key) for n in range(since, upto)]
    return [read(names.TICKS, record.seq, record) for record in records]
