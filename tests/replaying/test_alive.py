"""A dead connection is seen within 10 s at every venue, and one that lives is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from engine.feeds.session import Passed, Reaction, Received, Stirred
from engine.spans import SECOND
from tests.replaying.test_words import MARKETS, Talk, talks
from topics.sockets import LOOK

STEP = int(LOOK * SECOND)
LATE = SECOND
"""How long the venue takes to answer a ping."""
WATCHED = 60 * SECOND


@dataclass
class Quiet:
    """A connection on which no market data come. pongs: the venue answers pings, of its own words
    or the protocol's; pulse: it says what it says of itself. dead: when it was held for dead.
    """

    talk: Talk
    pongs: bool = False
    pulse: bool = False
    answers: list[tuple[int, str | None]] = field(default_factory=list)
    dead: int | None = None
    heard: int = 0

    def watch(self) -> None:
        start = self.heard = self.talk.session.heard
        beaten, dialect = start, self.talk.dialect
        for now in range(self.talk.now, self.talk.now + WATCHED, STEP):
            self.talk.now = now
            for _ in self._due(now):
                self.heard = now
            if self.pulse and dialect.pulse and now - beaten >= dialect.every * SECOND:
                beaten = self.heard = now
                self.take(self.talk.session.take(Received(now, dialect.pack(dialect.pulse(now)))))
            self.take(self.talk.session.take(Passed(now)))
            if self.dead is not None:
                return

    def _due(self, now: int) -> Iterator[None]:
        while self.answers and self.answers[0][0] <= now:
            text = self.answers.pop(0)[1]
            event = Stirred(now) if text is None else Received(now, self.talk.dialect.pack(text))
            self.take(self.talk.session.take(event))
            yield

    def take(self, reaction: Reaction) -> None:
        if reaction.dead:
            self.dead = self.talk.now
        if not self.pongs:
            return
        replies: list[str | None] = [None] if reaction.probe else []
        for text in reaction.send:
            replies += self.talk.dialect.hear(str(text), self.talk.market).replies
        self.answers += [(self.talk.now + LATE, reply) for reply in replies]


@pytest.mark.parametrize(("venue", "market"), MARKETS)
def test_a_connection_on_which_nothing_comes_is_dead_within_ten_seconds(
    venue: str, market: str
) -> None:
    for talk in talks(venue, market, everything=True):
        quiet = Quiet(talk)
        quiet.watch()
        assert quiet.dead is not None
        assert 9 * SECOND <= quiet.dead - quiet.heard <= 10 * SECOND - STEP


@pytest.mark.parametrize(("venue", "market"), MARKETS)
def test_a_venue_that_answers_pings_lives_until_it_does_no_more(venue: str, market: str) -> None:
    for talk in talks(venue, market, everything=True):
        quiet = Quiet(talk, pongs=True)
        quiet.watch()
        assert quiet.dead is None
        assert talk.now - quiet.heard < 10 * SECOND
        quiet.pongs = False
        quiet.watch()
        assert quiet.dead is not None
        assert quiet.dead - quiet.heard <= 10 * SECOND - STEP


@pytest.mark.parametrize(("venue", "market"), MARKETS)
def test_a_venue_that_pings_by_itself_lives_whatever_it_answers(venue: str, market: str) -> None:
    for talk in talks(venue, market, everything=True):
        if talk.dialect.pulse is None:
            continue
        quiet = Quiet(talk, pulse=True)
        quiet.watch()
        assert quiet.dead is None
        quiet.pulse = False
        quiet.watch()
        assert quiet.dead is not None
        assert quiet.dead - quiet.heard <= 10 * SECOND - STEP
