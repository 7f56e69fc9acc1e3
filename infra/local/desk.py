"""The local desk: Kafka, Redis, the topics and one worker a stage, started and stopped in order."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

import orjson
import psutil

from infra.local.errors import LocalError
from infra.local.jars import Progress
from infra.local.kafka import Kafka
from infra.local.ports import is_free
from infra.local.redis import Redis
from infra.local.supervise import Happening, Supervisor, Worker
from infra.local.telling import exposed
from topics import admin
from topics.metrics import targets
from topics.metrics.exposure import Exposure
from topics.settings import CONFIG_FILE, DESK_FILE, HOME, Settings, settings_file

KAFKA_PORT = 9092
"""Where people look for a broker; another one is taken when something listens there."""


class Part(StrEnum):
    """Which workers a desk runs."""

    WHOLE = "whole"
    PIPELINE = "pipeline"
    EXECUTOR = "executor"


STAGES: Mapping[str, str] = {
    "ticks": "agents.ticks",
    "signals": "agents.signals",
    "decisions": "agents.decisions",
    "orders": "agents.orders",
    "executor": "executor.app",
    "portfolio": "agents.portfolio",
    "control": "agents.control",
}
"""Each stage's Faust module: those of the flow in its order, then that of people's commands."""

PARTS: Mapping[Part, tuple[str, ...]] = {
    Part.WHOLE: tuple(STAGES),
    Part.PIPELINE: ("ticks", "signals", "decisions", "orders", "control"),
    Part.EXECUTOR: ("executor", "portfolio"),
}


EXECUTOR = "executor"
HOT = "hot"
"""The worker in which FUSED stages run as one (agents/hot.py)."""

FUSED: tuple[str, ...] = ("ticks", "signals", "decisions", "orders")
RAW = "raw"
"""The collector of live feeds; recordings are played by a worker that ends, as
gateway.recorded.playing has it."""

BOOKS = "books"
"""The worker that a desk with markets has where the settings name symbols to consolidate."""

ARCHIVE = "archive"
"""The worker that files topics, where the settings name a directory for them."""

ADVICE = "advice"
"""The worker that asks models beside the stream, where the settings name an advisor."""

STORE = "store"
"""The worker that writes topics into the gateway's database, where the settings say so."""

SINK: tuple[str, ...] = (sys.executable, "-m", "gateway.cli", "store", "sink")
"""Its command; it is no stage."""

GATEWAY = "gateway"
"""The process that people's browsers and programs talk to, where the settings say so."""

SERVE: tuple[str, ...] = (sys.executable, "-m", "gateway.cli", "gateway")
"""Its command; it is no stage."""

MODULES: Mapping[str, str] = {
    **STAGES,
    HOT: "agents.hot",
    RAW: "agents.raw",
    BOOKS: "agents.books",
    ARCHIVE: "agents.archive",
    ADVICE: "agents.advice",
}
"""Each worker's Faust module."""

AFTER = frozenset({ADVICE, ARCHIVE})
"""Those that no order waits for; they have the processor after the others."""


def fused(stages: Sequence[str]) -> tuple[str, ...]:
    """The workers of these stages with the fused ones as one; LocalError where they lack any."""
    if missing := [name for name in FUSED if name not in stages]:
        raise LocalError(f"--hot runs {', '.join(FUSED)} as one, and {missing[0]} is not to run")
    return (HOT, *(name for name in stages if name not in FUSED))


def worker_of(stage: str, workers: Collection[str]) -> str:
    """The worker, of those that there are, which runs a stage."""
    return HOT if stage in FUSED and HOT in workers else stage


def faust_worker(module: str) -> tuple[str, ...]:
    """The command that runs one stage, as a person would run it by hand, and quicker to start."""
    program = (sys.executable, "-m", "infra.local.stage")
    return (*program, "-A", module, "worker", "-l", "info", "--without-web")


def stage_worker(name: str, env: Mapping[str, str]) -> Worker:
    """The worker of MODULES that is called so."""
    return Worker(name, faust_worker(MODULES[name]), env, behind=name in AFTER)


