"""Gate's frames to events, its book's rule, and what its sockets are told."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson
import pytest

from engine.book_sync import BookSync
from engine.feeds.events import Depth, Event, Funding, Liquidation, OpenInterest, Quote, Trade
from engine.feeds.gate import FEED, GateBook, hear, market_at, market_in, symbol
from engine.feeds.gate_frames import parse
from engine.feeds.session import Opened, Passed, Received, Session, Wanted
from engine.feeds.speech import Answer, Kind, Topic
from engine.spans import SECOND
from engine.spans import SECOND as S
from gateway.recorded.decode import decode
from schemas.errors import Poison
from schemas.raw import ReceivedFrame, Source
from schemas.ticks import BookState
from tests.unit.ccxt_venue import Theirs
from tests.unit.venue_tables import path_of, routed
from tests.unit.venues.gate import SAMPLES, theirs
from topics.recording import merged

EXPECTED: tuple[tuple[Event, ...], ...] = (
    (Trade(1606292218213457800, "0.4705000000", "16.4700000000", "sell", "309143071",
           (2390902, 2390903)),),
    (Quote(1606293275123000000, "19177.79", "0.0003341504", "19179.38", "0.09", 48733182),),
    (Depth(1606294781123000000, False, 48776301, 48776306, None,
           (("19137.74", "0.0001"), ("19088.37", "0")), (("19137.75", "0.6135"),)),),
    (Depth(1606294781123000000, True, None, 48776306, None, (("19137.74", "0.0001"),), (), None,
           100),),
    (Depth(1606295412123000000, True, None, 48791820, None, (("19079.55", "0.0195"),),
           (("19080.24", "0.1638"), ("19080.91", "0.1366")), None, 5),),
    (Depth(1747054612673000000, True, None, 73777715168, None, (("104027.1", "509392"),),
           (("104027.2", "44617"),), None, 50),),
    (Depth(1743673027017000000, False, 79072179674, 79072179694, None,
           (("83702.2", "62"), ("83702.1", "0")), (), None, 400),),
    (Depth(1678470000100000000, True, None, 100, None, (("19901.2", "5000"),),
           (("19909", "3100"),), None, 20),),
    (Trade(1545136464123000000, "96.4", "108", "sell", "27753479"),),
    (Trade(1545136464123000000, "96.5", "10.5", "buy", "27753480"),),
    (Quote(1615366379123000000, "54696.6", "37000", "0", "0", 2517661076),),
    (Depth(1615366381417000000, False, 2517661101, 2517661113, None,
           (("54672.1", "0"), ("54664.5", "58794")), (("54743.6", "9.5"),), None, 100),),
    (Depth(1678468497168000000, True, None, 4010394406, None, (("19901.2", "5000"),),
           (("19909", "3100"),)),),
    (Funding(1541659086000000000, "118.35", "118.36", "-0.000114"),
     OpenInterest(1541659086000000000, "73648")),
    (Liquidation(1541486601123000000, "215.1", "124", "sell"),),
    (Depth(None, True, None, 2691446, None, (("0.00010322", "5360.209"),),
           (("0.00010396", "5876.967"),)),),
    (Depth(1684930166350000000, True, None, 203083210, None, (("0.2972", "20"),),
           (("0.2974", "803"),)),),
    (), (), (), (),
)  # fmt: skip
NAMES = ("GT_USDT", *["BTC_USDT"] * 6, "BTC_USD", "BTC_USD", "BTC_USDT", "BTC_USD", "BTC_USDT",
         "BTC_USD", "BTC_USD", "BTC_USDT", None, None, "BTC_USDT", None, None, None)  # fmt: skip
FILES = {
    "GATEIO": ("GATEIO.ws.1.0.gz", "GATEIO.http.0.0.gz"),
    "GATEIO_FUTURES": ("GATEIO_FUTURES.ws.1.0.gz", "GATEIO_FUTURES.http.0.0.gz"),
}


@pytest.mark.parametrize(("frame", "events"), [*zip(SAMPLES, EXPECTED, strict=True)])
def test_each_kind_of_frame(frame: str, events: tuple[Event, ...]) -> None:
    assert parse(frame) == events


@pytest.mark.parametrize(("frame", "name"), [*zip(SAMPLES, NAMES, strict=True)])
def test_each_kind_of_frame_is_about_its_name(frame: str, name: str | None) -> None:
    assert FEED.name_in(ReceivedFrame(1, Source.WS, "stream", frame)) == name


def test_a_quantity_that_is_a_text_is_no_name() -> None:
    levels = '{"result":{"b":[{"p":"1","s":"58794"}],"s":"BTC_USDT"}}'
    assert FEED.name_in(ReceivedFrame(1, Source.WS, "stream", levels)) == "BTC_USDT"


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ('{"channel":"spot.obu","event":"subscribe","payload":["ob.BTC_USDT.400"],"error":{"code":2'
         ',"message":"Alert sub ob.BTC_USDT.400"},"result":{"status":"fail"}}',
         "gate: subscribe spot.obu: 2: Alert sub"),
        ('{"channel":"spot.novelty","event":"update","result":{}}', "unknown channel 'spot.nov"),
        ('{"channel":"spot.trades","event":"novelty","result":{}}', "unknown event 'novelty'"),
        ('{"channel":"futures.order_book","event":"update","result":[{"p":"97.5","s":6541,'
         '"contract":"BTC_USD","id":93973512}]}', "ValidationError"),
        ('[{"a":1}]', "a list of what is no instrument"),
        ('{"label":"INVALID_CURRENCY_PAIR","message":"x"}', "a frame without a channel"),
    ],
)  # fmt: skip
def test_refusals_name_their_reason(frame: str, reason: str) -> None:
    with pytest.raises(Poison, match=reason):
        parse(frame)


def test_data_of_several_contracts_are_refused() -> None:
    tree = orjson.loads(SAMPLES[8])
    tree["result"].append(tree["result"][0] | {"id": 27753480})
    assert len(parse(orjson.dumps(tree))) == 2
    tree["result"].append(tree["result"][0] | {"contract": "ETH_USD"})
    with pytest.raises(Poison, match="several contracts in a frame"):
        parse(orjson.dumps(tree))


@pytest.mark.parametrize(
    ("market", "name", "unified"),
    [
        ("spot", "BTC_USDT", "BTC/USDT"), ("spot", "QTUM3S_USDT", "QTUM3S/USDT"),
        ("spot", "GTC_USDT", "GAMECOM/USDT"), ("futures", "BTC_USDT", "BTC/USDT:USDT"),
        ("inverse", "BTC_USD", "BTC/USD:BTC"), ("futures", "BTC_USD", "BTC/USD:BTC"),
        ("delivery", "BTC_USDT_20230630", "BTC/USDT:USDT-230630"),
        ("spot", "BTC_USDT_20230630", None), ("spot", "BTCUSDT", None),
    ],
)  # fmt: skip
def test_symbols_by_form(market: str, name: str, unified: str | None) -> None:
    assert symbol(market, name) == unified


@pytest.mark.parametrize(
    ("address", "market"),
    [
        ("wss://api.gateio.ws/ws/v4/", "spot"), ("wss://fx-ws.gateio.ws/v4/ws/usdt", "futures"),
        ("wss://fx-ws.gateio.ws/v4/ws/btc", "inverse"), ("wss://fx-ws.gateio.ws/v4/ws", "inverse"),
        ("wss://fx-ws.gateio.ws/v4/ws/delivery/usdt", "delivery"),
        ("wss://ws-testnet.gate.com/v4/ws/futures/usdt", "futures"),
        ("https://api.gateio.ws/api/v4/futures/usdt/order_book?contract=A_USDT", "futures"),
        ("https://api.gateio.ws/api/v4/futures/btc/contracts", "inverse"),
        ("https://api.gateio.ws/api/v4/spot/order_book?currency_pair=HAI_ETH", "spot"),
        ("wss://elsewhere.example/", None),
    ],
)  # fmt: skip
def test_addresses_tell_the_market(address: str, market: str | None) -> None:
    assert market_at(address) == market


def test_frames_tell_the_market() -> None:
    told = [market_in(ReceivedFrame(1, Source.WS, "stream", str(text))) for text in SAMPLES[:15]]
    assert told == ["spot"] * 6 + ["futures"] * 9
    asked = ReceivedFrame(1, Source.REST, "order_book?contract=A_USDT&limit=100", "{}")
    assert (market_in(asked), FEED.name_in(asked)) == ("futures", "A_USDT")


def diff(first: int, last: int, price: str = "1") -> Depth:
    return Depth(1, False, first, last, None, ((price, "1"),), ())


def test_diffs_are_put_onto_a_snapshot_as_the_documents_say() -> None:
    sync = BookSync(GateBook(), 5 * SECOND)
    for update in (diff(5, 8), diff(9, 12), diff(13, 14)):
        assert not sync.take(update, 0).applied
    taken = sync.take(Depth(1, True, None, 10, None, (("1", "1"),), (("9", "1"),)), 0)
    assert (taken.applied, taken.bridged) == (True, 2), "10 + 1 is within 9..12"
    assert sync.take(diff(15, 15), 0).applied
    assert sync.take(diff(14, 17), 0).applied, "ids may be told again"
    assert sync.take(diff(19, 20), 0).gap == "update 19..20 does not follow 17"
    sync = BookSync.load(orjson.loads(orjson.dumps(sync.dump())), 5 * SECOND)
    states = [sync.state]
    full = parse(SAMPLES[3])[0]
    assert isinstance(full, Depth)
    assert sync.take(full._replace(last_id=25), 0).applied, "a full book in the stream mends it"
    assert sync.take(diff(26, 26), 0).applied
    assert [*states, sync.state] == [BookState.GAPPED, BookState.OK]


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("GATEIO", {(True, True): 10, (False, True): 159, (False, False): 13}),
        ("GATEIO_FUTURES", {(True, True): 10, (False, True): 316, (False, False): 36}),
    ],
)
def test_recorded_books_are_whole_and_never_crossed(
    name: str, counts: dict[tuple[bool, bool], int]
) -> None:
    rows = [*decode([path_of(file) for file in FILES[name]], "gate", ())]
    books = [row for row in rows if row["type"] == "book"]
    assert Counter((row["snapshot"], row["applied"]) for row in books) == counts
    assert {row["type"] for row in rows} - {"book", "trade", "quote"} == {"stale", "resync"}
    assert {row["text"] for row in rows if row["type"] == "resync"} == {
        "the book is no longer stale"
    }


class Ccxt(Theirs):
    """ccxt's books with the recorded answers of REST.

    asked_again: ccxt would ask again where the first diff is the very next one; the documents, and
    ours, let it be put onto the answer.
    """

    def __init__(self, symbols: dict[str, str]) -> None:
        super().__init__(theirs(), symbols, "wss://api.gateio.ws/ws/v4/")
        self.exchange.spawn = lambda *given: None
        self.asked_again: list[str] = []
        for each in symbols.values():
            self.client.subscriptions[f"orderbook:{each}"] = {}
            self.exchange.handle_order_book_subscription(self.client, {}, {"symbol": each})

    def answer(self, symbol: str, text: str) -> None:
        """What ccxt's load_order_book does with the answer."""
        said, keys = orjson.loads(text), (0, 1) if ":" not in symbol else ("p", "s")
        book = self.exchange.parse_order_book(said, symbol, None, "bids", "asks", *keys)
        book["nonce"] = said["id"]
        stored = self.exchange.orderbooks[symbol]
        index = self.exchange.get_cache_index(book, stored.cache)
        if index < 0:
            assert stored.cache[0]["U"] == said["id"] + 1, "step 5 of the documents"
            index, self.asked_again = 0, [*self.asked_again, symbol]
        stored.reset(book)
        self.exchange.handle_deltas(stored, stored.cache[index:])
        stored.cache.clear()


