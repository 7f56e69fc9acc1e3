"""A stop 3 % and a target 6 % away, in the recorded market with a jump in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cache

import pytest

import infra.recordings
from engine.book import Book, BookSide
from engine.framing import raw_records
from engine.spans import SECOND
from engine.stage import Cell
from engine.ticks import TicksStage
from schemas import names
from schemas.orders import Intent
from schemas.raw import ReceivedFrame
from schemas.refusals import Reason
from schemas.statuses import JournalEntry, OrderState, Status
from schemas.ticks import BookState, Ticks
from tests.unit.executing import Input, command, decided, journal, play, statuses
from tests.unit.shocked import scaled, shocked, shocked_frames
from tests.unit.trading import BTC
from topics.recording import read

LINGER = 20_000_000
SIDES: tuple[BookSide, ...] = ("bids", "asks")


def listened() -> Iterator[ReceivedFrame]:
    """The frames of BTC/USDT."""
    return read(infra.recordings.MARKET[0])


def played(frames: Iterable[ReceivedFrame]) -> Iterator[Ticks]:
    """The ticks of the first 12 s of frames."""
    cell, end = Cell.fresh(TicksStage(), BTC), None
    for raw in raw_records(((BTC, frame) for frame in frames), "run", LINGER):
        for made in cell.take(names.RAW, raw):
            if isinstance(made.record, Ticks):
                yield made.record
        end = end or raw.seen_time + 12 * SECOND
        if raw.seen_time > end:
            return


@cache
def recorded() -> tuple[Ticks, ...]:
    """The ticks as they were recorded."""
    return tuple(played(listened()))


def moment(seconds: int) -> int:
    return recorded()[0].seen_time + seconds * SECOND


def entry() -> Decimal:
    """The best ask when the order is sent."""
    return Decimal(next(one.ask[0] for one in recorded() if one.ask and one.seen_time > moment(4)))


STOP, TARGET = Decimal("0.97"), Decimal("1.06")


def lived(factor: str, side: str = "buy") -> tuple[list[Status], list[JournalEntry]]:
    """What becomes of an order sent after 4 s when the market jumps by a factor after 8 s."""
    prices = {"stop": entry() * STOP, "target": entry() * TARGET}
    if side == "sell":
        prices = {"stop": entry() * (2 - STOP), "target": entry() * (2 - TARGET)}
    texts = {name: str(price.quantize(Decimal("0.1"))) for name, price in prices.items()}
    asked = command(
        "open", side=side, quantity="0.05", intent=Intent.OPEN, expires=2 * 10**18, **texts
    )
    inputs: list[Input] = []
    sent = False
    for n, ticks in enumerate(shocked(recorded(), moment(8), factor)):
        due = not sent and ticks.seen_time > moment(4)
        sent |= due
        inputs += [ticks, decided(n, ticks.seen_time, ticks.seq, asked if due else None)]
    outputs = play(inputs)
    return statuses(outputs), journal(outputs)


def of_role(told: list[Status], role: str) -> list[Status]:
    return [one for one in told if one.role == role]


@pytest.mark.parametrize(("factor", "side"), [("0.9695", "buy"), ("1.0305", "sell")])
def test_a_jump_of_3_percent_fires_the_stop_as_a_taker(factor: str, side: str) -> None:
    told, _ = lived(factor, side)
    stop, target = of_role(told, "stop"), of_role(told, "target")
    fills = [one for one in stop if one.type == "fill"]
    trigger = Decimal(stop[0].price or 0)
    sold = [Decimal(one.price or 0) for one in fills]
    assert sum(Decimal(one.quantity or 0) for one in fills) == Decimal("0.05")
    assert {one.liquidity for one in fills} == {"taker"}
    slipped = [(trigger - price if side == "buy" else price - trigger) / trigger for price in sold]
    assert all(0 < each < Decimal("0.002") for each in slipped), "past the trigger, and near it"
    assert (target[-1].state, target[-1].reason) == (OrderState.CANCELLED, Reason.OTHER_FILLED)


def test_a_stop_slips_as_far_as_the_price_jumps() -> None:
    told, _ = lived("0.9")
    trigger, *_, fill = of_role(told, "stop")
    assert (
        Decimal("0.92") < Decimal(fill.price or 0) / Decimal(trigger.price or 1) < Decimal("0.94")
    )


@pytest.mark.parametrize(("factor", "side"), [("1.0605", "buy"), ("0.9395", "sell")])
def test_a_jump_of_6_percent_fills_the_target_as_a_maker(factor: str, side: str) -> None:
    told, entries = lived(factor, side)
    stop, target = of_role(told, "stop"), of_role(told, "target")
    (fill,) = [one for one in target if one.type == "fill"]
    assert (fill.price, fill.quantity, fill.liquidity) == (target[0].price, "0.05", "maker")
    paid = Decimal(fill.price or 0) * Decimal("0.05") * Decimal("0.0002")
    assert Decimal(fill.fee or 0) == paid
    assert (stop[-1].state, stop[-1].reason) == (OrderState.CANCELLED, Reason.OTHER_FILLED)
    last = {one.key: one.state for one in entries}
    assert sorted(last.values()) == ["cancelled", "filled", "filled"]
    assert {one.client_order_id for one in told if one.parent == "open"} == set(last) - {"open"}
    assert len({(one.order_seq, one.tick) for one in entries}) == 1, "why: of the same decision"
    assert entries[0].order_seq > 0


@pytest.mark.parametrize("factor", ["1", "0.975", "1.05"])
def test_a_smaller_move_fires_neither(factor: str) -> None:
    told, _ = lived(factor)
    for role in ("stop", "target"):
        assert [one.state for one in of_role(told, role)] == [OrderState.OPEN] * len(
            of_role(told, role)
        )
        assert of_role(told, role)


@pytest.mark.parametrize("factor", ["0.97", "1.06"])
def test_a_shocked_market_is_one_book_that_was_moved(factor: str) -> None:
    plain, moved = Book(), Book()
    for before, after in zip(recorded(), shocked(recorded(), moment(8), factor), strict=True):
        plain.follow(before.books)
        moved.follow(after.books)
    tick = Decimal("0.001")
    for side in SIDES:
        levels = [(scaled(price, Decimal(factor), tick), quantity)
                  for price, quantity in plain.top(side, 50)]  # fmt: skip
        assert moved.top(side, 50) == levels
    assert recorded()[-1].book is BookState.OK


def test_shocked_frames_give_shocked_ticks() -> None:
    """The same jump on the way in and behind the ticks stage: books, quotes and trades agree."""
    made = tuple(played(shocked_frames(listened(), moment(8), "0.97")))
    wanted = tuple(shocked(recorded(), moment(8), "0.97"))
    for group in ("trades", "quotes"):
        rows = [[row for one in records for row in rows_of(one, group)]
                for records in (made, wanted)]  # fmt: skip
        assert rows[0] == rows[1] != []
    both = Book(), Book()
    for book, records in zip(both, (made, wanted), strict=True):
        for record in records:
            book.follow(record.books)
    for side in SIDES:
        assert both[0].top(side, 500) == both[1].top(side, 500) != []
    assert {one.book for one in made if one.seen_time > moment(2)} == {BookState.OK}


def rows_of(record: Ticks, group: str) -> list[tuple[object, ...]]:
    """Rows of a group without their place in the record."""
    columns = {name: value for name, value in getattr(record, group) if name != "index"}
    return list(zip(*columns.values(), strict=True))
