"""The sink on a real broker: killed, taken up, rebuilt, and always what the topics say."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from gateway.store.engine import engine
from gateway.store.migrate import migrate
from gateway.store.settings import StoreSettings
from gateway.store.sink.places import forget
from gateway.store.sink.run import caught_up, ends_of, sinking
from gateway.store.tables.places import Place
from infra.local.desk import SINK
from infra.local.process import Child
from schemas import names
from schemas.statuses import Status
from tests.pipeline.effects import records
from tests.pipeline.run import Run
from tests.unit.sunk_topics import contents

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]


def begun(store: Engine) -> bool:
    with store.connect() as connection:
        return any(row.next > row.first for row in connection.execute(select(Place.__table__)))


def test_a_sink_that_was_killed_is_taken_up_and_rebuilt(whole: Run, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    store = engine(url)
    migrate(store)
    env = whole.env(TAPELINE_STORE__URL=url, TAPELINE_STORE__BATCH="50")
    process = Child((sys.executable, *SINK[1:]), tmp_path / "sink.log", env=env)
    process.start()
    until = time.monotonic() + 120
    while not begun(store):
        assert process.poll() is None, process.tail()
        assert time.monotonic() < until, process.tail()
        time.sleep(0.02)
    process.kill()
    with sinking(store, whole.settings, StoreSettings()) as sink:
        for _ in caught_up(sink, ends_of(sink.source)):
            pass
        sunk = contents(store)
        forget(store, sink.source)
        for _ in caught_up(sink, ends_of(sink.source)):
            pass
    assert contents(store) == sunk
    statuses = records(whole, names.STATUSES, Status)
    assert (
        {row["id"] for row in sunk["fills"]}
        == {status.id for status in statuses if status.type == "fill"}
        != set()
    )
    store.dispose()
