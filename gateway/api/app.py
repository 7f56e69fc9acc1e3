"""make_api: routers, middleware, errors and parts put together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware

from gateway.api import problems
from gateway.api.middleware import BodyLimit, Faults, SafeHeaders
from gateway.api.problems import MEDIA, ProblemDetails
from gateway.api.routes import (
    accounts,
    api_keys,
    audit,
    commands,
    exchange_keys,
    health,
    history,
    invitations,
    jobs,
    markets,
    orders,
    profile,
    sessions,
    settings,
    stream,
    system,
    users,
)
from gateway.api.services import Services
from gateway.server.telling import Counted

DESK: tuple[APIRouter, ...] = (
    health.router,
    markets.router,
    orders.router,
    accounts.router,
    commands.router,
    history.router,
    jobs.router,
    system.router,
    stream.router,
)
PEOPLE: tuple[APIRouter, ...] = (
    sessions.router,
    profile.router,
    invitations.router,
    users.router,
    api_keys.router,
    exchange_keys.router,
    audit.router,
    settings.router,
)
ROUTERS = (*DESK, *PEOPLE)
"""Under /v1, in the order of the API's description."""

PROBLEM = {
    "description": "What is wrong.",
    "content": {MEDIA: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
}


def make_api(services: Services, routers: Iterable[APIRouter] = ROUTERS) -> FastAPI:
    """The app of these services; its parts are opened when it starts."""
    api = FastAPI(
        title="Tapeline",
        version=version("tapeline"),
        openapi_url="/v1/openapi.json",
        docs_url="/v1/docs" if services.options.docs else None,
        redoc_url=None,
        lifespan=_living,
        responses={"4XX": PROBLEM | {"model": ProblemDetails}, "5XX": PROBLEM},
        strict_content_type=True,
    )
    api.state.services = services
    problems.install(api)
    for router in routers:
        api.include_router(router, prefix="/v1")
    _wrap(api, services)
    return api


def _wrap(api: FastAPI, services: Services) -> None:
    """The last one is the outermost."""
    options = services.options
    api.add_middleware(Faults)
    api.add_middleware(BodyLimit, most=options.body)
    if options.origins:
        api.add_middleware(
            CORSMiddleware,
            allow_origins=options.origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key"],
        )
    api.add_middleware(SafeHeaders, secure=options.secure)
    api.add_middleware(Counted, tally=services.tally)


@asynccontextmanager
async def _living(api: FastAPI) -> AsyncIterator[None]:
    services: Services = api.state.services
    async with AsyncExitStack() as stack:
        for part in services.parts:
            await stack.enter_async_context(part(services))
        yield
