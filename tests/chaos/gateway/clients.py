"""Programs that give commands under keys, and ask again until they are answered."""

from __future__ import annotations

import threading
import time
from collections import Counter
from random import Random

import httpx2

from tests.chaos.gateway.spec import SLOWEST

WAIT = {429, 503}
"""Ask again with the same key."""


class Clients:
    """Threads that give commands until they are told to stop, and then end what they have begun.

    given: by number of a command, what the gateway has answered: id and sequence.
    """

    def __init__(self, address: str, key: str, count: int, seed: int) -> None:
        self._address, self._headers = address, {"Authorization": f"Bearer {key}"}
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._next = 0
        self.given: dict[int, tuple[str, int]] = {}
        self.answers: Counter[str] = Counter()
        self.faults: list[str] = []
        self._threads = [
            threading.Thread(target=self._run, args=(Random(f"{seed} {each}"),), daemon=True)
            for each in range(count)
        ]

    def start(self) -> None:
        """Let them begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each end what it has begun."""
        self._stop.set()
        for thread in self._threads:
            thread.join(SLOWEST)
            if thread.is_alive():
                self.faults.append("a client has had no answer to the end")

    def more(self, count: int) -> None:
        """Return once so many more commands are given."""
        until, goal = time.monotonic() + SLOWEST, len(self.given) + count
        while len(self.given) < goal and not self.faults:
            if time.monotonic() > until:
                self.faults.append(f"no {count} commands in {SLOWEST:.0f} s")
                return
            time.sleep(0.02)

    def _run(self, draw: Random) -> None:
        with httpx2.Client(trust_env=False, headers=self._headers) as web:
            while not self._stop.is_set() and not self.faults:
                self._give(web, draw, self._number(draw))

    def _number(self, draw: Random) -> int:
        """A new command, or one that was given before: by anyone, or by another at this moment."""
        with self._lock:
            if self._next and draw.random() < 0.2:
                return draw.randrange(max(0, self._next - 20), self._next)
            self._next += 1
            return self._next - 1

    def _give(self, web: httpx2.Client, draw: Random, number: int) -> None:
        until = time.monotonic() + SLOWEST
        while time.monotonic() < until:
            told = self._asked(web, number, draw.uniform(0.05, 3))
            if told is not None and told.status_code not in WAIT:
                return self._answered(number, told)
            time.sleep(draw.uniform(0.01, 0.2))
        self.faults.append(f"command {number} had no answer in {SLOWEST:.0f} s")
        return None

    def _asked(self, web: httpx2.Client, number: int, timeout: float) -> httpx2.Response | None:
        body = {"account": "paper", "why": f"n{number}"}
        key = {"Idempotency-Key": f"command-{number:06d}"}
        try:
            told = web.post(
                f"{self._address}/v1/commands/halt", json=body, headers=key, timeout=timeout
            )
        except httpx2.TransportError:
            told = None
        with self._lock:
            self.answers["lost" if told is None else str(told.status_code)] += 1
        return told

    def _answered(self, number: int, told: httpx2.Response) -> None:
        if told.status_code != 202:
            self.faults.append(f"command {number}: {told.status_code} {told.text[:200]}")
            return
        found = told.json()["id"], told.json()["sequence"]
        with self._lock:
            before = self.given.setdefault(number, found)
        if before != found:
            self.faults.append(f"command {number} was told as {before}, and as {found}")