def compared(name: str) -> Counter[str]:
    """Events of the two files whose trades and books were held against ccxt's."""
    routes = [(path_of(file), routed("gate", file).route) for file in FILES[name]]
    frames = [*merged(routes)]
    named = {FEED.name_in(frame): key.split(":", 1)[1] for key, frame in frames}
    ccxt = Ccxt({venue: symbol for venue, symbol in named.items() if venue is not None})
    books: dict[str, BookSync] = {}
    count: Counter[str] = Counter()
    for key, frame in frames:
        symbol = key.split(":", 1)[1]
        if frame.source is Source.REST:
            ccxt.answer(symbol, frame.text)
        else:
            ccxt.take(frame.text)
        for event in parse(frame.text):
            if isinstance(event, Trade):
                same_trade(event, ccxt.trades(symbol)[-1])
                count["trade"] += 1
            elif isinstance(event, Depth):
                sync = books.setdefault(key, BookSync(GateBook(), 5 * SECOND))
                count["book"] += sync.take(event, 0).applied
                same_book(sync, ccxt.book(symbol, 400))
    count["asked again"] = len(ccxt.asked_again)
    return count


def same_trade(ours: Trade, their: dict[str, Any]) -> None:
    """ccxt's times are whole milliseconds."""
    assert ours == ours._replace(
        trade_id=their["id"], side=their["side"], event_time=ours.event_time
    )
    assert ours.event_time // 1_000_000 == their["timestamp"]
    assert (float(ours.price), float(ours.quantity)) == (their["price"], their["amount"])


