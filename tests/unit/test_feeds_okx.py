"""OKX's frames to events, its book's rule, and what its socket is told."""

from __future__ import annotations

import orjson
import pytest

from engine.book_sync import BookSync
from engine.feeds.events import Depth, Event, Funding, Liquidation, OpenInterest, Quote, Trade
from engine.feeds.okx import FEED, OkxBook, hear, symbol
from engine.feeds.okx_frames import parse
from engine.feeds.speech import Answer, Kind, Topic
from engine.spans import SECOND
from schemas.errors import Poison
from schemas.raw import ReceivedFrame, Source
from schemas.ticks import BookState
from tests.unit.venue_tables import frames
from tests.unit.venues.okx import SAMPLES

TOP = (("8476.98", "415"), ("8477", "7"))
EXPECTED: tuple[tuple[Event, ...], ...] = (
    (Trade(1630048897897000000, "42219.9", "0.12060306", "buy", "130639474",
           (130639472, 130639474)),),
    (Depth(1597026383085000000, True, None, 123456, None, (("8476.97", "256"),), TOP),),
    (Depth(1597026383085000000, False, None, 123457, 123456, (), (("8476.98", "0"),)),),
    (Quote(1670324386802000000, "111.05", "57745", "111.06", "55154", 363996337),),
    (Quote(1652459223003000000, "30210.4", "4", "30220.1", "3", None),),
    (Funding(1700724675402000000, None, None, "-0.0001875391284828", 1700726400000000000),),
    (Funding(1597026383085000000, "0.1"),),
    (OpenInterest(1743041250440000000, "2216113.01000000309", "1939251795.54769270396321"),),
    (Liquidation(1692266434010000000, "0.007831", "13", "buy"),),
    (), (),
)  # fmt: skip


@pytest.mark.parametrize(("frame", "events"), [*zip(SAMPLES, EXPECTED, strict=True)])
def test_each_kind_of_frame(frame: str, events: tuple[Event, ...]) -> None:
    assert parse(frame) == events


def test_several_trades_in_one_frame_come_in_its_order() -> None:
    tree = orjson.loads(SAMPLES[0])
    tree["data"].append(tree["data"][0] | {"tradeId": "130639475", "count": "1", "side": "sell"})
    assert [
        (trade.trade_id, trade.side)
        for trade in parse(orjson.dumps(tree))
        if isinstance(trade, Trade)
    ] == [("130639474", "buy"), ("130639475", "sell")]


def test_trades_that_were_missed_are_fetched_and_those_that_came_are_known() -> None:
    rows = [
        {"instId": "BTC-USDT", "side": "sell", "sz": "0.00001", "source": "0", "px": "29963.2",
         "tradeId": str(number), "ts": "1654161646974"} for number in (242720720, 242720719)
    ]  # fmt: skip
    told = parse(orjson.dumps({"code": "0", "msg": "", "data": rows}))
    assert [trade.numbers for trade in told if isinstance(trade, Trade)] == [
        (242720719, 242720719), (242720720, 242720720),
    ]  # fmt: skip
    asked = FEED.speech.trades("v5", "BTC-USDT")
    assert asked is not None
    frame = ReceivedFrame(1, Source.REST, asked.rsplit("/", 1)[1], "")
    assert FEED.name_in(frame) == "BTC-USDT"


def test_one_bad_trade_costs_the_whole_frame() -> None:
    tree = orjson.loads(SAMPLES[0])
    tree["data"].append(tree["data"][0] | {"px": "0"})
    with pytest.raises(Poison, match=r"okx: a trade of 0.12060306 at 0"):
        parse(orjson.dumps(tree))


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ('{"event":"error","msg":"channel:x doesn\'t exist","code":"60018"}', "error 60018: chan"),
        ('{"arg":{"channel":"novelty","instId":"X"},"data":[]}', "unknown channel 'novelty'"),
        ('{"event":"channel-conn-count-error","channel":"orders"}', "channel-conn-count-error 0"),
    ],
)
def test_refusals_name_their_reason(frame: str, reason: str) -> None:
    with pytest.raises(Poison, match=reason):
        parse(frame)


def test_fields_may_come_in_any_order() -> None:
    tree = orjson.loads(SAMPLES[1])
    turned = {name: tree[name] for name in ("data", "action", "arg")}
    assert parse(orjson.dumps(turned)) == EXPECTED[1]


@pytest.mark.parametrize(
    ("name", "unified"),
    [
        ("BTC-USDT", "BTC/USDT"), ("BTC-USDT-SWAP", "BTC/USDT:USDT"), ("AE-BTC", "AET/BTC"),
        ("BTC-USD-SWAP", "BTC/USD:BTC"), ("BTC-USD-220527", "BTC/USD:BTC-220527"),
        ("BTC-USDC-SWAP", "BTC/USDC:USDC"), ("BTC-USD-220514-22000-C", None), ("BTC", None),
    ],
)  # fmt: skip
def test_symbols_by_form(name: str, unified: str | None) -> None:
    assert symbol("v5", name) == unified


def test_a_frame_of_liquidations_belongs_to_its_contract() -> None:
    assert FEED.name_in(ReceivedFrame(1, Source.WS, "stream", str(SAMPLES[8]))) == "IOST-USDT-SWAP"
    asked = ReceivedFrame(1, Source.REST, "books?instId=BTC-USDT&sz=400", '{"code":"0"}')
    assert FEED.name_in(asked) == "BTC-USDT"


