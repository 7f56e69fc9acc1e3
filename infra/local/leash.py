"""Ends child processes whose parent died, where the system cannot do it itself.

Run as a program it reads lines `pid create_time` from its standard input, which the parent holds
open. When that pipe breaks, the parent is gone, and every process it has told of is killed.
"""

import subprocess
import sys
from collections.abc import Iterable
from typing import IO

from infra.local.pids import kill
from topics.pids import Pid


class Leash:
    """One watching process, started with the first child and ended by this process's own end."""

    def __init__(self) -> None:
        self._watcher: subprocess.Popen[str] | None = None

    def hold(self, pid: Pid) -> None:
        """From now on the process `pid` is killed when this one ends in any way."""
        if self._watcher is None or self._watcher.poll() is not None:
            self._watcher = subprocess.Popen(
                [sys.executable, "-m", "infra.local.leash"],
                stdin=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        pipe: IO[str] | None = self._watcher.stdin
        assert pipe is not None
        print(pid.pid, pid.created, file=pipe, flush=True)


def watch(lines: Iterable[str]) -> None:
    """Reads `lines` to their end, then kills every process that they name."""
    held = [line.split() for line in lines]
    for pid, created in held:
        kill(Pid(int(pid), float(created)))


if __name__ == "__main__":
    watch(sys.stdin)
