"""The lease on real Redis: one holder, renewed, taken up again by its own instance."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from executor.lease import Lease
from infra.local.ports import free_port
from schemas.errors import Fatal

pytestmark = pytest.mark.broker


async def test_only_one_instance_holds_it(redis_url: str) -> None:
    prefix = uuid.uuid4().hex
    first, second = (Lease(redis_url, prefix, name, ["paper"]) for name in ("0", "1"))
    await first.acquire()
    with pytest.raises(Fatal, match="0 holds the lease"):
        await second.acquire(patience=0.5)


async def test_its_own_instance_takes_it_up_again(redis_url: str) -> None:
    prefix = uuid.uuid4().hex
    await Lease(redis_url, prefix, "0", ["paper"]).acquire()
    await Lease(redis_url, prefix, "0", ["paper"]).acquire(patience=0)


async def test_losing_it_is_fatal(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("executor.lease.TERM", 0.2)
    prefix = uuid.uuid4().hex
    first, second = (Lease(redis_url, prefix, name, ["paper"]) for name in ("0", "1"))
    await first.acquire()
    await asyncio.sleep(0.3)
    await second.acquire()
    with pytest.raises(Fatal, match="lost to 1"):
        await asyncio.wait_for(first.keep(), 5)


async def test_no_redis_is_one_clear_line() -> None:
    lease = Lease(f"redis://127.0.0.1:{free_port()}", "", "0", ["paper"])
    with pytest.raises(Fatal, match="tapeline up"):
        await lease.acquire(patience=0.5)
