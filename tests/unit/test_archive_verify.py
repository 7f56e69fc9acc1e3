"""A run proved from its archive, as from its topics."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.proof.archived import Archived
from gateway.proof.verifying import Verification
from schemas import names
from schemas.codec import encode
from schemas.statuses import JournalEntry
from tests.unit.small_desk import ACCOUNT, BTC, SECOND, SETTINGS, Story, Topics
from tests.unit.test_archive import quick
from topics.archive.files import write
from topics.archive.layout import shelf_of
from topics.archive.reading import Archive
from topics.archive.row import row_of
from topics.archive.waiting import Waiting
from topics.partition import partition_of
from topics.settings import settings

__all__ = ["quick"]


@pytest.fixture(scope="module")
def played() -> Topics:
    return Story().play(24 * SECOND)


def archived(played: Topics, root: Path, prefix: str = "", doubled: int = 7) -> Archive:
    """The run's records as a broker would have placed them, filed in parts; some of them twice."""
    ends, waiting = Counter[tuple[str, int]](), Waiting(300_000, 900_000)
    for n, (topic, record) in enumerate(played.rows):
        place = topic, partition_of(topic, record.key)
        for _ in range(2 if n % doubled == 0 else 1):
            value = encode(record)
            row = row_of(place[1], ends[place], 1_723_000_000_000, record.key.encode(), value)
            ends[place] += 1
            for filing in waiting.take(shelf_of(prefix + topic, topic, row), row):
                write(root, *filing)
    for filing in waiting.all():
        write(root, *filing)
    return Archive(root, prefix)


def test_an_archive_says_what_the_topics_said(played: Topics, tmp_path: Path) -> None:
    source = Archived(archived(played, tmp_path))
    for topic in sorted({topic for topic, _ in played.rows}):
        assert source.keys(topic) == {row.key for at, row in played.rows if at == topic}
        for key in source.keys(topic):
            assert [*source.of(topic, key)] == [*played.of(topic, key)], (topic, key)
        assert sorted(source.keyed(topic)) == sorted(played.keyed(topic))
    for topic in (names.ORDERS, names.STATUSES):
        assert [*source.of_account(topic, ACCOUNT)] == [*played.of_account(topic, ACCOUNT)]
    assert [*source.of_account(names.ORDERS, ACCOUNT[:-1])] == []
    assert [*source.of_all(names.COMMANDS)] == [*played.of_all(names.COMMANDS)]
    order = next(row.key for at, row in played.rows if at == names.JOURNAL)
    wanted = [*played.of(names.JOURNAL, order)]
    assert [*source.of(names.JOURNAL, order)] == [*source.of(names.JOURNAL, order)] == wanted


def test_a_run_comes_out_again_from_its_archive(played: Topics, tmp_path: Path) -> None:
    found = Verification(SETTINGS, Archived(archived(played, tmp_path))).run()
    wanted = Verification(SETTINGS, played).run()
    assert (found.differences, found.same) == ([], wanted.same)
    changed = played.changed(names.SIGNALS, BTC, 17, event_time=1)
    (text, *_) = (
        Verification(SETTINGS, Archived(archived(changed, tmp_path / "x"))).run().differences
    )
    assert text.startswith(f"{names.SIGNALS} {BTC} seq 17: byte ")


def test_the_commands_read_an_archive(
    played: Topics, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archived(played, tmp_path / "archive", "run.")
    monkeypatch.setenv("TAPELINE_HOME", str(tmp_path))
    (tmp_path / "tapeline.toml").write_text(
        "[strategies.main.advisors.rule]\n[strategies.quick.advisors.momentum]\n"
        '[risk.strategies.main]\nstop_percent = "0.02"\ntarget_percent = "0.02"\n'
        '[portfolio]\nnear = "0.0005"\n'
    )
    settings.cache_clear()
    given = ["--archive", str(tmp_path / "archive"), "--json"]
    told = CliRunner().invoke(app, ["verify", "run.", *given])
    assert (told.exit_code, orjson.loads(told.stdout)["identical"]) == (0, True), told.stdout
    order = next(row for _, row in played.rows if isinstance(row, JournalEntry)).key
    monkeypatch.setenv("TAPELINE_PREFIX", "run.")
    settings.cache_clear()
    told = CliRunner().invoke(app, ["why", order, *given])
    assert (told.exit_code, orjson.loads(told.stdout)["identical"]) == (0, True), told.stdout
    told = CliRunner().invoke(app, ["verify", "other.", *given])
    assert (told.exit_code, told.stdout) == (1, "")
    assert "other.market.raw holds nothing" in told.stderr
    settings.cache_clear()
