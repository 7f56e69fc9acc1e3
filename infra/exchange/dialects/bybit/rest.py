"""Tables of endpoints as aiohttp routes: limits, keys and signatures before an endpoint's turn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from infra.exchange.accounts import Account
from infra.exchange.dialects.bybit import signing
from infra.exchange.dialects.bybit.errors import Forbidden, Refusal, wrong
from infra.exchange.dialects.bybit.request import Request
from infra.exchange.dialects.bybit.section import Answer, Endpoint, Section, Table

Handler = Callable[[web.Request], Awaitable[web.Response]]


def routes(section: Section, table: Table) -> list[web.RouteDef]:
    """A route for each row of the table."""
    return [
        web.route(method, path, handler(section, endpoint))
        for (method, path), endpoint in table.items()
    ]


def handler(section: Section, endpoint: Endpoint) -> Handler:
    """What aiohttp calls for an endpoint."""

    async def handle(asked: web.Request) -> web.Response:
        body = await asked.read() if asked.can_read_body else b""
        try:
            section.usage.visit(asked.remote or "")
        except Forbidden:
            return web.Response(status=403, text="access too frequent")
        return answer(section, endpoint, asked, body.decode("utf-8", "surrogateescape"))

    return handle


def answer(section: Section, endpoint: Endpoint, asked: web.Request, body: str) -> web.Response:
    """The answer, with what is left of the account's limit."""
    account: Account | None = None
    try:
        payload = body if asked.method == "POST" else asked.rel_url.raw_query_string
        if endpoint.private:
            account = signing.signed(section.house, asked.headers, payload)
        params = of_body(body) if asked.method == "POST" else of_query(payload)
        request = Request(params, account)
        told = carry_out(section, endpoint, asked.path, request)
    except Refusal as refusal:
        told = refused(section, refusal)
    headers = {}
    if account is not None:
        headers = section.usage.headers(account.number, asked.path, endpoint.most)
    return web.Response(body=orjson.dumps(told), headers=headers, content_type="application/json")


def carry_out(section: Section, endpoint: Endpoint, path: str, request: Request) -> dict[str, Any]:
    """What is told of a request once it is known whose it is."""
    if request.account is not None and not endpoint.batch:
        section.usage.use(request.account.number, path, endpoint.most)
    return accepted(section, endpoint.act(section, request))


def accepted(section: Section, found: dict[str, Any] | Answer) -> dict[str, Any]:
    """The envelope of a result."""
    kept = found if isinstance(found, Answer) else Answer(found, {})
    told = {"retCode": 0, "retMsg": "OK", "result": kept.result, "retExtInfo": kept.extra}
    return {**told, "time": section.clock.milliseconds()}


def refused(section: Section, refusal: Refusal) -> dict[str, Any]:
    """The envelope of a refusal."""
    words = refusal.message.encode("utf-8", "replace").decode()
    told = {"retCode": refusal.code, "retMsg": words, "result": refusal.result}
    return {**told, "retExtInfo": {}, "time": section.clock.milliseconds()}


def of_query(text: str) -> dict[str, Any]:
    """The parameters of a query."""
    return dict(parse_qsl(text, keep_blank_values=True))


def of_body(text: str) -> dict[str, Any]:
    """The parameters of a body, which must be a JSON object."""
    try:
        found = orjson.loads(text.encode("utf-8", "surrogateescape"))
    except orjson.JSONDecodeError as error:
        raise wrong("params error: the body is no JSON object") from error
    if not isinstance(found, dict):
        raise wrong("params error: the body is no JSON object")
    return found
