"""At the door of every route: who is it, may they, and have they asked too much.

Every route declares one of two: `require(RIGHT)`, or `OpenTo(...)` where nobody needs to be known.
A test fails for a route that declares neither.
"""

from __future__ import annotations

from starlette.requests import HTTPConnection

from gateway.api.problems import Problem
from gateway.api.services import Services, services_of
from gateway.auth import meter
from gateway.auth.operator import OPERATOR, at_the_door
from gateway.auth.rights import Principal, Right


class require:
    """A dependency: gives the principal, or the problem 401, 403 or 429. right: what the route
    takes.
    """

    def __init__(self, right: Right) -> None:
        self.right = right

    async def __call__(self, connection: HTTPConnection) -> Principal:
        """Who asks, where they may; nobody may where no authenticator is set."""
        principal = await principal_of(connection)
        if not principal.may(self.right):
            raise Problem(403, "forbidden", f"that takes the right {self.right}")
        return principal


class OpenTo:
    """A dependency of a route that anybody may call. metered: an address may call it so often; what
    is not metered works while Redis is away, and must cost nothing.
    """

    def __init__(self, metered: bool = True) -> None:
        self.metered = metered

    async def __call__(self, connection: HTTPConnection) -> None:
        """Nothing, or the problem 429."""
        auth = services_of(connection).auth
        if self.metered and auth is not None:
            await meter.knocked(auth, connection)


async def principal_of(connection: HTTPConnection) -> Principal:
    """Who asks, counted; the problem 401 where that is not known, 429 where it is too much."""
    services: Services = services_of(connection)
    if at_the_door(connection):
        return OPERATOR
    if services.authenticate is None:
        raise unknown()
    return await services.authenticate(connection)


async def still(connection: HTTPConnection) -> Principal:
    """Who it is that has been let in before: as `principal_of`, but not counted as asked."""
    if at_the_door(connection):
        return OPERATOR
    services: Services = services_of(connection)
    recognise = services.recognise or services.authenticate
    if recognise is None:
        raise unknown()
    return await recognise(connection)


def unknown() -> Problem:
    """401: sign in first."""
    return Problem(401, "unauthenticated", "sign in first", {"WWW-Authenticate": "Bearer"})
