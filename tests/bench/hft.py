"""hftbacktest in an environment of its own, and a process of it that plays one recording."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.peer import Missing, interpreter

VERSION = "2.4.4"
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Peer:
    """A process that has compiled its strategies and has the recording in memory."""

    process: subprocess.Popen[str]

    def play(self, depth: str, queue: str, feed: str) -> dict[str, Any]:
        """One run: seconds, fills, position (base), balance, fee, mid (quote), acts.

        depth: roi or hash; queue: risk or power; feed: own, as its own conversion times it, or
        flat, where what is received at t was there at t.
        """
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([depth, queue, feed]) + "\n")
        self.process.stdin.flush()
        return self.heard()

    def heard(self) -> dict[str, Any]:
        """The next line that it prints."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise Missing(f"hftbacktest {VERSION} ended with {self.process.wait()}")
        found: dict[str, Any] = json.loads(line)
        return found


@contextmanager
def peer(recording: Path, settings: tuple[int, ...]) -> Iterator[Peer]:
    """A started one that is warm; settings: those of the grid."""
    command = (
        str(interpreter("hftbacktest", VERSION)),
        "-m",
        "tests.bench.hft_peer",
        str(recording),
        json.dumps(settings),
    )
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            made = Peer(process)
            made.heard()
            yield made
        finally:
            process.terminate()
