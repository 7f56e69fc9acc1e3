"""MEXC: protobuf beside Google's, books and trades beside ccxt's, its socket's words."""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine.book_sync import BookSync
from engine.feeds.events import Depth, Event, Funding, OpenInterest, Quote, Trade
from engine.feeds.mexc import FEED, SPEECH
from engine.feeds.mexc_spot_frames import in_full
from engine.feeds.mexc_spot_plain import at_once
from engine.feeds.proto_wire import fields
from engine.feeds.session import Opened, Passed, Received, Session, Spoilt
from engine.feeds.speech import Answer, Kind, Topic
from engine.spans import SECOND
from gateway.recorded.decode import decode, summary
from schemas.errors import Poison
from schemas.raw import ReceivedFrame, Source
from schemas.ticks import BookState
from tests.unit.ccxt_venue import Theirs
from tests.unit.proto_writer import message
from tests.unit.venues.mexc import PUSHED, TEXTS, theirs
from tests.unit.venues.mexc_market import CONTRACT, SPOT, Pushed, contract, spot

MS = 1_000_000
DEAL, DEPTH = Topic(Kind.TRADES, "BTC_USDT"), Topic(Kind.BOOK, "BTC_USDT")
BOOKED = "spot@public.aggre.depth.v3.api.pb@10ms@BTCUSDT"
TRADED = "spot@public.aggre.deals.v3.api.pb@10ms@ETHUSDT"


def of(name: str) -> tuple[Event, ...]:
    return FEED.parse(PUSHED[name])


def read(start: str) -> tuple[Event, ...]:
    (text,) = (text for text in TEXTS if start in text)
    return FEED.parse(text)


def test_frames_that_googles_library_wrote_say_what_it_was_given() -> None:
    time = 1736409765051 * MS
    assert of("deals") == (
        Trade(time, "93220.00", "0.04438243", "sell", "730292425431437318X0"),
        Trade(time + MS, "93220.01", "0.1", "buy", "730292425431437319X0"),
    )
    assert of("old deals") == (Trade(time, "93220.00", "0.5", "buy", ""),)
    bids, asks = (("92877.58", "0.00000000"), ("92877.01", "2.5")), (("92877.59", "0.5"),
                  ("92878.1", "1.25000000"))  # fmt: skip
    time = 1736411507002 * MS
    assert of("changes") == (Depth(time, False, 10589632359, 10589632361, None, bids, asks),)
    old = Depth(time, False, 36913293511, 36913293511, None, (("92877.58", "1"),), ())
    assert of("old changes") == (old,)
    first, second = of("old changes in a batch")
    assert first == old._replace(bids=(), asks=old.bids)
    assert second == first._replace(first_id=36913293512, last_id=36913293512)


def test_best_levels_and_quotes() -> None:
    bids, asks = (("93179.98", "2.82651000"),), (("93180.18", "0.21976424"),)
    best = Depth(1736411838730 * MS, True, None, 36913565463, None, bids, asks, None, 5)
    assert of("best levels") == (best,)
    time = 1736412092433 * MS
    quote = Quote(time, "93387.28", "3.73485", "93387.29", "7.669875", 81721676217)
    assert of("quote") == (quote,)
    one_side = quote._replace(ask="0", ask_quantity="0", update_id=None)
    assert of("quote of one side") == (one_side,)
    assert [quote.bid for quote in of("quotes") if isinstance(quote, Quote)] == ["96567.37"]
    assert of("candle") == ()


def test_a_contracts_frames() -> None:
    new, old = (FEED.parse(text)[0] for text in TEXTS if '"push.deal"' in text)
    assert new == Trade(1760368563597 * MS, "114350.4", "4", "sell", "16270106116")
    assert old == Trade(1587442049632 * MS, "6866.5", "2096", "buy", "")
    (merged,) = read('"begin"')
    assert isinstance(merged, Depth)
    assert merged[2:5] == (4895965271, 4895965272, None)
    (best,) = read('"push.depth.full"')
    assert isinstance(best, Depth)
    assert (best.snapshot, best.bids, best.depth) == (True, (("6859.4", "3251"),), 1)


