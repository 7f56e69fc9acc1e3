"""A client's connection spoken with in the venue's words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.feeds.speech import Kind, Topic
from infra.replaying.connection import Connection, Sent
from infra.replaying.play import Play
from infra.replaying.words import Dialect, Shown


@dataclass(slots=True)
class Conversation:
    """One connection and the markets that its address serves; it is their words.Market too."""

    connection: Connection
    dialect: Dialect
    plays: Sequence[Play]
    told: Callable[[], None]
    subscribed: bool = False

    @property
    def now(self) -> int:
        """The recording's time, ns."""
        return self.plays[0].now

    def has(self, topic: Topic) -> bool:
        """As words.Market."""
        return any(play.has(topic) for play in self.plays)

    def book(self, name: str) -> Shown | None:
        """As words.Market."""
        return next((found for play in self.plays if (found := play.book(name))), None)

    def open(self) -> None:
        """Greet, and take what the address asks for."""
        for text in self.dialect.welcome:
            self.say(text)
        self._join(self.dialect.joined(self.connection.address))

    def hear(self, text: str) -> None:
        """Take a request: answer, then send what was subscribed, its book first."""
        heard = self.dialect.hear(text, self)
        for reply in heard.replies:
            self.say(reply)
        for play in self.plays:
            play.leave(self.connection, heard.leave)
        self._join(heard.join)

    def say(self, text: str) -> None:
        """Send what is no part of the recording."""
        self.connection.send(Sent(self.dialect.pack(text), "made"))

    def _join(self, topics: Sequence[Topic]) -> None:
        for topic in topics:
            self.subscribed = True
            self.connection.topics[topic] = None
            play = next((each for each in self.plays if each.has(topic)), self.plays[0])
            if topic.kind is Kind.BOOK and self.dialect.snapshot is not None:
                book = play.begun(topic.name)
                if book is not None:
                    self.say(self.dialect.snapshot(book))
            play.join(self.connection, topic)
        if topics:
            self.told()

    async def pulse(self) -> None:
        """Say what the venue says of itself, while the connection lasts."""
        while self.dialect.pulse is not None:
            await asyncio.sleep(self.dialect.every)
            if self.subscribed:
                self.say(self.dialect.pulse(self.now))

    def end(self) -> None:
        """The connection is gone."""
        for play in self.plays:
            play.leave(self.connection)
