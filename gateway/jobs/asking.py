"""What people may ask of the room, and the command that does it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.api.bodies import Id
from gateway.api.moments import Moment, told
from gateway.api.problems import missing
from infra.recordings import HERE

Recording = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,80}(/[A-Za-z0-9_.-]{1,80}){0,3}$")]
SHIPPED, OWN = "shipped", "own"
SUFFIXES = (".gz", ".jsonl", ".zst")


class Why(BaseModel):
    """Explain an order back to the raw frames. full: frames in full length."""

    model_config = ConfigDict(extra="forbid")

    order: Id
    full: bool = False


class Backtest(BaseModel):
    """Recordings through every stage; since, until: trade from and before a time.

    formats: of the report that is written.
    """

    model_config = ConfigDict(extra="forbid")

    recordings: tuple[Recording, ...] = Field(min_length=1, max_length=20)
    since: Moment | None = None
    until: Moment | None = None
    formats: tuple[Literal["html", "json", "csv", "xlsx", "pdf"], ...] = ("html", "json")


class Replay(BaseModel):
    """Recordings into market.raw of the desk; speed: times faster than recorded, 0: at once."""

    model_config = ConfigDict(extra="forbid")

    recordings: tuple[Recording, ...] = Field(min_length=1, max_length=20)
    speed: float = Field(0.0, ge=0, le=1000, allow_inf_nan=False)


def recordings(home: Path) -> dict[str, Path]:
    """By name, those that ship with the project and those in the home's folder `recordings`."""
    found = {}
    for base, folder in ((SHIPPED, HERE), (OWN, home / "recordings")):
        for file in sorted(folder.rglob("*")):
            if file.name.endswith(SUFFIXES) and file.is_file() and not file.is_symlink():
                found[f"{base}/{file.relative_to(folder).as_posix()}"] = file
    return found


def command_of(asked: Why | Backtest | Replay, home: Path, report: Path) -> tuple[str, ...]:
    """The arguments of `tapeline`; 404 for a recording that is none. Nothing that was asked for can
    be taken for an option.
    """
    if isinstance(asked, Why):
        told_in = ("--page", str(report / "why.html"), "--text", str(report / "why.txt"))
        return ("why", *told_in, *(("--full",) if asked.full else ()), "--", asked.order)
    files = _files(asked.recordings, home)
    if isinstance(asked, Replay):
        return ("replay", *files, "--speed", f"{asked.speed:g}")
    span = [("--from", asked.since), ("--to", asked.until)]
    within = [part for name, at in span if at is not None for part in (name, told(at))]
    formats = ",".join(asked.formats)
    return ("backtest", *files, *within, "--report", str(report), "--format", formats)


def _files(names: tuple[str, ...], home: Path) -> list[str]:
    there = recordings(home)
    for name in names:
        if name not in there:
            raise missing(f"recording {name}")
    return [str(there[name].resolve()) for name in names]
