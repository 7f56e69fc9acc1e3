"""What is asked, counted by address, user and route; the problem 429 where it is too much."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from starlette.requests import HTTPConnection

from gateway.api.problems import Problem
from gateway.auth.addresses import source, subscriber
from gateway.auth.cookies import SAFE
from gateway.auth.limits import Wish
from gateway.auth.part import Auth
from gateway.auth.rights import Principal


def address_of(auth: Auth, connection: HTTPConnection) -> str:
    """Where a request comes from."""
    peer = connection.client.host if connection.client else None
    forwarded = ",".join(connection.headers.getlist("x-forwarded-for"))
    return source(peer, forwarded.split(",") if forwarded else [], auth.settings.proxies)


async def arrived(auth: Auth, address: str) -> None:
    """Something came from an address; counted before it is looked at."""
    await _take(auth, [Wish(f"address:{subscriber(address)}", auth.settings.rates.address)])


async def spent(auth: Auth, principal: Principal, connection: HTTPConnection) -> None:
    """Somebody known asks a route."""
    rates = auth.settings.rates
    own = rates.reads if method_of(connection) in SAFE else rates.writes
    whose = f"route:{principal.user}:{route_of(connection)}"
    await _take(auth, [Wish(f"user:{principal.user}", rates.user), Wish(whose, own)])


async def knocked(auth: Auth, connection: HTTPConnection) -> None:
    """Somebody unknown asks a route that is open."""
    rates, place = auth.settings.rates, subscriber(address_of(auth, connection))
    door = Wish(f"door:{place}:{route_of(connection)}", rates.doors)
    await _take(auth, [Wish(f"address:{place}", rates.address), door])


def method_of(connection: HTTPConnection) -> str:
    """The request's method; of a stream GET."""
    return str(connection.scope.get("method", "GET"))


def route_of(connection: HTTPConnection) -> str:
    """The route as it is declared: with the names of its parts, not with what they are."""
    route = connection.scope.get("route")
    return f"{method_of(connection)} {getattr(route, 'path', '')}"


async def _take(auth: Auth, wishes: Sequence[Wish]) -> None:
    if wait := await auth.limits.take(wishes):
        raise too_many(wait)


def too_many(seconds: float) -> Problem:
    """429: wait so long."""
    wait = max(ceil(seconds), 1)
    text = f"too much was asked: wait {wait} s"
    return Problem(429, "too-many-requests", text, {"Retry-After": str(wait)})
