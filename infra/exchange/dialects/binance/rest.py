"""Tables of endpoints as aiohttp routes: limits, keys and signatures before an endpoint's turn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import orjson
from aiohttp import web

from infra.exchange.accounts import Account
from infra.exchange.dialects.binance import signing
from infra.exchange.dialects.binance.errors import Refusal
from infra.exchange.dialects.binance.request import Request
from infra.exchange.dialects.binance.section import Endpoint, Section, Security, Table

Handler = Callable[[web.Request], Awaitable[web.Response]]


def routes(section: Section, table: Table, prefix: str = "") -> list[web.RouteDef]:
    """A route for each row of the table."""
    return [
        web.route(method, prefix + path, handler(section, endpoint))
        for (method, path), endpoint in table.items()
    ]


def handler(section: Section, endpoint: Endpoint) -> Handler:
    """What aiohttp calls for an endpoint."""

    async def handle(request: web.Request) -> web.Response:
        body = (await request.read()).decode("utf-8", "replace") if request.can_read_body else ""
        return answer(section, endpoint, request, body)

    return handle


def answer(section: Section, endpoint: Endpoint, asked: web.Request, body: str) -> web.Response:
    """The answer, with what was used of the limits."""
    address, account = asked.remote or "", None
    try:
        section.weights.use(address, endpoint.weight)
        query = asked.rel_url.raw_query_string
        key = asked.headers.get("X-MBX-APIKEY", "")
        account, params = known(section, endpoint, query, body, key)
        if account is not None and endpoint.orders:
            section.weights.order(account.number, endpoint.orders)
        found = endpoint.act(section, Request(params, account, address, key))
        return json_response(found, 200, section.weights.headers(address, number(account)))
    except Refusal as refusal:
        told = {**section.weights.headers(address, number(account)), **refusal.headers}
        return json_response(refusal.body(), refusal.status, told)


def known(
    section: Section, endpoint: Endpoint, query: str, body: str, key: str
) -> tuple[Account | None, dict[str, str]]:
    """Whose request it is, and its parameters: of the query, then of the body."""
    params = {**signing.parsed(query), **signing.parsed(body)}
    if endpoint.security is Security.NONE:
        return None, params
    account = signing.account_of(section.house, key)
    if endpoint.security is Security.SIGNED:
        payload = signing.unsigned(query) + signing.unsigned(body)
        signing.check(account, payload, params, section.clock, section.over_window)
    return account, params


def number(account: Account | None) -> int | None:
    """The account's number."""
    return None if account is None else account.number


def json_response(value: object, status: int, headers: dict[str, str]) -> web.Response:
    """JSON as bytes."""
    return web.Response(
        body=orjson.dumps(value), status=status, headers=headers, content_type="application/json"
    )
