"""The jars of Apache Kafka, pinned: fetched once, checked by SHA-256, kept in the user's cache.

`python -m infra.local.jars` fetches them; with `--lock` it resolves ROOTS anew and prints the lock.
"""

import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import requests
from jgo.env import EnvironmentBuilder
from jgo.maven import MavenContext

from infra.local.errors import LocalError
from infra.local.home import home
from infra.local.lock import FileLock

Progress = Callable[[str, int, int], None]  # what is going on, how much is done, of how much

ROOTS = (
    "org.apache.kafka:kafka_2.13:4.1.1",
    "org.apache.kafka:kafka-tools:4.1.1",
    # without a binding of slf4j the broker's log stays empty
    "org.apache.logging.log4j:log4j-slf4j-impl:2.24.3",
)
LOCK = Path(__file__).with_name("kafka.lock")
AT_ONCE = 8
TRIES = 3


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
            # another process may have fetched them while this one waited
            _download(_missing(missing, folder), folder, progress)
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


def _download(jars: tuple[Jar, ...], folder: Path, progress: Progress | None) -> None:
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix="fetch-") as scratch,
        requests.Session() as session,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        futures = [pool.submit(_one, jar, folder, Path(scratch), session) for jar in jars]
        for done, future in enumerate(as_completed(futures), 1):
            try:
                future.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
            if progress:
                progress("downloading Apache Kafka", done, len(jars))


def _one(jar: Jar, folder: Path, scratch: Path, session: requests.Session) -> None:
    file = scratch / jar.name
    _try(jar, file, session)
    found = digest(file)
    if found != jar.sha256:
        file.unlink()
        raise LocalError(
            f"{jar.name} came with SHA-256 {found[:12]}.., the lock says {jar.sha256[:12]}..:"
            " it was deleted; try again, or look at what is between here and the Maven repository."
        )
    os.replace(file, folder / jar.name)


def _try(jar: Jar, file: Path, session: requests.Session) -> None:
    """Downloads a jar into `file`, not yet checked; a download that breaks is tried again."""
    for turn in range(TRIES):
        try:
            return _transfer(jar, file, session)
        except (OSError, requests.RequestException) as error:
            last = error
            time.sleep(turn)
    raise LocalError(
        f"{jar.name} could not be downloaded ({type(last).__name__}): check the network and start"
        " again, or set BROKER_URL to a Kafka that runs already."
    ) from last


def _transfer(jar: Jar, file: Path, session: requests.Session) -> None:
    with session.get(_address(jar), stream=True, timeout=30) as answer:
        answer.raise_for_status()
        with file.open("wb") as stream:
            stream.writelines(answer.iter_content(1 << 16))


def _address(jar: Jar) -> str:
    """Where jgo would look. (It makes a TLS context for each file: 19 s, against 1 s here.)"""
    context = MavenContext(local_repos=[])
    component = context.project(jar.group, jar.artifact).at_version(jar.version)
    remote = next(iter(context.remote_repos.values()))
    return f"{remote}/{component.path_prefix.as_posix()}/{jar.name}"


def resolve(roots: Iterable[str] = ROOTS) -> Iterator[Jar]:
    """The jars that `roots` need at run time, found by reading all their POMs (about a minute)."""
    with tempfile.TemporaryDirectory() as scratch:
        cache = Path(scratch) / "repository"
        context = MavenContext(repo_cache=cache, local_repos=[])
        builder = EnvironmentBuilder(context=context, cache_dir=Path(scratch) / "environments")
        builder.from_endpoint("+".join(roots))
        for file in cache.rglob("*.jar"):
            *group, artifact, version, _ = file.relative_to(cache).parts
            yield Jar(".".join(group), artifact, version, digest(file))


def main(arguments: list[str]) -> None:
    if arguments == ["--lock"]:
        print(*sorted(resolve()), sep="\n")
    else:
        fetch(locked(), progress=lambda what, done, total: print(f"{what}: {done} of {total}"))


if __name__ == "__main__":
    main(sys.argv[1:])
