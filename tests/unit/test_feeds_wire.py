"""A connection of the collector without a socket: errands, marks, back-off, trouble."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from engine.feeds.cuts import cut_of
from engine.feeds.following import FIRST, IN_STREAM, LONGEST, PATIENCE
from engine.feeds.missed import LAG, RETRY, TRIES
from engine.feeds.planning import FeedSettings, planned
from engine.feeds.polling import EVERY
from engine.feeds.session import DEAD
from engine.feeds.speech import Kind, Topic
from engine.feeds.wire import LONGEST_DELAY, Doing, Errand, Wire
from engine.spans import SECOND
from schemas.raw import Listing, ReceivedFrame, Source

BTC, OKX = "binance:BTC/USDT:USDT", "okx:BTC/USDT"
SHOWN = [
    Listing("binance", "usdm", "BTCUSDT", "BTC/USDT:USDT"),
    Listing("okx", "v5", "BTC-USDT", "BTC/USDT"),
    Listing("okx", "v5", "ETH-USDT", "ETH/USDT"),
]
LEFT = '{"event":"unsubscribe","arg":{"channel":"books","instId":"BTC-USDT"}}'
ACCEPTED = '{"result":null,"id":1}'


def line(venue: str = "binance", *symbols: str, **settings: Any) -> Wire:
    wanted = FeedSettings.model_validate(
        {"symbols": symbols or ("BTC/USDT:USDT",), "kinds": ("trades", "book"), **settings}
    )
    (plan,) = planned(venue, wanted, SHOWN)
    return Wire(plan, wanted)


def hear(wire: Wire, now: int, text: str) -> Doing:
    key, _ = wire.keyed(ReceivedFrame(now, Source.WS, "stream", text))
    return wire.heard(now, key, text)


def diff(first: int, last: int, previous: int) -> str:
    data = {"e": "depthUpdate", "E": 1, "T": 1, "s": "BTCUSDT", "U": first, "u": last}
    data |= {"pu": previous, "b": [["1", "1"]], "a": []}
    return json.dumps({"stream": "btcusdt@depth@100ms", "data": data}, separators=(",", ":"))


def snapshot(last: int) -> str:
    return json.dumps({"lastUpdateId": last, "E": 1, "T": 1, "bids": [["1", "1"]], "asks": []})


def books(doing: Doing) -> list[Errand]:
    return [errand for errand in doing.fetch if errand.topic.kind is Kind.BOOK]


def opened(wire: Wire, now: int = 0) -> Wire:
    assert wire.opened(now).send
    hear(wire, now, ACCEPTED)
    return wire


def test_a_snapshot_is_asked_for_once_the_first_update_is_there() -> None:
    wire = opened(line())
    (errand,) = books(hear(wire, 5, diff(1, 5, 0)))
    assert errand.url == "https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=1000"
    assert (errand.key, errand.topic) == (BTC, Topic(Kind.BOOK, "BTCUSDT"))
    assert not hear(wire, 6, diff(6, 7, 5)).fetch, "one is on its way"
    wire.answered(7, errand, snapshot(6))
    assert not books(wire.passed(PATIENCE * 60))


def test_while_an_answer_is_on_its_way_none_is_asked_for_again() -> None:
    wire = opened(line(silence=0))
    (errand,) = wire.passed(PATIENCE).fetch
    for second in range(1, 60):
        wire.stirred(second * SECOND)
        assert not books(hear(wire, second * SECOND, diff(second * 10, second * 10 + 1, 0)))
    wire.failed(60 * SECOND, errand)
    assert wire.passed(60 * SECOND).fetch


def test_a_quiet_symbol_gets_its_snapshot_without_an_update() -> None:
    wire = opened(line())
    assert not books(wire.passed(PATIENCE - 1))
    assert len(books(wire.passed(PATIENCE))) == 1


def test_what_does_not_help_is_asked_for_again_with_growing_pauses() -> None:
    wire = opened(line(silence=0))
    times, now = [], 0
    while now < 400 * SECOND:
        now += SECOND // 2
        wire.stirred(now)
        for errand in books(wire.passed(now)):
            times.append(now)
            wire.failed(now, errand)
    pauses = [after - before for before, after in pairwise(times)]
    assert pauses[:4] == [FIRST, 2 * FIRST, 4 * FIRST, 8 * FIRST]
    assert max(pauses) == LONGEST


def test_a_gap_is_seen_by_the_rule_of_the_venue_and_mended() -> None:
    wire = opened(line())
    (errand,) = hear(wire, 1, diff(1, 5, 0)).fetch
    wire.answered(2, errand, snapshot(5))
    assert not hear(wire, 3, diff(6, 8, 5)).fetch
    assert not hear(wire, 4, diff(10, 12, 9)).fetch, "the last one is not a second old"
    assert len(books(wire.passed(FIRST + 1))) == 1
    assert wire.counts.spoilt == 2


def test_a_book_whose_snapshot_comes_in_the_stream_is_subscribed_anew() -> None:
    wire = line("okx", "BTC/USDT", kinds=("book",))
    wire.opened(0)
    hear(wire, 1, '{"event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"}}')
    assert not wire.passed(IN_STREAM).send
    sent = [*wire.passed(IN_STREAM + 1).send, *wire.passed(IN_STREAM + SECOND + 1).send]
    told = [json.loads(each)["op"] for each in sent if each != "ping"]
    assert told == ["unsubscribe", "subscribe"]


def test_a_book_that_the_venue_refuses_to_bring_anew_is_asked_for_again() -> None:
    wire = line("okx", "BTC/USDT", kinds=("book",), silence=0)
    wire.opened(0)
    hear(wire, 1, LEFT.replace("unsub", "sub"))
    asked = []
    for second in range(6, 40):
        hear(wire, second * SECOND, "pong")
        for text in wire.passed(second * SECOND).send:
            told = json.loads(text)
            if told["op"] == "unsubscribe":
                asked.append(second)
                hear(wire, second * SECOND, LEFT)
            else:
                error = {"id": told["id"], "event": "error", "code": "60012", "msg": "no"}
                hear(wire, second * SECOND, json.dumps(error, separators=(",", ":")))
    assert asked == [6, 11, 21]
    assert wire.counts.refused == 3


def test_trades_are_asked_for_whenever_they_were_subscribed_until_they_come() -> None:
    wire = line("okx", "BTC/USDT", kinds=("trades",), silence=0)
    wire.opened(0)
    accepted = '{"event":"subscribe","arg":{"channel":"trades","instId":"BTC-USDT"}}'
    assert not hear(wire, 1, accepted).fetch, "an answer may be a second old"
    (errand,) = wire.passed(1 + LAG).fetch
    assert errand.url.endswith("/market/trades?instId=BTC-USDT&limit=500")
    assert errand.key == OKX
    assert not wire.passed(RETRY * 9).fetch, "one is on its way"
    wire.failed(1, errand)
    assert not wire.passed(RETRY).fetch
    (again,) = wire.passed(RETRY + 1).fetch
    wire.answered(RETRY + 2, again, "{}")
    assert not wire.passed(RETRY * 4).fetch
    wire.closed(9 * SECOND, "x")
    wire.opened(10 * SECOND)
    failing, asked = hear(wire, 10 * SECOND, accepted).fetch, 0
    for second in range(11, 200):
        asked += len(failing)
        for each in failing:
            wire.failed(second * SECOND, each)
        now = second * SECOND
        failing = (*wire.stirred(now).fetch, *wire.passed(now).fetch)
    assert asked == TRIES


def test_a_cut_marks_each_key_with_what_it_brought() -> None:
    wire = line("okx", "BTC/USDT", "ETH/USDT")
    wire.opened(0)
    marks = wire.closed(7, "because")
    assert [key for key, _ in marks] == [OKX, "okx:ETH/USDT"]
    for _, frame in marks:
        assert (frame.received_ns, frame.source, frame.channel) == (7, Source.CUT, "okx-v5-0")
        cut = cut_of(frame.text)
        assert (cut.kinds, cut.reason) == (("book", "trades"), "because")
    assert wire.closed(8, "again") == [], "it was not open"
    assert wire.counts.cut == 1


def test_the_pause_before_another_opening_grows_and_is_spread() -> None:
    wire = line()
    delays = []
    for _ in range(9):
        wire.closed(0, "refused")
        delays.append((wire.delay(0.0), wire.delay(1.0)))
    assert delays[:3] == [(0.5, 1.0), (1.0, 2.0), (2.0, 4.0)]
    assert delays[-1] == (LONGEST_DELAY / 2, LONGEST_DELAY)
    wire.opened(0)
    wire.closed(SECOND, "at once")
    assert wire.delay(1.0) == LONGEST_DELAY, "an opening that does not last is none"
    wire.opened(0)
    wire.closed(60 * SECOND, "after a minute")
    assert wire.delay(1.0) == 0.5


def test_a_connection_that_is_silent_is_dead_within_ten_seconds() -> None:
    wire = opened(line())
    found = [n for n in range(100) if wire.passed(n * SECOND // 5).dead]
    assert found[0] * SECOND // 5 <= 10 * SECOND
    assert DEAD < 10 * SECOND


def test_an_unlisted_name_is_kept_and_costs_nothing_else() -> None:
    wire = opened(line())
    text = diff(1, 5, 0).replace("btcusdt", "dogeusdt").replace("BTCUSDT", "DOGEUSDT")
    key, frame = wire.keyed(ReceivedFrame(1, Source.WS, "stream", text))
    assert (key, frame.text) == ("binance:*", text)
    assert "lists no DOGEUSDT" in frame.channel
    assert not wire.heard(1, key, text).fetch


@pytest.mark.parametrize("text", ["", "{", "\ud800", '{"stream":"btcusdt@depth","data":{}}', "[]"])
def test_garbage_is_left_to_the_ticks_stage(text: str) -> None:
    assert not hear(opened(line()), 1, text).dead


def test_open_interest_is_asked_for_in_turn_one_answer_after_another() -> None:
    wire = opened(line(kinds=("quotes", "interest"), silence=0))
    (errand,) = wire.passed(1).fetch
    assert errand.url == "https://fapi.binance.com/fapi/v1/openInterest?symbol=BTCUSDT"
    assert errand.key == BTC
    wire.stirred(EVERY)
    assert not wire.passed(2 * EVERY).fetch, "one is on its way"
    wire.answered(2 * EVERY, errand, '{"openInterest":"1","symbol":"BTCUSDT","time":1}')
    wire.stirred(2 * EVERY)
    assert not wire.passed(3 * EVERY - 1).fetch
    (again,) = wire.passed(3 * EVERY).fetch
    wire.failed(3 * EVERY, again)
    wire.closed(3 * EVERY, "x")
    assert opened(wire, 4 * EVERY).passed(4 * EVERY).fetch


def test_only_frames_that_may_be_of_a_book_are_parsed() -> None:
    wire = opened(line())
    parsed: list[str] = []
    wire.feed = replace(wire.feed, parse=lambda frame: parsed.append(str(frame)) or ())  # type: ignore[func-returns-value]
    update, trade = diff(1, 5, 0), '{"stream":"btcusdt@trade","data":{"e":"trade","s":"BTCUSDT"}}'
    assert hear(wire, 1, trade) == Doing()
    assert hear(wire, 2, update) == Doing()
    assert parsed == [update]
