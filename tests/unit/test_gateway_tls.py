"""TLS by setting: a real server with a certificate of its own, asked by a stranger."""

from __future__ import annotations

import asyncio
import logging
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
import uvicorn

from gateway.api.settings import GatewaySettings
from gateway.server.serve import configured, listening
from tests.unit.gateway_desk import desk


@pytest.fixture
def quiet() -> Iterator[None]:
    """The server sets up logging for its process; here it is put back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def options(tmp_path: Path) -> GatewaySettings:
    """A certificate for this machine, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not there to make a certificate")
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-batch", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True,
    )  # fmt: skip
    return GatewaySettings.model_validate({"port": 0, "certificate": cert, "key": key})


@pytest.fixture
async def port(options: GatewaySettings, quiet: None) -> AsyncIterator[int]:
    """Where it listens while it runs."""
    given = desk()
    given.options = options
    config = configured(given, options)
    config.load()
    context = config.ssl
    assert context is not None
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    server = uvicorn.Server(config)
    with listening(options) as door:
        serving = asyncio.create_task(server.serve(sockets=[door]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield door.getsockname()[1]
        server.should_exit = True
        await serving


async def test_nothing_is_told_without_tls_or_by_an_old_one(
    port: int, options: GatewaySettings
) -> None:
    known = ssl.create_default_context(cafile=str(options.certificate))
    async with httpx2.AsyncClient(verify=known, trust_env=False) as web:
        told = await web.get(f"https://127.0.0.1:{port}/v1/health")
        assert told.status_code == 200
        assert "max-age" in told.headers["strict-transport-security"]
        assert "server" not in told.headers
        with pytest.raises(httpx2.TransportError):
            await web.get(f"http://127.0.0.1:{port}/v1/health")
    async with httpx2.AsyncClient(trust_env=False) as stranger:
        with pytest.raises(httpx2.ConnectError, match="certificate"):
            await stranger.get(f"https://127.0.0.1:{port}/v1/health")
