"""The peer of the gateway's bench: the same framework and server, with none of our logic.

A topic's records are sent as they are to all who have asked for their key; what is at a path is
bytes from a file; what is posted is put on a topic, and answered once it is durable.
Prints its port as JSON, and serves until it is ended.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from starlette.responses import Response

from gateway.server.serve import MESSAGE, widen

TOPIC, POSTED = "bare.frames", "bare.posted"


class Fan:
    """Who hears of which key, and the thread that reads the topic."""

    def __init__(self, broker: str) -> None:
        self.hearers: dict[str, dict[WebSocket, None]] = {}
        self._frames: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self._broker, self._loop = broker, asyncio.get_running_loop()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        wanted = {"bootstrap.servers": self._broker, "group.id": "bare", "fetch.wait.max.ms": 50}
        consumer = Consumer(wanted)
        _, end = consumer.get_watermark_offsets(TopicPartition(TOPIC, 0), timeout=30)
        consumer.assign([TopicPartition(TOPIC, 0, end)])
        while True:
            message = consumer.poll(1.0)
            if message is None or message.error():
                continue
            frame = (bytes(message.key() or b"").decode(), bytes(message.value() or b"").decode())
            self._loop.call_soon_threadsafe(self._frames.put_nowait, frame)

    async def tell(self) -> None:
        """Send what comes, for ever."""
        while True:
            key, frame = await self._frames.get()
            for each in list(self.hearers.get(key, ())):
                await each.send_text(frame)


class Posting:
    """Puts bytes on the topic, one acknowledged produce each."""

    def __init__(self, broker: str) -> None:
        self._producer = Producer(
            {"bootstrap.servers": broker, "acks": "all", "enable.idempotence": True, "linger.ms": 0}
        )
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._poll, daemon=True).start()

    def _poll(self) -> None:
        while True:
            self._producer.poll(0.5)

    async def post(self, body: bytes) -> None:
        """Returns once it is durable."""
        done = self._loop.create_future()

        def delivered(error: KafkaError | None, _: Message) -> None:
            self._loop.call_soon_threadsafe(done.set_result, error)

        self._producer.produce(POSTED, body, on_delivery=delivered)
        if error := await done:
            raise RuntimeError(str(error))


def made(broker: str, answers: dict[str, str]) -> FastAPI:
    """The app. answers: bodies by path."""

    @asynccontextmanager
    async def living(api: FastAPI) -> AsyncIterator[None]:
        api.state.fan = Fan(broker)
        api.state.posting = Posting(broker)
        task = asyncio.create_task(api.state.fan.tell())
        yield
        task.cancel()

    api = FastAPI(lifespan=living)

    @api.websocket("/v1/stream")
    async def stream(each: WebSocket) -> None:
        await each.accept()
        fan: Fan = each.app.state.fan
        try:
            while True:
                said = json.loads(await each.receive_text())
                if said["type"] == "unsubscribe":
                    fan.hearers[said["key"]].pop(each)
                    continue
                fan.hearers.setdefault(said["key"], {})[each] = None
                await each.send_text('{"type":"snapshot","sequence":0,"items":[]}')
        except WebSocketDisconnect:
            for hearers in fan.hearers.values():
                hearers.pop(each, None)

    @api.get("/v1/{path:path}")
    async def answer(path: str, request: Request) -> Response:
        found = answers[f"{request.url.path}?{request.url.query}".rstrip("?")]
        return Response(found, media_type="application/json")

    @api.post("/v1/{path:path}", status_code=202)
    async def take(path: str, request: Request) -> dict[str, str]:
        await request.app.state.posting.post(await request.body())
        return {"path": path}

    return api


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--broker", required=True)
    parser.add_argument("--answers", type=Path)
    given = parser.parse_args()
    widen()
    answers = json.loads(given.answers.read_text()) if given.answers else {}
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    print(json.dumps({"port": door.getsockname()[1]}), flush=True)
    config = uvicorn.Config(
        made(given.broker, answers), loop="uvloop", http="httptools", ws="websockets-sansio",
        ws_max_size=MESSAGE, ws_per_message_deflate=False, ws_ping_interval=None,
        log_level="warning", access_log=False, server_header=False, backlog=4096,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[door])


if __name__ == "__main__":
    main()
