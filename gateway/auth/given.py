"""What routes of auth ask for by dependency."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from gateway.api.problems import Problem, away
from gateway.api.services import services_of
from gateway.auth.audit import Actor, clean
from gateway.auth.guard import require
from gateway.auth.meter import address_of
from gateway.auth.part import Auth
from gateway.auth.rights import Principal, Right


async def auth_of(connection: HTTPConnection) -> Auth:
    """Auth, where this gateway has it; the problem 503 else."""
    auth = services_of(connection).auth
    if auth is None:
        raise away("this gateway has no store of users")
    return auth


GivenAuth = Annotated[Auth, Depends(auth_of)]
Oneself = Annotated[Principal, Depends(require(Right.SELF))]
"""Somebody who is signed in, and no API key."""


async def visitor(connection: HTTPConnection, auth: GivenAuth) -> Actor:
    """Somebody who is not known yet."""
    return Actor("", "visit", address_of(auth, connection))


async def agent_of(connection: HTTPConnection) -> str:
    """What program asks, as it says."""
    return clean(connection.headers.get("user-agent", ""))


Visitor = Annotated[Actor, Depends(visitor)]
Agent = Annotated[str, Depends(agent_of)]


def weak(text: str) -> Problem:
    """422: such a password is not taken."""
    return Problem(422, "weak-password", text)
