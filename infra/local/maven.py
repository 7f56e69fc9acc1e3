"""Jars from a Maven repository: downloaded and checked, or resolved for a new lock."""

import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import requests
from jgo.env import EnvironmentBuilder
from jgo.maven import MavenContext

from infra.local.errors import LocalError
from infra.local.jars import AT_ONCE, Jar, Progress, digest

ROOTS = (
    "org.apache.kafka:kafka_2.13:4.1.1",
    "org.apache.kafka:kafka-tools:4.1.1",
    # without a binding of slf4j the broker's log stays empty
    "org.apache.logging.log4j:log4j-slf4j-impl:2.24.3",
)
TRIES = 3


def download(jars: tuple[Jar, ...], folder: Path, progress: Progress | None) -> None:
    """Jars into a folder, several at once; LocalError for one that cannot be had, or is another."""
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
