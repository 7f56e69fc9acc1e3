"""A gateway with real users: SQLite and Redis under it, fast hashes, free of limits."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
from fastapi import FastAPI

from gateway.api.app import ROUTERS, make_api
from gateway.api.services import Services
from gateway.api.settings import GatewaySettings
from gateway.auth import people
from gateway.auth.letting_in import letting_in
from gateway.auth.part import Auth
from gateway.auth.rights import EVERY, Role
from gateway.store.engine import writing_async
from gateway.store.part import stored
from topics.settings import Settings

PASSWORD = "correct horse battery"
FAST = {"memory": 8, "passes": 1}
MANY = {"rate": 1e5, "burst": 100_000}
FREE = {name: MANY for name in ("address", "user", "reads", "writes", "doors")}


def gateway(
    home: Path, redis_url: str, *, routers: Iterable[Any] = ROUTERS, **given: Any
) -> FastAPI:
    """An app whose only parts are the store and auth. given: of [gateway]."""
    auth = {"passwords": FAST, "rates": FREE, **given.pop("auth", {})}
    options = GatewaySettings.model_validate({"auth": auth, **given})
    known = Settings(home=home, redis_url=redis_url, prefix=f"{uuid4().hex}-")
    return make_api(Services(known, options, [stored, letting_in]), routers)


@dataclass
class Desk:
    """The app while it runs, and clients of it by address."""

    api: FastAPI
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def auth(self) -> Auth:
        found = self.api.state.services.auth
        assert isinstance(found, Auth)
        return found

    def web(self, address: str = "192.0.2.1", **headers: str) -> httpx2.AsyncClient:
        """A client with no cookies and no token."""
        transport = httpx2.ASGITransport(
            self.api, raise_app_exceptions=False, client=(address, 4711)
        )
        made = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx2.AsyncClient(transport=transport, base_url="http://desk", headers=made)

    async def user(
        self, name: str, *roles: Role, accounts: Iterable[str] = (EVERY,), password: str = PASSWORD
    ) -> str:
        """A user who can sign in; gives the id."""
        hash = await self.auth.passwords.hash(password)
        async with writing_async(self.auth.store) as session:
            given = (list(map(str, roles)), list(accounts), time.time_ns())
            self.ids[name] = (await people.made(session, name, hash, *given)).id
        return self.ids[name]

    async def token(self, name: str, password: str = PASSWORD) -> str:
        """An access token of a user."""
        async with self.web() as web:
            told = await web.post("/v1/sessions", json={"name": name, "password": password})
        assert told.status_code == 201, told.text
        return str(told.json()["access"])

    async def signed_in(self, name: str, *roles: Role, **more: Any) -> httpx2.AsyncClient:
        """A client with the token of a user, who is made if need be."""
        if name not in self.ids:
            await self.user(name, *roles, **more)
        return self.web(authorization=f"Bearer {await self.token(name)}")


@asynccontextmanager
async def running(api: FastAPI) -> AsyncIterator[Desk]:
    """The app from its start to its end."""
    async with api.router.lifespan_context(api):
        yield Desk(api)
