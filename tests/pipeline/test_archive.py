"""A run on Kafka, archived: proved from its files, and played again from them to the same bytes."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from gateway.backtests.replayed import archived
from gateway.proof.archived import Archived
from gateway.proof.verifying import Verification
from infra.local.desk import ARCHIVE, STAGES
from schemas import names
from schemas.codec import encode
from tests.pipeline.run import KEYS, MARKET, USDM, Run, same_market
from topics.admin import client
from topics.archive.reading import Archive

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]

LINES = 12_000
"""Frames of each recording: the first seconds."""


@pytest.fixture(scope="module")
def tapes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    paths = []
    for file in USDM:
        path = tmp_path_factory.mktemp("archived") / "usdm" / file.with_suffix("").name
        path.parent.mkdir()
        with gzip.open(file, "rb") as lines:
            path.write_bytes(b"".join(islice(lines, LINES)))
        paths.append(path)
    return paths


def filed(run: Run, root: Path) -> None:
    """Wait until every topic's last record is in a file."""
    until, archive = time.monotonic() + 180, Archive(root, run.settings.prefix)
    for topic in (*MARKET, names.ORDERS, names.STATUSES, names.PORTFOLIO, names.JOURNAL):
        wanted = sum(1 for _ in run.values(topic))
        while sum(1 for _ in archive.rows(topic)) < wanted:
            assert time.monotonic() < until, f"{topic}\n{run.log(ARCHIVE)}"
            run.turn(0.5)


def test_a_run_is_proved_and_played_from_its_archive(
    runs: Callable[[str], Run], tapes: list[Path], tmp_path: Path
) -> None:
    first, again, root = runs("archived"), runs("playedagain"), tmp_path / "archive"
    env = {"TAPELINE_ARCHIVE__DIRECTORY": str(root), "TAPELINE_ARCHIVE__ROLL": "2"}
    first.start([*STAGES, ARCHIVE], **env)
    first.play(tapes)
    first.played()
    first.settle()
    root.mkdir(exist_ok=True)
    filed(first, root)
    first.stop()
    again.start(["ticks", "signals", "decisions"])
    again.play([], TAPELINE_REPLAYED=str(root), TAPELINE_REPLAYED_RUN=first.settings.prefix)
    again.played()
    until = time.monotonic() + 180
    while (lag := behind(again)) is not None:
        assert time.monotonic() < until, f"{lag}\n{again.logs()}"
        again.turn(0.3)
    again.stop()
    same_market(first, again)
    made = [encode(each) for topic, each in archived(root, first.settings.prefix, iter(())).rows
            if topic == names.RAW]  # fmt: skip
    assert sorted(made) == sorted(
        value for rows in first.read(names.RAW).values() for value in rows
    )
    forget(first)
    found = Verification(first.settings, Archived(Archive(root, first.settings.prefix))).run()
    assert (found.differences, found.markets, found.accounts) == ([], 2, 1)
    assert found.same[names.ORDERS] > 1000


def behind(run: Run) -> str | None:
    """What the later stages lack of market.raw, or None."""
    raw = run.last(names.RAW, KEYS)
    found = {topic: run.last(topic, KEYS) for topic in MARKET if topic != names.BARS}
    return None if all(at == raw for at in found.values()) else f"{found}"


def forget(run: Run) -> None:
    """Delete the run's topics, as retention would their records."""
    admin = client(run.settings)
    topics = [name for name in admin.list_topics().topics if name.startswith(run.settings.prefix)]
    for future in admin.delete_topics(topics).values():
        future.result()
