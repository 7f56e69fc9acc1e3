"""Kraken's own: checksums, depths that books are cut to, numbers, what its sockets answer."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any
from zlib import crc32

import orjson
import pytest

from engine.book import Book
from engine.book_sync import BookSync
from engine.feeds.events import Depth, Funding, Liquidation, OpenInterest, Quote, Trade
from engine.feeds.kraken import FuturesBook, SpotBook, parse
from engine.feeds.kraken_names import market_at, market_in, name_in, symbol
from engine.feeds.kraken_speech import SPEECH
from engine.feeds.session import Opened, Received, Session
from engine.feeds.speech import Answer, Kind, Topic
from engine.spans import SECOND
from schemas.errors import Poison
from schemas.raw import ReceivedFrame, Source
from schemas.ticks import BookState, BookUpdates, Level
from tests.unit.venue_tables import frames
from tests.unit.venues.kraken import FUTURES, SAMPLES, SNAPSHOT, UPDATES

BOOKS = "KRAKEN.ws.50.0.gz"


def one(text: str | bytes) -> Any:
    (event,) = parse(text)
    return event


def frame(text: str) -> ReceivedFrame:
    return ReceivedFrame(1, Source.WS, "stream", text)


def test_the_checksum_is_that_of_the_guide_of_v1() -> None:
    """The book of the guide's example: asks 0.05005 to 0.05050, bids as listed, 500 of each."""
    asks = [f"0.0{price}" for price in range(5005, 5055, 5)]
    tails = ("5000", "4995", "4990", "4980", "4975", "4970", "4965", "4960", "4955", "4950")
    sides = {"asks": asks, "bids": [f"0.0{tail}" for tail in tails]}

    def top(side: str, count: int) -> list[Level]:
        return [(price, "0.00000500") for price in sides[side]][:count]

    assert SpotBook().checksum(top) == 974947235


def state(sync: BookSync) -> str:
    return sync.state.value


def play(texts: tuple[str, ...]) -> BookSync:
    sync = BookSync(SpotBook(), 5 * SECOND)
    for at, text in enumerate(texts):
        assert sync.take(one(text), at).gap is None
    return sync


def test_the_checksum_is_that_of_the_guide_of_v2_and_the_book_is_cut_to_its_depth() -> None:
    sync = play((SNAPSHOT, UPDATES[0]))
    assert sync.book.top("bids", 20)[0] == ("45284.0", "0.20000000")
    assert sync.book.top("bids", 20)[9] == ("45277.3", "1.54602737")
    assert len(sync.book.top("bids", 20)) == 10
    assert play((SNAPSHOT, *UPDATES)).state is BookState.OK


def test_a_book_that_is_not_the_venues_is_gapped_until_the_next_snapshot() -> None:
    sync = play((SNAPSHOT,))
    taken = sync.take(one(UPDATES[1]), 1)
    assert taken.gap is None
    wrong = UPDATES[0].replace("3443054480", "3443054481")
    gap = sync.take(one(wrong), 2).gap
    assert gap == "the book's checksum is 3443054480, the venue's is 3443054481"
    assert state(sync) == BookState.GAPPED
    assert not sync.take(one(UPDATES[1]), 3).applied
    assert sync.take(one(SNAPSHOT), 4).applied
    assert state(sync) == BookState.OK


def test_the_depth_is_kept_over_a_restart_and_by_readers() -> None:
    sync = play((SNAPSHOT,))
    again = BookSync.load(json.loads(json.dumps(sync.dump())), 5 * SECOND)
    for each in (sync, again):
        assert each.take(one(UPDATES[0]), 1).gap is None
    assert sync.dump() == again.dump()
    assert len(again.book.top("bids", 20)) == 10
    reader = Book()
    told: list[Depth] = [one(SNAPSHOT), one(UPDATES[0])]
    for depth in told:
        reader.follow(
            BookUpdates(
                index=(0,), event_time=(depth.event_time,), seen_time=(1,),
                snapshot=(depth.snapshot,), applied=(True,), first_id=(None,), last_id=(None,),
                previous_id=(None,), bridged=(0,), bids=(depth.bids,), asks=(depth.asks,),
                depth=() if depth.depth is None else (depth.depth,),
            )
        )  # fmt: skip
    assert reader.dump() == sync.book.dump()


