"""Keeps worker processes running: what crashed is started again, what refused is reported."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from infra.local.process import Child

FIRST_DELAY, LONGEST_DELAY = 0.2, 10.0  # s
HEALTHY = 30.0  # s of running after which a crash counts as the first one again
# 2 and 64: wrong usage, 78: wrong configuration; the next start would say the same
REFUSALS = frozenset({2, 64, 78})


@dataclass(frozen=True, slots=True)
class Worker:
    """A process to keep running: its command, and what its environment has besides ours.

    behind: no order waits for it, so it has the processor after others.
    """

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    behind: bool = False


class What(StrEnum):
    STARTED = "started"
    CRASHED = "crashed"  # it will be started again
    RESTARTED = "restarted"
    FINISHED = "finished"  # it ended with 0: its work is done
    REFUSED = "refused"  # a wrong configuration: a person must look


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that became of a worker; `code` is its exit code, below zero for a signal."""

    worker: str
    what: What
    code: int | None = None


class Process(Protocol):
    """What a supervisor needs of a child."""

    @property
    def pid(self) -> int: ...
    def start(self) -> None: ...
    def poll(self) -> int | None: ...
    def ask(self) -> None: ...
    def stop(self, wait: float) -> int | None: ...


@dataclass(slots=True)
class _Post:
    """One worker's place: its process, and when the next one is due, if it crashed."""

    process: Process
    began: float = 0.0
    delay: float = FIRST_DELAY
    due: float | None = None
    ended: bool = True
    restarts: int = 0


class Supervisor:
    """Starts workers in the given order, and stops them in the opposite one.

    It has no thread: the caller calls `poll` about every 100 ms. Logs are `logs/NAME.log`.
    """

    def __init__(
        self,
        workers: Iterable[Worker],
        logs: Path,
        clock: Callable[[], float] = time.monotonic,
        process: Callable[[Worker, Path], Process] | None = None,
    ) -> None:
        make = process or _child
        self._clock = clock
        self._posts = {worker.name: _Post(make(worker, logs)) for worker in workers}

    def start(self) -> list[Happening]:
        """Starts every worker."""
        return [self._launch(name, What.STARTED) for name in self._posts]

    def poll(self) -> list[Happening]:
        """What has happened since the last call; crashed workers are started when it is time."""
        return [each for name in self._posts if (each := self._look(name))]

    def stop(self, wait: float = 15.0) -> None:
        """Asks all workers to end, the last one first, and kills what takes over `wait` s."""
        last_first = list(reversed(self._posts.values()))
        for post in last_first:
            post.due, post.ended = None, True
            post.process.ask()
        for post in last_first:
            post.process.stop(wait)

    def pids(self) -> dict[str, int]:
        """The process number of each worker that runs."""
        return {name: post.process.pid for name, post in self._posts.items() if not post.ended}

    def restarts(self) -> dict[str, int]:
        """How often each worker was started again."""
        return {name: post.restarts for name, post in self._posts.items()}

    @property
    def idle(self) -> bool:
        """True if no worker runs and none is due to be started again."""
        return all(post.ended and post.due is None for post in self._posts.values())

    def _look(self, name: str) -> Happening | None:
        post = self._posts[name]
        if not post.ended:
            code = post.process.poll()
            return None if code is None else self._bury(name, code)
        if post.due is not None and self._clock() >= post.due:
            post.restarts += 1
            return self._launch(name, What.RESTARTED)
        return None

    def _launch(self, name: str, what: What) -> Happening:
        post = self._posts[name]
        post.process.start()
        post.began, post.due, post.ended = self._clock(), None, False
        return Happening(name, what)

    def _bury(self, name: str, code: int) -> Happening:
        post, now = self._posts[name], self._clock()
        post.ended = True
        if code == 0:
            return Happening(name, What.FINISHED, code)
        if code in REFUSALS:
            return Happening(name, What.REFUSED, code)
        if now - post.began >= HEALTHY:
            post.delay = FIRST_DELAY
        post.due = now + post.delay
        post.delay = min(2 * post.delay, LONGEST_DELAY)
        return Happening(name, What.CRASHED, code)


def _child(worker: Worker, logs: Path) -> Process:
    name = worker.name
    log, record = logs / f"{name}.log", logs / f"{name}.pid.json"
    return Child(worker.command, log, record, worker.env, behind=worker.behind)
