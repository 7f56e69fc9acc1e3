"""Coins that cost next to nothing: prices to 10^-20, sizes of 10^15 and more, exactly."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.algos.orders import ChildOrder, ParentOrder
from engine.algos.saving import dump_parent, load_parent
from engine.bars import Bars, Sums
from engine.book import Book
from engine.book_depth import FollowedBook
from engine.feeds.events import Trade
from engine.microstructure import MicroSettings, Microstructure
from engine.numbers import price_units
from engine.spans import SECOND
from engine.venue.events import Filled
from engine.venue.snapshot import dump_market, load_market
from schemas.signals import Touch
from schemas.ticks import BookState, Ticks
from tests.recorded import long
from tests.unit.market_tape import trade as traded
from tests.unit.market_tape import whole
from tests.unit.resting import Place, modify, order, place, protect, stop
from tests.unit.test_books import SPOT, first, fresh, last
from tests.unit.test_feeds_ticks import made
from tests.unit.test_microstructure import snapshot, ticks
from tests.unit.test_venue_following import follows
from tests.unit.test_venue_snapshot import fields, unknown
from tests.unit.venues.okx import SAMPLES

EXACT = Context(prec=200)
LOW, MID, HIGH = "0.000000000001233", "0.000000000001234", "0.000000000001236"
MANY = "123456789012345.678"
FINER = 10**12

PRICES = st.builds(
    lambda digits, finest: format(Decimal(digits).scaleb(-finest), "f"),
    st.integers(1, 99_999),
    st.sampled_from((2, 8, 12, 15, 20)),
)
SIZES = st.builds(
    lambda digits: format(Decimal(digits).scaleb(-8), "f"), st.integers(1, 10**15 * 10**8)
)
LEVELS = st.lists(st.tuples(PRICES, SIZES | st.just("0")), max_size=6)


@given(st.lists(st.tuples(LEVELS, LEVELS), min_size=1, max_size=8))
@settings(max_examples=long(60, 20))
def test_a_book_is_what_decimals_say(changes: list[tuple[list[Any], list[Any]]]) -> None:
    book, banded = Book(), FollowedBook((10, 5000)).book
    plain: tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]] = ({}, {})
    for sides in changes:
        for each in (book, banded):
            each.apply(tuple(sides[0]), tuple(sides[1]))
        for side, levels in zip(plain, sides, strict=True):
            side.update((Decimal(price), Decimal(size)) for price, size in levels)
        book = Book.load(orjson.loads(orjson.dumps(book.dump())))
    bids, asks = ({p: q for p, q in side.items() if q} for side in plain)
    for one in (book, banded):
        assert _told(one.best_bid) == max(bids.items(), default=None)
        assert _told(one.best_ask) == min(asks.items(), default=None)
        assert one.crossed == bool(bids and asks and max(bids) >= min(asks))
        walked = [(Decimal(p).scaleb(-20), Decimal(q).scaleb(-18)) for p, q in one.walk("bids")]
        assert walked == sorted(bids.items(), reverse=True)


def _told(level: tuple[str, str] | None) -> tuple[Decimal, Decimal] | None:
    return None if level is None else (Decimal(level[0]), Decimal(level[1]))


@given(st.lists(st.tuples(PRICES, SIZES, st.booleans()), min_size=1, max_size=20), st.booleans())
@settings(max_examples=long(60, 20))
def test_a_bar_is_what_decimals_say(rows: list[tuple[str, str, bool]], older: bool) -> None:
    """Also where the state was dumped in its midst, by this version or, of prices that it could
    hold, by one that counted in 10^-8."""
    series = Bars(SECOND, 0)
    for number, (price, size, buys) in enumerate(rows):
        if number == len(rows) // 2:
            data = orjson.loads(orjson.dumps(series.dump()))
            series = Bars.load(_coarse_sums(data) if older else data)
        series.take(Trade(number, price, size, "buy" if buys else "sell", ""))
    (bar,) = series.advance(SECOND)
    prices, sizes = ([Decimal(row[place]) for row in rows] for place in (0, 1))
    volume = sum(sizes)
    bought = sum(size for size, row in zip(sizes, rows, strict=True) if row[2])
    worth = sum(EXACT.multiply(p, q) for p, q in zip(prices, sizes, strict=True))
    assert (bar.open, bar.close, bar.trades) == (rows[0][0], rows[-1][0], len(rows))
    assert (Decimal(bar.high), Decimal(bar.low)) == (max(prices), min(prices))
    assert (Decimal(bar.volume), Decimal(bar.buy_volume)) == (volume, bought)
    assert Decimal(bar.vwap) == Context(prec=12).divide(worth, volume)


def _coarse_sums(data: dict[str, Any]) -> dict[str, Any]:
    """As it was dumped with prices in 10^-8, if they are no finer."""
    notional, rest = divmod(int(data["sums"]["notional"]), FINER)
    if not rest:
        data["sums"]["notional"] = str(notional)
        del data["sums"]["decimals"]
    return data


def test_sums_that_were_dumped_with_coarser_prices_go_on() -> None:
    old = {"open": "2.5", "high": "2.5", "low": "2.5", "close": "2.5", "volume": str(3 * 10**18),
           "buy_volume": "0", "notional": str(75 * 10**25), "trades": 1}  # fmt: skip
    assert Sums.load(old).bar("1s", 0, 1).vwap == "2.5"


def test_a_market_of_such_a_coin_has_a_book_and_bars() -> None:
    frames = (
        SAMPLES[1].replace("8476.98", HIGH).replace("8477", "0.00000000000124")
        .replace("8476.97", MID).replace('"256"', f'"{MANY}"'),
        SAMPLES[2].replace("8476.98", HIGH),
        SAMPLES[0].replace("42219.9", LOW),
        SAMPLES[0].replace("42219.9", MID).replace("0.12060306", MANY)
        .replace("1630048897897", "1630048899897").replace("130639474", "130639475"),
    )  # fmt: skip
    ticks, letters = made("okx:CAT/USDT", *frames)
    assert letters == []
    assert (ticks.book, ticks.books.applied) == (BookState.OK, (True, True))
    assert (ticks.bid, ticks.ask) == ((MID, MANY), ("0.00000000000124", "7"))
    bar = ticks.bars[0]
    assert (bar.interval, bar.high, bar.vwap, bar.volume) == ("1s", LOW, LOW, "0.12060306")


def test_its_microstructure() -> None:
    books = snapshot(((MID, MANY), (LOW, "1")), ((HIGH, MANY),))
    record: Ticks = ticks(0, 0, books=books, bid=(MID, MANY), ask=(HIGH, MANY))
    values = Microstructure(MicroSettings(depth_bps=(5, 20))).take(record, 0)
    assert (values["spread"], values["mid"], values["microprice"]) == (2e-15, 1.235e-12, 1.235e-12)
    assert values["spread_bps"] == 16.1943319838
    assert (values["bid_depth_5bps"], values["bid_depth_20bps"]) == (0.0, 152.345677641)


def test_its_books_over_venues() -> None:
    cell = fresh()
    mine, others = first(f"gate:{SPOT}", LOW, HIGH, MANY), first(f"mexc:{SPOT}", MID, HIGH, MANY)
    told = last(cell, mine, others)
    assert (told.touch, told.spread) == (Touch.NORMAL, "0.000000000000002")
    assert (told.bid, told.ask) == ((MID, MANY), (HIGH, "246913578024691.356"))
    assert [row[2] for row in told.bids] == ["mexc", "gate"]


def calm() -> Place:
    """A market with bids at MID and LOW and an ask at HIGH."""
    at = Place()
    at.pass_(whole(((MID, MANY), (LOW, "1")), ((HIGH, "4"),)))
    return at


def test_orders_trade_at_its_prices() -> None:
    at = calm()
    at.give(order("take", quantity="3"), order("wait", quantity="5", limit=LOW))
    at.pass_(traded("0.000000000001232", MANY))
    taken, waited = at.of(Filled)
    assert (taken.price, taken.quantity) == (price_units(HIGH), 3 * 10**18)
    assert taken.fee == Decimal("0.0000000000000018540") == Decimal(HIGH) * 3 * Decimal("0.0005")
    assert (waited.price, waited.quantity) == (price_units(LOW), 5 * 10**18)
    assert at.market.mid() == "0.000000000001235"


def test_a_stop_follows_its_prices() -> None:
    at = calm()
    at.give(order("take", quantity="3", stop="0.000000000000001", follows=follows("1", share=True)))
    at.pass_(traded(MID))
    stop = at.market.resting[at.market.protection["stop"]].order
    assert stop.trigger == price_units("0.00000000000122166")


def test_a_market_that_was_dumped_with_coarser_prices_goes_on() -> None:
    """Prices of 10^-8, as text; a distance that is a share is of 10^-10."""
    share = follows("2.5", share=True, activation="120")
    market = place(
        order("a", limit="98", stop="90", target="110", follows=share), stop("s", trigger="95")
    ).market
    market.last, market.peak, market.follows = price_units("101"), price_units("102"), share
    market.taken = {"asks": {price_units("101"): 7}}
    market.pending = [
        protect(stop="91"),
        modify("a", quantity="3", limit="97"),
        market.resting["a"].order,
    ]
    now = orjson.loads(orjson.dumps(dump_market(market)))
    old = _coarser(now)
    assert (old["last"], old["taken"]) == ("10100000000", [["asks", "10100000000", "7"]])
    assert old["follows"] == ["250000000", True, "12000000000", None]
    assert old["pending"][1]["limit"] == "9700000000"
    again = load_market(old, unknown)
    assert fields(again) == fields(market)
    assert dump_market(again) == dump_market(market)


def test_an_order_in_parts_that_was_dumped_with_coarser_prices_goes_on() -> None:
    child = ChildOrder("c", 5, price_units("99"))
    parent = ParentOrder("p", "buy", 10, price_units("99"), False, 0, children=(child,))
    old = _coarser(orjson.loads(orjson.dumps(dump_parent(parent))))
    assert old["limit"] == old["children"][0][2] == "9900000000"
    assert load_parent(old) == parent


def _coarser(row: Any) -> Any:
    """What an older version dumped: every price, known by its size, a 10^12th; no scale named."""
    if isinstance(row, dict):
        return {name: _coarser(each) for name, each in row.items() if name != "decimals"}
    if isinstance(row, list):
        return [*map(_coarser, row)]
    priced = isinstance(row, str) and row.isdecimal() and len(row) > 20
    return str(int(row) // FINER) if priced else row
