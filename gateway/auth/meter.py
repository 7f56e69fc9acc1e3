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


def arriving(auth: Auth, address: str) -> Wish:
    """What all that comes from an address shares."""
    return Wish(f"address:{subscriber(address)}", auth.settings.rates.address)


def spending(auth: Auth, user: str, connection: HTTPConnection) -> list[Wish]:
    """What a user has for everything, and for the route that is asked."""
    rates = auth.settings.rates
    own = rates.reads if method_of(connection) in SAFE else rates.writes
    return [Wish(f"user:{user}", rates.user), Wish(f"route:{user}:{route_of(connection)}", own)]


async def arrived(auth: Auth, address: str) -> None:
    """Something came from an address; counted before it is looked at."""
    await _take(auth, [arriving(auth, address)])


async def spent(auth: Auth, principal: Principal, connection: HTTPConnection) -> None:
    """Somebody known asks a route."""
    await _take(auth, spending(auth, principal.user, connection))


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
