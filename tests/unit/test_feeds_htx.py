"""HTX's frames, names, books and sockets, where these are its own."""

from __future__ import annotations

import base64
import gzip
from decimal import Decimal
from typing import Any

import orjson
import pytest

from engine.book_sync import BookSync
from engine.feeds.events import (
    Depth,
    Event,
    Funding,
    Liquidation,
    OpenInterest,
    Quote,
    Trade,
)
from engine.feeds.htx import FEED, SPEECH
from engine.feeds.htx_frames import parse, unpacked
from engine.feeds.session import Opened, Received, Session
from engine.feeds.speech import Kind, Topic
from engine.spans import SECOND
from schemas.errors import Poison
from schemas.raw import ReceivedFrame, Source
from schemas.ticks import BookState
from tests.unit.ccxt_venue import Theirs
from tests.unit.venue_tables import frames, routed
from tests.unit.venues.htx import RECORDINGS, SAMPLES, theirs

MS = 1_000_000

READ: tuple[tuple[Event, ...], ...] = (
    (Trade(1630994963173 * MS, "52648.62", "0.006754", "buy", "102523573486"),
     Trade(1630994963174 * MS, "52648", "0.000010", "sell", "102523573487")),
    (Trade(1603708208335 * MS, "13073.3", "2", "buy", "1316022650000"),),
    (Quote(1630994555539 * MS, "52665.01", "0.178567", "52665.02", "1.502181", 137005210233),),
    (Quote(1603707934525 * MS, "13064", "38", "13072.3", "205", 131599726),),
    (Quote(1630982370526 * MS, "52732.88", "0.036", "52732.89", "0.583653", None),),
    (Depth(1630983549500 * MS, True, None, 136998124622, None,
           (("52690.69", "0.36281"), ("52690.68", "0.2")), (("52690.7", "0.372591"),)),),
    (Depth(1603707576467 * MS, True, None, 1603707576, None,
           (("13071.9", "38"), ("13068", "5")), (("13081.9", "197"),)),),
    (Depth(1573199608679 * MS, True, None, 100020142010, None,
           (("618.37", "71.594"),), (("650.59", "14.909733438479636"),)),),
    (Depth(1573199608679 * MS, False, None, 100020146795, 100020146794,
           (), (("645.14", "26.75597395914065"),), depth=5),),
    (Depth(1698359289261 * MS, True, None, 104999417756, None,
           (("9058.27", "0.1"),), (("9084.27", "0.2"), ("9085.69", "40000000"))),),
    (Depth(1603707712356 * MS, True, None, 1512467, None,
           (("13071.9", "38"),), (("13081.9", "206"), ("13099.7", "371")), depth=20),),
    (Depth(1645023376098 * MS, False, None, 1512468, 1512467,
           (("43444.48", "0"),), (), depth=150),),
    (Funding(1489474082831 * MS, "9800.12"),),
    (Funding(1603778748166 * MS, None, None, "-0.000220068774978695", 1603785600000 * MS),),
    (Liquidation(1789670297212 * MS, "2446.26", "500", "buy"),),
    (OpenInterest(1781327941440 * MS, "32476092", "2063137924.9668"),),
    (OpenInterest(1664337226028 * MS, "518018.000000000000000000"),),
    (Funding(1781254404101 * MS, None, None, "0.000100000000000000", 1781280000000 * MS),),
)  # fmt: skip
"""What the first of SAMPLES say; the others say nothing of a market."""


@pytest.mark.parametrize("index", range(len(SAMPLES)))
def test_each_kind_of_frame(index: int) -> None:
    expected = READ[index] if index < len(READ) else ()
    assert parse(SAMPLES[index]) == expected


