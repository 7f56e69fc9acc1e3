"""The jars of Apache Kafka, pinned: fetched once, checked by SHA-256, kept in the user's cache.

`python -m infra.local.jars` fetches them; with `--lock` it resolves their roots anew and prints the
lock. What speaks with Maven is loaded where a jar is missing only: it takes time.
"""

import hashlib
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from infra.local.errors import LocalError
from infra.local.home import home
from infra.local.lock import FileLock

Progress = Callable[[str, int, int], None]  # what is going on, how much is done, of how much

LOCK = Path(__file__).with_name("kafka.lock")
AT_ONCE = 8


@dataclass(frozen=True, slots=True, order=True)
class Jar:
    """One jar of Maven's, and the SHA-256 of its bytes in hexadecimal."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"

    def __str__(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version} {self.sha256}"


def parse(text: str) -> tuple[Jar, ...]:
    """The jars of a lock file, in its order; lines are `group:artifact:version sha256` or `#`."""
    return tuple(_line(line) for line in text.splitlines() if line and not line.startswith("#"))


def _line(line: str) -> Jar:
    coordinate, _, sha256 = line.partition(" ")
    parts = coordinate.split(":")
    if len(parts) != 3 or len(sha256) != 64:
        raise LocalError(f"kafka.lock has a broken line, restore it from the repository: {line!r}")
    group, artifact, version = parts
    return Jar(group, artifact, version, sha256)


def locked() -> tuple[Jar, ...]:
    """The jars that kafka.lock pins."""
    return parse(LOCK.read_text())


def fetch(
    jars: Iterable[Jar], folder: Path | None = None, progress: Progress | None = None
) -> tuple[Path, ...]:
    """The files of `jars` in `folder` (in the user's cache by default), in the given order.

    What is missing or damaged is downloaded, several at once; every file given back has the
    SHA-256 of the lock.
    """
    folder = folder or home() / "kafka"
    wanted = tuple(jars)
    if missing := _missing(wanted, folder):
        with FileLock(folder / "fetch.lock"):
            from infra.local.maven import download

            # another process may have fetched them while this one waited
            download(_missing(missing, folder), folder, progress)
    return tuple(folder / jar.name for jar in wanted)


def _missing(jars: tuple[Jar, ...], folder: Path) -> tuple[Jar, ...]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        good = pool.map(lambda jar: digest(folder / jar.name) == jar.sha256, jars)
        return tuple(jar for jar, is_good in zip(jars, good, strict=True) if not is_good)


def digest(file: Path) -> str:
    """The SHA-256 of a file in hexadecimal, "" if there is none."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def main(arguments: list[str]) -> None:
    if arguments == ["--lock"]:
        from infra.local.maven import resolve

        print(*sorted(resolve()), sep="\n")
    else:
        fetch(locked(), progress=lambda what, done, total: print(f"{what}: {done} of {total}"))


if __name__ == "__main__":
    main(sys.argv[1:])
