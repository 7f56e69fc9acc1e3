"""The page beside the API: its files, its views, and what is served where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI

from gateway.api.app import make_api
from gateway.page.serving import mount
from tests.unit.gateway_api import client, services


@pytest.fixture
def api(tmp_path: Path) -> FastAPI:
    """The API with a page of one script."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>Tapeline</title>")
    (tmp_path / "assets" / "main-1a2b.js").write_text("1")
    (tmp_path.parent / "secret.txt").write_text("secret")
    made = make_api(services())
    mount(made, tmp_path)
    return made


async def test_every_view_is_the_page_and_scripts_are_kept(api: FastAPI) -> None:
    async with client(api) as web:
        for view in ("/", "/orders", "/sign-in?next=/risk"):
            told = await web.get(view)
            assert (told.status_code, "Tapeline" in told.text) == (200, True)
            assert told.headers["cache-control"] == "no-cache"
            assert "script-src 'self'" in told.headers["content-security-policy"]
        script = await web.get("/assets/main-1a2b.js")
        assert "immutable" in script.headers["cache-control"]
        assert (await web.get("/assets/old-0000.js")).status_code == 404


async def test_what_is_the_apis_is_no_view(api: FastAPI) -> None:
    async with client(api) as web:
        assert (await web.get("/v1/health")).json()["status"] == "ok"
        for absent in ("/v1/nothing", "/v1"):
            told = await web.get(absent)
            assert told.status_code == 404
            assert told.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt"]
)
async def test_nothing_outside_its_folder_is_served(api: FastAPI, path: str) -> None:
    async with client(api) as web:
        assert "secret" not in (await web.get(path)).text


async def test_without_a_build_the_remedy_is_told() -> None:
    api = make_api(services())
    mount(api, None)
    async with client(api) as web:
        told = await web.get("/")
        assert (told.status_code, "make page" in told.text) == (503, True)
        assert (await web.get("/v1/health")).status_code == 200