@pytest.mark.parametrize(("bids", "asks", "depth"), [
    (10, 10, 10), (25, 3, 25), (3, 100, 100), (9, 9, 1000), (0, 0, 1000), (730, 1000, 1000),
])  # fmt: skip
def test_the_depth_of_v2_is_that_of_a_full_side(bids: int, asks: int, depth: int) -> None:
    def side(count: int, start: int) -> list[dict[str, int]]:
        return [{"price": start + at, "qty": 1} for at in range(count)]

    data = {"symbol": "A/B", "bids": side(bids, 1), "asks": side(asks, 5000), "checksum": 1}
    told = {"channel": "book", "type": "snapshot", "data": [data]}
    assert one(orjson.dumps(told)).depth == depth


def test_a_recorded_book_breaks_when_one_frame_is_missing() -> None:
    texts = [each.text for each in frames(BOOKS) if "XMR/USD" in each.text]
    books = [text for text in texts if '"book-' in text[-40:]]
    shown = [at for at in range(1, 60) if any(touches(books[:at], one(books[at])))]
    assert len(shown) > 5
    for missing in shown[:6]:
        sync = BookSync(SpotBook(), 5 * SECOND)
        assert any(sync.take(one(text), 0).gap for at, text in enumerate(books) if at != missing)


def touches(before: list[str], changed: Depth) -> list[bool]:
    """Whether the change is in the best ten levels of the book before it, by plain dictionaries."""
    sides: dict[str, dict[float, str]] = {"bids": {}, "asks": {}}
    for text in before:
        update = one(text)
        for name in sides:
            for price, quantity in getattr(update, name):
                sides[name].pop(float(price), None)
                if float(quantity):
                    sides[name][float(price)] = quantity
    best = {"bids": sorted(sides["bids"], reverse=True)[:10], "asks": sorted(sides["asks"])[:10]}
    return [
        float(price) >= best["bids"][-1] if name == "bids" else float(price) <= best["asks"][-1]
        for name in ("bids", "asks")
        for price, _ in getattr(changed, name)
    ]


def test_two_objects_of_one_frame_are_one_update() -> None:
    update = one(SAMPLES[2])
    assert (update.snapshot, update.checksum, update.depth) == (False, 974942666, 10)
    assert update.asks == (("5541.30000", "2.50700000"),)
    assert update.bids == (("5541.30000", "0.00000000"),)
    assert update.event_time == 1534614335345903000


def test_a_pretty_printed_frame_is_the_same() -> None:
    for text in SAMPLES:
        wide = json.dumps(json.loads(text), indent=2)
        if "e-" not in str(text):
            assert parse(wide) == parse(text)


def test_numbers_keep_their_texts_and_lose_their_exponents() -> None:
    quote = one(SAMPLES[12])
    assert (quote.bid, quote.ask) == ("0.10025", "0.10035")
    update = one('{"feed":"book","product_id":"PF_PEPEUSD","side":"buy","seq":1,"price":1.2E-5,'
                 '"qty":1.5E7,"timestamp":1}')  # fmt: skip
    assert update.bids == (("0.000012", "15000000"),)


def test_a_ticker_of_futures_is_quote_mark_rate_and_open_interest() -> None:
    quote, funding, interest = parse(SAMPLES[19])
    time = 1676393235406000000
    assert quote == Quote(time, "21978.5", "2536.0", "21987.0", "13948.0", None)
    assert funding == Funding(
        time, "21979.68641534714", "21984.54", "-0.000001380384722222", 1676394000000000000
    )
    assert interest == OpenInterest(time, "30072580.0")


