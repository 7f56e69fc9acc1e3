"""The consolidated book case by case, and its worker over lives and deaths."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest
from hypothesis import given, settings
from pydantic import ValidationError

from engine.books import BooksRerun, BooksSettings, BooksStage, SymbolState
from engine.stage import Cell, Context, Draft
from schemas import names
from schemas.codec import decode, encode
from schemas.errors import Fatal
from schemas.record import Record, symbol_of, venue_of
from schemas.signals import ConsolidatedBook, Touch, VenueState
from schemas.system import Snapshot
from schemas.ticks import BookState, BookUpdates, Level, Ticks
from tests.recorded import long
from tests.unit.fake_broker import (
    Broker,
    Died,
    Message,
    app_of,
    begin,
    connected,
    garbage,
    give,
    read,
    worker,
)
from tests.unit.fake_life import Action, Life, actions
from tests.unit.trading import SECOND, instrument
from topics.leased import Leased
from topics.settings import Settings

SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"
Levels = tuple[Level, ...]


def ticks(
    key: str,
    seq: int,
    bids: Levels = (),
    asks: Levels = (),
    *,
    at: int = 0,
    snapshot: bool = False,
    book: BookState = BookState.OK,
    clock: bool = False,
) -> Ticks:
    """A record of a market, seen in second `at`; with levels it updates the book."""
    books = BookUpdates()
    if bids or asks:
        books = BookUpdates(
            index=(0,), event_time=(None,), seen_time=(at * SECOND,), snapshot=(snapshot,),
            applied=(True,), first_id=(None,), last_id=(None,), previous_id=(None,),
            bids=(bids,), asks=(asks,),
        )  # fmt: skip
    return Ticks(
        id=f"{key} {seq}", seq=seq, key=key, seen_time=at * SECOND, venue=venue_of(key),
        symbol=symbol_of(key), books=books, book=book, clock=clock,
    )  # fmt: skip


def first(key: str, bid: str, ask: str, quantity: str = "1", at: int = 0, **more: Any) -> Ticks:
    """A venue's first record: a book of two levels."""
    return ticks(key, 0, ((bid, quantity),), ((ask, quantity),), at=at, snapshot=True, **more)


def fresh(symbol: str = SPOT, **more: Any) -> Cell[SymbolState]:
    return Cell.fresh(BooksStage(BooksSettings(symbols=(symbol,), **more)), symbol)


def last(cell: Cell[SymbolState], *records: Record) -> ConsolidatedBook:
    """What the last of the records gives."""
    made = []
    for record in records:
        topic = names.TICKS if isinstance(record, Ticks) else names.INSTRUMENTS
        made = cell.take(topic, record)
    (out,) = made
    assert isinstance(out.record, ConsolidatedBook)
    return out.record


def states(book: ConsolidatedBook) -> dict[str, VenueState]:
    return {each.venue: each.state for each in book.venues}


@pytest.mark.parametrize(
    ("bid", "ask", "touch", "spread"),
    [
        ("99", "101", Touch.NORMAL, "1"),
        ("99", "100.0", Touch.NORMAL, "1"),
        ("101.5", "102", Touch.CROSSED, "-0.5"),
        ("101.00", "102", Touch.LOCKED, "0"),
    ],
)
def test_how_the_best_prices_stand_over_venues(
    bid: str, ask: str, touch: Touch, spread: str
) -> None:
    book = last(fresh(), first(f"a:{SPOT}", "99", "101"), first(f"b:{SPOT}", bid, ask))
    assert book.touch is touch
    if spread == "1":
        assert book.spread == ("2" if ask == "101" else "1")
    else:
        assert book.spread == spread
        assert (book.bid_venues, book.ask_venues) == (("b",), ("a",))
    assert states(book) == {"a": VenueState.OK, "b": VenueState.OK}


def test_venues_at_one_price_stand_together_and_add_up() -> None:
    book = last(
        fresh(), first(f"b:{SPOT}", "99.0", "101", "0.25"), first(f"a:{SPOT}", "99", "102", "1.5")
    )
    assert book.bids == (("99", "1.5", "a"), ("99.0", "0.25", "b"))
    assert (book.bid, book.bid_venues) == (("99", "1.75"), ("a", "b"))
    assert book.asks == (("101", "0.25", "b"), ("102", "1.5", "a"))


def test_depth_counts_prices_not_rows() -> None:
    rows: Levels = (("99", "1"), ("98", "1"), ("97", "1"))
    cell = fresh(levels=2)
    book = last(
        cell,
        *(ticks(f"{venue}:{SPOT}", 0, rows, (("101", "1"),), snapshot=True) for venue in "ab"),
    )
    assert [row[0] for row in book.bids] == ["99", "99", "98", "98"]


