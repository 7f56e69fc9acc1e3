"""Whether those who hear streams may still: looked at with their heartbeats, for ever."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gateway.api.problems import Problem
from gateway.auth.guard import still
from schemas.errors import TapelineError

if TYPE_CHECKING:
    from gateway.live.stream import Stream

SIGNED_OUT, LATER = 4401, 1013
"""Codes with which a stream is closed: signed out, come again."""
SHOWN = ("authorization", "cookie", "origin", "host", "x-forwarded-for")
"""Headers that say who asks; streams that have shown the same are one person's."""

Whose = tuple[object, ...]


async def over(streams: Iterable[Stream]) -> None:
    """Look once at each who hears some of these, one after another: ten thousand at once would
    hold everything else up. Whoever cannot be looked up now, and all after it, come again later.
    """
    away = False
    for each in _by_owner(streams).values():
        try:
            principal = None if away else await still(each[0].socket)
        except Problem as problem:
            for stream in each:
                stream.end(SIGNED_OUT, problem.detail)
            continue
        except TapelineError:
            principal, away = None, True
        for stream in each:
            if principal is None:
                stream.end(LATER, "who you are cannot be looked up right now")
            else:
                stream.known(principal)


def _by_owner(streams: Iterable[Stream]) -> dict[Whose, list[Stream]]:
    found: dict[Whose, list[Stream]] = {}
    for stream in streams:
        socket = stream.socket
        host = socket.client.host if socket.client else None
        shown = (host, *(socket.headers.get(name) for name in SHOWN))
        found.setdefault(shown, []).append(stream)
    return found
