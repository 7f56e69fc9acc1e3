"""A real desk that plays a recording, and the gateway beside it: what a browser is let in to."""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.server.door import LOG, address_of, first_link
from infra.local.desk import SINK, STAGES, fused
from infra.local.kafka import Kafka
from infra.local.process import Child
from infra.local.redis import Redis
from schemas import names
from tests.pipeline.run import USDM, Run
from tests.unit.postgres import Postgres

OWN = {"TAPELINE_STRATEGIES": '{"main": {"markets": ["ETH/*"]}}'}
"""The strategy leaves BTC to people: where it holds a position, that has all the symbol's room."""

PATIENCE = 300.0
"""Seconds that a busy machine may take to get this far."""

QUICK, SLOW = 6.0, 0.25
"""How fast the recording is played until there is something to see, and then for half an hour."""


class Office:
    """The desk, its servers, its store's sink and its gateway; `mend` keeps all of them running."""

    def __init__(
        self, home: Path, kafka: Kafka, redis: Redis, database: Postgres | None = None
    ) -> None:
        self.kafka, self.redis, self.database = kafka, redis, database
        self._own = OWN | ({"TAPELINE_STORE": _store(database)} if database else {})
        self.run = Run(home, "page", kafka.bootstrap, redis.url)
        self.home = self.run.settings.home
        self.sink = Child(SINK, self.home / "logs" / "store.log", env=self.run.env(**self._own))
        self.gateway = self._gateway(0)
        self._over = threading.Event()
        self._mending = threading.Thread(target=self._mend, daemon=True)
        self.address = self.link = ""

    def open(self) -> None:
        """Start it; returns once a strategy has traded and the gateway lets people in."""
        self.run.start(fused(tuple(STAGES)), **OWN)
        self.run.play(USDM, speed=QUICK)
        self.sink.start()
        self.gateway.start()
        self._mending.start()
        self.address = self._wait(lambda: address_of(self.home))
        self.link = self._wait(lambda: first_link(self.home))
        self._wait(lambda: "traded" if self._traded() else "")
        player, self.run.player = self.run.player, None  # what is stopped is not mended
        assert player is not None
        player.stop()
        self.run.play(USDM, speed=SLOW)

    def close(self) -> None:
        """Stop all of it but the servers, however far `open` has come."""
        self._over.set()
        if self._mending.is_alive():
            self._mending.join()
        self.gateway.stop()
        self.sink.stop()
        self.run.stop()

    def restart(self) -> None:
        """Start the gateway again, at the address that it had."""
        self.gateway.kill()
        self.gateway = self._gateway(int(self.address.rpartition(":")[2]))
        self.gateway.start()
        self._wait(lambda: address_of(self.home))

    def commands(self, word: str) -> int:
        """How many commands with that word in them are on the topic."""
        return sum(word.encode() in value for _, value in self.run.values(names.COMMANDS))

    def _gateway(self, port: int) -> Child:
        command = (sys.executable, "-m", "gateway.cli", "gateway", "--port", str(port))
        return Child(command, self.home / LOG, env=self.run.env(**self._own))

    @contextmanager
    def database_away(self) -> Iterator[None]:
        """PostgreSQL is killed; with SQLite, somebody else has the file for themselves."""
        if self.database is not None:
            self.database.stop()
            yield
            self.database.start()
            return
        other = sqlite3.connect(self.home / "store.db", timeout=60, isolation_level=None)
        try:
            other.execute("BEGIN EXCLUSIVE")
            yield
            other.execute("ROLLBACK")
        finally:
            other.close()

    def _traded(self) -> bool:
        return any(b'"type":"fill"' in value for _, value in self.run.values(names.STATUSES))

    def _mend(self) -> None:
        """As `tapeline up` does: what has ended over a lost server is started again."""
        while not self._over.wait(0.2):
            self.run.supervisor.poll()
            for child in (self.run.player, self.sink):
                if child is not None and child.poll():
                    child.start()

    def _wait(self, ask: Callable[[], str]) -> str:
        until = time.monotonic() + PATIENCE
        while not (told := ask()):
            assert self.gateway.poll() is None, self.gateway.tail()
            assert time.monotonic() < until, f"{self.gateway.tail()}\n{self.run.logs()}"
            time.sleep(0.2)
        return told


def _store(database: Postgres) -> str:
    return json.dumps({"url": database.database()})
