"""Bybit's frames to events, its books' rule, and what its sockets are told."""

from __future__ import annotations

import orjson
import pytest

from engine.book_sync import BookSync
from engine.feeds.bybit import FEED, BybitBook, hear, market_at, market_in, symbol
from engine.feeds.bybit_frames import parse
from engine.feeds.events import Depth, Event, Funding, Liquidation, OpenInterest, Quote, Trade
from engine.feeds.names import last_friday
from engine.feeds.speech import Answer, Kind, Topic
from engine.spans import SECOND
from schemas.errors import Poison
from schemas.raw import ReceivedFrame, Source
from schemas.ticks import BookState
from tests.unit.venue_tables import frames
from tests.unit.venues.bybit import SAMPLES

TIME = 1715748762463000000
EXPECTED: tuple[tuple[Event, ...], ...] = (
    (Trade(1672304486865000000, "16578.50", "0.001", "buy",
           "20f43950-d8dd-5b31-9112-a178eb6023af"),),
    (Depth(1672304484976000000, True, 18521288, 18521288, None,
           (("16493.50", "0.006"), ("16493.00", "0.100")),
           (("16611.00", "0.029"), ("16612.00", "0.213"))),),
    (Depth(1687940967464000000, False, 18521289, 18521289, 18521288,
           (("16493.00", "0"), ("16492.00", "0.2")), (("16611.50", "1.1"),)),),
    (Quote(1699152639644000000, "35050.72", "0.02853", "35050.73", "1", 16468297),),
    (Quote(TIME, "61873.90", "3.783", "61874.00", "16.278", None),
     Funding(TIME, "61875.25", "61903.73", "0.00008055", 1715760000000000000),
     OpenInterest(TIME, "58117.022", "3596005265.51")),
    (Funding(1715748763063000000, "61875.06", "61903.59"),),
    (Liquidation(1739502302929000000, "0.04499", "20000", "buy"),),
    (Liquidation(1673251091822000000, "0.03803", "1637", "sell"),),
    (Trade(1618677785116000000, "1053.90", "0.14", "buy",
           "01cacfe9-8d1c-5ee4-995d-d79a43f955a6"),),
    (Depth(1618677786430132000, True, None, 864131802, None, (("1053.05", "2.63"),), ()),),
    (Depth(1618677786598877000, False, None, 1225777225, None, (("7.971", "47766"),),
           (("7.970", "0"),)),),
    (), (),
)  # fmt: skip


@pytest.mark.parametrize(("frame", "events"), [*zip(SAMPLES, EXPECTED, strict=True)])
def test_each_kind_of_frame(frame: str, events: tuple[Event, ...]) -> None:
    assert parse(frame) == events


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ('{"success":false,"ret_msg":"handler not found","op":"subscribe"}', "subscribe failed: h"),
        ('{"topic":"novelty.BTCUSDT","data":[]}', "unknown topic 'novelty.BTCUSDT'"),
        ('{"hello":1}', "names no topic"),
    ],
)
def test_refusals_name_their_reason(frame: str, reason: str) -> None:
    with pytest.raises(Poison, match=reason):
        parse(frame)


def test_a_change_of_one_side_alone_is_no_quote() -> None:
    tree = orjson.loads(SAMPLES[3])
    tree["data"]["a"] = []
    assert parse(orjson.dumps(tree)) == ()
    tree["data"]["b"] = [["35050.71", "0"], ["35050.72", "0.5"]]
    tree["data"]["a"] = [["35050.80", "3"]]
    (quote,) = parse(orjson.dumps(tree))
    assert quote[1:5] == ("35050.72", "0.5", "35050.80", "3")


def test_levels_of_2021_are_inserted() -> None:
    tree = orjson.loads(SAMPLES[10])
    tree["data"]["insert"] = [{"price": "7.972", "symbol": "EOSUSD", "side": "Sell", "size": 5}]
    (update,) = parse(orjson.dumps(tree))
    assert isinstance(update, Depth)
    assert update.asks == (("7.970", "0"), ("7.972", "5"))


def test_numbers_of_2021_keep_their_digits() -> None:
    text = SAMPLES[8].replace('"size":0.14', '"size":1.50e-7').replace('"1053.90"', "1053.10")
    (trade,) = parse(text)
    assert isinstance(trade, Trade)
    assert (trade.price, trade.quantity) == ("1053.10", "0.000000150")


