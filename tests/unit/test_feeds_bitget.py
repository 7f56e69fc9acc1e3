"""Bitget's frames to events, its book's rule, and what its socket is told."""

from __future__ import annotations

from collections import Counter

import orjson
import pytest

from engine.book_sync import BookSync
from engine.feeds.bitget import FEED, BitgetBook, hear, listings, symbol
from engine.feeds.bitget_frames import parse
from engine.feeds.events import Depth, Event, Funding, OpenInterest, Quote, Trade
from engine.feeds.session import Opened, Passed, Received, Session
from engine.feeds.speech import Answer, Kind, Topic
from engine.spans import SECOND
from engine.spans import SECOND as S
from schemas.errors import Poison
from schemas.raw import ReceivedFrame, Source
from schemas.ticks import BookState
from tests.unit.ccxt_venue import Theirs
from tests.unit.venue_tables import frames
from tests.unit.venues.bitget import RECORDINGS, SAMPLES, their_name, theirs


def numbered(number: int) -> tuple[str, None, None, int]:
    """A trade's fields from its id on."""
    return str(number), None, None, number


EXPECTED: tuple[tuple[Event, ...], ...] = (
    (Trade(1701910980266000000, "43854.00", "0.1", "sell", *numbered(1116461060594286592)),
     Trade(1701910980366000000, "43854.01", "0.0535", "buy", *numbered(1116461060594286593))),
    (Trade(1649290077777000000, "0.005613", "890.8", "buy", ""),),
    (Trade(1756287827920000000, "110878.5", "0.07", "buy", *numbered(1344534089797185549)),),
    (Depth(1656413855484000000, True, None, 123, None, (("21040.76", "0.0417"),),
           (("21041.11", "0.0445"), ("21041.16", "0.0411"))),),
    (Depth(1656413855584000000, False, None, 124, None, (("21040.76", "0"), ("21040.60", "1.3357")),
           (("21041.11", "0.05"),), -395901794),),
    (Depth(1649290077676000000, False, None, None, None, (), (("113.42", "0"),), -487257069),),
    (Depth(1755937421270000000, False, None, 1343064377779269650, 1343064377779269632, (),
           (("110878.5", "0.07"),)),),
    (Depth(1656413855484000000, True, None, None, None, (("21040.76", "0.0417"),),
           (("21041.11", "0.0445"),), None, 5),),
    (Quote(1695716059516000000, "0", "0", "27000.5", "8.760", 123),),
    (Quote(1701842994338000000, "43528", "0.0334", "43528.01", "0.1917", None),),
    (Quote(1701843962811000000, "43476.3", "0.1", "43476.8", "3.055", None),
     Funding(1701843962811000000, "43476.4", "43478.4", "0.000096", 1701849600000000000),
     OpenInterest(1701843962811000000, "50670.787")),
    (Funding(1649290077309000000, "113.381", "113.427", "-0.000100", 1649314800000000000),
     OpenInterest(1649290077309000000, "21957.17")),
    (Quote(1753230479687000000, "119811.26", "0.008732", "119831.18", "0.004297", None),),
    (), (), (), (),
)  # fmt: skip
NAMES = ("BTCUSDT_SPBL", "HOTUSDT_SPBL", *["BTCUSDT_SPBL"] * 3, "DASHUSDT_UMCBL", "BTCUSDT_UMCBL",
         "BTCUSDT_SPBL", "BTCPERP_CMCBL", "BTCUSDT_SPBL", "BTCUSDT_UMCBL", "DASHUSDT_UMCBL",
         "BTCUSDT_SPBL", "CULTUSDT_SPBL", "HOTUSDT_SPBL", None, None)  # fmt: skip


@pytest.mark.parametrize(("frame", "events"), [*zip(SAMPLES, EXPECTED, strict=True)])
def test_each_kind_of_frame(frame: str, events: tuple[Event, ...]) -> None:
    assert parse(frame) == events


@pytest.mark.parametrize(("frame", "name"), [*zip(SAMPLES, NAMES, strict=True)])
def test_each_kind_of_frame_is_about_its_name(frame: str, name: str | None) -> None:
    assert FEED.name_in(ReceivedFrame(1, Source.WS, "stream", frame)) == name


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ('{"event":"error","arg":{"instType":"SPOT","channel":"x","instId":"y"},"code":30001,'
         '"msg":"instType:SPOT,channel:x,instId:y doesn\'t exist","op":"subscribe"}',
         "bitget: error 30001: instType:SPOT,channel:x"),
        ('{"action":"update","arg":{"instType":"SPOT","channel":"novelty","instId":"y"},"data":[]}',
         "unknown channel 'novelty'"),
        ('{"code":"40034","msg":"Parameter does not exist","data":null}', "ValidationError"),
        ('{"action":"renewal","arg":{"channel":"trade"},"data":[]}', "ValidationError"),
    ],
)  # fmt: skip
def test_refusals_name_their_reason(frame: str, reason: str) -> None:
    with pytest.raises(Poison, match=reason):
        parse(frame)