def same_book(sync: BookSync, their: dict[str, list[list[float]]]) -> None:
    for side in ("bids", "asks"):
        ours = sync.book.top(side, 400)
        assert [[float(price), float(quantity)] for price, quantity in ours] == their[side]


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("GATEIO", {"trade": 9, "book": 168, "asked again": 1}),
        ("GATEIO_FUTURES", {"book": 326, "asked again": 0}),
    ],
)
def test_trades_and_books_are_those_of_ccxt(name: str, counts: dict[str, int]) -> None:
    assert compared(name) == counts


def test_trades_of_contracts_are_those_of_ccxt() -> None:
    ccxt = Ccxt({"BTC_USD": "BTC/USD:BTC", "BTC_USDT": "BTC/USDT:USDT"})
    for frame, symbol_ in ((SAMPLES[8], "BTC/USD:BTC"), (SAMPLES[9], "BTC/USDT:USDT")):
        ccxt.take(frame)
        (ours,) = parse(frame)
        assert isinstance(ours, Trade)
        same_trade(ours, ccxt.trades(symbol_)[-1])


BOOK, TICKER = Topic(Kind.BOOK, "BTC_USDT"), Topic(Kind.FUNDING, "BTC_USDT")


def test_requests_carry_the_time_at_which_they_are_sent() -> None:
    session = Session(FEED.speech_of("futures"), (BOOK, TICKER))
    (first,) = session.take(Opened(1_700_000_000 * S)).send
    assert orjson.loads(first) == {
        "time": 1700000000, "id": 1, "channel": "futures.order_book_update", "event": "subscribe",
        "payload": ["BTC_USDT", "100ms", "100"],
    }  # fmt: skip
    (second,) = session.take(Passed(1_700_000_001 * S)).send
    assert orjson.loads(second)["time"] == 1700000001
    assert orjson.loads(second)["channel"] == "futures.tickers"
    done = '{"time":1,"id":1,"channel":"futures.order_book_update","event":"subscribe","result":{}}'
    assert session.take(Received(1_700_000_002 * S, done)).accepted == (BOOK,)
    assert session.active == {BOOK}
    (gone,) = session.take(Wanted(1_700_000_003 * S, (TICKER,))).send
    assert orjson.loads(gone)["event"] == "unsubscribe"
    over = done.replace('"id":1', '"id":3').replace("subscribe", "unsubscribe")
    reaction = session.take(Received(1_700_000_004 * S, over))
    assert (reaction.accepted, session.active) == ((), set())


