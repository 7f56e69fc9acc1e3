"""`tapeline up --detach` returns when every worker has told that it runs; else it names one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.running import detaching
from gateway.running.detaching import wait_for_workers
from infra.local.errors import LocalError
from infra.local.supervise import What
from schemas import names
from schemas.codec import encode
from schemas.system import Severity, SystemEvent
from topics.settings import Settings

CREATED = 1000.0
"""When the desk was started, s."""


class Event:
    """What system.events holds: who said what, and when, in s."""

    def __init__(self, stage: str, kind: str = "started", at: float = CREATED + 5) -> None:
        self._at = at
        self._value = encode(
            SystemEvent(key=stage, stage=stage, severity=Severity.INFO, kind=kind, text="")
        )

    def value(self) -> bytes:
        return self._value

    def timestamp(self) -> tuple[int, int]:
        return (1, int(self._at * 1000))


class Office:
    """A desk that has announced itself, and its events, a batch a look."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, *batches: list[Event]) -> None:
        self.told: dict[str, Any] | None = {"created": CREATED, "restarts": {}}
        self.batches, self.log = list(batches), home / "logs" / "desk.log"
        self.log.parent.mkdir(parents=True)
        self.log.write_bytes(b"")
        self.looks = 0
        monkeypatch.setattr(detaching, "running", lambda home: self.told)
        monkeypatch.setattr(detaching, "Follower", lambda *given: self)
        self.known = Settings(home=home, broker_url="nowhere:9")

    def poll(self, wait: float) -> list[tuple[str, Event]]:
        self.looks += 1
        batch = self.batches.pop(0) if self.batches else []
        return [(names.EVENTS, event) for event in batch]

    def __enter__(self) -> Office:
        return self

    def __exit__(self, *given: object) -> None:
        pass

    def wait(self, said: int = 0) -> None:
        wait_for_workers(self.known, ("ticks", "orders"), self.log, said)


def test_it_waits_for_the_word_of_each_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(
        tmp_path, monkeypatch,
        [Event("ticks", at=CREATED - 5), Event("orders", at=CREATED - 5)],
        [Event("ticks", kind="stopped"), Event("orders")],
        [Event("signals")],
        [Event("ticks")],
    )  # fmt: skip
    office.wait()
    assert office.looks == 4


@pytest.mark.parametrize("how", ["refused", "restarted", "late", "gone"])
def test_a_worker_that_does_not_run_is_named_with_its_log(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path, monkeypatch, [Event("ticks")], [])
    line = orjson.dumps({"what": What.REFUSED, "worker": "orders", "code": 78}) + b"\n"
    if how == "refused":
        office.log.write_bytes(b"starting ...\n" + line)
    elif how == "restarted":
        office.told = {"created": CREATED, "restarts": {"orders": 2, "ticks": 5}}
    elif how == "late":
        monkeypatch.setattr(detaching, "PATIENCE", 0.0)
    else:
        office.told = None
    with pytest.raises(LocalError, match=rf"orders does not run: .*{tmp_path}/logs/orders\.log"):
        office.wait()


def test_what_an_earlier_desk_has_refused_is_past(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path, monkeypatch, [Event("ticks")], [Event("orders")])
    line = orjson.dumps({"what": What.REFUSED, "worker": "orders", "code": 78}) + b"\n"
    office.log.write_bytes(line)
    office.wait(said=len(line))
