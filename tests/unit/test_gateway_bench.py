"""`tapeline bench gateway`: it is there to be chosen, and says when files are too few."""

from __future__ import annotations

import asyncio
import resource
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.benches import BENCHES
from gateway.cli import app
from infra.local.errors import LocalError
from tests.bench import gateway
from tests.bench.gateway_reader import Load, quantiles

ROOM = Path(gateway.__file__).parent


def test_the_help_names_every_bench_that_there_is() -> None:
    told = " ".join(CliRunner().invoke(app, ["bench", "--help"]).stdout.split())
    for name in BENCHES:
        assert name in told
        assert "\ndef rows(" in (ROOM / f"{name}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(("most", "enough"), [(1024, False), (10_200, True), (-1, True)])
def test_too_few_open_files_are_told_with_the_remedy(
    most: int, enough: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "widen", lambda: None)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (most, most))
    if enough:
        gateway.enough(10_200)
        return
    with pytest.raises(LocalError, match=r"1,024 files .* 10,200 .*ulimit -Hn 10200"):
        gateway.enough(10_200)


def test_quantiles_are_one_above_a_whole_rank() -> None:
    took = [number * 10**6 for number in range(1000)]
    assert quantiles(took) == {"p50": 500.0, "p99": 990.0, "longest": 999.0}
    assert quantiles([]) == {}


async def test_a_connection_that_is_refused_is_counted_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def forbids(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
        writer.close()

    monkeypatch.setattr("gc.freeze", lambda: None)
    async with await asyncio.start_server(forbids, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        told = await Load().open(port, ["token"], 3, 1e6)
    assert told == {"opened": 0, "lost": {"answered 403": 3}}
    told = await Load().open(port, ["token"], 3, 1e6)
    assert (told["opened"], told["lost"].total()) == (0, 3), "nobody listens"