def test_one_bad_trade_costs_the_whole_frame() -> None:
    tree = orjson.loads(SAMPLES[0])
    tree["data"][1]["price"] = "0"
    with pytest.raises(Poison, match=r"bitget: a trade of 0.1 at 0"):
        parse(orjson.dumps(tree))


def test_lists_of_instruments_say_nothing_of_a_market() -> None:
    told = '{"code":"00000","data":[{"symbol":"BTCUSDT","baseCoin":"BTC","quoteCoin":"USDT"}]}'
    assert parse(told) == ()


@pytest.mark.parametrize(
    ("name", "unified"),
    [
        ("BTCUSDT_SPBL", "BTC/USDT"), ("ATOMETH_SPBL", "ATOM/ETH"), ("USDCUSDT_SPBL", "USDC/USDT"),
        ("BTCUSDT_UMCBL", "BTC/USDT:USDT"), ("BTCUSD_DMCBL", "BTC/USD:BTC"),
        ("BTCPERP_CMCBL", "BTC/USDC:USDC"), ("BTCUSD_DMCBL_250627", "BTC/USD:BTC-250627"),
        ("TONCOINUSDT_SPBL", "TON/USDT"), ("BTCUSDT", None), ("USDT_SPBL", None),
    ],
)  # fmt: skip
def test_symbols_by_form(name: str, unified: str | None) -> None:
    assert symbol("v2", name) == unified


@pytest.mark.parametrize(
    ("row", "name", "unified"),
    [
        ({"symbol": "BTCUSDT", "baseCoin": "BTC", "quoteCoin": "USDT"},
         "BTCUSDT_SPBL", "BTC/USDT"),
        ({"symbol": "ALPHAUSDT_SPBL", "baseCoin": "ALPHA", "quoteCoin": "USDT"},
         "ALPHAUSDT_SPBL", "ALPHA/USDT"),
        ({"symbol": "BTCUSDM25", "baseCoin": "BTC", "quoteCoin": "USD", "supportMarginCoins":
          ["BTC", "ETH"], "symbolType": "delivery", "deliveryTime": "1751011200000"},
         "BTCUSDM25_DMCBL", "BTC/USD:BTC-250627"),
        ({"symbol": "ETHUSD", "baseCoin": "ETH", "quoteCoin": "USD", "supportMarginCoins":
          ["BTC", "ETH"], "symbolType": "delivery", "deliveryTime": "1704067199000"},
         "ETHUSD_DMCBL", "ETH/USD:ETH-231231"),
        ({"symbol": "BTCPERP", "baseCoin": "BTC", "quoteCoin": "USDC", "supportMarginCoins":
          ["USDC"], "symbolType": "perpetual"}, "BTCPERP_CMCBL", "BTC/USDC:USDC"),
    ],
)  # fmt: skip
def test_rows_of_rest(row: dict[str, object], name: str, unified: str) -> None:
    (found,) = listings([row])
    assert (found.venue_symbol, found.symbol) == (name, unified)


def depth(last: int | None, previous: int | None, snapshot: bool = False) -> Depth:
    return Depth(1, snapshot, None, last, previous, (("1", "1"),), (("2", "1"),))


def test_numbers_before_tell_a_gap() -> None:
    sync = BookSync(BitgetBook(), 5 * SECOND)
    told = [depth(10, None, True), depth(15, 10), depth(15, 10), depth(20, 16)]
    taken = [sync.take(update, 0) for update in told]
    assert [each.applied for each in taken] == [True, True, False, False]
    assert [each.gap for each in taken] == [None] * 3 + ["update 20 after 16 does not follow 15"]
    states = [sync.state]
    sync = BookSync.load(orjson.loads(orjson.dumps(sync.dump())), 5 * SECOND)
    assert sync.take(depth(7, None, True), 0).applied
    assert [*states, sync.state] == [BookState.GAPPED, BookState.OK]


def test_a_numbered_snapshot_has_no_checksum_that_counts() -> None:
    (told,) = parse(SAMPLES[3].replace('"checksum":0', '"checksum":77'))
    assert isinstance(told, Depth)
    assert told.checksum is None


def test_what_is_out_of_order_is_passed_over() -> None:
    sync = BookSync(BitgetBook(), 5 * SECOND)
    told = [depth(10, None, True), depth(15, None), depth(12, None), depth(16, None)]
    assert [sync.take(update, 0).applied for update in told] == [True, True, False, True]
    assert sync.state is BookState.OK


def recorded(name: str) -> list[Depth]:
    """Snapshot and updates of one recorded book, each with its checksum."""
    told = [parse(frame.text) for frame in frames("BITGET.ws.1.0.gz")
            if f'"channel":"books","instId":"{name}"' in frame.text]  # fmt: skip
    return [update for events in told for update in events if isinstance(update, Depth)]


