"""What the desk tells of itself: events, dead letters, its own halts."""

from __future__ import annotations

import pytest

from gateway.api.app import make_api
from gateway.live.reading import news
from gateway.live.source import raw
from schemas import names
from schemas.codec import encode
from schemas.commands import ControlState
from schemas.record import Record
from schemas.system import DeadLetter, Severity, SystemEvent
from tests.unit.gateway_api import client
from tests.unit.gateway_desk import desk


class Message:
    """A record on a broker, the nth of its partition."""

    def __init__(self, record: Record, offset: int) -> None:
        self._record, self._offset = record, offset

    def key(self) -> bytes:
        return self._record.key.encode()

    def value(self) -> bytes:
        return encode(self._record)

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self._offset

    def timestamp(self) -> tuple[int, int]:
        return 1, 1_700_000_000_000 + self._offset


def event(text: str) -> Record:
    return SystemEvent(key="raw", stage="raw", severity=Severity.INFO, kind="gap", text=text)


def letter(reason: str) -> Record:
    return DeadLetter(key="k", stage="ticks", topic="market.raw", source_key="k", reason=reason,
                      value="{")  # fmt: skip


async def test_each_event_and_each_letter_is_in_the_list_the_latest_first() -> None:
    said = [(names.EVENTS, event("a")), (names.LETTERS, letter("broken")),
            (names.EVENTS, event("a")), (names.LETTERS, letter("broken"))]  # fmt: skip
    given = desk()
    given.live.hub.take(
        news(raw(topic, Message(row, at)) for at, (topic, row) in enumerate(said))  # type: ignore[arg-type]
    )
    async with client(make_api(given), "viewer") as web:
        told = await web.get("/v1/events")
        assert told.status_code == 200
        kinds = [(row["seen_time"][-5:], row["kind"]) for row in told.json()["items"]]
        ids = {row["id"] for row in told.json()["items"]}
    assert kinds == [
        ("0000Z", "dead letter"), ("0000Z", "gap"), ("0000Z", "dead letter"), ("0000Z", "gap"),
    ]  # fmt: skip
    assert len(ids) == 4


@pytest.mark.parametrize(("setting", "cause"), [("halt", ""), ("drawdown", "d" * 24)])
async def test_a_halt_of_the_desks_own_is_no_command(setting: str, cause: str) -> None:
    given = desk()
    before = dict(given.live.hub.items("commands", "paper"))
    row = ControlState(
        cause=cause, key=f"paper:{setting}", seq=7, account="paper", setting=setting, value="true",
        why="too much",
    )  # fmt: skip
    given.live.hub.take(news([raw(names.STATE, Message(row, 0))]))  # type: ignore[arg-type]
    async with client(make_api(given), "viewer") as web:
        told = await web.get("/v1/commands")
        assert told.status_code == 200
        assert {each["id"] for each in told.json()["items"]} == set(before)
        accounts = {each["account"]: each for each in (await web.get("/v1/accounts")).json()}
    assert accounts["paper"]["halted"] == "too much"