def test_a_contracts_mark_rate_and_open_interest() -> None:
    time = 1587442022003 * MS
    assert read('"push.ticker"') == (
        Funding(time, "6867.4", "6861.6", "0.0008"),
        OpenInterest(time, "2284742"),
    )
    due = 1587456000000 * MS
    assert read("funding.rate") == (Funding(time, None, None, "-0.000051", due),)
    assert read("fair.price") == (Funding(time, "0.001"),)
    assert read("index.price") == (Funding(time, None, "0.001"),)
    assert read("push.tickers") == ()
    told = '{"channel":"push.ticker","data":{"fairPrice":0,"indexPrice":null},"ts":1}'
    assert FEED.parse(told) == ()


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ('{"channel":"rs.error","data":"Contract [NOPE_USDT] not exists","ts":1}', "NOPE_USDT"),
        ('{"id":0,"code":0,"msg":"Not Subscribed successfully! [spot@x].  Reason： Blocked! "}',
         "Blocked"),
        ('{"channel":"push.personal.order","data":{},"ts":1}', "unknown channel"),
        ('{"channel":"push.fair.price","data":{"price":1}}', "without a time"),
        ('{"channel":"push.funding.rate","data":{},"ts":1}', "without a rate"),
        ('{"channel":"push.depth","data":{"asks":[],"bids":[]},"ts":1}', "version None"),
        (message((1, "spot@private.orders"), (304, message((1, "x")))), "bodies [304]"),
        (message((1, "spot@x")), "bodies []"),
        (message((314, message((1, message((1, "1"), (2, "1"), (3, 3), (4, 1)))))), "the type 3"),
        (message((313, message((4, "7"), (5, "6")))), "version 7 to 6"),
        (message((313, message((1, 7), (4, "6"), (5, "7")))), "an integer where"),
        (PUSHED["deals"] + b"\x0b\x01", "the type 3"),
        (PUSHED["deals"] + b"\x08" + b"\xff" * 10, "does not end"),
        (PUSHED["deals"] + b"\x08" + b"\xff" * 9 + b"\x7f", "more than 64 bits"),
        (PUSHED["deals"] + b"\x12\x05ab", "breaks off"),
        (PUSHED["deals"] + b"\x00\x01", "the number 0"),
        (gzip.compress(b"0" * (1 << 25), mtime=0), "more than 16777216 bytes"),
        (gzip.compress(b"{}", mtime=0)[:-9], "breaks off"),
        (b"\x1f\x8b" + b"\x00" * 20, "gzip"),
    ],
)  # fmt: skip
def test_what_is_refused_says_why(frame: str | bytes, reason: str) -> None:
    with pytest.raises(Poison, match=r"^mexc: ") as refused:
        FEED.parse(frame)
    assert reason in str(refused.value)


def test_prices_of_coins_that_cost_next_to_nothing_are_told() -> None:
    fine = TEXTS[0].replace("114350.4", "1.5036e-11")
    assert FEED.parse(fine)[0][1] == "0.000000000015036"
    deal = message((1, "0.00000000000123"), (2, "1"), (3, 1), (4, 1736409765051))
    assert FEED.parse(message((314, message((1, deal)))))[0][1] == "0.00000000000123"


def test_unknown_fields_are_passed_over() -> None:
    more = message((99, "new"), (100, 7)) + b"\xa1\x06" + b"8bytes.." + b"\xa5\x06" + b"four"
    assert fields(more)[:2] == [(99, b"new"), (100, 7)]
    assert FEED.parse(more + PUSHED["deals"] + more) == of("deals")


def outcome(read: Callable[[bytes], Any], frame: bytes) -> Any:
    """What it gives, or that it refuses."""
    try:
        return read(frame)
    except (Poison, ValueError, LookupError):
        return "refused"


