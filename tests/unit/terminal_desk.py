"""A desk that the command line speaks to in the test's own process: by its API, or directly."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from typing import Any, NamedTuple, Self, TypeVar

import httpx2
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.control import ControlStage
from engine.stage import Cell
from gateway.api.app import make_api
from gateway.api.commander import Commander
from gateway.api.services import Services
from gateway.client import calls
from gateway.client import desk as client_desk
from gateway.client.own import answered
from gateway.control import asking
from gateway.live.reading import Raw, news
from schemas import names
from schemas.codec import encode
from schemas.commands import ControlCommand, ControlState
from schemas.record import Record

T = TypeVar("T")
BTC = "BTC/USDT:USDT"
DOOR = "/home/of/the/desk/operator.sock"
HERE = "http://127.0.0.1:8765"


class Message(NamedTuple):
    """As much of a Kafka message as is read here."""

    name: str
    record: Record

    def key(self) -> bytes:
        return self.name.encode()

    def value(self) -> bytes:
        return encode(self.record)


class SmallDesk:
    """control.commands, the stage that takes them, and control.state, in one process."""

    def __init__(self, *accounts: str) -> None:
        self.stage = ControlStage(accounts)
        self.cells = {name: Cell.fresh(self.stage, name) for name in accounts}
        self.given: list[ControlCommand] = []
        self.state: list[tuple[str, Message]] = []
        self.halts: dict[str, Message] = {}
        self.listed = [f"binance:{BTC}", "binance:X/Y", "okx:X/Y"]
        self.asleep: tuple[str, ...] = ()

    def read(self) -> None: ...

    def counts(self, id: str) -> ControlCommand | None:
        return next((each for each in self.given if each.id == id), None)

    def next(self, key: str) -> int:
        return sum(each.key == key for each in self.given)

    def append(self, records: Sequence[ControlCommand]) -> None:
        for record in records:
            self._append(record)

    def _append(self, record: ControlCommand) -> None:
        self.given.append(record)
        for name in self.stage.cells_of(names.COMMANDS, record.key):
            if name not in self.asleep:
                made = self.cells[name].take(names.COMMANDS, record)
                self.state += [(names.STATE, Message(each.key, each.record)) for each in made]

    def poll(self, wait: float = 0.0) -> list[tuple[str, Message]]:
        """Another's row comes first, which has our request in it, then ours."""
        ids = str([each.id for each in self.given])
        other = ControlState(key="a:x", cause="else", account="a", setting="x", value=ids)
        come, self.state = [(names.STATE, Message("a:x", other)), *self.state], []
        return come

    def latest(self, known: Any, topic: str, keys: list[str]) -> dict[str, Message]:
        assert topic == names.STATE
        return {key: self.halts[key] for key in keys if key in self.halts}

    def read_all(self, known: Any, topic: str) -> list[Message]:
        assert topic == names.INSTRUMENTS
        return [Message(key, ControlState(account="", setting="", value="")) for key in self.listed]

    def __enter__(self) -> SmallDesk:
        return self

    def __exit__(self, *_: object) -> None: ...

    def close(self) -> None: ...


class Bridge(httpx2.BaseTransport):
    """An app that runs on a loop of its own, to a client that knows no loop. Requests for the host
    "operator" come by its door. lost: paths of which the next answer does not arrive; dies: nobody
    answers after that; dead: nobody does.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app, self.dies, self.dead = app, False, False
        self.lost: list[str] = []
        self.asked: list[httpx2.Request] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._stack = AsyncExitStack()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        self.asked.append(request)
        if self.dead:
            raise httpx2.ConnectError("connection refused", request=request)
        answer = self.run(self._passed(request))
        if request.url.path in self.lost:
            self.lost.remove(request.url.path)
            self.dead = self.dies
            raise httpx2.ReadError("connection reset", request=request)
        return answer

    async def _passed(self, request: httpx2.Request) -> httpx2.Response:
        async def at_its_door(scope: Scope, receive: Receive, send: Send) -> None:
            by = (DOOR, None) if request.url.host == "operator" else ("127.0.0.1", 8765)
            await self._app({**scope, "server": by}, receive, send)

        return await answered(at_its_door, request)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """On the app's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    @contextmanager
    def opened(self) -> Iterator[Self]:
        """The app from its start to its end."""
        self._thread.start()
        app: Any = self._app
        self.run(self._stack.enter_async_context(app.router.lifespan_context(app)))
        yield self
        self.run(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)

    def close(self) -> None:
        """Clients come and go."""


class Published:
    """control.commands as a gateway has it; what the desk says to it, the gateway hears."""

    def __init__(self, desk: SmallDesk, services: Services) -> None:
        self.desk, self._services = desk, services

    def read(self) -> None: ...

    def counts(self, id: str) -> ControlCommand | None:
        return self.desk.counts(id)

    def next(self, key: str) -> int:
        return self.desk.next(key)

    def append(self, records: Sequence[ControlCommand]) -> None:
        for record in records:
            self.desk.append([record])
            rows = [(names.COMMANDS, Message(record.key, record)), *self.desk.state]
            self._services.live.hub.take(
                news(Raw(topic, row.key(), row.value()) for topic, row in rows)
            )

    def close(self) -> None: ...


def bridge(road: Published, services: Services) -> Bridge:
    """The API of a desk; open it."""
    services.door = DOOR
    services.commander = Commander(lambda: road, lambda: "desk:9092")
    return Bridge(make_api(services))


def directly(monkeypatch: pytest.MonkeyPatch, desk: SmallDesk) -> None:
    """Let the command line's direct road lead to this desk."""
    monkeypatch.setattr(asking, "require", lambda known: None)
    monkeypatch.setattr(asking, "Follower", lambda known, topics, back: desk)
    monkeypatch.setattr(asking, "CommandLog", lambda known: desk)
    monkeypatch.setattr(asking, "latest", desk.latest)
    monkeypatch.setattr(asking, "read_all", desk.read_all)
    monkeypatch.setattr("getpass.getuser", lambda: "ann")


def by_the_api(monkeypatch: pytest.MonkeyPatch, transport: httpx2.BaseTransport) -> None:
    """Let this home have a gateway, which is reached so."""
    monkeypatch.setattr(client_desk, "address_of", lambda home: HERE)
    monkeypatch.setattr(client_desk, "operator_of", lambda home: DOOR)
    monkeypatch.setattr(calls, "transport_of", lambda desk: transport)