def test_a_rate_of_zero_is_left_out_and_a_dated_future_has_none() -> None:
    full = json.loads(SAMPLES[19])
    del full["relative_funding_rate"]
    funding = parse(json.dumps(full))[1]
    assert isinstance(funding, Funding)
    assert funding.rate == "0"
    del full["next_funding_rate_time"]
    funding = parse(json.dumps(full))[1]
    assert isinstance(funding, Funding)
    assert (funding.rate, funding.due) == (None, None)


def test_a_liquidation_is_a_trade_and_the_closing_of_a_position() -> None:
    trade, closing = parse(SAMPLES[17])
    time = 1612266317519000000
    assert isinstance(trade, Trade)
    assert (trade.numbers, trade.side) == ((653355, 653355), "sell")
    assert closing == Liquidation(time, "34969.5", "15000", "sell")


def test_the_last_trades_come_oldest_first() -> None:
    texts = [each.text for each in frames(FUTURES) if '"trade_snapshot"' in each.text]
    assert len(texts) == 10
    for text in texts:
        numbers = [event.numbers[0] for event in parse(text) if isinstance(event, Trade)
                   and event.numbers]  # fmt: skip
        assert len(numbers) == 100
        assert all(after == before + 1 for before, after in pairwise(numbers))


def test_books_of_futures_count_up_by_one() -> None:
    texts = [each.text for each in frames(FUTURES) if '"PI_LTCUSD"' in each.text]
    books = [text for text in texts if text.startswith('{"feed":"book')]
    sync = BookSync(FuturesBook(), 5 * SECOND)
    assert [sync.take(one(text), 0).gap for text in (*books[:9], books[8])] == [None] * 10
    assert state(sync) == BookState.OK
    assert sync.take(one(books[10]), 0).gap is not None
    assert state(sync) == BookState.GAPPED


@pytest.mark.parametrize(("text", "reason"), [
    ('{"errorMessage":"Subscription depth not supported","event":"subscriptionStatus","pair":'
     '"XBT/USD","status":"error","subscription":{"depth":42}}', "depth not supported"),
    ('{"error":"Currency pair not supported XBT/USD","method":"subscribe","req_id":3,"success":'
     'false,"symbol":"XBT/USD"}', "Currency pair not supported"),
    ('{"event":"error","message":"Invalid product id"}', "Invalid product id"),
    ('{"event":"subscribed_failed","feed":"book"}', "subscribed_failed"),
    ('[0,[],"book-0","XBT/USD"]', "no levels"),
    ('[0,{"c":"1"},"book-10","XBT/USD"]', "without a side"),
    ('[1,{"a":[]},{"a":[],"c":"1"},"book-10","XBT/USD"]', "told twice"),
    ('[[{"O":{"status":"open"}}],"openOrders",{"sequence":2}]', "without a channel"),
    ('{"channel":"executions","type":"update","data":[]}', "unknown channel"),
])  # fmt: skip
def test_what_is_refused_says_why(text: str, reason: str) -> None:
    with pytest.raises(Poison, match=reason):
        parse(text)


def test_names_and_markets() -> None:
    names = {text: name_in(frame(str(text))) for text in SAMPLES}
    assert [names[text] for text in (SAMPLES[0], SAMPLES[7], SAMPLES[9], SAMPLES[13])] == [
        "XBT/USD", None, "MATIC/USD", None,
    ]  # fmt: skip
    assert names[SAMPLES[19]] == "PI_XBTUSD"
    assert [market_in(frame(str(SAMPLES[at]))) for at in (0, 7, 9, 15)] == [
        "spot", "spot", "spot", "futures",
    ]  # fmt: skip
    assert market_at("wss://ws.kraken.com/v2") == "spot"
    assert market_at("wss://futures.kraken.com/ws/v1") == "futures"
    assert market_at("wss://elsewhere.com") is None