@pytest.mark.parametrize(
    "state", [BookState.NONE, BookState.GAPPED, BookState.STALE, BookState.CROSSED]
)
def test_a_book_that_is_not_sound_is_left_out_and_said_so(state: BookState) -> None:
    cell = fresh()
    last(cell, first(f"a:{SPOT}", "99", "101"), first(f"b:{SPOT}", "98", "102"))
    book = last(cell, ticks(f"a:{SPOT}", 1, book=state))
    assert states(book) == {"a": VenueState(state), "b": VenueState.OK}
    assert (book.bid, book.ask) == (("98", "1"), ("102", "1"))
    assert {row[2] for row in (*book.bids, *book.asks)} == {"b"}
    assert book.venues[0].bid == ("99", "1"), "its own best is told all the same"
    back = last(cell, ticks(f"a:{SPOT}", 2))
    assert (back.full, back.bid_venues) == (True, ("a",))


def test_a_venue_goes_stale_and_silent_by_the_time_of_the_others() -> None:
    cell = fresh(stale=5 * SECOND, silent=3 * SECOND)
    last(cell, first(f"a:{SPOT}", "99", "101"), first(f"b:{SPOT}", "98", "102"))
    quiet = [ticks(f"a:{SPOT}", 1, at=2), ticks(f"b:{SPOT}", 1, (("98", "2"),), at=4)]
    assert last(cell, *quiet).bid_venues == ("a",)
    told = last(cell, ticks(f"b:{SPOT}", 2, (("98", "3"),), at=5))
    assert states(told) == {"a": VenueState.SILENT, "b": VenueState.OK}
    told = last(cell, ticks(f"a:{SPOT}", 2, at=5))
    assert states(told) == {"a": VenueState.STALE, "b": VenueState.OK}
    assert (told.now - (told.venues[0].fresh or 0), told.now) == (5 * SECOND, 5 * SECOND)


def test_time_does_not_run_back_where_a_venue_is_behind() -> None:
    cell = fresh()
    last(cell, first(f"a:{SPOT}", "99", "101", at=20))
    book = last(cell, first(f"b:{SPOT}", "99", "101", at=10))
    assert book.now == 20 * SECOND
    assert states(book) == {"a": VenueState.OK, "b": VenueState.SILENT}


def test_a_venue_whose_records_are_not_all_there_waits_for_a_snapshot() -> None:
    cell = fresh()
    diff = ticks(f"a:{SPOT}", 7, (("99", "1"),), (("101", "1"),))
    assert states(last(cell, diff)) == {"a": VenueState.INCOMPLETE}
    anew = ticks(f"a:{SPOT}", 8, (("98", "1"),), (("102", "1"),), snapshot=True)
    assert (book := last(cell, anew)).bids == (("98", "1", "a"),)
    assert states(book) == {"a": VenueState.OK}


def test_contracts_are_told_in_what_they_are_of() -> None:
    cell = fresh(SWAP)
    book = last(cell, first(f"a:{SWAP}", "99", "101", "7"))
    assert (states(book), book.bids) == ({"a": VenueState.UNLISTED}, ())
    listed = instrument(f"a:{SWAP}", contract_size="0.01")
    book = last(cell, listed, ticks(f"a:{SWAP}", 1))
    assert book.bids == (("99", "0.07", "a"),)
    assert [read.topic for read in book.reads] == [names.TICKS, names.INSTRUMENTS]
    book = last(cell, instrument(f"b:{SWAP}"), first(f"b:{SWAP}", "99", "101", "0.03"))
    assert book.bid == ("99", "0.1")
    reborn = Cell.restore(cell.stage, decode(Snapshot, encode(cell.snapshot())))
    assert encode(last(reborn, ticks(f"a:{SWAP}", 2))) == encode(last(cell, ticks(f"a:{SWAP}", 2)))


def test_what_changes_nothing_is_told_shortly() -> None:
    cell = fresh(levels=1)
    book = last(cell, first(f"a:{SPOT}", "99", "101"))
    assert book.full
    book = last(cell, ticks(f"a:{SPOT}", 1, (("90", "1"),)))
    assert (book.full, book.bids, book.venues, book.bid) == (False, (), (), ("99", "1"))
    assert last(cell, ticks(f"a:{SPOT}", 2, clock=True)).bids == (("99", "1", "a"),)


