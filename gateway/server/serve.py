"""The gateway's process: its socket, its parts, its server."""

from __future__ import annotations

import contextlib
import resource
import socket
from collections.abc import Mapping
from typing import Any

import uvicorn

from gateway.api.app import make_api
from gateway.api.arrival import Http
from gateway.api.commander import commanding
from gateway.api.routes.jobs import working
from gateway.api.routes.system import looking
from gateway.api.services import Part, Services
from gateway.api.settings import GatewaySettings
from gateway.auth.letting_in import letting_in
from gateway.live.live import living
from gateway.live.wire import Wire
from gateway.page.build import built
from gateway.page.serving import mount
from gateway.server.door import announced
from gateway.server.operator_door import Server, own_socket
from gateway.server.telling import telling
from gateway.store.part import stored
from gateway.terminal.output import Output
from schemas.errors import TapelineError
from topics.heap import settle
from topics.logs import JsonLines
from topics.settings import Settings, settings

LOGGING: Mapping[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": JsonLines}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
MESSAGE = 16 << 10
"""Bytes of the longest message that a stream takes."""


def serve(host: str | None, port: int | None, output: Output) -> int:
    """Serve until a signal ends it; gives the exit code."""
    known = settings()
    options = _options(known, host, port)
    widen()
    with listening(options) as door, own_socket(known.home) as own:
        address = address_of(options, door)
        if output.json:
            output.object({"address": address})
        else:
            output.note(f"the gateway is on {address}; Ctrl-C ends it")
        services = assembled(known, options)
        services.address, services.door = address, own.getsockname() if own else ""
        server = Server(configured(services, options), own)
        told = announced(known.home, address, services.door)
        settle()
        with told, contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[door])
    return 0 if server.started else 1


def _options(known: Settings, host: str | None, port: int | None) -> GatewaySettings:
    """Those of [gateway], with what the command line says in their place."""
    told = {"host": host, "port": port}
    given = {name: value for name, value in told.items() if value is not None}
    merged = known.model_copy(update={"gateway": {**known.gateway, **given}})
    return merged.of("gateway", GatewaySettings)


def assembled(known: Settings, options: GatewaySettings) -> Services:
    """All parts of the gateway, not opened yet."""
    parts: list[Part] = [stored, letting_in, living, commanding, looking, working, telling]
    return Services(known, options, parts)


def configured(services: Services, options: GatewaySettings) -> uvicorn.Config:
    """The server's settings: no headers that tell what it is, no compression of streams (it takes
    300 kB a connection), nothing believed that a proxy says of an address.
    """
    api = make_api(services)
    mount(api, built())
    return uvicorn.Config(
        api,
        loop="uvloop",
        http=Http,
        ws=Wire,
        ws_max_size=MESSAGE,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        lifespan="on",
        log_config=dict(LOGGING),
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
        ssl_certfile=options.certificate,
        ssl_keyfile=options.key,
        backlog=4096,
    )


def listening(options: GatewaySettings) -> socket.socket:
    """The socket, bound; TapelineError where the address is taken or none of this machine."""
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((options.host, options.port))
    except OSError as error:
        door.close()
        raise TapelineError(
            f"{options.host}:{options.port} cannot be listened on ({error.strerror}): choose "
            "another with --port, or in [gateway]"
        ) from None
    return door


def address_of(options: GatewaySettings, door: socket.socket) -> str:
    """Where people find it."""
    scheme = "https" if options.certificate else "http"
    host = f"[{options.host}]" if ":" in options.host else options.host
    return f"{scheme}://{host}:{door.getsockname()[1]}"


def widen() -> None:
    """As many open files as this process may have: each connection is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