def depth(last: int | None, previous: int | None, snapshot: bool = False) -> Depth:
    return Depth(1, snapshot, None, last, previous, (("1", "1"),), (("2", "1"),))


def test_the_guides_example_of_ids_is_whole() -> None:
    sync = BookSync(OkxBook(), 5 * SECOND)
    told = [depth(10, None, True), depth(15, 10), depth(15, 15), depth(3, 15), depth(5, 3)]
    assert [sync.take(update, 0).applied for update in told] == [True] * 5
    assert sync.state is BookState.OK


def test_a_message_that_is_missing_is_a_gap_until_the_next_snapshot() -> None:
    sync = BookSync(OkxBook(), 5 * SECOND)
    sync.take(depth(10, None, True), 0)
    missed = sync.take(depth(20, 15), 0)
    assert (missed.applied, missed.gap) == (False, "update 20 after 15 does not follow 10")
    assert sync.take(depth(25, 20), 0) == sync.take(depth(26, 25), 0), "one gap is told once"
    states = [sync.state]
    sync = BookSync.load(sync.dump(), 5 * SECOND)
    assert sync.take(depth(7, None, True), 0).applied, "ids may begin anew"
    assert [*states, sync.state] == [BookState.GAPPED, BookState.OK]
    assert sync.take(depth(8, 7), 0).applied


def test_ids_that_begin_anew_behind_a_gap_are_no_further_gap() -> None:
    sync = BookSync(OkxBook(), 5 * SECOND)
    told = [depth(10, None, True), depth(20, 15), depth(3, 20), depth(5, 3)]
    assert [sync.take(update, 0).gap is None for update in told] == [True, False, True, True]


def test_a_level_without_a_price_is_refused() -> None:
    with pytest.raises(Poison, match="a book level at price 0"):
        parse(SAMPLES[2].replace('"8476.98"', '"0.0"'))


def test_a_repeated_message_is_passed_over() -> None:
    sync = BookSync(OkxBook(), 5 * SECOND)
    for update in (depth(10, None, True), depth(15, 10)):
        sync.take(update, 0)
    again = sync.take(depth(15, 10), 0)
    assert (again.applied, again.gap, sync.state) == (False, None, BookState.OK)
    assert sync.take(depth(20, 15), 0).applied


def recorded() -> list[Depth]:
    """Snapshot and updates of one recorded book, each with its checksum."""
    found = [parse(frame.text) for frame in frames("OKX.ws.1.0.gz")
             if '"books","instId":"BTC-USDT"' in frame.text]  # fmt: skip
    return [update for events in found for update in events if isinstance(update, Depth)]


def test_a_level_that_is_lost_shows_in_the_checksum_and_a_snapshot_mends_it() -> None:
    updates, sync = recorded(), BookSync(OkxBook(), 5 * SECOND)
    assert all(update.checksum is not None for update in updates)
    for update in updates[:9]:
        assert sync.take(update, 0).gap is None
    best = sync.book.best_bid
    assert best is not None
    other = updates[9]._replace(bids=(*updates[9].bids, (best[0], best[1] + "1")))
    broken = sync.take(other, 0)
    assert broken.gap is not None
    assert f"the venue's is {updates[9].checksum}" in broken.gap
    states = [sync.state]
    assert not sync.take(updates[10], 0).applied
    assert sync.take(updates[0], 0).applied
    assert [*states, sync.state] == [BookState.GAPPED, BookState.OK]


def test_the_book_goes_on_from_any_snapshot_of_its_state() -> None:
    updates, sync = recorded(), BookSync(OkxBook(), 5 * SECOND)
    other = BookSync(OkxBook(), 5 * SECOND)
    for update in updates:
        other = BookSync.load(orjson.loads(orjson.dumps(other.dump())), 5 * SECOND)
        assert other.take(update, 0) == sync.take(update, 0)
    assert orjson.dumps(other.dump()) == orjson.dumps(sync.dump())


def test_the_checksum_of_today_says_nothing() -> None:
    tree = orjson.loads(SAMPLES[1])
    told = parse(orjson.dumps(tree))[0]
    assert isinstance(told, Depth)
    assert told.checksum is None
    tree["data"][0]["checksum"] = -855196043
    told = parse(orjson.dumps(tree))[0]
    assert isinstance(told, Depth)
    assert told.checksum == -855196043


def test_requests_have_at_most_a_hundred_topics_each() -> None:
    topics = [Topic(Kind.TRADES, f"A{n}-USDT") for n in range(150)]
    requests = FEED.speech.subscribe(topics, 7)
    assert [len(request.topics) for request in requests] == [100, 50]
    assert orjson.loads(requests[1].text)["id"] == "8"
    whole = FEED.speech.subscribe([Topic(Kind.LIQUIDATIONS, "SWAP")], 1)[0]
    assert orjson.loads(whole.text)["args"] == [
        {"channel": "liquidation-orders", "instType": "SWAP"}
    ]


def test_what_the_socket_says() -> None:
    book = Topic(Kind.BOOK, "BTC-USDT")
    assert hear(SAMPLES[9]) == Answer(accepted=(book,))
    gone = '{"event":"unsubscribe","arg":{"channel":"books","instId":"BTC-USDT"}}'
    assert hear(gone) == Answer(ended=(book,))
    refused = hear('{"id":"3","event":"error","code":"60012","msg":"Illegal request"}')
    assert refused == Answer(request=3, reason="60012: Illegal request")
    assert hear("pong") == Answer()
    assert hear(SAMPLES[0]) is None
