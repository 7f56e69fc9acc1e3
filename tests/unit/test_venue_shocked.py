"""A stop 3 % and a target 6 % away, in the recorded market with a jump in it."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import pytest

import infra.recordings
from engine.book import Book
from engine.feeds.binance_symbols import Router
from engine.framing import SECOND, raw_records
from engine.stage import Cell
from engine.ticks import TicksStage
from schemas import names
from schemas.orders import Intent
from schemas.refusals import Reason
from schemas.statuses import JournalEntry, OrderState, Status
from schemas.ticks import BookState, Ticks
from tests.unit.executing import Input, command, decided, journal, play, statuses
from tests.unit.shocked import scaled, shocked
from tests.unit.trading import BTC
from topics.recording import merged, sample

LINGER = 20_000_000


@cache
def recorded() -> tuple[Ticks, ...]:
    """The ticks of the first 12 s of BTC/USDT."""
    path = infra.recordings.MARKET[0]
    route = Router.of(sample(path), infra.recordings.listings()).route
    cell = Cell.fresh(TicksStage(), BTC)
    raws = raw_records(merged([(path, route)]), "run", LINGER)
    found: list[Ticks] = []
    for raw in raws:
        found += [one.record for one in cell.take(names.RAW, raw) if isinstance(one.record, Ticks)]
        if found[-1].seen_time > found[0].seen_time + 12 * SECOND:
            break
    return tuple(found)


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
    for side in ("bids", "asks"):
        levels = [(scaled(price, Decimal(factor), tick), quantity)
                  for price, quantity in plain.top(side, 50)]  # fmt: skip
        assert moved.top(side, 50) == levels
    assert recorded()[-1].book is BookState.OK
