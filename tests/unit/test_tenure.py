"""At a clean end nothing of a stage is at work any more when its lease is given up."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.unit.fake_broker import Broker, app_of
from topics.leased import Tenure
from topics.settings import Settings


async def test_what_must_be_over_is_over_before_the_lease_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    async def ending() -> None:
        await asyncio.sleep(0.01)
        done.append("over")

    async def took() -> None:
        done.append("taken")

    async def released() -> None:
        done.append("released")

    app = app_of(Broker())
    tenure = Tenure(app, Settings(home=tmp_path), "executor", ["main"], ending)
    monkeypatch.setattr(tenure.lease, "acquire", took)
    monkeypatch.setattr(tenure.lease, "release", released)
    await tenure.begin()
    await app.on_before_shutdown.send(app)
    assert done == ["taken", "over", "released"]
