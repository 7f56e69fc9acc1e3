"""The private stream: orders, executions, positions, the wallet of who has authenticated.

https://bybit-exchange.github.io/docs/v5/ws/connect
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from infra.exchange.accounts import Account
from infra.exchange.conditional import Condition
from infra.exchange.dialects.bybit import signing
from infra.exchange.dialects.bybit.conditional_rows import STATUSES as TOLD
from infra.exchange.dialects.bybit.conditional_rows import condition_row
from infra.exchange.dialects.bybit.errors import Refusal
from infra.exchange.dialects.bybit.events import TOPICS, message, news, rows
from infra.exchange.dialects.bybit.section import CATEGORIES, LINEAR, Section
from infra.exchange.dialects.bybit.stream import answered, asked_of, connection, pong, refused
from infra.exchange.facts import Fact
from infra.exchange.faults import Faults
from infra.exchange.sockets import Socket, Topics

NAMES = {topic: topic for topic in TOPICS} | {
    f"{topic}.{category}": topic for topic in TOPICS if topic != "wallet" for category in CATEGORIES
}
"""Topics of all categories and of one, by the name that is subscribed."""


@dataclass(slots=True)
class Private:
    """Who listens to which account."""

    section: Section
    faults: Faults
    topics: Topics = field(default_factory=Topics)
    _owners: dict[Socket, Account] = field(default_factory=dict)
    _sent: int = 0

    def __post_init__(self) -> None:
        self.section.house.listen(self.told)
        self.section.house.conditions.hear(self.conditioned)

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """One connection until it ends."""
        return await connection(request, self.command, self._end)

    def _end(self, socket: Socket) -> None:
        self._owners.pop(socket, None)
        self.topics.end(socket)

    def command(self, socket: Socket, text: str) -> dict[str, Any]:
        """auth, subscribe, unsubscribe or ping."""
        try:
            asked = asked_of(text)
        except Refusal as refusal:
            return refused(socket, {}, refusal.message)
        operation = asked.get("op")
        if operation == "ping":
            return pong(self.section.clock, socket, asked)
        if operation == "auth":
            return self._auth(socket, asked)
        if operation not in ("subscribe", "unsubscribe"):
            return refused(socket, asked, "error:invalid op")
        return self._subscribe(socket, asked, operation == "subscribe")

    def _auth(self, socket: Socket, asked: dict[str, Any]) -> dict[str, Any]:
        try:
            self._owners[socket] = signing.authenticated(self.section.house, asked.get("args"))
        except Refusal as refusal:
            return refused(socket, asked, refusal.message)
        return answered(socket, asked)

    def _subscribe(self, socket: Socket, asked: dict[str, Any], joins: bool) -> dict[str, Any]:
        names, owner = asked.get("args"), self._owners.get(socket)
        if owner is None:
            return refused(socket, asked, "Request not authorized")
        if not isinstance(names, list) or not all(name in NAMES for name in map(str, names)):
            return refused(socket, asked, "error:handler not found")
        if len({"." in str(name).removeprefix("execution.fast") for name in names}) > 1:
            return refused(socket, asked, "error:topics of all and of one category")
        act = self.topics.join if joins else self.topics.leave
        for name in names:
            act(socket, f"{owner.number} {name}")
        return answered(socket, asked)

    def told(self, facts: Sequence[Fact]) -> None:
        """Tell who listens of what a command did."""
        if not self.topics.listeners:
            return
        for each in news(facts):
            for topic in TOPICS:
                if self._wanted(each.account, topic):
                    self._tell(each.account, topic, rows(self.section, each, topic))

    def conditioned(self, condition: Condition) -> None:
        """A conditional order is not what it was; its order tells of itself."""
        if condition.state in TOLD and self._wanted(condition.account, "order"):
            row = {"category": LINEAR, **condition_row(condition)}
            self._tell(condition.account, "order", [row])

    def _wanted(self, account: Account, topic: str) -> bool:
        return any(self.topics.heard(name) for name in heard(account, topic))

    def _tell(self, account: Account, topic: str, data: list[dict[str, Any]]) -> None:
        self._sent += 1
        if not data:
            return
        made = message(self.section, data, topic, self._sent)
        listener = f"bybit {account.number}"
        for kind, sent in self.faults.events(listener, (topic, made)):
            for name in heard(account, kind):
                self.topics.tell(name, {**sent, "topic": name.partition(" ")[2]})


def heard(account: Account, topic: str) -> tuple[str, str]:
    """What listens to a topic of an account: of all categories, and of the linear one."""
    return f"{account.number} {topic}", f"{account.number} {topic}.{LINEAR}"