def test_a_level_that_is_lost_shows_in_the_checksum_and_a_snapshot_mends_it() -> None:
    updates, sync = recorded("EOSUSDT"), BookSync(BitgetBook(), 5 * SECOND)
    assert all(update.checksum is not None for update in updates)
    for update in updates[:9]:
        assert sync.take(update, 0).gap is None
    best = sync.book.best_bid
    assert best is not None
    broken = sync.take(updates[9]._replace(bids=((best[0], best[1] + "1"),)), 0)
    assert broken.gap is not None
    assert f"the venue's is {updates[9].checksum}" in broken.gap
    states = [sync.state]
    assert not sync.take(updates[10], 0).applied
    assert sync.take(updates[0], 0).applied
    assert [*states, sync.state] == [BookState.GAPPED, BookState.OK]


def test_the_book_goes_on_from_any_snapshot_of_its_state() -> None:
    updates, sync = recorded("GOGUSDT"), BookSync(BitgetBook(), 5 * SECOND)
    other = BookSync(BitgetBook(), 5 * SECOND)
    for update in updates:
        other = BookSync.load(orjson.loads(orjson.dumps(other.dump())), 5 * SECOND)
        assert other.take(update, 0) == sync.take(update, 0)
    assert orjson.dumps(other.dump()) == orjson.dumps(sync.dump())


@pytest.mark.parametrize("file", RECORDINGS)
def test_recorded_books_are_those_of_ccxt_and_have_the_checksums(file: str) -> None:
    told = [frame for frame in frames(file) if '"channel":"books"' in frame.text]
    names = {name: symbol("v2", name) for name in map(FEED.name_in, told) if name}
    ccxt = Theirs(theirs(), {their_name(name): str(unified) for name, unified in names.items()})
    books: dict[str, BookSync] = {}
    count: Counter[str] = Counter()
    for frame in told:
        for event in parse(frame.text):
            assert isinstance(event, Depth)
            name = FEED.name_in(frame) or ""
            sync = books.setdefault(name, BookSync(BitgetBook(), 5 * SECOND))
            taken = sync.take(event, 0)
            ccxt.take(frame.text)
            assert (taken.applied, taken.gap, sync.state) == (True, None, BookState.OK)
            assert event.checksum is not None
            same_book(sync, ccxt.book(str(names[name]), 400))
            count["book"] += 1
    assert count["book"] == RECORDINGS[file]["book"]


def same_book(sync: BookSync, their: dict[str, list[list[float]]]) -> None:
    for side in ("bids", "asks"):
        ours = sync.book.top(side, 400)
        assert [[float(price), float(quantity)] for price, quantity in ours] == their[side]


BOOK, TICKER = Topic(Kind.BOOK, "BTCUSDT_SPBL"), Topic(Kind.FUNDING, "BTCUSD_DMCBL")


def test_pairs_and_contracts_are_asked_for_on_one_socket() -> None:
    session = Session(FEED.speech, (BOOK, TICKER))
    (request,) = session.take(Opened(0)).send
    assert orjson.loads(request) == {
        "op": "subscribe",
        "args": [{"instType": "SPOT", "channel": "books", "instId": "BTCUSDT"},
                 {"instType": "COIN-FUTURES", "channel": "ticker", "instId": "BTCUSD"}],
    }  # fmt: skip
    session.take(Received(1, SAMPLES[15]))
    assert session.active == {BOOK}
    refused = '{"event":"error","arg":{"instType":"COIN-FUTURES","channel":"ticker","instId":' \
              '"BTCUSD"},"code":30001,"msg":"no"}'  # fmt: skip
    reaction = session.take(Received(2, refused))
    assert (reaction.refused, reaction.reason, session.asked) == ((TICKER,), "30001: no", {})


def test_the_venue_is_pinged_though_data_come() -> None:
    session = Session(FEED.speech, (BOOK,))
    session.take(Opened(0))
    session.take(Received(1, SAMPLES[15]))
    sent = []
    for second in range(1, 13):
        session.take(Received(second * S, SAMPLES[4]))
        sent.append(len(session.take(Passed(second * S)).send))
    assert sent == [0, 0, 0, 0, 1] * 2 + [0, 0]


def test_what_v2_does_not_know_is_not_asked_for() -> None:
    with pytest.raises(ValueError, match="v2 has no BTCUSD_DMCBL_250627"):
        FEED.speech.subscribe([Topic(Kind.BOOK, "BTCUSD_DMCBL_250627")], 1)


def test_prices_of_coins_that_cost_next_to_nothing_are_told() -> None:
    (told,) = parse(SAMPLES[1].replace('"0.005613"', '"0.00000000012"'))
    assert isinstance(told, Trade)
    assert told.price == "0.00000000012"


def test_what_the_socket_says() -> None:
    assert hear(SAMPLES[15]) == Answer(accepted=(BOOK,))
    assert hear(SAMPLES[15].replace("subscribe", "unsubscribe")) == Answer(ended=(BOOK,))
    assert hear('{"event":"error","code":30004,"msg":"login"}') == Answer(reason="30004: login")
    assert hear("pong") == Answer()
    assert [hear(text) for text in SAMPLES[:15]] == [None] * 15
