"""Missed trades by REST: page after page until the hole is closed, or it is told that it is not."""

from __future__ import annotations

from typing import Any

import pytest

from engine.feeds.catalogue import FEEDS
from engine.feeds.events import Trade
from engine.feeds.missed import LAG, PAGES, RETRY, TRIES, Missed
from engine.feeds.speech import Kind, Topic
from engine.spans import SECOND

NOW = 100 * SECOND


def numbered(n: int) -> Trade:
    return Trade(n * SECOND // 100, "1", "1", "buy", str(n), (n, n))


def timed(n: int) -> Trade:
    return Trade(n * SECOND // 100, "1", "1", "buy", str(n))


class Venue:
    """Gives `most` trades at once, of those up to `latest`."""

    def __init__(self, venue: str, market: str, most: int, trade: Any = numbered) -> None:
        self.missed = Missed(FEEDS[venue].speech_of(market), market)
        self.topic = Topic(Kind.TRADES, "BTC-USD")
        self.most, self.trade, self.latest = most, trade, 0
        self.urls: list[str] = []

    def cut_after(self, last: int, now: int) -> None:
        self.missed.heard(self.topic, self.trade(last))
        self.missed.cut(lambda frame: ())
        self.latest = now
        self.missed.subscribed(self.topic, 0)

    def ask(self, *pages: range) -> str | None:
        """Answers the requests with these pages, until there is no more request."""
        for number, page in enumerate(pages):
            asked, lost = self.missed.due(NOW + number)
            assert (len(asked), lost) == (1, [])
            self.urls.append(asked[0].url)
            told = self.missed.answered(self.topic, NOW + number, [self.trade(n) for n in page])
            if told is not None:
                return told
        assert self.missed.due(NOW * 9) == ([], [])
        return None


def test_a_page_that_reaches_back_is_enough() -> None:
    venue = Venue("binance", "usdm", 1000)
    venue.cut_after(500, 900)
    assert venue.ask(range(501, 901)) is None


def test_binance_spot_is_asked_by_number_until_all_is_there() -> None:
    venue = Venue("binance", "spot", 1000)
    venue.cut_after(500, 3000)
    assert venue.ask(range(2001, 3001), range(1001, 2001), range(501, 1501)) is None
    assert [url.rpartition("&")[2] for url in venue.urls] == [
        "limit=1000", "fromId=1001", "fromId=501",
    ]  # fmt: skip


def test_kraken_is_asked_from_the_begin_of_the_hole_on() -> None:
    venue = Venue("kraken", "spot", 1000)
    venue.cut_after(500, 3000)
    assert venue.ask(range(2001, 3001), range(501, 1501), range(1501, 2501)) is None
    assert [url.rpartition("&")[2] for url in venue.urls] == [
        "count=1000", "since=5000000000", "since=15000000000",
    ]  # fmt: skip


def test_where_ids_are_not_numbered_times_tell() -> None:
    venue = Venue("gate", "futures", 1000, timed)
    venue.cut_after(500, 3000)
    assert venue.ask(range(2001, 3001), range(1200, 2201), range(499, 1300)) is None
    assert venue.urls[1].endswith("&from=5&to=21")


def test_the_very_trade_that_came_last_closes_the_hole() -> None:
    venue = Venue("bybit", "linear", 1000, timed)
    venue.cut_after(500, 900)
    assert venue.ask(range(500, 901)) is None


@pytest.mark.parametrize(("name", "market"), [("binance", "usdm"), ("htx", "spot")])
def test_what_cannot_be_asked_for_is_told(name: str, market: str) -> None:
    venue = Venue(name, market, 1000, numbered if name == "binance" else timed)
    venue.cut_after(500, 3000)
    assert venue.ask(range(2001, 3001)) == "trades after 500 and before 2001, in 1 answers"


def test_a_hole_that_does_not_close_is_given_up() -> None:
    venue = Venue("coinbase", "exchange", 1)
    venue.cut_after(500, 3000)
    told = venue.ask(*[range(3000 - n, 3001 - n) for n in range(PAGES)])
    assert told == f"trades after 500 and before {3001 - PAGES}, in {PAGES} answers"
    again = Venue("coinbase", "exchange", 1)
    again.cut_after(500, 3000)
    assert again.ask(range(3000, 3001), range(3000, 3001)) is not None, "it brings nothing more"


def test_a_venue_that_does_not_answer_is_given_up() -> None:
    venue = Venue("okx", "v5", 500)
    venue.cut_after(500, 900)
    asked, now = 0, LAG
    lost: list[tuple[Topic, str]] = []
    while venue.missed.owed:
        requests, lost = venue.missed.due(now)
        asked, now = asked + len(requests), now + RETRY
        for request in requests:
            venue.missed.failed(request.topic, now)
        assert now < 1000 * RETRY
    assert asked == TRIES
    assert lost == [(venue.topic, "the venue did not answer: trades after 500 and before now")]


def test_a_second_cut_leaves_the_hole_open_from_its_begin() -> None:
    venue = Venue("okx", "v5", 500)
    venue.cut_after(500, 900)
    venue.cut_after(950, 990)
    assert venue.ask(range(900, 991), range(501, 900)) is None


def test_a_first_connection_has_missed_nothing() -> None:
    venue = Venue("okx", "v5", 500)
    venue.missed.subscribed(venue.topic, 0)
    assert venue.missed.due(LAG - 1) == ([], [])
    assert venue.ask(range(900, 991)) is None
    venue.missed.subscribed(venue.topic, 0)
    assert not venue.missed.owed, "told once more by the venue"


def test_the_last_trade_is_read_from_the_frames_only_when_the_connection_is_cut() -> None:
    venue, read = Venue("okx", "v5", 500), list[str]()

    def reads(frame: str | bytes) -> list[Trade]:
        read.append(str(frame))
        return [numbered(int(str(frame).rpartition(" ")[2]))] if "trades" in str(frame) else []

    for frame in ("trades 5", "tickers 6", "trades 7", "mark-price 8", "no traded price"):
        venue.missed.keep(venue.topic, frame)
    venue.missed.cut(reads)
    assert read == ["no traded price", "trades 7"]
    assert venue.missed.before == {venue.topic: numbered(7)}
    assert not venue.missed.frames
