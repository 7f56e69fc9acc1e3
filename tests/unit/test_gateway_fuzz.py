"""Whatever is sent to any route of the API: it is answered as described, without a fault."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from gateway.api.app import DESK, make_api
from gateway.api.routes.system import Looks
from gateway.auth.rights import EVERY, Principal, Right, Role
from gateway.jobs.job import Job
from gateway.jobs.room import Room
from gateway.store.engine import async_engine, engine
from gateway.store.migrate import migrate
from gateway.store.settings import StoreSettings
from gateway.watching.gauge import Sample
from tests.unit.gateway_desk import desk

CHECKS = [
    not_a_server_error, content_type_conformance, response_schema_conformance,
    status_code_conformance,
]  # fmt: skip
"""What the description says of an answer is so, too."""


class Still(Room):
    """Takes jobs and runs none."""

    def start(self, job: Job) -> Job:
        return self._jobs.setdefault(job.id, job)


class Seen(Looks):
    """Has looked."""

    async def now(self) -> Sample:
        return Sample(0.0)


def app() -> FastAPI:
    """Of somebody who may do everything, so that no route is shut."""
    given = desk()
    given.more = {"jobs": Still(Path(ROOM.name), 1), "looks": Seen(given.settings)}

    async def anybody(_: Any) -> Principal:
        return Principal("ann", Role.RISK, frozenset({EVERY}), frozenset(Right))

    given.authenticate = anybody
    given.store = opened()
    return make_api(given, DESK)


def opened() -> AsyncEngine:
    """An empty store, of which no connection is kept from one loop to the next."""
    address = StoreSettings().address(Path(ROOM.name))
    plain = engine(address)
    migrate(plain)
    plain.dispose()
    return create_async_engine(async_engine(address).url, poolclass=NullPool)


ROOM = TemporaryDirectory()


def test_each_request_is_answered_as_described() -> None:
    """The operations are gone through here, as pytest would need the whole API to name them."""
    answered: Counter[str] = Counter()
    for found in schemathesis.openapi.from_asgi("/v1/openapi.json", app()).get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @settings(
            max_examples=3,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            database=None,
        )
        @given(case=operation.as_strategy())
        def asked(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(checks=CHECKS)
            answered[f"{case.method} {case.path}"] += 1

        asked()
    assert len(answered) > 40, answered
