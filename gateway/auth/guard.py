"""At the door of every route: who is it, and may they."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from gateway.api.problems import Problem
from gateway.api.services import services_of
from gateway.auth.rights import Principal, Right


class require:
    """A dependency: gives the principal, or the problem 401 or 403. right: what the route takes."""

    def __init__(self, right: Right) -> None:
        self.right = right

    async def __call__(self, connection: HTTPConnection) -> Principal:
        """Who asks, where they may; nobody may where no authenticator is set."""
        principal = await principal_of(connection)
        if not principal.may(self.right):
            raise Problem(403, "forbidden", f"that takes the right {self.right}")
        return principal


async def principal_of(connection: HTTPConnection) -> Principal:
    """Who asks; the problem 401 where that is not known."""
    authenticate = services_of(connection).authenticate
    if authenticate is None:
        raise unknown()
    return await authenticate(connection)


def unknown() -> Problem:
    """401: sign in first."""
    return Problem(401, "unauthenticated", "sign in first", {"WWW-Authenticate": "Bearer"})
