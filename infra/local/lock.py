"""A lock between processes, held by an open file: the system frees it when its holder dies."""

import os
import sys
import time
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _take(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """An exclusive lock on `path`; the file itself stays, so a leftover one means nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def take(self, wait: float = 0.0) -> bool:
        """True once this process holds the lock, False if another still does after `wait` s."""
        if self._file is not None:
            return True
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        until = time.monotonic() + wait
        while True:
            try:
                _take(file)
                self._file = file
                return True
            except OSError:
                if time.monotonic() >= until:
                    os.close(file)
                    return False
                time.sleep(0.05)

    def free(self) -> None:
        """Gives the lock up; nothing happens if it is not held."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> "FileLock":
        self.take(float("inf"))
        return self

    def __exit__(self, *_: object) -> None:
        self.free()
