"""Streams over real sockets: the gateway's own server, and clients of the websockets library."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, Side

from gateway.api import arrival
from gateway.api.services import Services
from gateway.live.hub import Item
from gateway.live.wire import framed
from gateway.server.serve import configured
from tests.unit.gateway_desk import desk

STREAMS, UPDATES = 200, 20
KEYS = [f"binance:T{number}/USDT:USDT" for number in range(5)]
PATIENCE = 60.0
WHOLE = b"GET /v1/health HTTP/1.1\r\nHost: desk\r\n\r\n"


@given(st.one_of(st.binary(max_size=300), st.integers(0, 70_000).map(bytes)))
def test_a_frame_is_what_a_client_takes_for_one_text(text: bytes) -> None:
    client = Protocol(Side.CLIENT, max_size=None)
    client.receive_data(framed(text) + framed(b"next"))
    first, second = (each for each in client.events_received() if isinstance(each, Frame))
    assert (first.opcode, first.fin, bytes(first.data)) == (Opcode.TEXT, True, text)
    assert bytes(second.data) == b"next"


@asynccontextmanager
async def serving(services: Services) -> AsyncIterator[str]:
    """The address of the stream of a gateway that serves."""
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    server = uvicorn.Server(configured(services, services.options))
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    task = asyncio.create_task(server.serve([door]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"ws://127.0.0.1:{door.getsockname()[1]}/v1/stream"
    finally:
        server.should_exit = True
        await asyncio.wait_for(task, PATIENCE)


@asynccontextmanager
async def heard(address: str, channel: str, key: str, **more: Any) -> AsyncIterator[Any]:
    """A client that has its snapshot."""
    headers = {"Authorization": "Bearer trader"}
    async with connect(
        address, additional_headers=headers, compression=None, max_size=None, **more
    ) as client:
        await client.send(orjson.dumps({"type": "subscribe", "channel": channel, "key": key}))
        while (await told(client))["type"] != "snapshot":
            pass
        yield client


async def told(client: ClientConnection) -> Any:
    return orjson.loads(await asyncio.wait_for(client.recv(), PATIENCE))


async def test_every_update_reaches_each_of_many_streams_in_order() -> None:
    given_ = desk()

    async def numbers(address: str, key: str, ready: asyncio.Semaphore) -> list[tuple[int, str]]:
        async with heard(address, "statuses", key) as client:
            ready.release()
            deltas: list[tuple[int, str]] = []
            while len(deltas) < UPDATES:
                frame = await told(client)
                assert (frame["type"], frame["key"]) == ("delta", key)
                deltas.append((frame["sequence"], frame["item"]["id"]))
            return deltas

    async with serving(given_) as address:
        ready = asyncio.Semaphore(0)
        readers = [
            asyncio.create_task(numbers(address, KEYS[at % len(KEYS)], ready))
            for at in range(STREAMS)
        ]
        for _ in readers:
            await ready.acquire()
        for at in range(UPDATES):
            given_.live.hub.take([Item("statuses", key, f"{at}", {"id": f"{at}"}) for key in KEYS])
            await asyncio.sleep(0)
        found = await asyncio.gather(*readers)
    assert found == [[(at + 1, f"{at}") for at in range(UPDATES)]] * STREAMS
    assert not given_.live.streams


@pytest.mark.parametrize(
    "said", [[], [b"GET /v1/health HTTP/1.1\r\n", b"X: "], [WHOLE], [WHOLE, b"GET /"]]
)
async def test_a_connection_whose_request_does_not_come_is_cut(
    said: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrival, "HEAD", 0.5)
    async with serving(desk()) as address, heard(address, "statuses", KEYS[0]) as client:
        host, port = address.removeprefix("ws://").split("/")[0].split(":")
        reader, writer = await asyncio.open_connection(host, int(port))

        async def dribble() -> None:
            for piece in said:
                writer.write(piece)
            while said[-1:] != [WHOLE]:
                await asyncio.sleep(0.05)
                writer.write(b"x" if said else b"\r\n")

        task = asyncio.create_task(dribble())
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(PATIENCE):
                answer = await reader.read()  # to the end
                assert answer.startswith(b"HTTP/1.1 200" if WHOLE in said else b"")
        task.cancel()
        writer.close()
        await client.send(orjson.dumps({"type": "ping"}))  # one that was let in stays
        while (await told(client))["type"] != "pong":
            pass


async def test_a_head_without_end_is_cut() -> None:
    async with serving(desk()) as address:
        host, port = address.removeprefix("ws://").split("/")[0].split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(PATIENCE):
                writer.write(b"GET /v1/health HTTP/1.1\r\nX: ")
                while not reader.at_eof():
                    writer.write(b"x" * 10_000)
                    await writer.drain()
        writer.close()
        assert (await heard_of(host, port)).startswith(b"HTTP/1.1 200")


async def heard_of(host: str, port: str) -> bytes:
    """What a short request is answered."""
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(WHOLE)
    answer = await reader.readline()
    writer.close()
    return answer


@pytest.mark.parametrize(("channel", "ends"), [("signals", False), ("statuses", True)])
async def test_who_reads_nothing_is_conflated_or_closed_and_holds_no_other_up(
    channel: str, ends: bool
) -> None:
    given_, large, count = desk(waiting=50), "x" * 100_000, 200
    async with (
        serving(given_) as address,
        heard(address, channel, KEYS[0], max_queue=1) as slow,
        heard(address, channel, KEYS[0]) as quick,
    ):
        for at in range(1, count + 1):
            given_.live.hub.take([Item(channel, KEYS[0], "", {"id": at, "large": large})])
            assert (await told(quick))["sequence"] == at
        numbers: list[int] = []
        code = 0
        try:
            while not numbers or numbers[-1] < count:
                numbers.append((await told(slow))["sequence"])
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else 1006
    assert numbers == sorted(set(numbers))
    if ends:
        assert code in (4408, 1006)  # 1006: where it never read as far as the reason
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) < count
    else:
        assert (code, numbers[-1]) == (0, count)
        assert len(numbers) < count
