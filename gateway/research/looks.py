"""How often evidence was looked at: a line a look, in TAPELINE_HOME/adoption/looks.jsonl.

The gate has less to spend with every look at the same evidence (engine.research.adoption). The same
evidence are the same data and test spans that overlap. The same question asked again is the same
look: its answer is the same.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from engine.research.adoption import Looked
from engine.research.splits import Window
from infra.local.lock import FileLock
from schemas.errors import TapelineError


class NoLooks(TapelineError):
    """A file of looks that cannot be read or is in use."""


@dataclass(frozen=True)
class Look:
    """question: a hash of all that decides the answer; data: a hash of what was played; span: of
    the test spans; candidates: how many were held against it."""

    question: str
    data: str
    span: Window
    candidates: int


def looked(home: Path, look: Look) -> Looked:
    """What was held against the same evidence before this look, which is kept."""
    folder = home / "adoption"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "lock")
    if not lock.take():
        raise NoLooks(f"another search is at {folder}: try again in a moment")
    try:
        return _counted(folder / "looks.jsonl", look)
    finally:
        lock.free()


def _counted(file: Path, look: Look) -> Looked:
    times, candidates = 0, 0
    for row in _rows(file):
        if row["question"] == look.question:
            return Looked(row["times"], row["before"])
        first, last = row["span"]
        if row["data"] == look.data and first < look.span.until and look.span.since < last:
            times, candidates = times + 1, candidates + int(row["candidates"])
    row = {
        "question": look.question, "data": look.data, "span": [*look.span],
        "candidates": look.candidates, "times": times, "before": candidates,
    }  # fmt: skip
    with file.open("ab") as log:
        log.write(orjson.dumps(row) + b"\n")
        log.flush()
        os.fsync(log.fileno())
    return Looked(times, candidates)


def _rows(file: Path) -> list[dict[str, Any]]:
    if not file.exists():
        return []
    try:
        return [orjson.loads(line) for line in file.read_bytes().splitlines()]
    except orjson.JSONDecodeError:
        raise NoLooks(f"{file} cannot be read: mend its last line, or move it away") from None