@pytest.mark.parametrize(
    ("market", "name", "unified"),
    [
        ("spot", "BTCUSDT", "BTC/USDT"), ("spot", "ETHBTC", "ETH/BTC"), ("spot", "X", None),
        ("linear", "BTCUSDT", "BTC/USDT:USDT"), ("linear", "BTCPERP", "BTC/USDC:USDC"),
        ("linear", "BTC-29DEC23", "BTC/USDC:USDC-231229"),
        ("linear", "BTCUSDT-27JUN25", "BTC/USDT:USDT-250627"),
        ("inverse", "BTCUSD", "BTC/USD:BTC"), ("inverse", "BTCUSDZ23", "BTC/USD:BTC-231229"),
        ("inverse", "ETHUSDM21", "ETH/USD:ETH-210625"), ("linear", "USDT", None),
    ],
)  # fmt: skip
def test_symbols_by_form(market: str, name: str, unified: str | None) -> None:
    assert symbol(market, name) == unified


def test_quarters_end_on_the_last_friday() -> None:
    ends = [(2021, 6, 25), (2023, 9, 29), (2023, 12, 29), (2024, 3, 29), (2026, 12, 25)]
    assert [(year, month, last_friday(year, month)) for year, month, _ in ends] == ends


def test_the_address_or_a_name_tells_the_market() -> None:
    assert market_at("wss://stream.bybit.com/v5/public/inverse") == "inverse"
    assert market_at("wss://stream.bybit.com/realtime_public") == "linear"
    assert market_at("wss://stream.bybit.com/realtime") == "inverse"
    assert market_at("wss://stream.bybit.com/v5/private") is None
    told = [ReceivedFrame(1, Source.WS, "stream", f'{{"topic":"publicTrade.{name}"}}')
            for name in ("BTCUSDT", "BTCPERP", "BTC-29DEC23", "BTCUSD", "BTCUSDZ23")]  # fmt: skip
    assert [*map(market_in, told)] == [None, "linear", "linear", "inverse", "inverse"]


def depth(number: int, snapshot: bool = False) -> Depth:
    previous = None if snapshot else number - 1
    return Depth(1, snapshot, number, number, previous, (("1", "1"),), (("2", "1"),))


def test_ids_count_up_by_one_and_a_snapshot_begins_anew() -> None:
    sync = BookSync(BybitBook(), 5 * SECOND)
    told = [depth(10, True), depth(11), depth(11), depth(13), depth(14), depth(1, True), depth(2)]
    taken = [sync.take(update, 0) for update in told]
    assert [each.applied for each in taken] == [True, True, False, False, False, True, True]
    gaps = [each.gap for each in taken]
    assert gaps == [None] * 3 + ["update 13 after 12 does not follow 11"] + [None] * 3
    assert sync.state is BookState.OK


def test_a_service_that_began_anew_sends_a_snapshot_whatever_it_calls_it() -> None:
    tree = orjson.loads(SAMPLES[2])
    tree["data"]["u"] = 1
    (update,) = parse(orjson.dumps(tree))
    assert isinstance(update, Depth)
    assert update.snapshot


@pytest.mark.parametrize("file", ["BYBIT.ws.25.0.gz", "BYBIT.ws.26.0.gz"])
def test_recorded_books_never_cross_and_have_at_most_25_levels_a_side(file: str) -> None:
    books: dict[str | None, BookSync] = {}
    for frame in frames(file):
        for event in parse(frame.text):
            if isinstance(event, Depth):
                name = FEED.name_in(frame)
                sync = books.setdefault(name, BookSync(BybitBook(), 5 * SECOND))
                assert sync.take(event, 0).applied
                assert sync.state is BookState.OK
                sides = len(sync.book.top("bids", 99)), len(sync.book.top("asks", 99))
                assert max(sides) <= 25
    assert len(books) >= 2


def test_what_the_socket_says() -> None:
    assert hear(SAMPLES[11]) == Answer(request=1)
    failed = '{"success":false,"ret_msg":"no such","conn_id":"x","req_id":"3","op":"subscribe"}'
    assert hear(failed) == Answer(request=3, reason="no such")
    assert hear(SAMPLES[12]) == Answer()
    assert hear(SAMPLES[0]) is None


def test_requests_have_at_most_ten_topics() -> None:
    topics = [Topic(Kind.BOOK, f"A{n}USDT") for n in range(11)]
    requests = FEED.speech.subscribe(topics, 1)
    assert [len(request.topics) for request in requests] == [10, 1]
    assert orjson.loads(requests[1].text) == {
        "req_id": "2", "op": "subscribe", "args": ["orderbook.50.A10USDT"]
    }  # fmt: skip
