"""What Kafka and Redis have in common: a server with its own data directory, ended with us."""

import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

from infra.local.errors import LocalError
from infra.local.jars import Progress
from infra.local.lock import FileLock
from infra.local.pids import kill, leftover
from infra.local.ports import is_free, remembered
from infra.local.process import TAIL, Child
from infra.local.waiting import wait_for

READY = 60.0  # s that a start may take: recovering a large log is slow on a busy machine


class Server(ABC):
    """One server on loopback whose data lives in `data`; used by one launcher at a time.

    `port` None takes a free one and remembers it in `data`. The server dies with this process.
    """

    name: ClassVar[str]

    def __init__(self, data: Path, port: int | None = None) -> None:
        self.data = data.resolve()
        self._wanted = port
        self._ports: dict[str, int] = {}
        self._lock = FileLock(self.data / "in-use.lock")
        self._child: Child | None = None

    @property
    def port(self) -> int:
        """The port it listens on; LocalError before the first start."""
        if not self._ports:
            raise LocalError(f"{self.name} has no port yet: call start() first.")
        return self._ports["main"]

    @property
    def pid(self) -> int:
        """The number of its process; LocalError before the first start."""
        if self._child is None:
            raise LocalError(f"{self.name} was not started: call start() first.")
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    def start(self, progress: Progress | None = None) -> None:
        """Returns once clients are served; LocalError, with the end of the log, if that fails.

        Nothing happens if it runs already.
        """
        if self.running:
            return
        self._take()
        try:
            self._fetch(progress)
            self._tell(progress, 0)
            self._choose_ports()
            self._run(self._prepare())
            self._tell(progress, 1)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Ends it in order; nothing happens if it does not run."""
        if self._child:
            self._child.stop()
        self._lock.free()

    def kill(self) -> None:
        """Ends it with SIGKILL; nothing happens if it does not run."""
        if self._child:
            self._child.kill()
        self._lock.free()

    def tail(self, size: int = TAIL) -> str:
        """The last `size` bytes of its log."""
        return self._child.tail(size) if self._child else ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @abstractmethod
    def _fetch(self, progress: Progress | None) -> None:
        """Downloads what the server is made of, if it is missing."""

    @abstractmethod
    def _prepare(self) -> Child:
        """Writes what the server reads as it starts, and gives the command that starts it."""

    @abstractmethod
    def _serves(self) -> bool:
        """True if a client is answered right now; may take a few seconds to say no."""

    def _tell(self, progress: Progress | None, done: int) -> None:
        if progress:
            progress(f"starting {self.name}", done, 1)

    def _take(self) -> None:
        if not self._lock.take():
            raise LocalError(
                f"{self.name}'s data in {self.data} is in use by another tapeline:"
                " stop that one (tapeline down), or choose another directory."
            )
        if left := leftover(self._record):
            kill(left)

    def _choose_ports(self) -> None:
        ports = remembered(self.data / "ports.json", ("main", "controller"))
        if self._wanted and not is_free(self._wanted):
            raise LocalError(
                f"{self.name} cannot have port {self._wanted}, something listens there:"
                " end that, or choose another port."
            )
        self._ports = {**ports, "main": self._wanted or ports["main"]}
        (self.data / "ports.json").write_text(json.dumps(self._ports))

    def _run(self, child: Child) -> None:
        self._child = child
        child.start()
        up = wait_for(lambda: not child.running or self._serves(), READY)
        if up and child.running:
            return
        what = "ended as it started" if up else f"did not answer in {READY:.0f} s"
        raise LocalError(f"{self.name} {what}: the reason is in {child.log}.", child.tail())

    @property
    def _record(self) -> Path:
        return self.data / "pid.json"
