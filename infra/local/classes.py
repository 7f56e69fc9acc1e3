"""The broker's classes as the JVM last loaded them: a start from them takes half the time."""

import contextlib
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from infra.local.home import home
from infra.local.java import major


class ClassArchive:
    """One archive in the user's cache, good for just this Java and these jars.

    The JVM writes it as it ends in order; `keep` then puts it where the next start finds it.
    """

    def __init__(self, java: Path, jars: Iterable[Path], folder: Path | None = None) -> None:
        self._folder = folder or home() / "classes"
        self._ahead_of_time = (
            major(java) >= 25
        )  # before, Java needs a base archive, and most have it
        self._file = self._folder / f"{fingerprint([java.resolve(), *jars])}.jsa"
        self._draft = self._file.with_suffix(f".{os.getpid()}-{id(self):x}")

    def options(self) -> tuple[str, ...]:
        """What the JVM is told: to use the archive if there is one, else to write one."""
        if found := self.reading():
            return found
        self._folder.mkdir(parents=True, exist_ok=True)
        write = "AOTCacheOutput" if self._ahead_of_time else "ArchiveClassesAtExit"
        return (self._quiet(), f"-XX:{write}={self._draft}")

    def reading(self) -> tuple[str, ...]:
        """What another program of the same jars is told: to use the archive, if there is one."""
        if not self._file.exists():
            return ()
        read = "AOTCache" if self._ahead_of_time else "SharedArchiveFile"
        return (self._quiet(), f"-XX:{read}={self._file}")

    def _quiet(self) -> str:
        return "-Xlog:aot*=error" if self._ahead_of_time else "-Xlog:cds=error"

    def keep(self) -> None:
        """Takes over what a JVM has written, if it has, in place of archives of older Javas."""
        if not self._draft.exists():
            return
        os.replace(self._draft, self._file)
        for other in self._folder.glob("*.jsa"):
            if other != self._file:
                with contextlib.suppress(OSError):
                    other.unlink()

    def drop(self) -> None:
        """Deletes what a JVM that was killed may have left half written."""
        self._draft.unlink(missing_ok=True)


def fingerprint(files: Iterable[Path]) -> str:
    """Names files as the JVM knows them: by path, size and time of change."""
    digest = hashlib.blake2b(digest_size=8)
    for file in files:
        stat = file.stat()
        digest.update(f"{file} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