def packed(frame: Any) -> bytes:
    content = frame if isinstance(frame, str) else orjson.dumps(frame).decode()
    return gzip.compress(content.encode(), mtime=0)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (packed("{}")[:-9], "gzip that is cut"),
        (packed("{}") + b"x", "followed by more"),
        (packed("1" * (1 << 25)), "or too large"),
        (b"\x1f\x8b\x08" + bytes(20), "gzip: Error"),
        ('{"ch":"market.btcusdt.mbo.5","ts":1,"tick":{}}', "unknown channel 'mbo.5'"),
        ('{"op":"notify","topic":"public.BTC-USDT.else","ts":1,"data":[]}', "unknown topic"),
        ('{"status":"error","err-code":"bad-request","err-msg":"invalid topic","id":"2"}',
         "error bad-request: invalid topic"),
        ('{"op":"sub","cid":"1","topic":"public.X.funding_rate","err-code":2011,"err-msg":"no"}',
         "sub 2011: no"),
        ('{"ch":"market.btcusdt.depth.size_20.high_freq","ts":1,"tick":{"event":"else"}}',
         "a book's event is 'else'"),
        ('{"id":"1","rep":"market.btcusdt.mbp.150","data":{}}', "a book without a sequence"),
        ("{}", "a frame of no known form"),
        ('{"ch":"market.btcusdt.depth.step0","ts":1,"tick":{"bids":[[2,1]],"asks":[[3,true]]}}',
         "a level of true or false"),
    ],
)  # fmt: skip
def test_what_is_refused(frame: str | bytes, reason: str) -> None:
    with pytest.raises(Poison, match=f"^htx: .*{reason}"):
        parse(frame)


def content(frame: ReceivedFrame) -> str:
    return unpacked(base64.b64decode(frame.text))


@pytest.mark.parametrize("file", RECORDINGS)
def test_trades_and_books_are_those_of_ccxt(file: str) -> None:
    router, read = routed("htx", file), [*frames(file)]
    symbols = {FEED.name_in(each): router.route(each)[0].split(":", 1)[1] for each in read}
    other = Theirs(theirs(), {name: symbol for name, symbol in symbols.items() if name})
    compared = {"trade": 0, "book": 0}
    for frame in read:
        text, symbol = content(frame), symbols[FEED.name_in(frame)]
        if '"tick"' not in text:
            continue
        try:
            events = parse(text)
        except Poison:
            continue
        for event in events:
            compared["trade" if isinstance(event, Trade) else "book"] += 1
        if ".trade." in text:
            other.take(text)
            for ours, their in zip(events, other.trades(symbol)[-len(events) :], strict=True):
                assert isinstance(ours, Trade)
                alike(ours, their)
        else:
            (update,) = events
            assert isinstance(update, Depth)
            same_book(update, other.exchange, orjson.loads(text)["tick"])
    assert compared == {kind: RECORDINGS[file][kind] for kind in compared}


def alike(ours: Trade, their: dict[str, Any]) -> None:
    """But for the id: ccxt takes spot's long one, and that through a float."""
    named = their["info"].get("tradeId", their["id"])
    assert ours.event_time == their["timestamp"] * MS
    assert (ours.side, ours.trade_id) == (their["side"], str(named))
    assert (float(ours.price), float(ours.quantity)) == (their["price"], their["amount"])


def same_book(update: Depth, exchange: Any, tick: dict[str, Any]) -> None:
    """ccxt.pro has no books of depth.step0; this is how ccxt reads the same by REST."""
    their = exchange.parse_order_book(tick, "A/B", tick["ts"], "bids", "asks")
    for side, ours in (("bids", update.bids), ("asks", update.asks)):
        assert [[float(p), float(q)] for p, q in ours] == their[side]


@pytest.mark.parametrize("file", RECORDINGS)
def test_no_recorded_book_is_crossed(file: str) -> None:
    router, books = routed("htx", file), dict[str, BookSync]()
    for frame in frames(file):
        key = router.route(frame)[0]
        try:
            events = parse(content(frame))
        except Poison:
            continue
        for event in events:
            if isinstance(event, Depth):
                symbol = key.split(":", 1)[1]
                sync = books.setdefault(symbol, BookSync(FEED.rule(symbol), 5 * SECOND))
                taken = sync.take(event, 0)
                assert taken.gap is None
                assert (sync.state is BookState.OK) is taken.applied
                bids, asks = ([Decimal(p) for p, _ in each] for each in (event.bids, event.asks))
                assert max(bids) < min(asks)
    assert len(books) >= 5
    assert {symbol for symbol, sync in books.items() if not sync.exists} <= {"TRIO/ETH"}


