"""Processes that were left behind, and their end."""

import contextlib
import json
import os
import signal
from dataclasses import asdict
from pathlib import Path

import psutil

from infra.local.waiting import wait_for
from topics.pids import Pid


def write(pid: Pid, record: Path) -> None:
    """Keep a process in a file, for `leftover`."""
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(asdict(pid)))


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
