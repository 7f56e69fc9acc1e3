"""The worker of a live account, as its supervisor runs it: sealed key, settings file, Faust."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time

from infra.local.desk import faust_worker
from infra.local.supervise import Supervisor, What, Worker
from tests.chaos.executor.sitting import VISIBLE
from topics.keypairs import KeyPair
from topics.sealed import Credentials, public_of, put, seal, sealed_file
from topics.settings import Settings

FROZEN = 7.0
"""Seconds: longer than a lease."""
FILE = """
[live.{account}]
exchange = "binance"
address = "{address}"
timeout = 1.0
visible = {visible}
stays = 2.0
"""


class LiveWorker:
    """One process at a time, started again when it has crashed. A thread keeps it running."""

    def __init__(self, settings: Settings, account: str, address: str) -> None:
        self._home = settings.home / account
        self._home.mkdir(parents=True)
        file = self._home / "tapeline.toml"
        file.write_text(FILE.format(account=account, address=address, visible=VISIBLE))
        pair = KeyPair.of(self._home, account)
        key = Credentials(account, f"secret-of-{account}")
        sealed = seal(public_of(pair.public), account, "binance", key, time.time_ns())
        put(sealed_file(self._home, account), sealed.dump())
        env = {
            "BROKER_URL": settings.bootstrap,
            "REDIS_URL": settings.redis,
            "TAPELINE_HOME": str(self._home),
            "TAPELINE_CONFIG": str(file),
            "TAPELINE_PREFIX": settings.prefix,
            "TAPELINE_ACCOUNT": account,
            "TAPELINE_SNAPSHOT_INTERVAL": "1",
            "FAUST_LOOP": "uvloop",
            "PYTHONUNBUFFERED": "1",
        }
        worker = Worker("executor", faust_worker("executor.app"), env)
        self._supervisor = Supervisor((worker,), self._home / "logs")
        self._ended = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self.refused = False

    def start(self) -> None:
        """Run it from here on."""
        self._supervisor.start()
        self._keeper.start()

    def _keep(self) -> None:
        while not self._ended.wait(0.1):
            for happening in self._supervisor.poll():
                self.refused |= happening.what is What.REFUSED
                if happening.what is What.FINISHED:
                    self._supervisor.start()

    @property
    def pid(self) -> int | None:
        """Of the process that runs, None between two."""
        return self._supervisor.pids().get("executor")

    async def meet(self, way: str) -> None:
        """kill -9 ("executor"), SIGTERM ("terminated"), or SIGSTOP for a while ("frozen")."""
        if (pid := self.pid) is None:
            return
        if way == "frozen":
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(FROZEN)
        word = {"executor": signal.SIGKILL, "terminated": signal.SIGTERM}.get(way, signal.SIGCONT)
        os.kill(pid, word)

    def stop(self) -> None:
        """In order."""
        self._ended.set()
        if self._keeper.is_alive():
            self._keeper.join()
        self._supervisor.stop()

    def tail(self) -> str:
        """The end of its log."""
        log = self._home / "logs" / "executor.log"
        return log.read_text(errors="replace")[-400:] if log.is_file() else ""
