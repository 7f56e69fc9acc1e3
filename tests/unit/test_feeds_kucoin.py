"""KuCoin's frames, names, book and sockets, where these are its own."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from engine.book_sync import BookSync
from engine.feeds.catalogue import FEEDS
from engine.feeds.events import Depth, Event, Funding, Quote, Trade
from engine.feeds.feed import Row
from engine.feeds.kucoin import FEED
from engine.feeds.kucoin_frames import parse
from engine.feeds.session import Opened, Passed, Received, Session
from engine.feeds.speech import Kind, Topic
from engine.spans import SECOND
from gateway.recorded.decode import decode
from schemas.errors import Poison
from schemas.raw import ReceivedFrame, Source
from schemas.ticks import BookState, Level
from tests.unit.ccxt_venue import Theirs
from tests.unit.venue_tables import frames, path_of
from tests.unit.venues.kucoin import SAMPLES, theirs
from topics.recording import merged

WS, HTTP = "KUCOIN.ws.1.0.gz", "KUCOIN.http.0.0.gz"
MS = 1_000_000

READ: tuple[Event, ...] = (
    Trade(1729843222921000000, "67523", "0.003", "buy", "11067996711960577"),
    Quote(1677321643926 * MS, "0.00001862", "68.5961", "0.00001867", "258.4609", 38509148),
    Quote(1677320967673 * MS, "0.0002894", "65.536", "0.0002901", "3514.4978", 186911324),
    Quote(1712231142085 * MS, "3347.41", "6.0411697", "3347.42", "2.0778387", None),
    Depth(1663747970273 * MS, False, 14103844, 14103847, None,
          (("18891.9", "0"),), (("18906", "0.00331"),)),
    Depth(1729822226746 * MS, True, None, None, None,
          (("67996.6", "0.37969491"),), (("67996.7", "1.14213262"), ("67996.8", "0.21748212"))),
    Depth(1731897467182 * MS, False, 1709400450243, 1709400450243, None, (), (("90631.2", "2"),)),
    Depth(1731680019100 * MS, True, None, None, None,
          (("89720.9", "513"), ("89720.8", "12")), (("89721", "906"),)),
    Trade(1731898619520000000, "90503.9", "2", "buy", "1794100537695"),
    Trade(1677279296134648800, "23083.5", "35", "sell", "63f940400000650065f4996f"),
    Quote(1553846081210004941, "3200.0", "795", "3600.0", "284", 45),
    Funding(1551770400000 * MS, "4010.52", "4000.23"),
    Funding(1551770400000 * MS, None, None, "-0.00002966"),
    Trade(1774618231141000000, "1995.49", "0.3142324", "buy", "20745928670070784"),
    Quote(1774100940780000000, "2155.54", "23.3114947", "2155.55", "0.5972689", 20310552932),
    Depth(1774624848673000000, True, None, 20452522782, None,
          (("66532.4", "0.09489"),), (("66532.5", "0.46243848"),)),
    Depth(1604643655040584408, True, None, 100, None,
          (("3200.0", "800"),), (("5000.0", "1000"), ("6000.0", "1983"))),
)  # fmt: skip
"""What the first of SAMPLES say; the others say nothing of a market."""


@pytest.mark.parametrize("index", range(len(SAMPLES)))
def test_each_kind_of_frame(index: int) -> None:
    assert parse(SAMPLES[index]) == READ[index : index + 1]


def level2(first: int, last: int, asks: list[list[str]]) -> str:
    changes = {"asks": asks, "bids": []}
    data = {"sequenceStart": first, "sequenceEnd": last, "changes": changes, "symbol": "A-B"}
    return orjson.dumps({"topic": "/market/level2:A-B", "data": data}).decode()


def test_a_price_that_changes_twice_in_a_message_is_as_its_last_sequence_says() -> None:
    (update,) = parse(level2(1, 3, [["5", "0", "3"], ["5", "7", "1"], ["6", "1", "2"]]))
    assert isinstance(update, Depth)
    assert update.asks == (("5", "7"), ("6", "1"), ("5", "0"))


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (level2(3, 1, []), "an update from 3 to 1"),
        ('{"topic":"/market/level3:A-B","data":{}}', "unknown topic '/market/level3'"),
        ('{"T":"obx.SPOT","d":{}}', "unknown topic 'obx'"),
        ('{"id":"1","type":"error","code":415,"data":"type is not supported"}', "type is not"),
        ('{"id":"1","result":false,"reason":"missing `symbol`"}', "missing `symbol`"),
        ('{"code":"400100","msg":"symbol not exists"}', "error 400100: symbol not exists"),
        ('{"topic":"/contractMarket/level2:X","data":{"sequence":1,"change":"1,up,2",'
         '"timestamp":1}}', "a change of 'up'"),
        ('{"topic":"/contract/instrument:X","data":{"timestamp":1}}', "neither a mark"),
    ],
)  # fmt: skip
def test_what_is_refused(frame: str, reason: str) -> None:
    with pytest.raises(Poison, match=rf"^kucoin: .*{reason}"):
        parse(frame)


def test_with_its_snapshots_no_book_of_the_recording_has_a_gap_or_is_crossed() -> None:
    rows: list[Row] = list(decode([path_of(HTTP), path_of(WS)], "kucoin", ()))
    assert not [row for row in rows if row["type"] in ("gap", "crossed", "dead")]
    applied = Counter(row["symbol"] for row in rows if row["type"] == "book" and row["applied"])
    assert applied == {"BSV/USDT": 2343, "SNX/BTC": 601, "FET/BTC": 219, "NRG/BTC": 61,
                       "COV/BTC": 49, "EQZ/BTC": 41, "ANKR/BTC": 244, "DAPPT/BTC": 163,
                       "CAPP/BTC": 93}  # fmt: skip


def top(bid: str) -> str:
    data = {"asks": [["9", "1"]], "bids": [[bid, "1"]], "timestamp": 1}
    return orjson.dumps({"topic": "/spotMarket/level2Depth5:A-B", "data": data}).decode()


def test_books_that_come_whole_follow_one_another_and_give_way_to_one_with_sequences() -> None:
    sync = BookSync(FEED.rule("A/B"), 5 * SECOND)
    book = '{"code":"200000","data":{"sequence":"7","bids":[["4","1"]],"asks":[["9","1"]]}}'
    found: list[tuple[bool, Level | None]] = []
    for text in (top("2"), top("3"), book, top("5"), level2(8, 8, [["9", "2"]])):
        (update,) = parse(text)
        assert isinstance(update, Depth)
        taken = sync.take(update, 0)
        assert taken.gap is None
        found.append((taken.applied, sync.book.best_bid))
    bids = [(True, "2"), (True, "3"), (True, "4"), (False, "4"), (True, "4")]
    assert found == [(applied, (price, "1")) for applied, price in bids]
    assert sync.book.best_ask == ("9", "2")


def test_a_sequence_that_is_jumped_over_is_a_gap_and_one_that_overlaps_is_none() -> None:
    sync = BookSync(FEED.rule("A/B"), 5 * SECOND)
    book = '{"code":"200000","data":{"sequence":"7","bids":[["4","1"]],"asks":[["9","1"]]}}'
    gaps: list[str | None] = []
    for text in (book, level2(6, 8, []), level2(8, 9, []), level2(11, 11, []), book):
        (update,) = parse(text)
        assert isinstance(update, Depth)
        gaps.append(sync.take(update, 0).gap)
    assert gaps == [
        None, None, None, "update 11..11 does not follow 9",
        "snapshot 7 does not reach the updates held since",
    ]  # fmt: skip


@dataclass
class Beside:
    """The recording with its snapshots, read by us and by ccxt."""

    other: Theirs
    books: dict[str, BookSync] = field(default_factory=dict)
    compared: Counter[str] = field(default_factory=Counter)

    def take(self, symbol: str, frame: ReceivedFrame) -> None:
        if frame.source is Source.REST:
            self.snapshot(symbol, frame.text)
        elif "/market/level2:" in frame.text or "/market/match:" in frame.text:
            self.other.take(frame.text)
        for event in parse(frame.text):
            if isinstance(event, Depth):
                self.compare(symbol, event)
            elif isinstance(event, Trade):
                self.trade(event, self.other.trades(symbol)[-1])

    def trade(self, ours: Trade, their: dict[str, Any]) -> None:
        self.compared["trade"] += 1
        assert ours.event_time // MS == their["timestamp"]
        assert (ours.trade_id, ours.side) == (their["id"], their["side"])
        assert (float(ours.price), float(ours.quantity)) == (their["price"], their["amount"])

    def snapshot(self, symbol: str, text: str) -> None:
        """ccxt is told the answer of its own request."""
        exchange: Any = self.other.exchange
        data = orjson.loads(text)["data"]
        found = exchange.parse_order_book(data, symbol, data["time"], "bids", "asks", 0, 1)
        found["nonce"] = int(data["sequence"])

        async def fetch_order_book(*given: Any) -> Any:
            return found

        exchange.fetch_order_book = fetch_order_book
        exchange.orderbooks.setdefault(symbol, exchange.order_book())
        asyncio.run(exchange.load_order_book(self.other.client, "", symbol))

    def compare(self, symbol: str, update: Depth) -> None:
        sync = self.books.setdefault(symbol, BookSync(FEED.rule(symbol), 5 * SECOND))
        if not sync.take(update, 0).applied:
            return
        assert sync.state is BookState.OK
        self.compared["book"] += 1
        book = self.other.book(symbol, 1000)
        for side in ("bids", "asks"):
            ours = [[float(p), float(q)] for p, q in sync.book.top(side, 1000)]
            assert ours == book[side], (symbol, side)


def test_trades_and_books_with_their_snapshots_are_those_of_ccxt() -> None:
    names = {FEED.name_in(frame) for frame in frames(WS)}
    symbols = {name: FEED.symbol("spot", name) or "" for name in names if name is not None}
    beside = Beside(Theirs(theirs(), symbols))
    for symbol, frame in merged([(path_of(HTTP), keyed), (path_of(WS), keyed)]):
        try:
            beside.take(symbol, frame)
        except Poison:
            continue
    assert beside.compared == Counter(book=3814, trade=18)


def keyed(frame: ReceivedFrame) -> tuple[str, ReceivedFrame]:
    name = FEED.name_in(frame)
    return (FEED.symbol("spot", name) or "" if name else ""), frame


def test_names_of_frames() -> None:
    found = [FEED.name_in(ReceivedFrame(1, Source.WS, "stream", str(each))) for each in SAMPLES]
    assert found[2] == "FTM-ETH"
    assert found[:2] == ["BTC-USDT", "FET-BTC"]
    assert found[13:16] == ["ETH-USDT", "ETH-USDT", "BTC-USDT"]
    assert found[-2:] == [None, None]
    candle = '{"data":{},"topic":"/market/candles:DAPPT-BTC_1min","type":"message"}'
    of_all = '{"data":{},"topic":"/market/snapshot:BTC","type":"message"}'
    asked = ReceivedFrame(1, Source.REST, "level2?symbol=BTC-USDT&x=1", "{}")
    assert FEED.name_in(ReceivedFrame(1, Source.WS, "stream", candle)) == "DAPPT-BTC"
    assert FEED.name_in(ReceivedFrame(1, Source.WS, "stream", of_all)) is None
    assert FEED.name_in(asked) == "BTC-USDT"


def test_names_of_contracts() -> None:
    names = ("XBTUSDTM", "XBTUSDM", "1000BONKUSDCM", "XBTMU25", "BTC-USDT")
    assert [FEED.symbol("futures", name) for name in names] == [
        "BTC/USDT:USDT", "BTC/USD:BTC", "1000BONK/USDC:USDC", "BTC/USD:BTC-250926", None,
    ]  # fmt: skip
    rows: list[dict[str, object]] = [
        {"symbol": "XBTUSDTM", "baseCurrency": "XBT", "quoteCurrency": "USDT",
         "settleCurrency": "USDT", "expireDate": None, "nextFundingRateTime": 1},
        {"symbol": "XBTMU25", "baseCurrency": "XBT", "quoteCurrency": "USD",
         "settleCurrency": "XBT", "expireDate": 1758873600000, "nextFundingRateTime": None},
    ]  # fmt: skip
    assert [each.symbol for each in FEED.listings(rows)] == ["BTC/USDT:USDT", "BTC/USD:BTC-250926"]


@pytest.mark.parametrize(
    ("address", "market"),
    [
        ("wss://x-push-spot.kucoin.com", "spot"),
        ("wss://ws-api-futures.kucoin.com/?token=1", "futures"),
        ("https://api.kucoin.com/api/v3/market/orderbook/level2?symbol=A-B", "spot"),
        ("wss://push-private.kucoin.com/endpoint?token=TOKEN", None),
    ],
)
def test_markets_of_addresses(address: str, market: str | None) -> None:
    assert FEED.market_at(address) == market


def test_the_market_is_shown_by_frames() -> None:
    shown = [FEED.market_in(ReceivedFrame(1, Source.WS, "", str(each))) for each in SAMPLES[:16]]
    assert shown == [*["spot"] * 6, *["futures"] * 7, *["spot"] * 3]


def test_the_pro_socket_is_asked_and_answers_by_number() -> None:
    book, trades = Topic(Kind.BOOK, "BTC-USDT"), Topic(Kind.TRADES, "XBTUSDTM")
    session = Session(FEEDS["kucoin"].speech, (book, trades))
    sent = [*session.take(Opened(0)).send, *session.take(Passed(SECOND)).send]
    assert [orjson.loads(each) for each in sent] == [
        {"id": "1", "action": "SUBSCRIBE", "channel": "obu", "tradeType": "SPOT",
         "symbol": "BTC-USDT", "depth": "increment@10ms", "rpiFilter": 0},
        {"id": "2", "action": "SUBSCRIBE", "channel": "trade", "tradeType": "FUTURES",
         "symbol": "XBTUSDTM"},
    ]  # fmt: skip
    assert session.take(Received(1, '{"id":"1","result":true}')).accepted == (book,)
    said = '{"id":"2","result":false,"reason":"no such symbol"}'
    assert session.take(Received(2, said)).refused == (trades,)
    for text in ('{"id":"9","type":"pong","ts":1}', '{"message":"welcome","pingInterval":1}'):
        assert FEED.speech.hear(text) is not None
    assert all(FEED.speech.hear(each) is None for each in SAMPLES[:17])