@pytest.mark.parametrize("name", ["deals", "changes", "quote"])
def test_what_is_read_at_once_is_what_is_read_field_by_field(name: str) -> None:
    frame, plain = PUSHED[name], 0
    assert at_once(frame) == in_full(frame)
    for at in range(len(frame)):
        for byte in (*range(64), 0x7F, 0x80, 0xFF):
            other = frame[:at] + bytes((byte,)) + frame[at + 1 :]
            found = outcome(at_once, other)
            plain += found is not None
            assert found is None or found == outcome(in_full, other), (at, byte)
        for other in (frame[:at], frame[:at] + frame[at + 1 :], frame[:at] + frame[at - 9 :]):
            found = outcome(at_once, other)
            assert found is None or found == outcome(in_full, other), at
    assert plain > 1000, "so many are plain although a byte is another"


def test_frames_of_a_market_are_plain() -> None:
    frames = [frame for frame, _ in spot(300) if isinstance(frame, bytes)]
    assert len(frames) == 300
    for frame in frames:
        assert at_once(frame) == in_full(frame)


def test_levels_of_other_forms_are_read_too() -> None:
    plain, long = message((1, "1.5"), (2, "2")), message((1, "0" * 18 + "1.5"), (2, "2"), (9, "x"))
    turned = message((2, "2"), (1, "1.5"))
    body = message((1, plain), (2, long), (1, turned), (2, plain), (4, "1"), (5, "1"))
    (depth,) = FEED.parse(message((313, body)))
    assert isinstance(depth, Depth)
    assert depth.asks == (("1.5", "2"),) * 2
    assert depth.bids == (("0" * 18 + "1.5", "2"), ("1.5", "2"))


class Beside:
    """A market read by both."""

    def __init__(self, name: str, pushed: list[Pushed]) -> None:
        found = FEED.symbol("", name)
        assert found is not None
        self.symbol, self.pushed = found, pushed
        self.theirs = Theirs(theirs(), {name: found}, "wss://wbs-api.mexc.com/ws")
        self.sync = BookSync(FEED.rule(found), 5 * SECOND)
        self.books = self.trades = self.quotes = 0

    def play(self) -> None:
        for frame, told in self.pushed:
            events = FEED.parse(frame)
            self._tell(frame, told, events)
            trades = [event for event in events if isinstance(event, Trade)]
            if trades:
                self._traded(trades, self.theirs.trades(self.symbol)[-len(trades) :])
            for event in events:
                if isinstance(event, Depth):
                    assert self.sync.take(event, 0).applied
                    self._booked()
                if isinstance(event, Quote):
                    self._quoted(event)

    def _tell(self, frame: str | bytes, told: Any, events: tuple[Event, ...]) -> None:
        exchange, client = self.theirs.exchange, self.theirs.client
        if isinstance(events[0], Depth) and events[0].snapshot:
            rows = told.get("data", told)
            book = exchange.parse_order_book(rows, self.symbol)
            exchange.orderbooks[self.symbol] = exchange.order_book(book)
            exchange.orderbooks[self.symbol]["nonce"] = events[0].last_id
        elif isinstance(frame, bytes):
            exchange.handle_protobuf_message(client, told)
        else:
            exchange.handle_message(client, told)

    def _traded(self, ours: list[Trade], found: list[dict[str, Any]]) -> None:
        """ccxt leaves contracts' ids out of what it reads, and spot's of public trades."""
        assert len(found) == len(ours)
        for our, their in zip(ours, found, strict=True):
            self.trades += 1
            assert our.event_time == their["timestamp"] * MS
            mine = (float(our.price), float(our.quantity), our.side)
            assert mine == (their["price"], their["amount"], their["side"])

    def _booked(self) -> None:
        self.books += 1
        found = self.theirs.book(self.symbol, 400)
        for side in ("bids", "asks"):
            ours = [[float(p), float(q)] for p, q in self.sync.book.top(side, 400)]
            assert ours == found[side]
        assert self.sync.state is BookState.OK

    def _quoted(self, ours: Quote) -> None:
        self.quotes += 1
        their = self.theirs.exchange.tickers[self.symbol]
        mine = [
            float(ours.bid),
            float(ours.bid_quantity),
            float(ours.ask),
            float(ours.ask_quantity),
        ]
        assert mine == [their[name] for name in ("bid", "bidVolume", "ask", "askVolume")]


def test_spots_books_trades_and_quotes_are_ccxts() -> None:
    beside = Beside(SPOT, [*spot(900)])
    beside.play()
    assert (beside.books, beside.quotes) == (301, 300)
    assert beside.trades > 600


