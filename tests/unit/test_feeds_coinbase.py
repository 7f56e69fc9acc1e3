"""Coinbase's own: sides, order of trades, connections that are numbered, what sockets answer."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from engine.book_sync import BookSync
from engine.feeds.coinbase import FEED, CoinbaseBook, listings, parse
from engine.feeds.coinbase_speech import ADVANCED_SPEECH, EXCHANGE_SPEECH
from engine.feeds.events import Trade
from engine.feeds.session import Opened, Passed, Received, Session, Wanted
from engine.feeds.speech import Kind, Topic
from engine.spans import SECOND
from schemas.errors import Poison
from schemas.raw import ReceivedFrame, Source
from schemas.ticks import BookState
from tests.unit.venues.coinbase import SAMPLES

STAMP = "2023-02-09T20:32:50.714964855Z"
BTC, ETH = Topic(Kind.BOOK, "BTC-USD"), Topic(Kind.TRADES, "ETH-USD")


def told(channel: str, number: int, *events: dict[str, Any]) -> str:
    frame = {"channel": channel, "client_id": "", "timestamp": STAMP, "sequence_num": number,
             "events": events}  # fmt: skip
    return orjson.dumps(frame).decode()


def trade(number: int | str, side: str = "BUY", product: str = "ETH-USD") -> dict[str, str]:
    return {"trade_id": str(number), "product_id": product, "price": "1", "size": "2",
            "side": side, "time": "2023-02-09T20:32:50.714Z"}  # fmt: skip


def level(side: str, price: str, quantity: str) -> dict[str, str]:
    return {"side": side, "event_time": STAMP, "price_level": price, "new_quantity": quantity}


def book(number: int, kind: str, *levels: dict[str, str]) -> str:
    return told("l2_data", number, {"type": kind, "product_id": "BTC-USD", "updates": levels})


def test_the_aggressor_is_the_other_side_than_the_makers() -> None:
    for text in (SAMPLES[2], SAMPLES[3]):
        (event,) = parse(text)
        assert isinstance(event, Trade)
        assert event.side == "buy"
    events = parse(told("market_trades", 1, {"trades": [trade(1, "BUY"), trade(2, "SELL")]}))
    assert [event.side for event in events if isinstance(event, Trade)] == ["sell", "buy"]


def test_trades_come_oldest_first_and_are_numbered_on_spot_only() -> None:
    events = parse(told("market_trades", 1, {"trades": [trade(9), trade(8)]},
                        {"trades": [trade(7)]}))  # fmt: skip
    assert [event.numbers for event in events if isinstance(event, Trade)] == [
        (7, 7), (8, 8), (9, 9),
    ]  # fmt: skip
    events = parse(told("market_trades", 1, {"trades": [trade("a-b", product="BIT-28JUN24-CDE")]}))
    assert [event.numbers for event in events if isinstance(event, Trade)] == [None]


def test_a_book_of_advanced_trade_passes_over_what_is_older() -> None:
    sync = BookSync(CoinbaseBook(), 5 * SECOND)
    first = book(3, "snapshot", level("bid", "10", "1"), level("offer", "11", "1"))
    for text in (first, book(9, "update", level("bid", "10", "2")),
                 book(8, "update", level("bid", "10", "7"))):  # fmt: skip
        (depth,) = parse(text)
        assert sync.take(depth, 0).gap is None  # type: ignore[arg-type]
    assert sync.book.best_bid == ("10", "2")
    (depth,) = parse(book(0, "snapshot", level("bid", "9", "1")))
    assert sync.take(depth, 0).applied  # type: ignore[arg-type]
    assert sync.book.best_bid == ("9", "1")
    assert sync.state is BookState.OK


def test_a_ticker_without_a_best_is_no_quote() -> None:
    ticker = {"type": "ticker", "product_id": "BTC-USD", "price": "1"}
    assert parse(told("ticker_batch", 1, {"type": "update", "tickers": [ticker]})) == ()
    blank = ticker | {"product_id": "", "best_bid": "", "best_ask": ""}
    assert parse(told("ticker_batch", 1, {"type": "update", "tickers": [blank]})) == ()


def test_a_frame_of_two_products_is_nobodys() -> None:
    both = told("market_trades", 1, {"trades": [trade(1), trade(2, product="BTC-USD")]})
    assert FEED.name_in(ReceivedFrame(1, Source.WS, "stream", both)) is None
    alone = told("market_trades", 1, {"trades": [trade(1), trade(2)]})
    assert FEED.name_in(ReceivedFrame(1, Source.WS, "stream", alone)) == "ETH-USD"


@pytest.mark.parametrize(("text", "reason"), [
    ('{"type":"error","message":"Failed to subscribe","reason":"X is not valid"}', "X is not val"),
    ('{"type":"filled"}', "unknown type 'filled'"),
    ('{"channel":"user","events":[]}', "unknown channel 'user'"),
    ('{"a":1}', "unknown type ''"),
])  # fmt: skip
def test_what_is_refused_says_why(text: str, reason: str) -> None:
    with pytest.raises(Poison, match=reason):
        parse(text)


@pytest.mark.parametrize(("name", "expected"), [
    ("BTC-USD", "BTC/USD"), ("CGLD-EUR", "CELO/EUR"), ("BTC-PERP-INTX", "BTC/USDC:USDC"),
    ("BIT-28JUN24-CDE", "BTC/USD:USD-240628"), ("ZZZ-28JUN24-CDE", None), ("BTC-USD-X", None),
    ("BIT-28XXX24-CDE", None), ("btc-usd", None),
])  # fmt: skip
def test_symbols_by_form(name: str, expected: str | None) -> None:
    assert FEED.symbol("advanced", name) == expected


def test_lists_of_advanced_trade_name_futures() -> None:
    future = {"contract_root_unit": "BTC", "contract_expiry_type": "EXPIRING",
              "contract_expiry": "2024-06-28T15:00:00Z"}  # fmt: skip
    rows: list[dict[str, Any]] = [
        {"product_id": "BTC-USDC", "product_type": "SPOT", "base_currency_id": "BTC",
         "quote_currency_id": "USDC"},
        {"product_id": "BIT-28JUN24-CDE", "product_type": "FUTURE", "quote_currency_id": "USD",
         "future_product_details": future},
        {"product_id": "BTC-PERP-INTX", "product_type": "FUTURE", "quote_currency_id": "USDC",
         "future_product_details": future | {"contract_expiry_type": "PERPETUAL"}},
    ]  # fmt: skip
    found = list(listings(rows))
    assert [each.symbol for each in found] == ["BTC/USDC", "BTC/USD:USD-240628", "BTC/USDC:USDC"]
    assert [FEED.symbol("advanced", each.venue_symbol) for each in found] == [
        each.symbol for each in found
    ]


def test_a_missing_frame_of_a_numbered_connection_ends_it() -> None:
    session = Session(ADVANCED_SPEECH, (BTC,))
    session.take(Opened(0))
    for number in (0, 1, 2):
        assert not session.take(Received(1, told("heartbeats", number))).dead
    dead = session.take(Received(1, book(4, "update", level("bid", "10", "7")))).dead
    assert dead == "frame 4 came after frame 2"
    session.take(Opened(2))
    assert not session.take(Received(3, told("heartbeats", 0))).dead


def test_advanced_trade_is_asked_for_heartbeats_and_a_channel_a_request() -> None:
    session = Session(ADVANCED_SPEECH, (BTC, ETH))
    sent = [orjson.loads(text) for now in range(3)
            for text in (session.take(Opened(0)).send if now == 0
                         else session.take(Passed(now * SECOND)).send)]  # fmt: skip
    assert sent == [
        {"type": "subscribe", "channel": "heartbeats"},
        {"type": "subscribe", "product_ids": ["ETH-USD"], "channel": "market_trades"},
        {"type": "subscribe", "product_ids": ["BTC-USD"], "channel": "level2"},
    ]
    all_of_them = {"level2": ["BTC-USD"], "market_trades": ["ETH-USD"], "heartbeats": ["x"]}
    text = told("subscriptions", 0, {"subscriptions": all_of_them})
    assert set(session.take(Received(3 * SECOND, text)).accepted) == {BTC, ETH}


def test_an_end_is_not_answered_and_nobody_waits_for_it() -> None:
    session = Session(EXCHANGE_SPEECH, (BTC, ETH))
    session.take(Opened(0))
    session.take(Passed(SECOND))
    said = {"type": "subscriptions", "channels": [
        {"name": "level2_50", "product_ids": ["BTC-USD"], "account_ids": None},
        {"name": "matches", "product_ids": ["ETH-USD"], "account_ids": None},
    ]}  # fmt: skip
    reaction = session.take(Received(SECOND, orjson.dumps(said).decode()))
    assert set(reaction.accepted) == {BTC, ETH}
    (ended,) = session.take(Wanted(2 * SECOND, (BTC,))).send
    assert orjson.loads(ended) == {
        "type": "unsubscribe", "product_ids": ["ETH-USD"], "channels": ["matches"],
    }  # fmt: skip
    for second in range(3, 30):
        session.take(Received(second * SECOND, str(SAMPLES[5])))
        assert not session.take(Passed(second * SECOND)).dead


def test_the_exchange_is_asked_for_a_heartbeat() -> None:
    sent = [orjson.loads(each.text) for each in EXCHANGE_SPEECH.subscribe((BTC, ETH), 1)]
    assert [each["channels"] for each in sent] == [["matches"], ["level2_batch"], ["heartbeat"]]


def test_data_are_not_heard_and_answers_are() -> None:
    heard = [ADVANCED_SPEECH.hear(text) is not None for text in SAMPLES]
    controls = [at for at, text in enumerate(SAMPLES) if '"subscriptions"' in str(text)]
    assert [at for at, is_heard in enumerate(heard) if is_heard] == controls
    refused = ADVANCED_SPEECH.hear('{"type":"error","message":"no such channel"}')
    assert refused is not None
    assert refused.reason == "no such channel"
