"""Processes by number and birth: a number alone may have been given to another one since."""

import contextlib
import json
import os
import signal
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from infra.local.waiting import wait_for

SAME = 0.05  # s; the system counts births in clock ticks of 10 ms


@dataclass(frozen=True, slots=True)
class Pid:
    """A process: its number and when it was created (s since the epoch)."""

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> "Pid":
        """The process that has this number now; psutil.NoSuchProcess if none has."""
        return cls(pid, psutil.Process(pid).create_time())

    def alive(self) -> bool:
        """True while this very process runs; a zombie or another of the same number does not."""
        try:
            process = psutil.Process(self.pid)
            born: float = process.create_time()
            return abs(born - self.created) < SAME and not _is_dead(process)
        except psutil.NoSuchProcess:
            return False

    def write(self, record: Path) -> None:
        """Keeps the process in a file, for `leftover`."""
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps(asdict(self)))


def _is_dead(process: psutil.Process) -> bool:
    """True for a zombie; while threads of it are left, it still holds its ports and files."""
    return bool(process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1)


def leftover(record: Path) -> Pid | None:
    """The process that a record names, if it is still alive; a broken record names none."""
    try:
        pid = Pid(**json.loads(record.read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return pid if pid.alive() else None


def kill(pid: Pid, wait: float = 10.0) -> None:
    """Ends a process and those it has started in its group, at once and for good."""
    if not pid.alive():
        return
    kill_group(pid.pid)
    wait_for(lambda: not pid.alive(), wait)


def kill_group(pid: int) -> None:
    """Sends SIGKILL to a process that leads a group, and to the group; gone is no error."""
    with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
        if hasattr(os, "killpg") and os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            psutil.Process(pid).kill()