def mbp(last: int, previous: int, bids: list[list[float]]) -> str:
    tick = {"seqNum": last, "prevSeqNum": previous, "bids": bids, "asks": []}
    return orjson.dumps({"ch": "market.btcusdt.mbp.150", "ts": 1, "tick": tick}).decode()


def asked(last: int) -> str:
    data = {"seqNum": last, "bids": [[1.5, 1]], "asks": [[2.5, 1]]}
    return orjson.dumps(
        {"id": "book 1", "rep": "market.btcusdt.mbp.150", "status": "ok", "data": data}
    ).decode()


def fed(symbol: str, *texts: str) -> list[bool | str]:
    """What became of each update: applied or not, or the gap."""
    sync = BookSync(FEED.rule(symbol), 5 * SECOND)
    found: list[bool | str] = []
    for text in texts:
        for event in parse(text):
            assert isinstance(event, Depth)
            taken = sync.take(event, 0)
            found.append(taken.gap or taken.applied)
    return found


def test_a_book_of_spot_is_that_which_was_asked_for_and_the_changes_after_it() -> None:
    before, held = mbp(11, 10, [[1.25, 1]]), mbp(12, 11, [[1.125, 1]])
    after = mbp(13, 12, [[1.5, 0]])
    assert fed("BTC/USDT", before, held, asked(11), after) == [False, False, True, True]
    assert fed("BTC/USDT", asked(11), before, held) == [True, False, True]
    early = fed("BTC/USDT", before, held, asked(9))
    assert early[2] == "snapshot 9 does not reach the updates held since"
    missing = mbp(15, 14, [])
    assert fed("BTC/USDT", asked(11), held, missing) == [
        True, True, "update None..15 does not follow 12",
    ]  # fmt: skip


def frequent(event: str, version: int, bids: list[list[float]]) -> str:
    tick = {"event": event, "version": version, "ts": 1, "bids": bids, "asks": [[9, 1]]}
    channel = "market.BTC-USDT.depth.size_150.high_freq"
    return orjson.dumps({"ch": channel, "ts": 1, "tick": tick}).decode()


def test_a_book_of_contracts_counts_its_version_up() -> None:
    texts = [frequent("snapshot", 7, [[1, 1]])]
    texts += [frequent("update", each, [[each, 1]]) for each in (8, 8, 10, 11)]
    texts += [frequent("snapshot", 3, [[1, 1]]), frequent("update", 4, [])]
    assert fed("BTC/USDT:USDT", *texts) == [
        True, True, False, "update 10 after 9 does not follow 8", False, True, True,
    ]  # fmt: skip


def test_books_of_changes_are_those_of_ccxt() -> None:
    other = Theirs(theirs(), {"BTC-USDT": "BTC/USDT:USDT"})
    texts = [frequent("snapshot", 7, [[1, 1], [2, 5]]), frequent("update", 8, [[2, 0], [3, 4]])]
    sync = BookSync(FEED.rule("BTC/USDT:USDT"), 5 * SECOND)
    for text in texts:
        (update,) = parse(text)
        assert isinstance(update, Depth)
        assert sync.take(update, 0).applied
        other.take(text)
        bids = [[float(p), float(q)] for p, q in sync.book.top("bids", 9)]
        assert bids == other.book("BTC/USDT:USDT", 9)["bids"]
    assert bids == [[3, 4], [1, 1]]


def received(frame: str | bytes) -> ReceivedFrame:
    if isinstance(frame, str):
        return ReceivedFrame(1, Source.WS, "stream", frame)
    return ReceivedFrame(1, Source.WS, "stream", base64.b64encode(frame).decode(), "base64")


def test_names_of_frames_packed_or_not() -> None:
    expected = ["btcusdt", "BTC-USDT", "btcusdt", "BTC-USDT", "btcusdt", "btcusdt", "BTC-USDT",
                "btcusdt", "btcusdt", "btcusdt", "BTC-USDT", "BTC-USD", "BTC-USDT", "BTC-USDT",
                "ETH-USDT", *[None] * 7]  # fmt: skip
    assert [FEED.name_in(received(each)) for each in SAMPLES] == expected
    both = [packed(each) if isinstance(each, str) else each for each in SAMPLES]
    assert [FEED.name_in(received(each)) for each in both] == expected
    request = ReceivedFrame(1, Source.REST, "swap_open_interest?contract_code=BTC-USD", SAMPLES[-1])  # type: ignore[arg-type]
    assert FEED.name_in(request) == "BTC-USD"
    small = '{"op":"notify","topic":"public.btc-usdt.funding_rate","ts":1,"data":[]}'
    assert FEED.name_in(received(small)) == "BTC-USDT"