@pytest.mark.parametrize(("name", "expected"), [
    ("XBT/USD", "BTC/USD"), ("XDG/XBT", "DOGE/BTC"), ("BTC/USD", "BTC/USD"),
    ("PI_XBTUSD", "BTC/USD:BTC"), ("PF_XBTUSD", "BTC/USD:USD"), ("PF_1INCHUSD", "1INCH/USD:USD"),
    ("FI_XBTUSD_210924", "BTC/USD:BTC-210924"), ("FF_ETHUSD_261225", "ETH/USD:USD-261225"),
    ("PI_XBTUSD_210924", None), ("FI_XBTUSD", None), ("in_xbtusd", None), ("BTC-USD", None),
])  # fmt: skip
def test_symbols_by_form(name: str, expected: str | None) -> None:
    assert symbol("spot", name) == expected


def test_spot_is_asked_by_kind_and_an_error_names_its_symbol() -> None:
    topics = tuple(Topic(kind, name) for kind in (Kind.BOOK, Kind.TRADES)
                   for name in ("BTC/USD", "FOO/BAR"))  # fmt: skip
    session = Session(SPEECH, topics)
    requests = session.take(Opened(0)).send
    assert len(requests) == 1
    first = orjson.loads(requests[0])
    assert first["params"] == {
        "channel": "trade", "symbol": ["BTC/USD", "FOO/BAR"], "snapshot": True,
    }  # fmt: skip
    good = {"method": "subscribe", "result": {"channel": "trade", "symbol": "BTC/USD"},
            "success": True, "req_id": first["req_id"]}  # fmt: skip
    bad = {"error": "Currency pair not supported FOO/BAR", "method": "subscribe",
           "req_id": first["req_id"], "success": False, "symbol": "FOO/BAR"}  # fmt: skip
    reaction = session.take(Received(SECOND, orjson.dumps(good).decode()))
    assert reaction.accepted == (Topic(Kind.TRADES, "BTC/USD"),)
    (second,) = reaction.send
    assert orjson.loads(second)["params"]["depth"] == 1000
    reaction = session.take(Received(2 * SECOND, orjson.dumps(bad).decode()))
    assert reaction.refused == (Topic(Kind.TRADES, "FOO/BAR"),)
    assert reaction.reason == "Currency pair not supported FOO/BAR"
    book = orjson.dumps(bad | {"req_id": orjson.loads(second)["req_id"]}).decode()
    assert session.take(Received(2 * SECOND, book)).refused == (Topic(Kind.BOOK, "FOO/BAR"),)


def test_a_feed_of_futures_is_asked_for_once_and_serves_all_its_kinds() -> None:
    kinds = (Kind.QUOTES, Kind.FUNDING, Kind.MARK, Kind.INTEREST)
    topics = tuple(Topic(kind, "PI_XBTUSD") for kind in kinds)
    (request,) = SPEECH.subscribe(topics, 1)
    assert orjson.loads(request.text) == {
        "event": "subscribe", "feed": "ticker", "product_ids": ["PI_XBTUSD"],
    }  # fmt: skip
    said = SPEECH.hear('{"event":"subscribed","feed":"ticker","product_ids":["PI_XBTUSD"]}')
    assert said == Answer(accepted=topics)
    failed = SPEECH.hear('{"event":"subscribed_failed","feed":"ticker","product_ids":["PI_X"]}')
    assert failed is not None
    assert {topic.name for topic in failed.refused} == {"PI_X"}


def test_data_are_not_heard_and_answers_are() -> None:
    heard = [SPEECH.hear(text) is not None for text in SAMPLES]
    controls = [at for at, text in enumerate(SAMPLES) if '"event"' in str(text)
                or '"method"' in str(text)]  # fmt: skip
    assert [at for at, is_heard in enumerate(heard) if is_heard] == controls


def test_a_checksum_counts_only_ten_levels() -> None:
    rows: list[Level] = [(str(price), "1.5") for price in range(100, 130)]
    expected = crc32("".join(f"{price}15" for price in (*range(100, 110),) * 2).encode())
    assert SpotBook().checksum(lambda side, count: rows[:count]) == expected
