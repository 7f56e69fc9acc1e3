"""Who may call what: OWASP API5:2023 (function level), API9:2023 (inventory), one table of both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from inspect import isasyncgenfunction, iscoroutinefunction, isfunction
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import HTTPConnection

from gateway.api.app import ROUTERS, make_api
from gateway.api.routes.jobs import working
from gateway.api.routes.system import looking
from gateway.auth.guard import OpenTo, require, unknown
from gateway.auth.letting_in import letting_in
from gateway.auth.rights import EVERY, RIGHTS, Principal, Right, Role, rights_of
from gateway.store.part import stored
from tests.unit.gateway_desk import desk as small_desk
from tests.unit.gateway_people import FAST, FREE, PASSWORD, Desk

ROLES = {
    "read": "viewer trader risk admin",
    "trade": "trader",
    "cancel": "trader risk",
    "strategy": "trader risk",
    "backtest": "trader",
    "halt": "trader risk",
    "resume": "risk",
    "flatten": "risk",
    "limit": "risk",
    "approve": "risk",
    "audit": "risk admin",
    "users": "admin",
    "keys": "admin",
    "self": "viewer trader risk admin",
}
"""Written down a second time, so that a slip of the first is seen."""

CHANGES = """
trade POST /orders | trade PATCH /orders/{id} | cancel DELETE /orders/{id}
cancel POST /orders/cancel | approve POST /orders/{id}/approve | approve POST /orders/{id}/reject
halt POST /commands/halt | resume POST /commands/resume | flatten POST /commands/flatten
limit PUT /limits/{name}
open POST /sessions | open POST /sessions/refresh | open POST /invitations/join
open POST /registrations
self DELETE /sessions | self DELETE /sessions/current | self DELETE /sessions/{id}
self PATCH /profile | self PUT /profile/password | self POST /profile/totp
self POST /profile/totp/confirm | self POST /profile/totp/remove
self POST /api-keys | self DELETE /api-keys/{id}
users POST /invitations | users GET /invitations | users DELETE /invitations/{id}
users GET /users | users GET /users/{id} | users PATCH /users/{id} | users POST /users/{id}/link
users DELETE /users/{id}/sessions
keys GET /exchange-keys/{account} | keys PUT /exchange-keys/{account}
keys PUT /exchange-keys/{account}/sealed | keys DELETE /exchange-keys/{account}
keys GET /exchange-keys/{account}/public | audit GET /audit
users GET /settings
"""
"""What each of these takes, by hand: a route that declares something else is wrong."""

BODIES: dict[str, dict[str, Any]] = {
    "POST /commands/halt": {"account": "paper"},
    "POST /commands/resume": {"account": "paper"},
    "POST /commands/flatten": {"account": "paper"},
    "PATCH /profile": {"theme": "dark"},
    "POST /profile/totp": {"password": PASSWORD},
    "POST /invitations": {"roles": ["viewer"]},
    "POST /api-keys": {"name": "bot", "scopes": ["read"]},
}
"""With these a call is answered 2xx by whom it is for."""


def routes() -> Iterator[APIRoute]:
    for router in ROUTERS:
        yield from (route for route in router.routes if isinstance(route, APIRoute))


def declared(dependant: Dependant) -> Iterator[require | OpenTo]:
    for each in dependant.dependencies:
        if isinstance(each.call, require | OpenTo):
            yield each.call
        yield from declared(each)


def taken(route: APIRoute) -> set[str]:
    """The right that a route declares; "open" where it is open to all."""
    found = declared(route.dependant)
    return {str(each.right) if isinstance(each, require) else "open" for each in found}


def calls() -> Iterator[tuple[str, str, APIRoute]]:
    for route in routes():
        for method in sorted(set(route.methods or ()) - {"HEAD"}):
            yield method, route.path, route


def called(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for each in dependant.dependencies:
        yield from called(each)


def test_no_request_waits_for_a_thread() -> None:
    """What is no coroutine is asked of a thread, each time: it made a request ten times as long."""
    for route in routes():
        for call in called(route.dependant):
            step = call if isfunction(call) else call.__call__
            assert iscoroutinefunction(step) or isasyncgenfunction(step), f"{route.path}: {call}"


@pytest.fixture
async def desk(tmp_path: Path, redis_url: str) -> AsyncIterator[Desk]:
    """The whole API; who asks is told by role, all else is real."""
    parts = small_desk(auth={"passwords": FAST, "rates": FREE})
    known = parts.settings.model_copy(update={"home": tmp_path, "redis_url": redis_url})
    parts.settings, parts.parts = known, [stored, letting_in, looking, working, *parts.parts]
    api = make_api(parts)
    async with api.router.lifespan_context(api):
        made = Desk(api)
        for role in Role:
            made.ids[role] = await made.user(f"the-{role}", role)

        async def by_role(connection: HTTPConnection) -> Principal:
            told = connection.headers.get("authorization", "")
            if told not in made.ids:
                raise unknown()
            every = frozenset({EVERY})
            return Principal(made.ids[told], Role(told), every, RIGHTS[Role(told)], session="s")

        parts.authenticate = by_role
        yield made


async def asked(web: httpx2.AsyncClient, method: str, path: str, who: str, ids: Desk) -> int:
    filled = path
    for name, value in {"id": ids.ids["viewer"], "account": "paper", "name": "x"}.items():
        filled = filled.replace(f"{{{name}}}", value)
    headers = {"Authorization": who, "Idempotency-Key": f"{who}-{method}-{path}"[:128]}
    headers = headers if who else {}
    body = BODIES.get(f"{method} {path}", {} if method in ("POST", "PUT", "PATCH") else None)
    told = await web.request(method, f"/v1{filled}", headers=headers, json=body)
    return told.status_code


def test_every_route_declares_one_right_or_that_it_is_open() -> None:
    for method, path, route in calls():
        assert len(taken(route)) == 1, f"{method} {path}: require(Right.X), or OpenTo()"


def test_a_route_that_declares_nothing_would_be_seen() -> None:
    from fastapi import APIRouter

    router = APIRouter()

    @router.get("/bare")
    async def bare() -> None: ...

    assert [taken(route) for route in router.routes if isinstance(route, APIRoute)] == [set()]


async def test_every_route_is_in_the_openapi_description(desk: Desk) -> None:
    paths = desk.api.openapi()["paths"]
    for method, path, _ in calls():
        assert method.lower() in paths[f"/v1{path}"]
    assert sum(len(each) for each in paths.values()) == len(list(calls()))


def test_roles_have_the_rights_of_the_table() -> None:
    assert {str(right) for right in Right} == set(ROLES)
    for right, roles in ROLES.items():
        assert {str(role) for role in Role if Right(right) in RIGHTS[role]} == set(roles.split())
    both = rights_of((Role.TRADER, Role.RISK))
    assert both == RIGHTS[Role.TRADER] | RIGHTS[Role.RISK]
    assert rights_of(()) == frozenset()


def test_what_changes_things_takes_the_right_of_the_table() -> None:
    found = {f"{method} {path}": taken(route) for method, path, route in calls()}
    for row in CHANGES.replace("\n", "|").split("|"):
        if row.strip():
            right, call = row.strip().split(" ", 1)
            assert found[call] == {right}, call


async def test_each_role_gets_401_403_or_through_on_each_route(desk: Desk) -> None:
    async with desk.web() as web:
        for method, path, route in calls():
            (right,) = taken(route)
            if right == "open":
                continue
            allowed = set(ROLES[right].split())
            assert await asked(web, method, path, "", desk) == 401, f"{method} {path}"
            for role in Role:
                got = await asked(web, method, path, role, desk)
                told = f"{method} {path} by {role}: {got}"
                assert (got == 403) is (role not in allowed), told
                assert (got != 401 and got < 500) or got == 503, told
                if role in allowed and f"{method} {path}" in BODIES:
                    assert 200 <= got < 300, told