def test_a_contracts_books_and_trades_are_ccxts() -> None:
    beside = Beside(CONTRACT, [*contract(300)])
    beside.play()
    assert beside.books == 301
    assert beside.trades > 600


@pytest.mark.parametrize("frames", [[*spot(90)], [*contract(30)]])
def test_a_change_that_is_missing_is_a_gap_and_one_that_comes_again_is_none(
    frames: list[Pushed],
) -> None:
    events = [event for pushed in frames for event in FEED.parse(pushed.frame)]
    snapshot, *changes = [event for event in events if isinstance(event, Depth)]
    symbol = "BTC/USDT" if isinstance(frames[1].frame, bytes) else "BTC/USDT:USDT"
    sync = BookSync(FEED.rule(symbol), 5 * SECOND)
    assert sync.take(snapshot, 0).applied
    assert sync.take(changes[0], 0).applied
    again = sync.take(changes[0], 0)
    assert (again.applied, again.gap) == (False, None)
    assert "does not follow" in (sync.take(changes[2], 0).gap or "")
    assert sync.state is BookState.GAPPED


def test_a_snapshot_may_lie_within_a_change() -> None:
    change = Depth(1, False, 100, 110, None, (("1", "2"),), ())
    for version, applied in ((98, False), (99, True), (105, True), (109, True)):
        sync = BookSync(FEED.rule("BTC/USDT"), 5 * SECOND)
        assert sync.take(Depth(None, True, None, version, None, (), (("9", "1"),)), 0).applied
        assert sync.take(change, 0).applied is applied


def named(text: str, source: Source = Source.WS, channel: str = "stream") -> str | None:
    return FEED.name_in(ReceivedFrame(1, source, channel, text))


def in_bytes(frame: bytes) -> ReceivedFrame:
    return ReceivedFrame(1, Source.WS, "stream", base64.b64encode(frame).decode(), "base64")


def test_the_symbol_of_a_frame() -> None:
    assert {FEED.name_in(in_bytes(frame)) for frame in PUSHED.values()} == {"BTCUSDT"}
    assert FEED.name_in(in_bytes(gzip.compress(TEXTS[0].encode()))) == "BTC_USDT"
    assert FEED.name_in(in_bytes(zlib.compress(b"x"))) is None
    assert FEED.name_in(in_bytes(message((1, "spot@public.miniTickers"), (310, b"")))) is None
    assert named(TEXTS[0]) == "BTC_USDT"
    assert named('{"channel":"push.tickers","data":[{"symbol":"A_USDT"}],"ts":1}') is None
    assert named('{"channel":"rs.sub.deal","data":"success"}') is None
    for channel, name in (("depth?symbol=BTCUSDT&limit=5000", "BTCUSDT"), ("BTC_USDT", "BTC_USDT"),
                          ("BTC_USDT?limit=1000", "BTC_USDT"), ("exchangeInfo", None)):  # fmt: skip
        assert named("{}", Source.REST, channel) == name


def test_the_market_of_an_address_and_of_a_frame() -> None:
    for market, kinds in SPEECH.kinds.items():
        for kind in kinds:
            assert FEED.market_at(SPEECH.address(market, kind)) == market
        assert FEED.market_at(str(SPEECH.snapshot(market, "X"))) == market
    assert FEED.market_in(in_bytes(PUSHED["deals"])) == "spot"
    assert FEED.market_in(ReceivedFrame(1, Source.WS, "", TEXTS[0])) == "contract"
    assert FEED.market_in(ReceivedFrame(1, Source.WS, "", "{}")) is None
    symbols = {"BTC_USD": "BTC/USD:BTC", "BTC_USD1": "BTC/USD1:USD1", "龙虾USDT": "龙虾/USDT",
               "GMT_USDT": "GMTTOKEN/USDT:USDT", "USDT": None, "x": None}  # fmt: skip
    assert {name: FEED.symbol("", name) for name in symbols} == symbols


