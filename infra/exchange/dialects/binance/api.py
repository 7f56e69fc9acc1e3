"""The WebSocket API: the same endpoints by other names.

https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-api-general-info
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from infra.exchange.dialects.binance import signing
from infra.exchange.dialects.binance.errors import Refusal
from infra.exchange.dialects.binance.request import Request, illegal, texts
from infra.exchange.dialects.binance.section import Endpoint, Section, Security
from infra.exchange.sockets import Socket

Methods = Mapping[str, Endpoint]


class Api:
    """One section's WebSocket API. ended: told of each connection that is over."""

    def __init__(
        self, section: Section, methods: Methods, ended: Callable[[Socket], None] | None = None
    ) -> None:
        self.section = section
        self.methods = methods
        self.ended = ended

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """One connection until it ends."""
        response = web.WebSocketResponse(heartbeat=180, max_msg_size=1 << 16)
        await response.prepare(request)
        socket = Socket(response)
        writer = asyncio.ensure_future(socket.write())
        try:
            async for message in response:
                if message.type is WSMsgType.TEXT:
                    socket.send(self.answer(message.data, request.remote or "", socket))
        finally:
            writer.cancel()
            if self.ended is not None:
                self.ended(socket)
        return response

    def answer(self, text: str, address: str, socket: Socket | None = None) -> dict[str, Any]:
        """What is said to one message."""
        number: Any = None
        try:
            asked = read(text)
            number = asked.get("id")
            return {"id": number, "status": 200, "result": self._result(asked, address, socket)}
        except Refusal as refusal:
            return {"id": number, "status": refusal.status, "error": refusal.body()}

    def _result(self, asked: dict[str, Any], address: str, socket: Socket | None) -> Any:
        endpoint = self.methods.get(str(asked.get("method")))
        if endpoint is None:
            raise Refusal(-1106, "Unknown method.")
        self.section.weights.use(address, endpoint.weight)
        given = asked.get("params") or {}
        if not isinstance(given, dict):
            raise illegal("params", "an object")
        params, account, key = texts(given), None, ""
        if endpoint.security is not Security.NONE:
            key = params.get("apiKey", "")
            account = signing.account_of(self.section.house, key)
        if account is not None and endpoint.security is Security.SIGNED:
            payload, over = signing.payload_of(params), self.section.over_window
            signing.check(account, payload, params, self.section.clock, over)
            if endpoint.orders:
                self.section.weights.order(account.number, endpoint.orders)
        return endpoint.act(self.section, Request(params, account, address, key, socket))


def read(text: str) -> dict[str, Any]:
    """A message, which must be a JSON object."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise illegal("request", "a JSON object") from error
    if not isinstance(found, dict):
        raise illegal("request", "a JSON object")
    return found
