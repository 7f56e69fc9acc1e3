"""A child process that never outlives its parent.

On Linux the kernel sends it SIGKILL when the thread that spawned it ends; so children are spawned
by one thread that lives as long as this process does. Elsewhere a leash does it. A child has a
session of its own: Ctrl-C in the terminal reaches the launcher only, which then stops its children
in order.
"""

import ctypes
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import cache, partial
from pathlib import Path

from infra.local.errors import LocalError
from infra.local.leash import Leash
from infra.local.pids import kill, kill_group, leftover, write
from infra.local.priority import stand_behind
from topics.pids import Pid

PR_SET_PDEATHSIG = 1
LARGE = 16 * 1024 * 1024  # bytes of a log, after which the next start begins a new one
TAIL = 4000  # bytes of a log that an error carries

Popen = subprocess.Popen[bytes]


class Child:
    """A command that runs as a child of this process; its output goes to a log file.

    `record` is a file that names the process, so that the next start can end one that was left.
    `behind`: it has the processor after others (infra.local.priority).
    """

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        record: Path | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        behind: bool = False,
    ) -> None:
        self.command = tuple(command)
        self.log = log
        self.record = record
        self.env = dict(env or {})
        self.cwd = cwd
        self.behind = behind
        self._popen: Popen | None = None

    @property
    def pid(self) -> int:
        """The number of the process; LocalError if it was never started."""
        return self._started().pid

    def start(self) -> None:
        """Runs the command, after ending what an earlier run has left behind."""
        if self.record and (left := leftover(self.record)):
            kill(left)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LARGE:
            self.log.replace(self.log.with_suffix(".old.log"))
        try:
            self._popen = _spawner(os.getpid()).run(self._spawn)
        except OSError as error:
            raise LocalError(
                f"{self.command[0]} cannot be run ({error}): is it installed?"
            ) from error
        if self.record:
            write(Pid.of(self.pid), self.record)

    def poll(self) -> int | None:
        """The exit code (below zero: the signal that ended it), or None while it runs."""
        return self._popen.poll() if self._popen else None

    @property
    def running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    def ask(self) -> None:
        """Asks it to end, without waiting; nothing happens if it does not run."""
        if self.running:
            self._started().terminate()

    def stop(self, wait: float = 15.0) -> int | None:
        """Asks it to end, kills it after `wait` s, and gives the exit code; None if never begun."""
        if self.running:
            self.ask()
            try:
                self._started().wait(wait)
            except subprocess.TimeoutExpired:
                return self.kill()
        return self.poll()

    def kill(self) -> int | None:
        """Ends it and its own children with SIGKILL, at once, and gives the exit code."""
        if self.running:
            kill_group(self.pid)
            self._started().wait()
        return self.poll()

    def tail(self, size: int = TAIL) -> str:
        """The last `size` bytes of its log."""
        try:
            return self.log.read_bytes()[-size:].decode(errors="replace")
        except FileNotFoundError:
            return ""

    def _started(self) -> Popen:
        if self._popen is None:
            raise LocalError(f"{self.command[0]} was not started: call start() first.")
        return self._popen

    def _spawn(self) -> Popen:
        linux = sys.platform == "linux"
        before = partial(_before, os.getpid() if linux else None, _libc(), self.behind)
        with self.log.open("ab") as log:
            popen = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.env},
                cwd=self.cwd,
                start_new_session=True,
                preexec_fn=before if linux or self.behind else None,
            )
        if not linux:
            _leash().hold(Pid.of(popen.pid))
        return popen


def _before(parent: int | None, libc: ctypes.CDLL, behind: bool) -> None:
    """Runs in the child before its program does."""
    if behind:
        stand_behind()
    if parent is not None:
        _die_with(parent, libc)


def _die_with(parent: int, libc: ctypes.CDLL) -> None:
    """No parent, no child."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died between the fork and the line above
        os._exit(1)


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)


@cache
def _leash() -> Leash:
    return Leash()


class Spawner:
    """The one thread that spawns all children; it ends with the process, never before."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[tuple[Callable[[], Popen], Future[Popen]]]
        self._jobs = queue.SimpleQueue()
        threading.Thread(target=self._work, name="spawner", daemon=True).start()

    def run(self, spawn: Callable[[], Popen]) -> Popen:
        """Calls `spawn` in the thread and gives what it gives, or raises what it raises."""
        future: Future[Popen] = Future()
        self._jobs.put((spawn, future))
        return future.result()

    def _work(self) -> None:
        while True:
            spawn, future = self._jobs.get()
            try:
                future.set_result(spawn())
            except BaseException as error:
                future.set_exception(error)


@cache
def _spawner(process: int) -> Spawner:
    """The spawner of this process: a fork of it has lost the thread and needs another."""
    return Spawner()
