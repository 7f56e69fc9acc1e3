"""Halt, resume, flatten and mode; and what became of any command."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from gateway.api.access import Account, Reader, owned, seen
from gateway.api.bodies import Flatten, Id, Mode, Reasoned
from gateway.api.commander import Given, Key
from gateway.api.lists import listed
from gateway.api.paging import Page, Paged
from gateway.api.problems import missing
from gateway.api.services import Given as Services
from gateway.api.views import CommandView, Row
from gateway.auth.guard import require
from gateway.auth.rights import EVERY, Principal, Right
from gateway.control.halts import own_halt
from schemas import commands

router = APIRouter(prefix="/commands", tags=["commands"])

Halter = Annotated[Principal, Depends(require(Right.HALT))]
Resumer = Annotated[Principal, Depends(require(Right.RESUME))]
Flattener = Annotated[Principal, Depends(require(Right.FLATTEN))]


@router.get("", response_model=Page[CommandView])
async def given(services: Services, who: Reader, asked: Paged, account: Account = None) -> Any:
    """The latest commands first, with what the desk has answered."""
    names = seen(services, who, account)
    rows = (row for name in names for row in services.live.hub.items("commands", name).values())
    return listed(({"seen_time": None, **row} for row in rows), asked)


@router.get("/{id}", response_model=CommandView)
async def outcome(services: Services, who: Reader, id: Id) -> Any:
    """One command: the desk's answer, and the orders that it has led to."""
    hub, names = services.live.hub, seen(services, who, None)
    rows = [hub.items("commands", name).get(id) for name in (*names, EVERY)]
    told: list[Row] = [row for row in rows if row is not None]
    if not told:
        raise missing(f"command {id[:40]}")
    orders = [
        row for name in names for row in hub.items("orders", name).values() if row["request"] == id
    ]
    return {**told[-1], **_answered(told), **_each(told, names), "orders": orders}


def _answered(told: list[Row]) -> Row:
    """Of a command for all accounts, the answer of the one that is worst off."""
    answers = [row for row in told if row.get("state")]
    refused = [row for row in answers if row["state"] == "refused"]
    return next(iter(refused or answers), {"state": None})


def _each(told: list[Row], names: list[str]) -> Row:
    """What each account has answered, and which of those that were asked have not."""
    answers = [{"account": row["account"], **each} for row in told for each in row["answers"]]
    every = any(row["account"] == EVERY for row in told)
    asked = names if every else [row["account"] for row in told]
    heard = {each["account"] for each in answers}
    return {"answers": answers, "silent": [name for name in asked if name not in heard]}


@router.post("/halt", status_code=202)
async def halt(services: Services, who: Halter, key: Key, body: Reasoned) -> Given:
    """No new entries until a risk officer resumes; what is held can still be closed."""
    account = owned(services, who, body.account)
    return await services.commander.give(who, account, commands.Halt(why=body.why), key)


@router.post("/resume", status_code=202)
async def resume(services: Services, who: Resumer, key: Key, body: Reasoned) -> Given:
    """End a halt: that of a person, and that which the desk itself has set by now."""
    account = owned(services, who, body.account)
    names = seen(services, who, account)
    found = {name: own_halt(services.live.hub.items("settings", name)) for name in names}
    lifts = {name: seq for name, seq in found.items() if seq is not None}
    command = commands.Resume(why=body.why, lifts=lifts)
    return await services.commander.give(who, account, command, key)


@router.post("/flatten", status_code=202)
async def flatten(services: Services, who: Flattener, key: Key, body: Flatten) -> Given:
    """Cancel orders and close positions."""
    account = owned(services, who, body.account)
    command = commands.Flatten(symbol=body.symbol, why=body.why)
    return await services.commander.give(who, account, command, key)


@router.post("/mode", status_code=202)
async def mode(services: Services, who: Resumer, key: Key, body: Mode) -> Given:
    """Whose orders go: nobody's but people's, strategies' once approved, or all."""
    account = owned(services, who, body.account)
    return await services.commander.give(who, account, commands.SetMode(mode=body.mode), key)
