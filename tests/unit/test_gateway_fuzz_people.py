"""Whatever each role sends to any route of the whole API, on a real server with a real store and
Redis: it is answered as described, without a fault. TAPELINE_FUZZ=N: N requests to each route by
each role, those of the desk too.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok
from starlette.requests import HTTPConnection

from gateway.api.app import PEOPLE, ROUTERS, make_api
from gateway.api.services import Services
from gateway.auth import people
from gateway.auth.guard import unknown
from gateway.auth.letting_in import letting_in
from gateway.auth.rights import EVERY, RIGHTS, Principal, Role
from gateway.server.serve import listening
from gateway.store.engine import writing_async
from gateway.store.part import stored
from tests.unit.gateway_desk import desk as small_desk
from tests.unit.gateway_people import FAST, FREE, PASSWORD
from tests.unit.test_gateway_fuzz import CHECKS, Seen, Still
from topics.keypairs import KeyPair

EACH = int(os.environ.get("TAPELINE_FUZZ", "2"))
"""Requests to a route by a role."""
LONG = EACH > 2
pytestmark = pytest.mark.timeout(3600)
ONE = {"users": "0123456789abcdef", "exchange-keys": "main"}
"""By the first part of a path, what is there: half of all requests are of it."""


@asynccontextmanager
async def peopled(services: Services) -> AsyncIterator[None]:
    """A part: users by role, and one who is changed; who asks is told by role and never ends."""
    assert services.auth is not None
    ids = {}
    async with writing_async(services.auth.store) as session:
        hash = await services.auth.passwords.hash(PASSWORD)
        for name in (*Role, "changed"):
            roles = [name] if name in list(Role) else []
            made = await people.made(session, f"the-{name}", hash, roles, [EVERY], time.time_ns())
            if name == "changed":
                made.id = ONE["users"]
            ids[str(name)] = made.id

    async def by_role(connection: HTTPConnection) -> Principal:
        told = connection.headers.get("authorization", "")
        if told not in ids:
            raise unknown()
        role = Role(told)
        return Principal(ids[told], role, frozenset({EVERY}), RIGHTS[role], session="s")

    services.authenticate = by_role
    yield


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[str]:
    """Where the whole API runs, in a thread."""
    home: Path = tmp_path_factory.mktemp("fuzz")
    KeyPair.of(home, "main")
    parts = small_desk(auth={"passwords": FAST, "rates": FREE}, port=0, registration="open")
    known = parts.settings.model_copy(update={"home": home, "redis_url": redis_url})
    parts.settings, own = known, [stored, letting_in, peopled]
    parts.more = {"jobs": Still(home / "jobs", 1), "looks": Seen(known)}
    parts.parts = [*own, *parts.parts]
    api = make_api(parts, ROUTERS if LONG else PEOPLE)
    with listening(parts.options) as door:
        server = uvicorn.Server(uvicorn.Config(api, log_config=None, lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.02)
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def placed(case: schemathesis.Case[Any], turn: int) -> None:
    """Every other request is of what is there."""
    name = case.path.split("/")[2]
    if turn % 2 == 0 and name in ONE:
        case.path_parameters = {part: ONE[name] for part in case.path_parameters or {}}


@pytest.mark.parametrize("role", [*Role, "nobody"])
def test_a_role_is_answered_as_described(address: str, role: str) -> None:
    schema = schemathesis.openapi.from_url(f"{address}/v1/openapi.json")
    codes: dict[int, int] = {}
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @settings(
            max_examples=EACH,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
            derandomize=not LONG,
            database=None,
        )
        @given(case=operation.as_strategy())
        def asked(case: schemathesis.Case[Any]) -> None:
            placed(case, sum(codes.values()))
            told = case.call_and_validate(checks=CHECKS, headers={"Authorization": role})
            codes[told.status_code] = codes.get(told.status_code, 0) + 1

        asked()
    print(role, codes)
    assert sum(codes.values()) >= 25 * EACH, codes
    assert codes.get(401, 0) > 10 if role == "nobody" else codes.get(200, 0) > 3, codes
