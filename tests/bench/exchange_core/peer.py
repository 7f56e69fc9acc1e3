"""Starts the harness: jars from Maven by their hashes, compiled by Eclipse's compiler (no JDK)."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local.errors import LocalError
from infra.local.home import home
from infra.local.jars import fetch, parse
from infra.local.java import java

BOOK = "exchange-core 0.5.3 OrderBookDirect"
PIPELINE = "exchange-core 0.5.3 ExchangeCore"
FOLDER = Path(__file__).parent
PROGRAMS = ("OrderBookBench", "PipelineBench")
OPENS = ("java.lang", "java.nio", "sun.nio.ch", "java.util")
EXPORTS = ("jdk.internal.ref", "jdk.internal.misc")


class Skipped(Exception):
    """The peer does not run here; the message says why."""


@dataclass(frozen=True, slots=True)
class Fills:
    """What a round gave. seconds: of the commands alone."""

    seconds: float
    trades: int
    volume: int
    hash: int

    @property
    def same(self) -> tuple[int, int, int]:
        """What must be equal between engines."""
        return self.trades, self.volume, self.hash


@dataclass(frozen=True, slots=True)
class Harness:
    """The compiled harnesses: Java and what comes before a program's name."""

    words: tuple[str, ...]

    def over(self, commands: Path, symbols: int, highest: int) -> AbstractContextManager[Peer]:
        """The order book alone with a file of commands read; it ends with the block."""
        return self._running("OrderBookBench", commands, symbols, highest)

    def pipeline(
        self, commands: Path, symbols: int, highest: int, accounts: int, kind: str, wait: str
    ) -> AbstractContextManager[Peer]:
        """The whole pipeline, likewise. kind: spot or margin; wait: a CoreWaitStrategy."""
        return self._running("PipelineBench", commands, symbols, highest, accounts, kind, wait)

    @contextmanager
    def _running(self, program: str, *given: Path | int | str) -> Iterator[Peer]:
        words = [*self.words, program, *map(str, given)]
        pipe = subprocess.PIPE
        with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
            try:
                yield Peer(process)
            finally:
                process.kill()


@dataclass(frozen=True, slots=True)
class Peer:
    """A running harness."""

    process: subprocess.Popen[str]

    def play(self) -> Fills:
        """One round. Skipped, with the end of what Java said, where it does not answer."""
        assert self.process.stdin
        assert self.process.stdout
        assert self.process.stderr
        try:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline().split()
        except OSError:
            answer = []
        if len(answer) != 4:
            raise Skipped(f"its Java ended: {self.process.stderr.read()[:300]}")
        nanoseconds, trades, volume, fills = map(int, answer)
        return Fills(nanoseconds / 1e9, trades, volume, fills)


@contextmanager
def harness() -> Iterator[Harness]:
    """The harness, compiled into a folder that goes with the block. Skipped where it cannot be."""
    try:
        program = java()
        jars = fetch(parse((FOLDER / "jars.lock").read_text()), home() / "exchange-core")
    except LocalError as error:
        raise Skipped(str(error)) from error
    path = os.pathsep.join(map(str, jars))
    with tempfile.TemporaryDirectory(prefix="tapeline-bench-") as classes:
        _compile(program, path, classes)
        opened = [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in OPENS]
        opened += [f"--add-exports=java.base/{name}=ALL-UNNAMED" for name in EXPORTS]
        path = os.pathsep.join((classes, path))
        yield Harness((str(program), "-Xmx3g", *opened, "-cp", path))


def _compile(program: Path, path: str, classes: str) -> None:
    compiler = "org.eclipse.jdt.internal.compiler.batch.Main"
    words = [str(program), "-cp", path, compiler, "-1.8", "-nowarn", "-cp", path, "-d", classes]
    sources = [str(FOLDER / f"{name}.java") for name in PROGRAMS]
    done = subprocess.run([*words, *sources], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Skipped(f"its harness does not compile: {done.stderr[-300:]}")
