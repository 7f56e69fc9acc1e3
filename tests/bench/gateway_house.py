"""Where the gateway of the bench lives: its broker, its Redis, its users; and the bare server."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from gateway.api.settings import GatewaySettings
from gateway.auth import people
from gateway.auth.part import Auth, opened
from gateway.auth.rights import Role
from gateway.auth.tokens import Kind
from gateway.server.door import address_of
from gateway.store.engine import async_engine, engine, writing_async
from gateway.store.migrate import migrate
from gateway.store.settings import StoreSettings
from infra.local.errors import LocalError
from infra.local.kafka import Kafka
from infra.local.process import Child
from infra.local.redis import Redis
from infra.local.waiting import wait_for
from tests.bench.gateway_bare import POSTED, TOPIC
from tests.bench.lane import Lanes
from tests.bench.round import ROOT
from tests.bench.usage import seconds
from topics import admin
from topics.settings import Settings

USERS = 50
START = 120.0
"""Seconds within which a server must answer."""
HOUR = 3600


@dataclass(frozen=True)
class Server:
    """A server that runs. port: where it listens; users: as (account, token)."""

    port: int
    pid: int
    users: list[tuple[str, str]]

    @property
    def memory(self) -> float:
        """Of all of its processes the proportional set, MB (10^6 bytes)."""
        return float(sum(each.memory_full_info().pss for each in self._family()) / 1e6)

    @property
    def worked(self) -> float:
        """Seconds of processor time that its processes have used."""
        return sum(map(seconds, self._family()))

    def _family(self) -> list[psutil.Process]:
        parent = psutil.Process(self.pid)
        return [parent, *parent.children(recursive=True)]


class House:
    """A broker and a Redis with one home on them. accounts: one a user, and the desk's `paper`."""

    def __init__(self, home: Path, kafka: Kafka, redis: Redis) -> None:
        self.accounts = ("paper", *(f"a{number:02}" for number in range(USERS)))
        self.settings = Settings(
            broker_url=kafka.bootstrap, redis_url=redis.url, prefix="bench.", home=home,
            accounts=self.accounts,
        )  # fmt: skip
        admin.create(self.settings)
        lanes = Lanes(kafka.bootstrap)
        lanes.create(TOPIC, 1)
        lanes.create(POSTED, 1)
        lanes.close()
        self._users = list(zip(self.accounts[1:], asyncio.run(self._signed_in()), strict=True))

    async def _signed_in(self) -> list[str]:
        """Each signed in; the passwords are nobody's: what is measured comes after them."""
        address = self.settings.of("store", StoreSettings).address(self.settings.home)
        made = engine(address)
        migrate(made)
        made.dispose()
        store = async_engine(address)
        options = GatewaySettings(access=HOUR)
        async with opened(self.settings, options, store) as auth:
            tokens = [await self._user(auth, account) for account in self.accounts[1:]]
        await store.dispose()
        return tokens

    async def _user(self, auth: Auth, account: str) -> str:
        async with writing_async(auth.store) as session:
            given = ([str(Role.TRADER)], [account, "paper"], time.time_ns())
            user = await people.made(session, f"user-{account}", None, *given)
        epoch = await auth.sessions.epoch(user.id)
        told = people.told(user)
        session_ = await auth.sessions.open(user.id, epoch, told, "127.0.0.1", "bench")
        return auth.tokens.made(Kind.ACCESS, user.id, session_.id, 0, auth.clock())

    @contextmanager
    def gateway(self) -> Iterator[Server]:
        """`tapeline gateway` as it is, with the limits that it has by default."""
        known = self.settings
        env = {
            "BROKER_URL": known.bootstrap, "REDIS_URL": known.redis,
            "TAPELINE_HOME": str(known.home), "TAPELINE_PREFIX": known.prefix,
            "TAPELINE_ACCOUNTS": json.dumps(self.accounts),
            "TAPELINE_GATEWAY": json.dumps({"access": HOUR, "port": 0}),
        }  # fmt: skip
        command = (sys.executable, "-m", "gateway.cli", "gateway")
        child = Child(command, known.home / "gateway.log", env=env, cwd=ROOT)
        child.start()
        try:
            if not wait_for(lambda: not child.running or bool(address_of(known.home)), START):
                raise LocalError("the gateway does not start", child.tail())
            port = urlsplit(address_of(known.home)).port
            if port is None or not wait_for(lambda: _ready(port), START):
                raise LocalError("the gateway is not ready", child.tail())
            yield Server(port, child.pid, self._users)
        finally:
            child.stop(30)

    @contextmanager
    def bare(self, answers: dict[str, str]) -> Iterator[Server]:
        """The peer. answers: what is at its paths."""
        file = self.settings.home / "answers.json"
        file.write_text(json.dumps(answers))
        module = "tests.bench.gateway_bare"
        given = ("--broker", self.settings.bootstrap, "--answers", str(file))
        with talking(module, *given) as peer:
            yield Server(peer.line()["port"], peer.pid, self._users)


def _ready(port: int) -> bool:
    import httpx2

    try:
        return httpx2.get(f"http://127.0.0.1:{port}/v1/ready", timeout=5).status_code == 200
    except httpx2.HTTPError:
        return False


class Talking:
    """A process that is told, and answers, a line of JSON at a time."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self._child, self.pid = child, child.pid

    def line(self) -> Any:
        """What it says next."""
        assert self._child.stdout is not None
        told = self._child.stdout.readline()
        if not told:
            raise LocalError(f"a process of the bench has ended with code {self._child.wait()}")
        return json.loads(told)

    def ask(self, what: str, **given: object) -> Any:
        """Its answer."""
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps({what: given}) + "\n")
        self._child.stdin.flush()
        return self.line()


@contextmanager
def talking(module: str, *given: str) -> Iterator[Talking]:
    """The process of a module of the bench, ended with the block."""
    child = subprocess.Popen(
        [sys.executable, "-m", module, *given],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    try:
        yield Talking(child)
    finally:
        child.terminate()
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
