"""What all of Bybit's sockets have in common: a connection, its id, and how it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from infra.exchange.clock import Clock
from infra.exchange.dialects.bybit.errors import wrong
from infra.exchange.dialects.bybit.shapes import uuid
from infra.exchange.sockets import Socket

MOST_MESSAGE = 1 << 16
Command = Callable[[Socket, str], dict[str, Any] | None]


async def connection(
    request: web.Request, command: Command, ended: Callable[[Socket], None]
) -> web.WebSocketResponse:
    """Answer each text of a connection until it ends."""
    response = web.WebSocketResponse(heartbeat=180, max_msg_size=MOST_MESSAGE)
    await response.prepare(request)
    socket = Socket(response)
    writer = asyncio.ensure_future(socket.write())
    try:
        async for message in response:
            if message.type is WSMsgType.TEXT:
                told = command(socket, message.data)
                if told is not None:
                    socket.send(told)
    finally:
        writer.cancel()
        ended(socket)
    return response


def asked_of(text: str) -> dict[str, Any]:
    """A message, which must be a JSON object."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise wrong("error:json format") from error
    if not isinstance(found, dict):
        raise wrong("error:json format")
    return found


def connection_id(socket: Socket) -> str:
    """conn_id."""
    return uuid("connection", id(socket) & (1 << 61) - 1)


def answered(socket: Socket, asked: dict[str, Any], words: str = "") -> dict[str, Any]:
    """That a message was carried out."""
    told = {"success": True, "ret_msg": words, "conn_id": connection_id(socket)}
    return {**told, "req_id": asked.get("req_id", ""), "op": asked.get("op")}


def refused(socket: Socket, asked: dict[str, Any], words: str) -> dict[str, Any]:
    """That it was not; with what was asked."""
    told = answered(socket, asked, words)
    request = {"op": asked.get("op", ""), "args": asked.get("args")}
    return {**told, "success": False, "request": request}


def pong(clock: Clock, socket: Socket, asked: dict[str, Any]) -> dict[str, Any]:
    """The answer to a ping of a private connection."""
    return {
        "req_id": asked.get("req_id", ""),
        "op": "pong",
        "args": [str(clock.milliseconds())],
        "conn_id": connection_id(socket),
    }
