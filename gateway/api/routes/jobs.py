"""What takes long: started here, run beside the gateway, asked for until it is over."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from fastapi import Path as InPath
from fastapi.responses import FileResponse
from pydantic import BaseModel

from gateway.api.access import Reader, order_of
from gateway.api.commander import Key
from gateway.api.moments import Moment
from gateway.api.problems import Problem, missing
from gateway.api.services import Given as Services
from gateway.api.services import Services as Parts
from gateway.api.views import Row
from gateway.auth.guard import require
from gateway.auth.rights import Principal, Right
from gateway.client.desk import DIRECT
from gateway.control.once import id_of
from gateway.jobs.asking import Backtest, Replay, Why, command_of, recordings
from gateway.jobs.job import Job, State, result
from gateway.jobs.room import Room

router = APIRouter(tags=["jobs"])

Tester = Annotated[Principal, Depends(require(Right.BACKTEST))]
JobId = Annotated[str, InPath(pattern="^[0-9a-f]{8,64}$")]
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""A report is a page of its own: it runs no scripts and knows nothing of who is signed in."""


class JobView(BaseModel):
    """A job as its owner sees it."""

    id: str
    kind: Literal["why", "backtest", "replay"]
    asked: Row
    state: State
    progress: float
    good: bool | None
    error: str
    created: Moment
    started: Moment | None
    ended: Moment | None
    report: list[str] = []


@asynccontextmanager
async def working(services: Parts) -> AsyncIterator[None]:
    """The part of the gateway: opened and closed with it."""
    known = services.settings
    env = {"TAPELINE_HOME": str(known.home.resolve()), DIRECT: "1"}  # a job asks no gateway
    room = Room(known.home.resolve() / "jobs", services.options.jobs, env)
    room.open()
    services.more["jobs"] = room
    try:
        yield
    finally:
        await room.close()


@router.get("/recordings")
async def all_recordings(services: Services, who: Reader) -> list[str]:
    """Names of what can be played."""
    return list(recordings(services.settings.home))


@router.post("/why", status_code=202, response_model=JobView)
async def why(services: Services, who: Reader, key: Key, body: Why) -> Any:
    """Explain an order of yours back to the raw frames, re-computed and compared."""
    order_of(services, who, body.order)
    return _started(services, who, "why", key, body)


@router.post("/backtests", status_code=202, response_model=JobView)
async def backtest(services: Services, who: Tester, key: Key, body: Backtest) -> Any:
    """Recordings through every stage, and the report on what came of it."""
    return _started(services, who, "backtest", key, body)


@router.post("/replays", status_code=202, response_model=JobView)
async def replay(services: Services, who: Tester, key: Key, body: Replay) -> Any:
    """Recordings into the desk, as if they were the market: never into one that is live."""
    known = services.settings
    if known.live or known.feeds:
        raise Problem(409, "live", "this desk hears a real market: nothing is played into it")
    return _started(services, who, "replay", key, body)


@router.get("/jobs", response_model=list[JobView])
async def jobs(services: Services, who: Reader) -> Any:
    """Yours, the latest last."""
    return [_view(services, job) for job in _room(services).of(who.user)]


@router.get("/jobs/{id}", response_model=JobView)
async def job(services: Services, who: Reader, id: JobId) -> Any:
    """One of yours, as it is now."""
    return _view(services, _own(services, who, id))


@router.delete("/jobs/{id}", response_model=JobView)
async def cancel(services: Services, who: Reader, id: JobId) -> Any:
    """End it; one that is over stays as it is."""
    return _view(services, await _room(services).cancel(_own(services, who, id)))


@router.get("/jobs/{id}/result", response_model=Row)
async def outcome(services: Services, who: Reader, id: JobId) -> Any:
    """What the command has told, as its --json does; 404 until it is done."""
    found = _own(services, who, id)
    told = result(_room(services).folder(found)) if found.state == "done" else None
    if told is None:
        raise missing(f"result of a job that is {found.state}")
    return told


@router.get("/jobs/{id}/report/{name}", response_class=FileResponse)
async def report(services: Services, who: Reader, id: JobId, name: str) -> FileResponse:
    """A file of its report."""
    found = _own(services, who, id)
    if name not in _files(services, found):
        raise missing("file of that name")
    headers = {"Content-Security-Policy": SANDBOX}
    return FileResponse(_room(services).report(found) / name, headers=headers)


def _started(
    services: Services, who: Principal, kind: Literal["why", "backtest", "replay"], key: str,
    asked: Why | Backtest | Replay,
) -> Row:  # fmt: skip
    room, id = _room(services), id_of(f"job {who.user}", key)
    blank = Job(
        id=id, kind=kind, owner=who.user, asked=asked.model_dump(mode="json"), command=(),
        created=time.time_ns(),
    )  # fmt: skip
    command = command_of(asked, services.settings.home, room.report(blank))
    return _view(services, room.start(blank.model_copy(update={"command": command})))


def _room(services: Services) -> Room:
    room: Room = services.more["jobs"]
    return room


def _own(services: Services, who: Principal, id: str) -> Job:
    found = _room(services).one(who.user, id)
    if found is None:
        raise missing(f"job {id[:40]}")
    return found


def _files(services: Services, job: Job) -> list[str]:
    folder = _room(services).report(job)
    return sorted(each.name for each in folder.glob("*") if each.is_file())


def _view(services: Services, job: Job) -> Row:
    return {**job.model_dump(exclude={"command", "owner"}), "report": _files(services, job)}