def test_listings_of_today() -> None:
    row = {"symbol": "OGNUSDT", "status": "1", "baseAsset": "OGN", "quoteAsset": "USDT"}
    (found,) = FEED.listings([row])
    assert found == ("mexc", "spot", "OGNUSDT", "OGN/USDT")


def test_a_recording_of_bytes_is_decoded(tmp_path: Path) -> None:
    lines = ["wss://wbs-api.mexc.com/ws <-> 1789897580.5\n"]
    for n, (frame, _) in enumerate(spot(60)):
        time = f"{1789897581 + n / 100:.6f}"
        url = "https://api.mexc.com/api/v3/depth?symbol=BTCUSDT&limit=5000"
        text = f"{url} -> {time}: {frame}" if isinstance(frame, str) else f"{time}: {frame!r}"
        lines.append(text + "\n")
    path = tmp_path / "MEXC.ws.1.0"
    path.write_text("".join(lines))
    rows = list(decode([path], "mexc", ()))
    counts = summary(rows)
    assert counts.pop("trade") > 20
    assert counts == {"book": 21, "quote": 20}
    assert {row["symbol"] for row in rows} == {"BTC/USDT"}
    assert all(row["applied"] for row in rows if row["type"] == "book")


def told(text: str | bytes) -> Any:
    return orjson.loads(text)


def test_spots_replies() -> None:
    topics = (Topic(Kind.BOOK, "BTCUSDT"), Topic(Kind.TRADES, "ETHUSDT"))
    session = Session(SPEECH, topics)
    (request,) = session.take(Opened(0)).send
    assert told(request) == {"method": "SUBSCRIPTION", "params": [BOOKED, TRADED]}
    reply = (f'{{"id":0,"code":0,"msg":"Subscribed successful! [{BOOKED}]. Not Subscribed '
             f'successfully! [{TRADED}].  Reason： Blocked! "}}')  # fmt: skip
    reaction = session.take(Received(1, reply))
    assert (reaction.accepted, reaction.refused) == (topics[:1], topics[1:])
    assert "Blocked" in reaction.reason
    assert session.asked == {}
    assert SPEECH.hear(f'{{"id":0,"code":0,"msg":"{TRADED}"}}') == Answer(accepted=topics[1:])
    assert SPEECH.hear('{"id":0,"code":0,"msg":"PONG"}') == Answer()
    assert SPEECH.hear(PUSHED["deals"]) is None
    for text in TEXTS[:11]:
        assert SPEECH.hear(text) is None


def test_contracts_acknowledgements_tell_the_kind_only() -> None:
    session = Session(SPEECH, (DEPTH, DEAL))
    sent = [*session.take(Opened(0)).send, *session.take(Passed(SECOND)).send]
    assert [told(each)["method"] for each in sent] == ["sub.depth", "sub.deal"]
    assert told(sent[0])["param"] == {"symbol": "BTC_USDT"}
    ack = '{"channel":"rs.%s","data":"success","ts":1587442022003}'
    assert session.take(Received(SECOND, ack % "sub.deal")).accepted == (DEAL,)
    assert session.take(Received(SECOND, ack % "sub.depth")).accepted == (DEPTH,)
    assert session.asked == {}
    session.take(Spoilt(2 * SECOND, DEPTH))
    session.take(Passed(3 * SECOND))
    session.take(Received(4 * SECOND, ack % "unsub.depth"))
    assert session.active == {DEAL}
    session.take(Received(4 * SECOND, ack % "sub.depth"))
    assert session.active == {DEAL, DEPTH}
    refusal = '{"channel":"rs.error","data":"Contract [BTC_USDT] not exists","ts":1}'
    assert DEAL in session.take(Received(4 * SECOND, refusal)).refused
    assert session.active == set()


def test_a_ping_is_sent_whatever_comes() -> None:
    session = Session(SPEECH, (DEAL,))
    session.take(Opened(0))
    session.take(Received(1, '{"channel":"rs.sub.deal","data":"success","ts":1}'))
    pings: list[str | bytes] = []
    for second in range(1, 60):
        session.take(Received(second * SECOND, TEXTS[0]))
        pings += session.take(Passed(second * SECOND)).send
    assert pings == ['{"method":"ping"}'] * 7
