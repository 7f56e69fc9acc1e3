"""Every venue's answers as its own Session hears them, without a socket."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from engine.feeds.catalogue import FEEDS
from engine.feeds.session import Opened, Passed, Reaction, Received, Session, Spoilt
from engine.feeds.speech import Kind, Topic
from engine.spans import SECOND
from infra.replaying.dialects.table import DIALECTS
from infra.replaying.words import Dialect, Heard, Shown

MARKETS = [(name, market) for name, feed in FEEDS.items() for market in feed.markets]
NAMES = {
    "bitget": "BTCUSDT_SPBL",
    "kraken spot": "BTC/USD",
    "kraken futures": "PI_XBTUSD",
    "kucoin spot": "BTC-USDT",
    "htx linear": "BTC-USDT",
    "htx inverse": "BTC-USD",
    "htx spot": "btcusdt",
    "mexc contract": "BTC_USDT",
}
ACCEPTS_ALL = "binance"


@dataclass
class Known:
    """A market that has everything, or nothing."""

    everything: bool
    now: int = 1_700_000_000 * SECOND

    def has(self, topic: Topic) -> bool:
        return self.everything

    def book(self, name: str) -> Shown | None:
        return Shown(name, self.now, 7, [("1.0", "2")], [("1.1", "3")], 5)


def topics_of(venue: str, market: str) -> dict[str, list[Topic]]:
    """All kinds of one symbol, by address."""
    speech, found = FEEDS[venue].speech_of(market), dict[str, list[Topic]]()
    name = NAMES.get(f"{venue} {market}", NAMES.get(venue, "BTCUSDT"))
    for kind in sorted(speech.kinds[market]):
        found.setdefault(speech.address(market, kind), []).append(Topic(kind, name))
    return found


@dataclass
class Talk:
    """A session and the venue's words, back to back. joined: what the venue sends then."""

    session: Session
    dialect: Dialect
    market: Known
    now: int = SECOND

    def __post_init__(self) -> None:
        self.joined: list[Topic] = []
        self.left: list[Topic] = []
        self.accepted: list[Topic] = []
        self.refused: list[Topic] = []
        self.reasons: list[str] = []

    def run(self, reaction: Reaction) -> None:
        waiting = list(reaction.send)
        for _ in range(200):
            while waiting:
                heard = self.dialect.hear(str(waiting.pop(0)), self.market)
                waiting += self.hear(heard)
            self.now += SECOND // 10
            waiting += self.session.take(Passed(self.now)).send
            if not waiting and not self.session.waiting:
                return

    def hear(self, heard: Heard) -> list[str | bytes]:
        self.joined += heard.join
        self.left += heard.leave
        sent: list[str | bytes] = []
        for reply in heard.replies:
            told = self.session.take(Received(self.now, self.dialect.pack(reply)))
            self.accepted += told.accepted
            self.refused += told.refused
            self.reasons += [told.reason] if told.reason else []
            sent += told.send
        return sent


def talks(venue: str, market: str, everything: bool) -> list[Talk]:
    found = []
    for address, topics in topics_of(venue, market).items():
        session = Session(FEEDS[venue].speech_of(market), tuple(topics))
        talk = Talk(session, DIALECTS[venue](market, address), Known(everything))
        for text in talk.dialect.welcome:
            session.take(Received(talk.now, talk.dialect.pack(text)))
        talk.run(session.take(Opened(talk.now)))
        found.append(talk)
    return found


@pytest.mark.parametrize(("venue", "market"), MARKETS)
def test_each_kind_that_a_session_asks_for_is_accepted_and_joined(venue: str, market: str) -> None:
    for talk in talks(venue, market, everything=True):
        wanted = set(talk.session.wanted)
        assert wanted <= set(talk.accepted)
        assert wanted <= set(talk.joined)
        assert (talk.refused, talk.reasons, talk.session.asked) == ([], [], {})
        talk.session.active.clear()
        for request in talk.session.speech.unsubscribe(talk.session.wanted, 99):
            talk.hear(talk.dialect.hear(request.text, talk.market))
        assert wanted <= set(talk.left)


@pytest.mark.parametrize(("venue", "market"), MARKETS)
def test_the_end_of_a_book_is_no_answer_to_its_being_asked_for_anew(
    venue: str, market: str
) -> None:
    for talk in talks(venue, market, everything=True):
        session = talk.session
        books = [topic for topic in session.wanted if topic.kind is Kind.BOOK]
        for book in [topic for topic in books if not session.speech.snapshot(market, topic.name)]:
            sent = list(session.take(Spoilt(talk.now, book)).send)
            while session.waiting:
                talk.now += SECOND // 10
                sent += session.take(Passed(talk.now)).send
            told = [talk.dialect.hear(str(text), talk.market) for text in sent]
            talk.hear(next(heard for heard in told if heard.leave))
            assert [each.topics for each in session.asked.values()] == [(book,)], "to be joined"
            talk.accepted.clear()
            talk.hear(next(heard for heard in told if heard.join))
            assert book in talk.accepted
            assert (session.asked, session.active) == ({}, set(session.wanted))


@pytest.mark.parametrize(("venue", "market"), MARKETS)
def test_what_a_venue_has_not_is_refused_with_a_reason(venue: str, market: str) -> None:
    for talk in talks(venue, market, everything=False):
        if venue == ACCEPTS_ALL:
            assert set(talk.accepted) == set(talk.session.wanted)
            continue
        assert talk.reasons
        assert (talk.accepted, talk.joined) == ([], [])
        if venue != "coinbase":
            assert set(talk.session.wanted) <= set(talk.refused), "or it is never told of what"


@pytest.mark.parametrize(("venue", "market"), MARKETS)
def test_pings_of_both_sides_are_answered(venue: str, market: str) -> None:
    for talk in talks(venue, market, everything=True):
        speech, dialect = talk.session.speech, talk.dialect
        if speech.ping is not None:
            heard = dialect.hear(str(speech.ping(talk.now)), talk.market)
            assert len(heard.replies) == 1
            assert speech.hear(dialect.pack(heard.replies[0])) is not None
        if dialect.pulse is not None:
            frame = dialect.pack(dialect.pulse(talk.now))
            assert FEEDS[venue].parse(frame) == ()
            sent = talk.session.take(Received(talk.now, frame)).send
            assert [dialect.hear(str(each), talk.market) for each in sent] == [Heard()] * len(sent)
            assert len(sent) == (venue == "htx")


@pytest.mark.parametrize(("venue", "market"), MARKETS)
@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"op":"x"}', '{"method":1}', "\x00"])
def test_nonsense_is_refused_and_nothing_comes_of_it(venue: str, market: str, text: str) -> None:
    for address in topics_of(venue, market):
        heard = DIALECTS[venue](market, address).hear(text, Known(True))
        assert (heard.join, heard.leave) == ((), ())


@pytest.mark.parametrize(("venue", "market"), MARKETS)
def test_the_books_that_a_venue_makes_are_read_as_what_they_are(venue: str, market: str) -> None:
    (name,) = {topic.name for topics in topics_of(venue, market).values() for topic in topics}
    for address in topics_of(venue, market):
        dialect = DIALECTS[venue](market, address)
        book = Shown(name, 1_700_000_000 * SECOND, 7, [("1.5", "2")], [("1.6", "3")], 5)
        for make in filter(None, (dialect.snapshot, dialect.answer)):
            (event,) = FEEDS[venue].parse(make(book))
            assert (event.snapshot, event.bids, event.asks) == (  # type: ignore[union-attr]
                True, (("1.5", "2"),), (("1.6", "3"),)
            )  # fmt: skip
