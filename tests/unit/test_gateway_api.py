"""The face of the API: health that is true, errors of one form, headers, bounds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, ValidationError

from gateway.api.app import make_api
from gateway.api.problems import MEDIA
from gateway.api.settings import GatewaySettings
from gateway.auth.guard import require
from gateway.auth.rights import Principal, Right
from schemas.errors import TapelineError, Unknown
from tests.unit.gateway_api import client, services

router = APIRouter()


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str


@router.post("/echo")
async def echo(body: Body) -> str:
    return body.name


@router.get("/mine")
async def mine(who: Annotated[Principal, Depends(require(Right.TRADE))], account: str) -> str:
    return who.account(account)


@router.get("/broken/{how}")
async def broken(how: str) -> None:
    raise {"ours": TapelineError("no"), "unknown": Unknown("?")}.get(how, RuntimeError("secret"))


async def test_health_is_told_to_anybody_and_readiness_is_asked_of_each_part() -> None:
    given = services()
    given.authenticate = None

    async def away() -> str:
        return "the broker does not answer"

    async def well() -> str:
        return ""

    async with client(make_api(given)) as web:
        assert (await web.get("/v1/health")).json()["status"] == "ok"
        assert (await web.get("/v1/ready")).json() == {"ready": True, "parts": {}}
        given.probes = {"broker": away, "store": well}
        told = await web.get("/v1/ready")
        assert told.status_code == 503
        assert told.json()["parts"] == {"broker": "the broker does not answer", "store": "ok"}


async def test_without_an_authenticator_nobody_is_let_in() -> None:
    given = services()
    given.authenticate = None
    async with client(make_api(given, [router]), "trader") as web:
        assert (await web.get("/v1/mine?account=a")).status_code == 401


async def test_a_right_and_an_account_are_asked_for() -> None:
    async with client(make_api(services(), [router])) as web:

        async def status(who: str, account: str) -> int:
            headers = {"Authorization": f"Bearer {who}"}
            told = await web.get("/v1/mine", params={"account": account}, headers=headers)
            return told.status_code

        assert await status("nobody", "a") == 401
        assert await status("viewer", "a") == 403
        assert await status("trader@a", "a") == 200
        assert await status("trader@a", "b") == 404


async def test_every_error_is_a_problem_that_tells_nothing_of_the_inside() -> None:
    async with client(make_api(services(body=1024), [router])) as web:
        asked = [
            (await web.get("/v1/nothing"), 404),
            (await web.put("/v1/echo"), 405),
            (await web.post("/v1/echo", json={"name": "a", "role": "admin"}), 422),
            (await web.post("/v1/echo", json={"name": "a" * 2000}), 413),
            (await web.post("/v1/echo", content=_pieces()), 413),
            (await web.get("/v1/broken/ours"), 409),
            (await web.get("/v1/broken/unknown"), 503),
            (await web.get("/v1/broken/fault"), 500),
        ]
    for told, status in asked:
        assert told.status_code == status, told.text
        assert told.headers["content-type"] == MEDIA
        assert told.json()["status"] == status
        assert "secret" not in told.text
        assert told.headers["x-content-type-options"] == "nosniff"


async def _pieces() -> AsyncIterator[bytes]:
    for _ in range(20):
        yield b"a" * 100


async def test_headers_keep_browsers_safe_and_other_origins_out() -> None:
    given = services(origins=["https://desk.example.org"])
    async with client(make_api(given)) as web:
        told = await web.get("/v1/health", headers={"Origin": "https://evil.example"})
        assert "frame-ancestors 'none'" in told.headers["content-security-policy"]
        assert told.headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in told.headers
        told = await web.get("/v1/health", headers={"Origin": "https://desk.example.org"})
        assert told.headers["access-control-allow-origin"] == "https://desk.example.org"


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "0.0.0.0"},
        {"certificate": "a.pem"},
        {"origins": ["*"]},
        {"port": 70000},
        {"hosts": "localhost"},
    ],
)
def test_settings_that_are_not_safe_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        GatewaySettings.model_validate(wrong)