class Desk:
    """A desk with its data in settings.home; what BROKER_URL and REDIS_URL name is used as is."""

    def __init__(self, settings: Settings, stages: Sequence[str] = PARTS[Part.WHOLE]) -> None:
        self.home = settings.home.resolve()
        self.settings = settings
        self.kafka = None if settings.broker_url else Kafka(self.home / "kafka", _port(self.home))
        self.redis = None if settings.redis_url else Redis(self.home / "redis")
        self._stages = stages
        self.workers = Supervisor((), self.home / "logs")
        self._exposure: Exposure | None = None

    def start(self, progress: Progress | None = None) -> None:
        """Start what is missing, create the topics, start the workers; LocalError if one cannot."""
        (self.home / "logs").mkdir(parents=True, exist_ok=True)
        for server in (self.kafka, self.redis):
            if server is not None:
                server.start(progress)
        self.settings = self.settings.model_copy(update=self._addresses())
        self._announce()
        admin.create(self.settings)
        admin.check(self.settings)
        targets.sweep(self.home)  # while no worker is about to tell anew
        self.workers = Supervisor(self._workers(), self.home / "logs")
        self.workers.start()
        self._announce()
        self._exposure = exposed(self)

    def _workers(self) -> list[Worker]:
        """One a stage; of the executor one for the paper accounts, and one for each live account,
        which alone has its key; the collector, where feeds are named and a part takes them;
        books, where the settings name symbols; advice, where they name an advisor, who alone has
        the providers' keys of our environment; the gateway and its sink, where they say so;
        and the archive, where they name its directory.
        """
        found = [
            stage_worker(name, self.env())
            for name in self._stages
            if name != EXECUTOR or self.settings.paper or not self.settings.live
        ]
        if self.settings.books.get("symbols") and {"ticks", HOT} & {*self._stages}:
            found.append(stage_worker(BOOKS, self.env()))
        live = self.settings.live if EXECUTOR in self._stages else ()
        for account in live:
            env = self.env(TAPELINE_ACCOUNT=account)
            found.append(Worker(f"{EXECUTOR}-{account}", faust_worker(MODULES[EXECUTOR]), env))
        if self.settings.feeds and {"ticks", HOT} & {*self._stages}:
            found.append(stage_worker(RAW, self.env()))
        if self.settings.advice.get("advisors") and {"signals", HOT} & {*self._stages}:
            env = self.env(**{name: os.environ.get(name, "") for name in self._providers()})
            found.append(stage_worker(ADVICE, env))
        door = self.settings.gateway.get("on")
        if self.settings.store.get("sink", door) and "control" in self._stages:
            found.append(Worker(STORE, SINK, self.env(), behind=True))
        if door and "control" in self._stages:
            found.append(Worker(GATEWAY, SERVE, self.env()))
        if self.settings.archive.get("directory"):
            found.append(stage_worker(ARCHIVE, self.env()))
        return found

    def poll(self) -> list[Happening]:
        """Keep the workers running; what became of them since the last call."""
        happenings = self.workers.poll()
        if happenings:
            self._announce()
        return happenings

    def stop(self) -> None:
        """Stop the workers, then the servers; the data stays."""
        if self._exposure is not None:
            self._exposure.end()
        self.workers.stop()
        for server in (self.redis, self.kafka):
            if server is not None:
                server.stop()
        (self.home / DESK_FILE).unlink(missing_ok=True)

    def env(self, **more: str) -> dict[str, str]:
        """The environment of a worker of this desk: with the settings file of this process."""
        env = {
            "BROKER_URL": self.settings.bootstrap,
            "REDIS_URL": self.settings.redis,
            HOME: str(self.home),
            "TAPELINE_PREFIX": self.settings.prefix,
            "FAUST_LOOP": "uvloop",
            "PYTHONUNBUFFERED": "1",
        }
        if os.environ.get(CONFIG_FILE) or settings_file().is_file():
            env[CONFIG_FILE] = str(settings_file().resolve())
        return env | dict.fromkeys(self._providers(), "") | more

    def _providers(self) -> set[str]:
        """Variables of our environment that may have a key of those who are asked."""
        if not self.settings.advice.get("advisors"):
            return set()
        from engine.advice.section import AdviceSettings  # half a second, of use to few

        known = self.settings.of("advice", AdviceSettings)
        return {known.provider(name).environment for name in known.used}

    def _addresses(self) -> dict[str, str]:
        broker = self.kafka.bootstrap if self.kafka else self.settings.broker_url
        redis = self.redis.url if self.redis else self.settings.redis_url
        return {"broker_url": broker, "redis_url": redis}

    def _announce(self) -> None:
        """Write down where the desk is, for `faust worker`, `status` and `down` elsewhere."""
        told = {
            "pid": os.getpid(),
            "created": psutil.Process().create_time(),
            "broker": self.settings.bootstrap,
            "redis": self.settings.redis,
            "workers": self.workers.pids(),
            "restarts": self.workers.restarts(),
        }
        file = self.home / DESK_FILE
        file.with_suffix(".new").write_bytes(orjson.dumps(told))
        file.with_suffix(".new").replace(file)


def running(home: Path) -> dict[str, object] | None:
    """What the desk in `home` has announced, or None when none runs there."""
    try:
        told: dict[str, object] = orjson.loads((home / DESK_FILE).read_bytes())
        launcher = psutil.Process(int(str(told["pid"])))
        return told if abs(launcher.create_time() - float(str(told["created"]))) < 1 else None
    except (OSError, ValueError, KeyError, psutil.Error):
        return None


def down(home: Path, wait: float = 60.0) -> bool:
    """Ask the desk in `home` to stop and wait for it; False when none runs."""
    told = running(home)
    if told is None:
        return False
    os.kill(int(str(told["pid"])), signal.SIGTERM)
    until = time.monotonic() + wait
    while running(home) is not None:
        if time.monotonic() > until:
            raise LocalError(f"the desk (process {told['pid']}) has not stopped in {wait:.0f} s")
        time.sleep(0.1)
    return True


def _port(home: Path) -> int | None:
    """None, for the port it had before; the first time 9092 where that is free, else any."""
    known = (home / "kafka" / "ports.json").exists()
    return KAFKA_PORT if not known and is_free(KAFKA_PORT) else None