def test_symbols_that_are_not_named_are_nobodys() -> None:
    stage = BooksStage(BooksSettings.model_validate({"symbols": " BTC/USDT, ETH/USDT "}))
    assert stage.cells_of(names.TICKS, f"okx:{SPOT}") == (SPOT,)
    assert stage.cells_of(names.TICKS, f"okx:{SWAP}") == ()
    assert stage.cells_of(names.TICKS, "typed by hand") == ()
    with pytest.raises(ValidationError):
        BooksSettings.model_validate({"symbol": SPOT})


def market(key: str, count: int) -> list[Message]:
    """A market whose price moves with each record."""
    made = [first(key, "100", "101")]
    for seq in range(1, count):
        price = 100 + seq * (3 if key[0] == "a" else 5) % 7
        rows: Levels = ((str(price), "1"),), ((str(price + 1), "1"),)  # type: ignore[assignment]
        made.append(ticks(key, seq, *cast(Any, rows), at=seq, snapshot=True))
    return [read(names.TICKS, at, record) for at, record in enumerate(made)]


INPUTS = {venue: market(f"{venue}:{SPOT}", 12) for venue in ("a", "c")}


def desk(broker: Broker, stage: BooksStage | None = None) -> Leased:
    """As agents.books makes it."""
    found = stage or BooksStage(BooksSettings(symbols=(SPOT,)))
    return Leased(
        app_of(broker), Settings(), found, cast(Any, Cell), standing=found.settings.symbols,
        broadcast=frozenset((found.main, *found.sides)), redo=BooksRerun,
    )  # fmt: skip


@settings(max_examples=long(150, 50), deadline=None)
@given(actions(["a", "c"]))
def test_killed_at_any_moment(happens: list[Action]) -> None:
    """In whatever order the venues meet: no hole, no double that differs, every record once."""
    assert INPUTS["a"][0].place != INPUTS["c"][0].place, "venues are on partitions of their own"
    with pytest.MonkeyPatch.context() as patch:
        broker = connected(patch)
        asyncio.run(Life(broker, desk, INPUTS).live(happens))
        rows = [decode(ConsolidatedBook, row) for row in broker.rows(names.BOOKS)[SPOT]]
    for venue, messages in INPUTS.items():
        assert [row.tick for row in rows if row.venue == venue] == list(range(len(messages)))


def test_a_record_that_is_not_what_was_published_is_fatal() -> None:
    cell = fresh()
    book = last(cell, first(f"a:{SPOT}", "99", "101"))
    forged = book.model_copy(update={"now": 7})
    rerun = BooksRerun(fresh(), [forged])
    with pytest.raises(Fatal, match=r"does not come out as it was published.*end them by SIGTERM"):
        rerun.take(names.TICKS, first(f"a:{SPOT}", "99", "101"))


async def test_what_is_of_other_symbols_is_neither_read_nor_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broker, other = connected(monkeypatch), garbage(names.TICKS, 0, "binance:ETH/USDT")
    one, own = desk(broker), INPUTS["a"][0]
    assert other.place != own.place
    await begin(one)
    await give(one, other, own)
    await one.checkpoint()
    assert broker.records(names.LETTERS) == []
    assert await begin(desk(broker)) == {other.place: 1, own.place: 1}


class Ends(BooksStage):
    """Cannot bear the second record."""

    def step(self, state: SymbolState, record: Ticks, context: Context) -> list[Draft]:
        if record.seq == 1:
            raise ValueError("what was not foreseen")
        return super().step(state, record, context)


async def test_a_record_that_ends_the_stage_is_buried_and_halts_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broker = connected(monkeypatch)
    for _ in range(4):
        one = desk(broker, Ends(BooksSettings(symbols=(SPOT,))))
        try:
            await begin(one)
            await give(one, *INPUTS["a"][:4])
            await broker.flush()
        except Died:
            broker.die(9)
    assert [letter.source_seq for letter in broker.records(names.LETTERS)] == [1]
    assert broker.records(names.STATE) == []


class Heard:
    """A stage that reads market.books."""

    name = "heard"
    main = names.BOOKS
    ignored: frozenset[str] = frozenset()
    sides: dict[str, type[Record]] = {}

    def cells_of(self, topic: str, key: str) -> Sequence[str]:
        return (key,)


def test_a_stage_may_read_books_by_their_symbol(monkeypatch: pytest.MonkeyPatch) -> None:
    one = worker(connected(monkeypatch), Heard())
    book = last(fresh(), first(f"a:{SPOT}", "99", "101"))
    assert one.read(cast(Any, read(names.BOOKS, 0, book))) == book
