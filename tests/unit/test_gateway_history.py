"""/v1/history: what the store has of the small desk, in pages, for whose it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import repeat
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr

from gateway.api.app import make_api
from gateway.api.services import Services
from gateway.store.engine import async_engine, engine
from gateway.store.migrate import migrate
from gateway.store.settings import StoreSettings
from tests.unit.gateway_api import client
from tests.unit.gateway_desk import desk
from tests.unit.small_desk import SECOND, SYMBOL, Story
from tests.unit.sunk_topics import log_of, sink


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of a store that has the first 28 s of the small desk."""
    home: Path = tmp_path_factory.mktemp("store")
    url = StoreSettings(url=SecretStr(f"sqlite:///{home}/store.db")).address(home)
    plain = engine(url)
    migrate(plain)
    sink(plain, log_of(Story().play(28 * SECOND).rows), repeat(1000))
    plain.dispose()
    return url


@asynccontextmanager
async def web(address: str | None, who: str) -> AsyncIterator[httpx2.AsyncClient]:
    given = desk()

    @asynccontextmanager
    async def stored(of: Services) -> AsyncIterator[None]:
        store = of.store = async_engine(address) if address else None
        yield
        if store is not None:
            await store.dispose()

    given.parts.append(stored)
    async with client(make_api(given), who) as made:
        yield made


async def test_pages_of_what_was_are_the_whole_of_it(address: str) -> None:
    async with web(address, "viewer") as here:
        for noun in ("orders", "fills", "decisions"):
            whole = (await here.get(f"/v1/history/{noun}?limit=200")).json()["items"]
            found, cursor = list[str](), ""
            while cursor is not None:
                query = {"limit": "7", **({"cursor": cursor} if cursor else {})}
                page = (await here.get(f"/v1/history/{noun}", params=query)).json()
                found += [each["id"] for each in page["items"]]
                cursor = page["next"]
            assert found[:200] == [each["id"] for each in whole], noun
            assert found, noun
        fills = (await here.get("/v1/history/fills")).json()["items"]
        assert Decimal(fills[0]["price"]) > 0
        assert fills[0]["at"].endswith("Z")
        some = await here.get("/v1/history/fills", params={"since": fills[0]["at"]})
        assert 0 < len(some.json()["items"]) < len(fills)
        assert (await here.get("/v1/history/fills?symbol=NO/NE")).json()["items"] == []


async def test_the_curve_ends_at_what_the_account_is_worth(address: str) -> None:
    async with web(address, "viewer") as here:
        points = (await here.get("/v1/history/curve?account=paper&step=1")).json()
        assert [each["span"] for each in points] == sorted(each["span"] for each in points)
        held = (await here.get("/v1/accounts")).json()[0]["portfolio"]
        last = points[-1]
        assert Decimal(last["equity"]) == Decimal(held["equity"])
        parts = [Decimal(last[name]) for name in ("realised", "unrealised", "fees", "funding")]
        assert Decimal(last["earned"]) == parts[0] + parts[1] - parts[2] - parts[3]


async def test_what_was_is_told_to_those_whose_it_is(address: str) -> None:
    async with web(address, "trader@b") as here:
        for noun in ("orders", "fills"):
            assert (await here.get(f"/v1/history/{noun}")).json()["items"] == []
            assert (await here.get(f"/v1/history/{noun}?account=paper")).status_code == 404
        assert (await here.get("/v1/history/curve?account=paper")).status_code == 404
        assert (await here.get("/v1/history/curve?account=*")).status_code == 404
        for wrong in ("since=yesterday", "limit=1000000", f"symbol={SYMBOL}%27--"):
            assert (await here.get(f"/v1/history/orders?{wrong}")).status_code == 422


async def test_without_a_store_it_is_said_that_it_is_away() -> None:
    async with web(None, "viewer") as here:
        assert (await here.get("/v1/history/orders")).status_code == 503
