"""One run of the whole desk for a test: its own topics, workers and home on a shared broker."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

from pydantic import SecretStr

from infra.local.desk import STAGES, faust_worker, stage_worker
from infra.local.process import Child
from infra.local.supervise import Supervisor
from schemas import names
from schemas.codec import decode
from schemas.record import Record
from topics import BY_NAME, admin
from topics.reading import latest, read_all
from topics.settings import Settings

if TYPE_CHECKING:
    from gateway.watching.metrics import Told

RECORDINGS = Path(__file__).resolve().parents[2] / "infra" / "recordings"
USDM = (
    RECORDINGS / "usdm" / "btcusdt_20240808.gz",
    RECORDINGS / "usdm" / "ethusdt_20240808.gz",
)
KEYS = ("binance:BTC/USDT:USDT", "binance:ETH/USDT:USDT")
MARKET = (names.RAW, names.TICKS, names.BARS, names.SIGNALS, names.DECISIONS)
SHARED = ("ticks", "signals", "decisions", "portfolio")
"""Stages whose partitions several workers share."""

CRASH = re.compile(r"fail-stop .*(?: raised | seq \d+: )")
"""A worker that ends itself over a record, not for a broker or a machine that was too slow."""
END = re.compile("fail-stop|Crashed")
"""A worker that ends itself, for whatever reason."""


class Run:
    """Topics under a prefix of their own, and the workers that move them."""

    def __init__(
        self,
        home: Path,
        prefix: str,
        broker: str,
        redis: str,
        kafka: Mapping[str, str] | None = None,
    ) -> None:
        told = {name: SecretStr(value) for name, value in (kafka or {}).items()}
        self.settings = Settings(
            broker_url=broker, redis_url=redis, prefix=f"{prefix}.", home=home, kafka=told
        )
        self.supervisor = Supervisor((), home / "logs")
        self.player: Child | None = None
        self.told: list[Told] = []
        self._hold: Timer | None = None
        admin.create(self.settings)

    def env(self, **more: str) -> dict[str, str]:
        """The environment of this run's workers."""
        return {
            "BROKER_URL": self.settings.bootstrap,
            "REDIS_URL": self.settings.redis,
            "TAPELINE_HOME": str(self.settings.home),
            "TAPELINE_PREFIX": self.settings.prefix,
            "TAPELINE_KAFKA": json.dumps(self.settings.librdkafka),
            "TAPELINE_SNAPSHOT_INTERVAL": "1",
            "FAUST_LOOP": "uvloop",
            "PYTHONUNBUFFERED": "1",
            **more,
        }

    def start(self, stages: Sequence[str] = tuple(STAGES), **env: str) -> None:
        """Start the workers; `turn` keeps them running."""
        self.share(stages, 1, **env)

    def share(self, stages: Sequence[str], shared: int, /, **env: str) -> None:
        """The same with that many workers of each stage of SHARED, numbered from the second on."""
        workers = [
            replace(
                stage_worker(name, self.env(TAPELINE_INSTANCE=str(number), **env)),
                name=f"{name}{number or ''}",
            )
            for name in stages
            for number in range(shared if name in SHARED else 1)
        ]
        self.supervisor = Supervisor(workers, self.settings.home / "logs")
        self.supervisor.start()

    def play(self, files: Sequence[Path], speed: float = 0, **env: str) -> None:
        """Start to write the recordings into market.raw."""
        more = {
            "TAPELINE_RECORDINGS": json.dumps([str(file) for file in files]),
            "TAPELINE_INSTRUMENTS": str(RECORDINGS / "instruments.json"),
            "TAPELINE_LISTINGS": str(RECORDINGS / "listings.json"),
            "TAPELINE_SPEED": str(speed),
            **env,
        }
        self.release()
        log = self.settings.home / "logs" / "raw.log"
        self.player = Child(faust_worker("agents.raw"), log, env=self.env(**more))
        self.player.start()

    def hold(self, after: float) -> None:
        """Stop the player after so many seconds until `played`, so that a test on a slow machine
        still meets the desk in mid-run.
        """
        self._hold = Timer(after, self.signal, (signal.SIGSTOP,))
        self._hold.daemon = True
        self._hold.start()

    def signal(self, number: signal.Signals) -> None:
        """Send it to the player, if that still runs."""
        if self.player is not None and self.player.running:
            os.kill(self.player.pid, number)

    def release(self) -> None:
        """Hold the player no longer."""
        if self._hold is not None:
            self._hold.cancel()
            self._hold.join()
            self.signal(signal.SIGCONT)

    def plays(self) -> None:
        """Fail unless the player still plays."""
        assert self.player is not None
        assert self.player.poll() is None, "the recording is over already"

    def turn(self, seconds: float = 0.1) -> None:
        """Let time pass while the supervisor does its work."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.supervisor.poll()
            time.sleep(0.05)

    def played(self, patience: float = 300) -> None:
        """Wait for the player to end with exit code 0."""
        self.release()
        until = time.monotonic() + patience
        while self.player is not None and self.player.poll() is None:
            assert time.monotonic() < until, self.log("raw")
            self.turn()
        assert self.player is not None
        assert self.player.poll() == 0, self.log("raw")

    def settle(self, keys: Sequence[str] = KEYS, patience: float = 300) -> None:
        """Wait until the portfolio has taken in the last clock of every key."""
        until = time.monotonic() + patience
        while (lag := self._behind(keys)) is not None:
            assert time.monotonic() < until, f"{lag}\n{self.logs()}"
            self.turn(0.5)

    def _behind(self, keys: Sequence[str]) -> str | None:
        """What is not there yet, in words, or None."""
        raw = self.last(names.RAW, keys)
        for topic in (names.TICKS, names.SIGNALS, names.DECISIONS):
            at = self.last(topic, keys)
            if at != raw:
                return f"{topic} is at {at}, market.raw at {raw}"
        mine = [f"paper:{key.split(':', 1)[1]}" for key in keys]
        orders, statuses = self.last(names.ORDERS, mine), self.last(names.STATUSES, mine)
        if sorted(orders.values()) != sorted(raw.values()):
            return f"trading.orders is at {orders}, market.raw at {raw}"
        marks = self._marked(mine)
        if marks != {key: raw[keys[n]] for n, key in enumerate(mine)}:
            return f"trading.statuses is at {marks}, market.raw at {raw}"
        if (portfolio := self.last(names.PORTFOLIO, mine)) != statuses:
            return f"trading.portfolio is at {portfolio}, trading.statuses at {statuses}"
        return None

    def last(self, topic: str, keys: Sequence[str]) -> dict[str, int]:
        """The sequence of the last record of each key that has one."""
        found = latest(self.settings, topic, keys)
        model = BY_NAME[topic].record
        return {
            key: decode(model, bytes(message.value() or b"")).seq for key, message in found.items()
        }

    def _marked(self, keys: Sequence[str]) -> dict[str, int]:
        """Up to which ticks record each account's markets were followed."""
        found = latest(self.settings, names.STATUSES, keys)
        return {
            key: json.loads(bytes(message.value() or b"{}")).get("book_seq") or -1
            for key, message in found.items()
        }

    def log(self, name: str) -> str:
        """The end of a worker's log."""
        file = self.settings.home / "logs" / f"{name}.log"
        return file.read_text(errors="replace")[-3000:] if file.exists() else "no log"

    def logs(self) -> str:
        """The ends of all logs, and why workers have ended themselves."""
        workers = sorted(file.stem for file in (self.settings.home / "logs").glob("*.log"))
        ends = [f"--- {name}\n{self.log(name)[-600:]}" for name in workers]
        stops = [(name, line) for name in workers for line in self._lines(name, END)[-4:]]
        lines = [f"{name}: {line[:600]}" for name, line in stops]
        return "\n".join([*ends, f"--- started again: {self.supervisor.restarts()}", *lines])

    def crashes(self, name: str) -> list[str]:
        """The lines of a worker's log that say over which records it has ended itself."""
        return self._lines(name, CRASH)

    def _lines(self, name: str, pattern: re.Pattern[str]) -> list[str]:
        text = (self.settings.home / "logs" / f"{name}.log").read_text(errors="replace")
        return [line for line in text.splitlines() if pattern.search(line)]

    def values(self, topic: str) -> Iterator[tuple[str, bytes]]:
        """Key and value of every message of a topic, as they are."""
        for message in read_all(self.settings, topic):
            yield bytes(message.key() or b"").decode(), bytes(message.value() or b"")

    def read(self, topic: str) -> dict[str, list[bytes]]:
        """What a reader that drops by sequence sees, key by key; doubles must be equal bytes."""
        seen: dict[str, dict[int, bytes]] = {}
        model: type[Record] = BY_NAME[topic].record
        for key, value in self.values(topic):
            seq = decode(model, value).seq
            assert seen.setdefault(key, {}).setdefault(seq, value) == value, (topic, key, seq)
        for key, rows in seen.items():
            assert list(rows) == list(range(len(rows))), f"{topic} {key} has holes or disorder"
        return {key: list(rows.values()) for key, rows in seen.items()}

    def stop(self) -> None:
        """End everything that this run started."""
        self.release()
        if self.player is not None:
            self.player.stop()
        self.supervisor.stop()


def flows(run: Run) -> bool:
    """The desk is in mid-run: the last stage has written, and the player still plays."""
    run.turn(0.5)
    run.plays()
    return any(True for _ in run.values(names.PORTFOLIO))


def same_market(one: Run, other: Run) -> None:
    """Fail unless every topic that comes of the market alone has the same bytes in both."""
    for topic in MARKET:
        same(one.read(topic), other.read(topic))


def same(one: Mapping[str, list[bytes]], other: Mapping[str, list[bytes]]) -> None:
    """Fail at the first byte that differs, naming its place."""
    assert sorted(one) == sorted(other)
    for key in one:
        for n, (left, right) in enumerate(zip(one[key], other[key], strict=True)):
            assert left == right, f"{key} seq {n}:\n{left.decode()}\n{right.decode()}"