def test_a_name_tells_its_market() -> None:
    shown = [FEED.market_in(received(each)) for each in SAMPLES[:14]]
    assert shown.count("spot") == 7
    assert shown[11] == "inverse"
    assert FEED.symbol("inverse", "BTC-USD") == "BTC/USD:BTC"
    assert FEED.symbol("linear", "BTC-USDT-220325") == "BTC/USDT:USDT-220325"
    assert FEED.symbol("spot", "BTC-USDT") is None
    assert FEED.symbol("linear", "btcusdt") is None
    rows = [{"contract_code": "BTC-USD", "symbol": "BTC"}]
    assert [each.market for each in FEED.listings(rows)] == ["inverse"]


@pytest.mark.parametrize(
    ("address", "market"),
    [
        ("wss://api.huobi.pro/ws", "spot"),
        ("wss://api.hbdm.com/linear-swap-ws", "linear"),
        ("wss://api.hbdm.com/swap-ws", "inverse"),
        ("wss://api.hbdm.com/ws_index", None),
    ],
)
def test_markets_of_addresses(address: str, market: str | None) -> None:
    assert FEED.market_at(address) == market


def test_the_socket_is_asked_answers_and_pings_and_a_book_of_spot_is_asked_for() -> None:
    book, trades = Topic(Kind.BOOK, "btcusdt"), Topic(Kind.TRADES, "btcusdt")
    session = Session(SPEECH, (book, trades))
    (request,) = session.take(Opened(0)).send
    assert orjson.loads(request) == {"sub": "market.btcusdt.mbp.150", "id": "1"}
    said = packed({"id": "1", "status": "ok", "subbed": "market.btcusdt.mbp.150", "ts": 1})
    reaction = session.take(Received(SECOND, said))
    assert reaction.accepted == (book,)
    assert [orjson.loads(each) for each in reaction.send] == [
        {"req": "market.btcusdt.mbp.150", "id": "book 1"},
        {"sub": "market.btcusdt.trade.detail", "id": "2"},
    ]
    refused = {"id": "2", "status": "error", "err-code": "bad-request", "err-msg": "no", "ts": 1}
    reaction = session.take(Received(SECOND, packed(refused)))
    assert (reaction.refused, reaction.reason) == ((trades,), "bad-request: no")
    (pong,) = session.take(Received(SECOND, packed('{"ping":1645289389619}'))).send
    assert orjson.loads(pong) == {"pong": 1645289389619}
    assert all(SPEECH.hear(packed(each)) is None for each in SAMPLES[:15] if isinstance(each, str))


def test_contracts_are_told_of_on_three_sockets() -> None:
    kinds = (Kind.BOOK, Kind.MARK, Kind.FUNDING, Kind.LIQUIDATIONS)
    assert [SPEECH.address("linear", kind).rsplit("/", 1)[1] for kind in kinds] == [
        "linear-swap-ws", "ws_index", "linear-swap-notification", "linear-swap-notification",
    ]  # fmt: skip
    said = [orjson.loads(SPEECH.subscribe([Topic(kind, "BTC-USDT")], 3)[0].text) for kind in kinds]
    assert said[0]["data_type"] == "incremental"
    assert said[1]["sub"] == "market.BTC-USDT.mark_price.1min"
    assert said[2] == {"op": "sub", "cid": "3", "topic": "public.BTC-USDT.funding_rate"}
    answer = SPEECH.hear(packed(said[2] | {"err-code": 0, "ts": 1}))
    assert answer is not None
    assert (answer.request, answer.reason) == (3, "")
    pinged = SPEECH.hear(packed('{"op":"ping","ts":"5"}'))
    assert pinged is not None
    assert orjson.loads(pinged.reply or "") == {"op": "pong", "ts": "5"}
