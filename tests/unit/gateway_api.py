"""The gateway's API without a network: its services, and a client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import httpx2
from fastapi import FastAPI
from starlette.requests import HTTPConnection

from gateway.api.services import Services
from gateway.api.settings import GatewaySettings
from gateway.auth.guard import unknown
from gateway.auth.rights import EVERY, RIGHTS, Principal, Role
from topics.settings import Settings


def principal(role: Role, accounts: Iterable[str] = (EVERY,), user: str = "") -> Principal:
    """Somebody of that role."""
    return Principal(user or role, role, frozenset(accounts), RIGHTS[role])


PEOPLE = {str(role): principal(role) for role in Role}


async def by_name(connection: HTTPConnection) -> Principal:
    """In place of real authentication: the bearer token is the role's name, `role@account`, or
    `user:role@account`."""
    told = connection.headers.get("authorization", "").removeprefix("Bearer ")
    name, _, rest = told.rpartition(":")
    role, _, account = rest.partition("@")
    if role not in PEOPLE:
        raise unknown()
    return principal(Role(role), (account or EVERY,), name)


def services(**options: object) -> Services:
    """Of a home where nothing is."""
    known = Settings(accounts=("paper", "b"), strategies={"main": {}, "quick": {}})
    made = Services(known, GatewaySettings.model_validate(options))
    made.authenticate = by_name
    return made


@asynccontextmanager
async def client(api: FastAPI, role: str | None = None) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the app, signed in; the app's parts are open meanwhile."""
    headers = {"Authorization": f"Bearer {role}"} if role else {}
    transport = httpx2.ASGITransport(api, raise_app_exceptions=False)
    async with (
        api.router.lifespan_context(api),
        httpx2.AsyncClient(transport=transport, base_url="http://desk", headers=headers) as made,
    ):
        yield made
