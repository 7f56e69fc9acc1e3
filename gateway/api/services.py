"""What routes are given: the parts of the gateway, by dependency and never by a global."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends
from starlette.requests import HTTPConnection

from gateway.api.settings import GatewaySettings
from topics.metrics.tally import Tally
from topics.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from gateway.api.commander import Commander
    from gateway.auth.part import Auth
    from gateway.auth.rights import Principal
    from gateway.live.live import Live

Probe = Callable[[], Awaitable[str]]
"""Looks at a part: "" where it is well, else what is wrong, in words that anybody may read."""

Authenticate = Callable[[HTTPConnection], Awaitable["Principal"]]
"""Who asks, or the problem 401."""

Part = Callable[["Services"], AbstractAsyncContextManager[None]]
"""Opened when the gateway starts, fills in what is its, and is closed at its end."""


@dataclass
class Services:
    """All parts. parts: opened in their order; recognise: as authenticate, of who was let in
    before; address: where people find the gateway; door: path of the operator's socket, "" for
    none; probes: by name, what /v1/ready asks; more: of parts that have no field here, by their
    name; tally: counts.
    """

    settings: Settings
    options: GatewaySettings
    parts: list[Part] = field(default_factory=list)
    authenticate: Authenticate | None = None
    recognise: Authenticate | None = None
    store: AsyncEngine | None = None
    auth: Auth | None = None
    address: str = ""
    door: str = ""
    probes: dict[str, Probe] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    tally: Tally = field(default_factory=lambda: Tally("gateway"))
    _live: Live | None = None
    _commander: Commander | None = None

    @property
    def live(self) -> Live:
        """What is now; a part fills it in."""
        assert self._live is not None, "the part of gateway.live is not open"
        return self._live

    @live.setter
    def live(self, live: Live) -> None:
        self._live = live

    @property
    def commander(self) -> Commander:
        """Gives people's commands; a part fills it in."""
        assert self._commander is not None, "the part of gateway.api.commander is not open"
        return self._commander

    @commander.setter
    def commander(self, commander: Commander) -> None:
        self._commander = commander


def services_of(connection: HTTPConnection) -> Services:
    """The services of the app that a request or a stream came to."""
    services = connection.app.state.services
    assert isinstance(services, Services)
    return services


async def given(connection: HTTPConnection) -> Services:
    """As `services_of`, for routes: what is no coroutine they ask a thread for, each time."""
    return services_of(connection)


Given = Annotated[Services, Depends(given)]
