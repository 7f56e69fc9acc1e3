"""Tables of endpoints as aiohttp routes: keys, signatures and limits before an endpoint's turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from infra.exchange.dialects.okx import signing
from infra.exchange.dialects.okx.errors import Code, Refusal, wrong
from infra.exchange.dialects.okx.request import Request, of_body
from infra.exchange.dialects.okx.section import Answers, Endpoint, Section, Table

Handler = Callable[[web.Request], Awaitable[web.Response]]
PREFIX = "/api/v5"


def routes(section: Section, table: Table) -> list[web.RouteDef]:
    """A route for each row of the table."""
    return [
        web.route(method, PREFIX + path, handler(section, f"{method} {path}", endpoint))
        for (method, path), endpoint in table.items()
    ]


def handler(section: Section, name: str, endpoint: Endpoint) -> Handler:
    """What aiohttp calls for an endpoint."""

    async def handle(request: web.Request) -> web.Response:
        body = await request.read() if request.can_read_body else b""
        began = section.clock.now() // 1_000
        try:
            told = enveloped(
                carried_out(
                    section, endpoint, name, in_time(section, endpoint, name, request, body)
                )
            )
            status = 200
        except Refusal as refusal:
            told, status = refusal.body(), refusal.status
        if endpoint.orders:
            told |= {"inTime": str(began), "outTime": str(section.clock.now() // 1_000)}
        return web.Response(body=orjson.dumps(told), status=status, content_type="application/json")

    return handle


def in_time(
    section: Section, endpoint: Endpoint, name: str, asked: web.Request, body: bytes
) -> Request:
    """As known; an order or amendment whose header expTime (ms) has passed is refused.

    https://www.okx.com/docs-v5/en/#overview-transaction-timeouts
    """
    found = known(section, endpoint, asked, body)
    until = asked.headers.get("expTime", "")
    if until and endpoint.orders and "cancel" not in name:
        if not (until.isascii() and until.isdigit()):
            raise wrong("expTime")
        if section.clock.now() // 1_000_000 > int(until):
            raise Refusal(Code.TIMED_OUT)
    return found


def known(section: Section, endpoint: Endpoint, asked: web.Request, body: bytes) -> Request:
    """Whose request it is, and its parameters: of the query, or of the body of a POST."""
    account = None
    if endpoint.signed:
        payload = asked.method.encode() + asked.raw_path.encode("utf-8", "surrogateescape") + body
        account = signing.account_of(section.house, asked.headers, payload)
    address = asked.remote or ""
    if asked.method == "POST":
        params, several = of_body(body)
        return Request(params, account, address, several)
    return Request(dict(parse_qsl(asked.rel_url.raw_query_string)), account, address)


def carried_out(section: Section, endpoint: Endpoint, name: str, request: Request) -> object:
    """What the endpoint says, if it is not asked too often. name: its method and path."""
    if request.account is None:
        section.limits.use(name, request.address, endpoint.most)
    elif endpoint.orders:
        count_orders(section, endpoint, name, request)
    else:
        section.limits.use(name, str(request.account.number), endpoint.most)
    return endpoint.act(section, request)


def count_orders(section: Section, endpoint: Endpoint, name: str, request: Request) -> None:
    """Orders count one by one, by user and instrument; all but cancellations by user too."""
    asked = [request.inner(each) for each in request.several] or [request]
    found = Counter(instrument_of(section, each) for each in asked)
    user = request.owner.number
    for instrument, count in found.items():
        section.limits.use(name, f"{user} {instrument}", endpoint.most, count)
    if "cancel" not in name:
        section.limits.order(user, len(asked))


def instrument_of(section: Section, order: Request) -> str:
    """The name of an order's instrument, as long as there is one."""
    try:
        return section.market(order).name
    except Refusal:
        return ""


def enveloped(found: object) -> dict[str, object]:
    """Rows in OKX's envelope."""
    if isinstance(found, Answers):
        return {"code": found.code(), "data": found.rows, "msg": found.message()}
    return {"code": "0", "data": found, "msg": ""}
