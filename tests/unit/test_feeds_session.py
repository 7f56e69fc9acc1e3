"""A socket's conversation without a socket: subscriptions, answers, pings, silence, limits."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from engine.feeds.catalogue import FEEDS
from engine.feeds.okx import SPEECH
from engine.feeds.session import DEAD, Closed, Opened, Passed, Received, Session, Spoilt, Wanted
from engine.feeds.speech import Kind, Topic
from engine.spans import SECOND

BOOK, TRADES = Topic(Kind.BOOK, "BTC-USDT"), Topic(Kind.TRADES, "BTC-USDT")
DATA = '{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[]}'


def told(text: str | bytes) -> Any:
    return orjson.loads(text)


def accepted(*topics: Topic) -> list[str]:
    channel = {Kind.BOOK: "books", Kind.TRADES: "trades"}
    return [
        orjson.dumps(
            {"event": "subscribe", "arg": {"channel": channel[topic.kind], "instId": topic.name}}
        ).decode()
        for topic in topics
    ]


def opened(*topics: Topic) -> Session:
    session = Session(SPEECH, topics)
    session.take(Opened(0))
    for text in accepted(*topics):
        session.take(Received(1, text))
    return session


def test_an_opened_connection_asks_for_what_is_wanted_and_hears_what_became_of_it() -> None:
    session = Session(SPEECH, (BOOK, TRADES))
    (request,) = session.take(Opened(0)).send
    assert told(request) == {
        "id": "1", "op": "subscribe",
        "args": [{"channel": "books", "instId": "BTC-USDT"},
                 {"channel": "trades", "instId": "BTC-USDT"}],
    }  # fmt: skip
    assert session.take(Received(1, accepted(BOOK)[0])).accepted == (BOOK,)
    assert session.active == {BOOK}
    error = '{"id":"1","event":"error","code":"60018","msg":"no such channel"}'
    reaction = session.take(Received(2, error))
    assert (reaction.refused, reaction.reason) == ((TRADES,), "60018: no such channel")
    assert session.asked == {}


def test_market_data_are_passed_over() -> None:
    session = opened(BOOK)
    reaction = session.take(Received(5, DATA))
    assert (reaction.send, reaction.accepted, reaction.dead) == ((), (), "")
    assert session.heard == 5


def test_a_quiet_connection_is_pinged_and_one_that_stays_silent_is_dead() -> None:
    session = opened(BOOK)
    assert session.take(Passed(4 * SECOND)).send == ()
    assert session.take(Passed(6 * SECOND)).send == ("ping",)
    assert session.take(Passed(7 * SECOND)).send == (), "once"
    session.take(Received(8 * SECOND, "pong"))
    assert session.take(Passed(17 * SECOND)).dead == ""
    assert "no frame for 9.5 s" in session.take(Passed(8 * SECOND + DEAD)).dead


def test_a_request_without_an_answer_is_not_waited_for() -> None:
    session = Session(SPEECH, (BOOK,))
    session.take(Opened(0))
    session.take(Received(9 * SECOND, DATA))
    assert session.take(Passed(9 * SECOND)).dead == ""
    assert "no answer" in session.take(Passed(10 * SECOND)).dead


def test_after_a_reconnect_all_is_asked_for_again() -> None:
    session = opened(BOOK, TRADES)
    session.take(Closed(5))
    assert session.active == set()
    assert session.take(Passed(100 * SECOND)).dead == "", "a closed one is not dead"
    (request,) = session.take(Opened(10)).send
    assert len(told(request)["args"]) == 2


def test_what_is_wanted_may_change() -> None:
    session = opened(BOOK)
    (gone,) = session.take(Wanted(SECOND, (TRADES,))).send
    assert told(gone)["op"] == "unsubscribe"
    assert session.take(Passed(SECOND + 1)).send == (), "a request a second"
    (new,) = session.take(Passed(2 * SECOND)).send
    assert (told(new)["op"], told(new)["args"][0]["channel"]) == ("subscribe", "trades")


def test_a_spoilt_book_is_left_and_asked_for_again() -> None:
    session = opened(BOOK, TRADES)
    sent = [*session.take(Spoilt(SECOND, BOOK)).send, *session.take(Passed(2 * SECOND)).send]
    assert [(told(each)["op"], len(told(each)["args"])) for each in sent] == [
        ("unsubscribe", 1), ("subscribe", 1),
    ]  # fmt: skip


def test_a_request_to_leave_that_gets_no_answer_is_over_with_the_one_after_it() -> None:
    session = opened(BOOK)
    session.take(Spoilt(SECOND, BOOK))
    session.take(Passed(2 * SECOND))
    assert len(session.asked) == 2
    session.take(Received(3 * SECOND, accepted(BOOK)[0]))
    assert (session.asked, session.active) == ({}, {BOOK})
    *_, join = *session.take(Spoilt(4 * SECOND, BOOK)).send, *session.take(Passed(5 * SECOND)).send
    error = f'{{"id":"{told(join)["id"]}","event":"error","code":"1","msg":"no"}}'
    assert session.take(Received(6 * SECOND, error)).refused == (BOOK,)
    assert (session.asked, session.active) == ({}, set())


def test_more_topics_than_fit_are_refused() -> None:
    session = Session(SPEECH)
    topics = tuple(Topic(Kind.TRADES, str(n)) for n in range(SPEECH.most + 1))
    with pytest.raises(ValueError, match="fit on a connection"):
        session.take(Wanted(0, topics))


@pytest.mark.parametrize("venue", FEEDS)
def test_every_venue_can_ask_for_each_of_its_kinds(venue: str) -> None:
    for market in FEEDS[venue].markets:
        speech = FEEDS[venue].speech_of(market)
        for kind in speech.kinds[market]:
            assert speech.address(market, kind).startswith(("wss://", "https://"))
            topic = Topic(kind, "BTCUSDT")
            for say in (speech.subscribe, speech.unsubscribe):
                requests = say([topic], 5)
                asked = [request.topics for request in requests if request.topics]
                assert asked == [(topic,)] or (say is speech.unsubscribe and not asked)
                assert all(request.text for request in requests)
        assert speech.quiet < DEAD


@pytest.mark.parametrize("venue", FEEDS)
def test_every_venue_says_nothing_of_market_data(venue: str) -> None:
    assert FEEDS[venue].speech.hear('{"data":[{"price":"1"}]}' + " " * 5000) is None
