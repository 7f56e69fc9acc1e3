"""One play of the executor's bench: a live account's worker at the local exchange, its commands."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from confluent_kafka import Producer

from engine.identity import client_order_id, record_id
from infra.local.desk import MODULES, faust_worker
from infra.local.errors import LocalError
from infra.local.supervise import Supervisor, Worker
from schemas import names
from schemas.codec import encode
from schemas.orders import Intent, OrderCommand, OrderDecision
from schemas.system import SystemEvent
from schemas.ticks import Side
from tests.bench.executor_stamps import FILE, Stamps, read
from tests.bench.executor_venue import CLIENTS
from tests.bench.round import ROOT, started
from tests.pipeline.run import Run
from topics.keypairs import KeyPair
from topics.partition import partition_of
from topics.sealed import Credentials, public_of, put, seal, sealed_file

ACCOUNT = "bench"
FREE = cycle(CLIENTS)
"""Accounts of the exchange that have not been played with."""
SYMBOLS: dict[str, tuple[Side, str]] = {
    "BTC/USDT:USDT": ("buy", "0.002"),
    "ETH/USDT:USDT": ("sell", "0.01"),
}
"""What is traded: on which side (the gate lets none turn round), and how much by each order."""
LIFE = 60_000_000_000
SETTINGS = """\
accounts = ["{account}"]

[live.{account}]
exchange = "binance"
address = "{address}"
"""
PROBE = "tests.bench.executor_probe"
PATIENCE = 30.0
"""Seconds in which the last request must have been written."""


@contextmanager
def venue(log: Path) -> Iterator[str]:
    """The exchange in a process of its own; its address."""
    with log.open("ab") as errors:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.executor_venue"],
            stdout=subprocess.PIPE, stderr=errors, cwd=ROOT,
        )  # fmt: skip
        try:
            assert server.stdout is not None
            told = server.stdout.readline()
            if not told:
                raise LocalError("the exchange does not start", log.read_text()[-2000:])
            yield json.loads(told)["address"]
        finally:
            server.terminate()
            server.wait(30)


class LiveRun(Run):
    """A run with a live account. address: of the exchange; more: further settings as TOML."""

    def __init__(
        self, home: Path, prefix: str, broker: str, redis: str, address: str, more: str = ""
    ) -> None:
        home.mkdir()
        super().__init__(home, prefix, broker, redis)
        text = SETTINGS.format(account=ACCOUNT, address=address) + more
        (home / "tapeline.toml").write_text(text)
        self.file = home / "stamps"
        pair = KeyPair.of(home, ACCOUNT)
        client = next(FREE)
        credentials = Credentials(client.name, client.secret, "")
        sealed = seal(public_of(pair.public), ACCOUNT, "binance", credentials, time.time_ns())
        put(sealed_file(home, ACCOUNT), sealed.dump())

    def begin(
        self,
        workers: Sequence[str],
        modules: Mapping[str, str] | None = None,
        told: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """Start these workers, the executor's with a watch on it, and wait until they take records.

        modules: of workers that are not run as they are in a desk; told: more of their environment.
        """
        watched = {"executor": PROBE, **(modules or {})}
        env = self.env(TAPELINE_SNAPSHOT_INTERVAL="2", **{FILE: str(self.file)})
        apart = {"executor": {"TAPELINE_ACCOUNT": ACCOUNT}, **(told or {})}
        self.supervisor = Supervisor(
            [
                Worker(name, faust_worker(watched.get(name, MODULES[name])), each)
                for name, each in ((name, {**env, **apart.get(name, {})}) for name in workers)
            ],
            self.settings.home / "logs",
        )
        self.supervisor.start()
        started(self, workers)

    @property
    def stamps(self) -> Stamps:
        """What was stamped by now."""
        return read(self.file)

    def wait(self, enough: Callable[[Stamps], bool], what: str) -> Stamps:
        """Let time pass until the stamps are enough; LocalError if they never are."""
        until = time.monotonic() + PATIENCE
        while not enough(found := self.stamps):
            if time.monotonic() > until:
                told = {name: len(each) for name, each in found.items()}
                raise LocalError(f"not {what} in {PATIENCE} s: {told}\n{self.log('executor')}")
            self.turn(0.2)
        return found


@dataclass(frozen=True)
class Place:
    """Where plays are held: a broker, a Redis and an exchange."""

    home: Path
    broker: str
    redis: str
    address: str

    def run(self, name: str, more: str = "") -> LiveRun:
        """One with topics of its own."""
        return LiveRun(self.home / name, name, self.broker, self.redis, self.address, more)


class Commands:
    """Approved decisions of the account, produced onto trading.orders: market orders.

    sent: their client order ids; times: when each was produced, ns of the monotonic clock.
    """

    def __init__(self, run: Run) -> None:
        self._topic = run.settings.physical(names.ORDERS)
        self._place = partition_of(names.ORDERS, f"{ACCOUNT}:*")
        servers = {"bootstrap.servers": run.settings.bootstrap, "socket.nagle.disable": True}
        self._producer = Producer({**servers, "linger.ms": 0, "acks": "all"})
        self.sent: list[str] = []
        self.times: list[int] = []

    def pace(self, rate: float, seconds: float, end: Callable[[], bool] = lambda: False) -> None:
        """So many a second; until `end` says so."""
        began = time.monotonic()
        for number in range(int(rate * seconds)):
            time.sleep(max(began + number / rate - time.monotonic(), 0))
            if end():
                break
            self.give()
        self._producer.flush(10)

    def give(self) -> None:
        """The next one."""
        record = decision(len(self.sent))
        assert record.command is not None
        self.sent.append(record.command.client_order_id)
        self.times.append(time.monotonic_ns())
        self._producer.produce(self._topic, encode(record), record.key, self._place)
        self._producer.poll(0)


def decision(number: int) -> OrderDecision:
    """The account's decision of that number: its symbols in turns."""
    symbols = list(SYMBOLS)
    symbol, turn = symbols[number % len(symbols)], number // len(symbols)
    side, quantity = SYMBOLS[symbol]
    identity, now = record_id("orders", f"{ACCOUNT}|{number}", 0), time.time_ns()
    command = OrderCommand(
        client_order_id=client_order_id(identity, ACCOUNT, 0), account=ACCOUNT, venue="binance",
        symbol=symbol, intent=Intent.OPEN, side=side, quantity=quantity,
        expires=now + LIFE,
    )  # fmt: skip
    return OrderDecision(
        id=identity, key=f"{ACCOUNT}:{symbol}", seq=turn, seen_time=now, account=ACCOUNT,
        venue="binance", symbol=symbol, outcome="approved", command=command,
    )  # fmt: skip


def events(run: Run) -> list[SystemEvent]:
    """What the run has told on system.events."""
    return [SystemEvent.model_validate_json(value) for _, value in run.values(names.EVENTS)]
