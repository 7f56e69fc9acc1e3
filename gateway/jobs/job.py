"""One job: what was asked for, by whom, how far it is, and what it came to."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ValidationError

from gateway.api.moments import Moment

State = Literal["waiting", "running", "done", "failed", "cancelled"]
OVER: frozenset[State] = frozenset({"done", "failed", "cancelled"})
NOTE, LOG, PROGRESS, REPORT = "job.json", "log", "progress", "report"


class Job(BaseModel):
    """asked: the request; command: how `tapeline` does it, without what is for the room alone.

    owner: whose it is: nobody else is told of it. good: of one that is done, whether all that it
    says holds (exit code 0). error: of one that failed, in a line.
    """

    id: str
    kind: Literal["why", "backtest", "replay"]
    owner: str
    asked: dict[str, Any]
    command: tuple[str, ...]
    state: State = "waiting"
    progress: float = 0.0
    good: bool | None = None
    error: str = ""
    created: Moment
    started: Moment | None = None
    ended: Moment | None = None


def write(folder: Path, job: Job) -> None:
    """Keep it in its folder, whole or as it was."""
    part = folder / f"{NOTE}.part"
    part.write_bytes(orjson.dumps(job.model_dump(mode="python")))
    part.replace(folder / NOTE)


def kept(room: Path) -> list[Job]:
    """The jobs whose folders are in a room, oldest first; what is no job is passed over."""
    found = []
    for note in room.glob(f"*/{NOTE}"):
        try:
            found.append(Job.model_validate_json(note.read_bytes()))
        except (OSError, ValidationError):
            continue
    return sorted(found, key=lambda job: (job.created, job.id))


def result(folder: Path) -> dict[str, Any] | None:
    """The last JSON object that the command has printed; None where there is none."""
    for line in reversed(_lines(folder)):
        if line.startswith(b"{"):
            try:
                told: dict[str, Any] = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            return told
    return None


def complaint(folder: Path) -> str:
    """The last line with which the command has said what is wrong."""
    said = b"tapeline: "
    lines = [line for line in _lines(folder) if line.startswith(said)]
    return lines[-1].removeprefix(said).decode(errors="replace") if lines else ""


def _lines(folder: Path) -> list[bytes]:
    try:
        return (folder / LOG).read_bytes().splitlines()
    except OSError:
        return []
