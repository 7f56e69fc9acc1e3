"""The local operator: whoever owns the home of a desk, let in by a socket that nobody else opens.

Whoever can open it could write to the desk's topics anyway, so it asks for no password; what it
adds is that the gateway checks, counts once and puts on record what is done.
"""

from __future__ import annotations

from starlette.requests import HTTPConnection

from gateway.api.services import services_of
from gateway.auth.rights import EVERY, LOCAL, Principal, Right, Role

OPERATOR = Principal(
    LOCAL, Role.TRADER, frozenset({EVERY}),
    frozenset(Right) - {Right.SELF, Right.USERS, Right.KEYS, Right.AUDIT}, LOCAL, "", "local",
)  # fmt: skip
"""May all that steers the desk, and nothing that would last longer than the machine is theirs: no
users, no keys. For those there are `tapeline users` and people who sign in.
"""


def at_the_door(connection: HTTPConnection) -> bool:
    """Whether a request came by the operator's socket, and does not say that it is somebody else.

    A server that listens on a network tells a port beside its address; a socket of the home has
    none, so nothing that is sent over a network can be taken for it.
    """
    door = services_of(connection).door
    if not door or connection.headers.get("authorization"):
        return False
    return tuple(connection.scope.get("server") or ()) == (door, None)
