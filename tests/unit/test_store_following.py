"""The sink as a process: through a store that goes away, another sink, and rows that cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path
from time import monotonic
from typing import Any, cast

import pytest
from confluent_kafka import TopicPartition
from faust.types import TP
from pydantic import SecretStr
from sqlalchemy import Engine
from typer.testing import CliRunner

from gateway.cli import app
from gateway.store import commands
from gateway.store.engine import engine
from gateway.store.migrate import migrate
from gateway.store.settings import StoreSettings
from gateway.store.sink import run as run_module
from gateway.store.sink.places import OtherTopics
from gateway.store.sink.rows import Added, Made, made
from gateway.store.sink.run import Sink, caught_up, ends_of, follow
from gateway.store.sink.taken import Taken
from infra.local.desk import PARTS, SINK, Desk, Part
from schemas.errors import CONFIGURATION_EXIT
from schemas.record import Record
from schemas.system import Severity, SystemEvent
from tests.unit.fake_broker import Message
from tests.unit.postgres import Postgres
from tests.unit.sunk_topics import Log, contents, log_of, sink
from tests.unit.test_store_reading import fill
from topics.settings import Settings

OPTIONS = StoreSettings(batch=7)


class Done(Exception):
    """There is nothing left to be read."""


class Timed(Message):
    def timestamp(self) -> tuple[int, int]:
        return 1, 1_700_000_000_000 + self.at

    def error(self) -> None:
        return None


class Feed:
    """A consumer of a log."""

    def __init__(self, log: Log) -> None:
        self.log, self.at, self.begun = log, dict[tuple[str, int], int](), 0

    def assign(self, places: Sequence[TopicPartition]) -> None:
        self.at = {(one.topic.removeprefix("test."), one.partition): one.offset for one in places}
        self.begun += 1

    def consume(self, most: int, wait: float) -> list[Any]:
        found: list[Taken] = []
        for at, offset in self.at.items():
            some = self.log.of(at, offset, most - len(found))
            found += some
            self.at[at] = offset + len(some)
        if not found:
            raise Done
        values = [(one, cast(bytes, one.value)) for one in found]
        return [Timed(TP(f"test.{one.topic}", one.partition), one.offset, b"", value)
                for one, value in values]  # fmt: skip

    def get_watermark_offsets(self, place: Any, cached: bool) -> None:
        """The broker has told of no end yet."""


@pytest.fixture
def log() -> Log:
    """Thirty fills and two events."""
    rows: list[tuple[str, Record]] = [
        ("trading.statuses", fill(n, ("ada", "bob")[n % 2], "A/B")) for n in range(30)
    ]
    for text in ("one", "two"):
        said = SystemEvent(key="s", stage="raw", severity=Severity.INFO, kind="k", text=text)
        rows.append(("system.events", said))
    return log_of(rows)


@pytest.fixture
def feed(log: Log, monkeypatch: pytest.MonkeyPatch) -> Feed:
    """What the sink's consumer is."""
    found = Feed(log)
    monkeypatch.setattr(run_module, "reader", lambda settings: found)
    monkeypatch.setattr(run_module, "source", lambda consumer, settings: log.source())
    return found


def opened(store: Engine) -> Sink:
    return Sink(store, Settings(broker_url="nowhere:9", prefix="test."), OPTIONS)


def whole(log: Log, folder: Path) -> Any:
    """What is in a store that has read all of it at once."""
    store = engine(f"sqlite:///{folder}/whole.db")
    migrate(store)
    sink(store, log, repeat(1000))
    found = contents(store)
    store.dispose()
    return found


def test_all_that_is_there_is_written_and_told(
    store: Engine, feed: Feed, log: Log, tmp_path: Path
) -> None:
    one = opened(store)
    told = list(caught_up(one, ends_of(one.source)))
    assert told[0] == (0, 32)
    assert told[-1] == (32, 32)
    assert told == sorted(told)
    assert contents(store) == whole(log, tmp_path)


def test_what_was_struck_out_is_passed(store: Engine, feed: Feed) -> None:
    at = next(at for at, rows in feed.log.rows.items() if len(rows) > 5)
    feed.log.rows[at][-3:] = [None] * 3
    one = opened(store)
    assert list(caught_up(one, ends_of(one.source)))[-1] == (32, 32)


def test_who_is_overtaken_reads_on_from_where_the_other_is(
    store: Engine, feed: Feed, log: Log, tmp_path: Path
) -> None:
    one = opened(store)
    one.begin()
    assert one.turn() == 7
    sink(store, log, repeat(5))
    assert one.turn() == 0
    assert feed.begun == 2
    with pytest.raises(Done):
        one.turn()
    assert contents(store) == whole(log, tmp_path)


def test_rows_that_the_database_refuses_are_told_and_passed(
    store: Engine, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(taken: Taken, keep: Any) -> list[Made]:
        rows = made(taken, keep)
        bad = taken.offset == 3 and taken.topic == "trading.statuses"
        return [Added(row.table, row.values | {"venue": None})
                if bad and isinstance(row, Added) else row for row in rows]  # fmt: skip

    monkeypatch.setattr(run_module, "made", lacking)
    with pytest.raises(Done):
        follow(opened(store))
    told = contents(store)
    assert {row["kind"] for row in told["events"]} == {"k", "unreadable"}
    lost = [row for row in told["events"] if row["kind"] == "unreadable"]
    assert {row["offset"] for row in lost} == {3}
    assert len(told["fills"]) == 30 - len(lost)


def test_a_database_that_was_away_is_written_to_again(
    postgresql: Postgres, feed: Feed, log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = StoreSettings(url=SecretStr(postgresql.database())).address(tmp_path)
    store, away = engine(url), list[float]()
    migrate(store)

    def sleep(seconds: float) -> None:
        away.append(seconds)
        if len(away) == 2:
            postgresql.start()

    one = opened(store)
    clock = type("Clock", (), {"sleep": sleep, "monotonic": monotonic})
    monkeypatch.setattr(run_module, "time", clock)
    turns = one.turn

    def turn() -> int:
        if not away and feed.begun and contents(store)["fills"]:
            postgresql.stop()
        return turns()

    monkeypatch.setattr(one, "turn", turn)
    with pytest.raises(Done):
        follow(one)
    assert (len(away), one.failures, one.trouble) == (2, 2, "")
    assert contents(store) == whole(log, tmp_path)
    store.dispose()


def test_a_store_of_other_topics_ends_the_process_for_good(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def sinking(*_: Any) -> Iterator[None]:
        yield

    def follow(_: Any) -> None:
        raise OtherTopics("the store is another's: name another database")

    monkeypatch.setattr(commands, "sinking", sinking)
    monkeypatch.setattr(commands, "follow", follow)
    ended = CliRunner().invoke(app, ["store", "sink"])
    assert ended.exit_code == CONFIGURATION_EXIT
    assert "name another database" in ended.output


def test_a_desk_runs_the_sink_where_the_settings_say_so(tmp_path: Path) -> None:
    def workers(part: Part, **more: Any) -> dict[str, tuple[str, ...]]:
        settings = Settings.model_validate({"home": tmp_path, **more})
        return {row.name: row.command for row in Desk(settings, PARTS[part])._workers()}

    assert "store" not in workers(Part.WHOLE)
    assert workers(Part.WHOLE, store={"sink": True})["store"] == SINK
    assert "store" not in workers(Part.EXECUTOR, store={"sink": True})
    assert "store" in workers(Part.WHOLE, gateway={"on": True})  # the page's curve is from it
    assert "store" not in workers(Part.WHOLE, gateway={"on": True}, store={"sink": False})
