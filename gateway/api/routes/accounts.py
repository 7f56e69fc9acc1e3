"""Accounts: what they hold, how they trade, within which limits; and how people steer that."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi import Path as InPath

from engine.requests import fault
from engine.risk import RiskLimits, RiskSettings
from engine.rules import LIMIT, limits_set
from gateway.api.access import Account, Reader, owned, seen
from gateway.api.bodies import Body, Limit, Parameters, Protect, Start
from gateway.api.commander import Given, Key
from gateway.api.problems import Problem, missing
from gateway.api.services import Given as Services
from gateway.api.traded import strategies_of, traded
from gateway.api.views import AccountView, Holding, LimitView, Row, Strategy
from gateway.auth.guard import require
from gateway.auth.rights import Principal, Right
from gateway.control.halts import halted
from schemas import commands

router = APIRouter(tags=["accounts"])

Trader = Annotated[Principal, Depends(require(Right.TRADE))]
Steerer = Annotated[Principal, Depends(require(Right.STRATEGY))]
Limiter = Annotated[Principal, Depends(require(Right.LIMIT))]
Named = Annotated[str, InPath(pattern=r"^[A-Za-z0-9_. -]{1,100}$")]


@router.get("/accounts", response_model=list[AccountView])
async def accounts(services: Services, who: Reader) -> Any:
    """Those that are yours."""
    return [
        {
            "account": name,
            "mode": _set(services, name).get("mode", {}).get("value", ""),
            "halted": halted(_set(services, name)),
            "portfolio": _held(services, name).get(f"{name}:*"),
        }
        for name in seen(services, who, None)
    ]


@router.get("/portfolio", response_model=list[Holding])
async def portfolio(services: Services, who: Reader, account: Account = None) -> Any:
    """All of an account, its strategies' shares, and its positions."""
    return [row for name in seen(services, who, account) for row in _held(services, name).values()]


@router.get("/positions", response_model=list[Holding])
async def positions(services: Services, who: Reader, account: Account = None) -> Any:
    """What is held."""
    rows = (row for name in seen(services, who, account) for row in _held(services, name).values())
    return [row for row in rows if row["type"] == "position" and row["quantity"].strip("-0.")]


@router.post("/positions/protect", status_code=202)
async def protect(services: Services, who: Trader, key: Key, body: Protect) -> Given:
    """A new stop loss and take profit for a position."""
    account = owned(services, who, body.account)
    command = commands.Protect(**body.model_dump(exclude={"account"}))
    if why := fault(command):
        raise Problem(422, "senseless", why)
    return await services.commander.give(who, account, command, key)


@router.get("/strategies", response_model=list[Strategy])
async def strategies(services: Services, who: Reader, account: Account = None) -> Any:
    """Of each account, the strategies that the settings have, as people have set them."""
    section = services.settings.of("risk", RiskSettings)
    return [
        {
            **traded(services.settings, section.of(each), name, _set(services, each)),
            "account": each,
            "portfolio": _held(services, each).get(f"{each}:@{name}"),
        }
        for each in seen(services, who, account)
        for name in strategies_of(services.settings)
    ]


@router.post("/strategies/{name}/start", status_code=202)
async def start(services: Services, who: Steerer, key: Key, name: Named, body: Start) -> Given:
    """Let an account trade a strategy."""
    account = owned(services, who, body.account)
    command = commands.StartStrategy(strategy=_known(services, name), symbols=body.symbols)
    return await services.commander.give(who, account, command, key)


@router.post("/strategies/{name}/stop", status_code=202)
async def stop(services: Services, who: Steerer, key: Key, name: Named, body: Body) -> Given:
    """Let it trade no more; its positions stay."""
    account = owned(services, who, body.account)
    command = commands.StopStrategy(strategy=_known(services, name))
    return await services.commander.give(who, account, command, key)


@router.patch("/strategies/{name}", status_code=202)
async def tune(services: Services, who: Steerer, key: Key, name: Named, body: Parameters) -> Given:
    """Set parameters; those that are not named stay."""
    account = owned(services, who, body.account)
    given = {each: value for each, value in body.parameters.items()}
    command = commands.SetParameters(strategy=_known(services, name), parameters=given)
    return await services.commander.give(who, account, command, key)


@router.get("/limits", response_model=list[LimitView])
async def limits(services: Services, who: Reader, account: Account = None) -> Any:
    """The risk limits that bind now: of the settings, and over them what people have set since.
    set: it was set by itself, and not by a profile.
    """
    section = services.settings.of("risk", RiskSettings)
    return [
        {"account": each, "name": name, "value": value, "set": f"{LIMIT}{name}" in rows}
        for each in seen(services, who, account)
        for rows in [_set(services, each)]
        for name, value in _limits(section.of(each).limits, rows).items()
    ]


def _limits(configured: RiskLimits, rows: Row) -> Row:
    """As the risk gate has them."""
    told = {name: row["value"] for name, row in rows.items()}
    return limits_set(configured, told).model_dump(
        mode="json", include=set(RiskLimits.model_fields)
    )


@router.put("/limits/{name}", status_code=202)
async def limit(services: Services, who: Limiter, key: Key, name: Named, body: Limit) -> Given:
    """Set a risk limit of an account."""
    account = owned(services, who, body.account)
    if name not in RiskLimits.model_fields:
        raise missing(f"limit {name}")
    command = commands.SetLimit(name=name, value=body.value)
    return await services.commander.give(who, account, command, key)


def _known(services: Services, name: str) -> str:
    if name not in strategies_of(services.settings):
        raise missing(f"strategy {name}")
    return name


def _set(services: Services, account: str) -> Row:
    return dict(services.live.hub.items("settings", account))


def _held(services: Services, account: str) -> Row:
    return dict(services.live.hub.items("portfolio", account))
