"""What a trial of the gateway stands on, and how each part of it is killed and comes back."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from uuid import uuid4

import httpx2
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from gateway.auth.api_keys import ApiKey
from gateway.auth.rights import EVERY, Role
from gateway.store.engine import engine
from gateway.store.migrate import migrate
from gateway.store.settings import StoreSettings
from gateway.store.tables.users import KeyOfApi, User
from infra.local.kafka import Kafka
from infra.local.ports import free_port
from infra.local.process import Child
from infra.local.redis import Redis
from infra.local.waiting import wait_for
from tests.chaos.gateway.spec import SLOWEST, USER, Spec
from tests.unit.gateway_people import FAST, FREE
from tests.unit.postgres import Postgres, postgres, programs
from topics import admin
from topics.settings import Settings

KEY = ApiKey("0123456789abcdef", "k" * 43)
ROOT = Path(__file__).resolve().parents[3]
PROGRAM = {False: "gateway.cli", True: "tests.chaos.gateway.mutant"}


class World:
    """A broker, a Redis, a database and the gateway. kafka: None where it is not ours to kill."""

    def __init__(
        self, home: Path, spec: Spec, broker: Kafka | str, redis: Redis, database: Postgres | None
    ) -> None:
        self.spec, self.redis, self.database = spec, redis, database
        self.kafka = None if isinstance(broker, str) else broker
        url = database.database() if database else f"sqlite:///{home / 'store.db'}"
        self.settings = Settings(
            broker_url=broker if isinstance(broker, str) else broker.bootstrap,
            redis_url=redis.url, prefix=f"{uuid4().hex[:8]}.", home=home, store={"url": url},
            gateway={"port": free_port(), "auth": {"passwords": FAST, "rates": FREE}},
        )  # fmt: skip
        self.address = f"http://127.0.0.1:{self.settings.gateway['port']}"
        self._file = home / "store.db"
        self.gateway = Child(
            (sys.executable, "-m", PROGRAM[spec.mutant], "gateway"), home / "gateway.log",
            env=self.env, cwd=ROOT,
        )  # fmt: skip

    @property
    def env(self) -> dict[str, str]:
        """Of processes of this world."""
        known = self.settings
        return {
            "BROKER_URL": known.bootstrap,
            "REDIS_URL": known.redis,
            "TAPELINE_HOME": str(known.home),
            "TAPELINE_PREFIX": known.prefix,
            "TAPELINE_STORE": json.dumps(known.store),
            "TAPELINE_GATEWAY": json.dumps(known.gateway),
        }

    @contextmanager
    def store(self) -> Iterator[Engine]:
        """The database, of which no connection is kept afterwards."""
        known = self.settings.of("store", StoreSettings)
        made = engine(known.address(self.settings.home))
        try:
            yield made
        finally:
            made.dispose()

    def open(self) -> None:
        """Topics, a user with a key for programs, and the gateway until it is ready."""
        admin.create(self.settings)
        with self.store() as made:
            migrate(made)
            with Session(made) as session, session.begin():
                for row in _somebody():
                    session.add(row)
                    session.flush()
        self.gateway.start()
        self.wait()

    def wait(self) -> None:
        """Until all parts are well."""
        assert wait_for(self._ready, SLOWEST), self.gateway.tail()

    def _ready(self) -> bool:
        if not self.gateway.running:
            raise AssertionError(self.gateway.tail())
        try:
            return httpx2.get(f"{self.address}/v1/ready", trust_env=False).status_code == 200
        except httpx2.TransportError:
            return False

    def kill(self, what: str) -> None:
        """Kill a part without a warning, leave it away for a moment, and start it again."""
        strike: dict[str, Callable[[], None]] = {
            "gateway": self._kill_gateway,
            "redis": self._kill_redis,
            "broker": self._kill_broker,
            "database": self._kill_database,
        }
        strike[what]()
        self.wait()

    def _kill_gateway(self) -> None:
        self.gateway.kill()
        self.gateway.start()

    def _kill_redis(self) -> None:
        self.redis.kill()
        time.sleep(self.spec.away)
        self.redis.start()

    def _kill_broker(self) -> None:
        assert self.kafka is not None, "that broker is not ours to kill"
        self.kafka.kill()
        time.sleep(self.spec.away)
        self.kafka.start()

    def _kill_database(self) -> None:
        """SQLite has no process to kill: somebody keeps it locked instead."""
        if self.database is not None:
            self.database.stop()
            time.sleep(self.spec.away)
            return self.database.start()
        with closing(sqlite3.connect(self._file, timeout=SLOWEST, isolation_level=None)) as locking:
            locking.execute("BEGIN EXCLUSIVE")
            time.sleep(self.spec.away)
            locking.execute("ROLLBACK")
        return None


def _somebody() -> list[User | KeyOfApi]:
    now = time.time_ns()
    return [
        User(
            id=USER, login="ann", name="ann", password=None, totp=None, totp_on=False, totp_step=-1,
            roles=[str(Role.TRADER)], accounts=[EVERY], active=True, taste={}, created=now,
        ),
        KeyOfApi(
            id=KEY.id, user=USER, name="chaos", hash=KEY.hash, scopes=["read", "halt"],
            accounts=[EVERY], addresses=[], created=now, expires=None, used=None, revoked=None,
        ),
    ]  # fmt: skip


@contextmanager
def standing(home: Path, spec: Spec, broker: str | None) -> Iterator[World]:
    """A world in an empty folder. broker: one that runs, and is not killed; else its own."""
    home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        there = broker or stack.enter_context(Kafka(home / "kafka"))
        redis = stack.enter_context(Redis(home / "redis"))
        found = programs() if spec.postgres else None
        database = stack.enter_context(postgres(found)) if found else None
        world = World(home, spec, there, redis, database)
        try:
            world.open()
            yield world
        finally:
            world.gateway.stop()