def test_spot_and_contracts_are_spoken_to_in_their_own_words() -> None:
    spot, futures = FEED.speech_of("spot"), FEED.speech_of("delivery")
    assert spot.ping is not None
    assert futures.ping is not None
    assert spot.ping(5 * S) == '{"time":5,"channel":"spot.ping"}'
    assert futures.ping(5 * S) == '{"time":5,"channel":"futures.ping"}'
    trades = [Topic(Kind.TRADES, f"A{n}_USDT") for n in range(150)]
    requests = spot.subscribe(trades, 3)
    assert [orjson.loads(each.text)["id"] for each in requests] == [3, 4]
    assert [len(each.topics) for each in requests] == [100, 50]
    (book,) = spot.unsubscribe([BOOK], 1)
    assert orjson.loads(book.text)["payload"] == ["BTC_USDT", "100ms"]
    address = spot.snapshot("spot", "BTC_USDT")
    assert address is not None
    assert address.endswith("/spot/order_book?currency_pair=BTC_USDT&limit=100&with_id=true")


def test_prices_of_coins_that_cost_next_to_nothing_are_told() -> None:
    (told,) = parse(str(SAMPLES[0]).replace('"0.4705000000"', '"0.00000000012"'))
    assert isinstance(told, Trade)
    assert told.price == "0.00000000012"


def test_what_the_socket_says() -> None:
    assert hear(SAMPLES[18]) == Answer(request=8578128440611119318)
    failed = '{"id":4,"channel":"spot.obu","event":"subscribe","error":{"code":2,"message":"no"}}'
    assert hear(failed) == Answer(request=4, reason="{'code': 2, 'message': 'no'}")
    assert hear(SAMPLES[19]) == Answer()
    assert [hear(text) for text in SAMPLES[:18]] == [None] * 18
