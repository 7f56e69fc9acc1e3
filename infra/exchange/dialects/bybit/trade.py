"""Order entry by WebSocket: the same endpoints by other names, after one authentication.

https://bybit-exchange.github.io/docs/v5/websocket/trade/guideline
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from infra.exchange.accounts import Account
from infra.exchange.dialects.bybit import batches, orders, signing
from infra.exchange.dialects.bybit.errors import Code, Refusal, refused, wrong
from infra.exchange.dialects.bybit.request import Request
from infra.exchange.dialects.bybit.rest import accepted
from infra.exchange.dialects.bybit.section import Section, Table
from infra.exchange.dialects.bybit.stream import asked_of, connection, connection_id
from infra.exchange.sockets import Socket

TABLE: Table = {**orders.TABLE, **batches.TABLE}
OPERATIONS = {
    f"order.{path.rsplit('/', 1)[1]}": path for _, path in TABLE if not path.endswith("cancel-all")
}
KEPT_REQUESTS = 1_000
MOST_REQUEST_ID = 36


@dataclass(slots=True)
class Entered:
    """Who has authenticated, and the reqIds that they used last."""

    account: Account
    used: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def use(self, request_id: str) -> None:
        """20006 for one that was used."""
        if len(request_id) > MOST_REQUEST_ID:
            raise wrong("params error: reqId invalid")
        if request_id in self.used:
            raise refused(Code.DUPLICATE_REQUEST)
        self.used[request_id] = None
        if len(self.used) > KEPT_REQUESTS:
            self.used.popitem(last=False)


@dataclass(slots=True)
class OrderEntry:
    """/v5/trade."""

    section: Section
    _entered: dict[Socket, Entered] = field(default_factory=dict)

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """One connection until it ends."""
        return await connection(request, self.command, self._end)

    def _end(self, socket: Socket) -> None:
        self._entered.pop(socket, None)

    def command(self, socket: Socket, text: str) -> dict[str, Any]:
        """What is said to one message."""
        asked: dict[str, Any] = {}
        header: dict[str, str] = {}
        try:
            asked = asked_of(text)
            operation = asked.get("op")
            if operation in ("ping", "auth"):
                return self._usual(socket, asked)
            path = OPERATIONS.get(str(operation))
            if path is None:
                raise refused(Code.NO_SUCH_OP)
            told = self._carried_out(socket, asked, path, header)
        except Refusal as refusal:
            told = {"retCode": refusal.code, "retMsg": refusal.message, "data": refusal.result}
            told["retExtInfo"] = {}
        made = {"header": header} if header else {}
        return {**request_id(asked), **told, **made, **self._ends(socket, asked.get("op"))}

    def _ends(self, socket: Socket, operation: Any) -> dict[str, Any]:
        return {"op": operation, "connId": connection_id(socket)}

    def _usual(self, socket: Socket, asked: dict[str, Any]) -> dict[str, Any]:
        """ping and auth."""
        told: dict[str, Any] = {**request_id(asked), "retCode": 0, "retMsg": "OK"}
        if asked["op"] == "ping":
            now = self.section.clock.milliseconds()
            return {**told, "data": [str(now)], **self._ends(socket, "pong")}
        if socket in self._entered:
            raise refused(Code.REPEATED_AUTH)
        account = signing.authenticated(self.section.house, asked.get("args"))
        self._entered[socket] = Entered(account)
        return {**told, **self._ends(socket, "auth")}

    def _carried_out(
        self, socket: Socket, asked: dict[str, Any], path: str, header: dict[str, str]
    ) -> dict[str, Any]:
        """The answer to an order; header: what is told of the account's limit."""
        entered = self._entered.get(socket)
        if entered is None:
            raise refused(Code.UNAUTHENTICATED)
        if "reqId" in asked:
            entered.use(str(asked["reqId"]))
        self._check_time(asked.get("header"))
        arguments, endpoint = asked.get("args"), TABLE["POST", path]
        if not isinstance(arguments, list) or len(arguments) != 1:
            raise wrong("params error: args should have one item")
        if not isinstance(arguments[0], dict):
            raise wrong("params error: args invalid")
        number = entered.account.number
        try:
            if not endpoint.batch:
                self.section.usage.use(number, path, endpoint.most)
            found = endpoint.act(self.section, Request(arguments[0], entered.account))
        finally:
            header |= self.section.usage.headers(number, path, endpoint.most)
            header |= {"Traceid": "", "Timenow": str(self.section.clock.milliseconds())}
        told = accepted(self.section, found)
        return {
            "retCode": 0,
            "retMsg": "OK",
            "data": told["result"],
            "retExtInfo": told["retExtInfo"],
        }

    def _check_time(self, header: Any) -> None:
        if not isinstance(header, dict) or not isinstance(header.get(signing.TIME), str):
            raise wrong(f"params error: {signing.TIME} is required")
        window = header.get(signing.WINDOW, "")
        signing.check_time(header[signing.TIME], str(window), self.section.clock)


def request_id(asked: dict[str, Any]) -> dict[str, Any]:
    """reqId, where one was sent."""
    return {"reqId": asked["reqId"]} if "reqId" in asked else {}
