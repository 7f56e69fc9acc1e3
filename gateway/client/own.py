"""The API over a desk's topics in this process, for a look where no gateway is up.

The same routes read what the gateway would have read, so that what is told does not depend on the
road. Nothing can be given by it: commands have a road of their own (gateway.control.asking).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator

import httpx2
from fastapi import FastAPI
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp

from gateway.api.app import DESK, make_api
from gateway.api.services import Services
from gateway.api.settings import GatewaySettings
from gateway.auth.operator import OPERATOR
from gateway.auth.rights import Principal
from gateway.live.live import Live
from gateway.live.reading import Raw, news
from gateway.live.source import BACK, raw
from topics.reading import between, ends, reader
from topics.settings import Settings

PIECE = 2000
"""Records that are read before they are taken in: of some only the last of a key counts."""


class OwnProcess(httpx2.BaseTransport):
    """Calls of an app that has no parts to be opened."""

    def __init__(self, api: FastAPI) -> None:
        self._api = api

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Run the app until it has answered."""
        request.read()
        return asyncio.run(answered(self._api, request))


async def answered(app: ASGIApp, request: httpx2.Request) -> httpx2.Response:
    """An app's answer, for a client that knows no loop; the request has been read."""
    inner = httpx2.ASGITransport(app, raise_app_exceptions=False)
    sent = httpx2.Request(
        request.method, request.url, headers=request.headers, content=request.content
    )
    told = await inner.handle_async_request(sent)
    return httpx2.Response(
        told.status_code, headers=told.headers, content=await told.aread(), request=request
    )


def over_topics(known: Settings, topics: Iterable[str]) -> OwnProcess:
    """Of the desk of these settings as it is now; of no other topics than these."""
    services = Services(known, known.of("gateway", GatewaySettings))
    services.live = live = Live(known, services.options.kept)
    for piece in pieces(rows(known, topics)):
        live.hub.take(news(piece))

    async def operator(connection: HTTPConnection) -> Principal:
        return OPERATOR

    services.authenticate = operator
    return OwnProcess(make_api(services, DESK))


def rows(known: Settings, topics: Iterable[str]) -> Iterator[Raw]:
    """The records from which a gateway that starts now would begin."""
    consumer = reader(known)
    try:
        for topic in topics:
            name, back = known.physical(topic), BACK[topic]
            for number, (first, end) in ends(consumer, name).items():
                start = first if back is None else max(first, end - back)
                for message in between(consumer, name, number, start, end):
                    yield raw(topic, message)
    finally:
        consumer.close()


def pieces(found: Iterable[Raw]) -> Iterator[list[Raw]]:
    """In lists that are not too long."""
    piece: list[Raw] = []
    for row in found:
        piece.append(row)
        if len(piece) == PIECE:
            yield piece
            piece = []
    yield piece
