"""The gateway on real Kafka: commands that count once, and topics that it follows."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import closing

import pytest

from gateway.api.services import Services
from gateway.api.settings import GatewaySettings
from gateway.control import command_log
from gateway.control.command_log import CommandLog
from gateway.control.once import give_once, id_of
from gateway.live.live import living
from schemas import names
from schemas.commands import ControlCommand, Halt
from topics import admin
from topics.reading import read_all
from topics.settings import Settings

pytestmark = pytest.mark.broker

HALT = Halt(why="news")


@pytest.fixture(scope="module")
def settings(bootstrap: str) -> Settings:
    """Settings with topics of their own."""
    made = Settings(broker_url=bootstrap, prefix=f"{uuid.uuid4().hex[:8]}.")
    admin.create(made)
    return made


def once(settings: Settings, key: str, account: str = "paper") -> ControlCommand:
    """A command of a gateway that has just started."""
    with closing(CommandLog(settings)) as road:
        return give_once(road, account, HALT, "ann", id_of("ann", key))


async def test_a_command_counts_once_and_is_heard_by_the_gateway(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = once(settings, "one")
    with closing(CommandLog(settings)) as road:
        assert give_once(road, "paper", HALT, "ann", first.id) == first
        assert once(settings, "another").seq == 1
        assert give_once(road, "paper", HALT, "ann", id_of("ann", "two")).seq == 2
        assert give_once(road, "paper", HALT, "ann", first.id) == first
    monkeypatch.setattr(command_log, "WINDOW", 1)
    monkeypatch.setattr(command_log, "BACK", -60)
    assert once(settings, "three", "rare").seq == 0
    assert once(settings, "four").seq == 3, "its number is found before what is read at first"
    assert len(list(read_all(settings, names.COMMANDS))) == 5
    await heard(settings)


async def heard(settings: Settings) -> None:
    services = Services(settings, GatewaySettings())
    async with living(services):
        async with asyncio.timeout(60):
            while len(services.live.hub.items("commands", "paper")) < 4 or not services.live.broker:
                await asyncio.sleep(0.02)
        assert await services.probes["broker"]() == ""
        assert [row["by"] for row in services.live.hub.items("commands", "rare").values()] == [
            "ann"
        ]
