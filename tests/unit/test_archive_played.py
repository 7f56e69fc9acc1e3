"""What was imported or archived goes in again as it was recorded: the same bytes come out."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from itertools import chain, islice, pairwise
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from engine.framing import TAIL, closing
from engine.replay.desk import Desk, Row
from gateway.backtests.backtest import listed
from gateway.backtests.backtest import raw as framed
from gateway.backtests.replayed import archived, archived_span
from gateway.backtests.stages import Stages
from gateway.cli import app
from gateway.recorded.playing import Play
from infra.recordings import MARKET
from schemas import names
from schemas.codec import decode, encode
from schemas.errors import TapelineError
from schemas.raw import RawFrame
from tests.unit.small_desk import BTC, SECOND, SETTINGS, SYMBOL
from tests.unit.test_archive import KEY, put, quick, raw
from topics.archive.catalog import entries
from topics.archive.importing import Importer
from topics.archive.playing import instruments, unplayed
from topics.archive.playing import raw as played
from topics.archive.reading import Archive
from topics.archive.row import row_of
from topics.settings import Settings

pytestmark = pytest.mark.usefixtures("home")

__all__ = ["quick"]

ETH = "binance:ETH/USDT:USDT"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The first lines of the two USD-M recordings."""
    folder = tmp_path_factory.mktemp("usdm") / "usdm"
    folder.mkdir()
    paths = []
    for file in MARKET:
        with gzip.open(file, "rb") as lines:
            path = folder / file.with_suffix("").name
            path.write_bytes(b"".join(islice(lines, 5000)))
            paths.append(path)
    return paths


def command(*given: object) -> dict[str, object]:
    told = CliRunner().invoke(app, [*map(str, given), "--json"])
    assert told.exit_code == 0, told.output
    found: dict[str, object] = orjson.loads(told.stdout.splitlines()[0])
    return found


def desk(rows: Iterator[Row]) -> list[tuple[str, bytes]]:
    """All that a backtest makes, in its order."""
    made = Desk(Stages.of(SETTINGS), ("paper",)).run(rows)
    return [(topic, encode(record)) for topic, record in made]


def test_a_backtest_of_imported_recordings_is_that_of_the_files(
    files: list[Path], home: Path
) -> None:
    told = command("import", *files)
    frames = [*framed(tuple(files), SETTINGS, None)]
    assert told["records"] == {names.RAW: len(frames) - 2 * TAIL // SECOND}
    rows = [*played(Archive(home / "archive"), closing)]
    assert [row.value for row in rows] == [encode(each) for each in frames]
    direct = desk(chain(listed(SETTINGS), ((names.RAW, each) for each in frames)))
    assert desk(archived(home / "archive", "", listed(SETTINGS)).rows) == direct
    assert any(topic == names.STATUSES for topic, _ in direct)
    seen = archived_span(home / "archive", "")
    last = max(each.seen_time for each in frames)
    assert (seen.first, seen.last) == (frames[0].seen_time, last - TAIL)


def test_the_commands_play_an_archive_or_files(files: list[Path], home: Path) -> None:
    command("import", *files, "--run", "old.")
    one = command("backtest", "--archive", home / "archive", "--run", "old.")
    other = command("backtest", *files)
    assert one["records"] == other["records"]
    for given in ([], [str(files[0]), "--archive", str(home)]):
        told = CliRunner().invoke(app, ["backtest", *given])
        assert (told.exit_code, told.stderr.count("\n")) == (1, 1)
        assert "and not both" in told.stderr
    told = CliRunner().invoke(app, ["backtest", "--archive", str(home / "archive")])
    assert "name the run by --run" in told.stderr


def test_the_same_import_once_more_adds_nothing_and_a_later_one_goes_on(
    files: list[Path], home: Path, tmp_path: Path
) -> None:
    lines = files[0].read_bytes().splitlines(keepends=True)
    parts = [tmp_path / name / "usdm" / "btc.txt" for name in ("one", "two")]
    for path, mine in zip(parts, (lines[:2000], lines[2000:]), strict=True):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"".join(mine))
    for path in (parts[0], parts[0], parts[1], parts[0], parts[1]):
        command("import", path)
    (entry,) = entries(Archive(home / "archive"))
    assert (entry.gaps, entry.doubles, entry.files) == ([], 0, 2)
    rows = [*played(Archive(home / "archive"), closing)]
    assert [row.seq for row in rows] == [*range(len(rows))]
    records = [decode(RawFrame, row.value) for row in rows]
    assert len({each.run for each in records}) == 2
    assert sum(len(each.frames) for each in records) == len(lines)
    assert [each.clock for each in records[-4:]] == [True] * 4
    told = CliRunner().invoke(app, ["import", str(files[0])])
    assert told.exit_code == 1
    assert "up to a later time" in told.stderr


def test_what_came_from_kafka_is_not_mixed_with_files(home: Path) -> None:
    put(home / "archive", names.RAW, raw())
    with pytest.raises(TapelineError, match="another folder"):
        Importer(home / "archive", "", names.RAW, "run").first_seq(BTC)


def test_keys_from_kafka_come_by_time_and_doubles_once(tmp_path: Path) -> None:
    rows = raw()
    other = [
        row_of(5, 7 * row.offset, 0, ETH.encode(), (row.value or b"").replace(KEY, ETH.encode()))
        for row in rows
    ]
    put(tmp_path, names.RAW, rows + [row._replace(offset=row.offset + 9_000) for row in rows[9:]])
    put(tmp_path, names.RAW, other)
    found = [*played(Archive(tmp_path), closing)]
    assert sorted(found) == sorted(rows + other)
    times = [row.seen_time or 0 for row in found]
    assert all(one <= other + SECOND // 50 for one, other in pairwise(times))


def test_only_what_the_topic_lacks_is_played_on() -> None:
    rows = raw()
    there = {KEY: (40, rows[40].value or b"")}
    assert [*unplayed(iter(rows), there.get)] == rows[41:]
    assert [*unplayed(iter(rows), lambda key: None)] == rows
    with pytest.raises(TapelineError, match="fresh topics"):
        [*unplayed(iter(rows), lambda key: (40, b"{other}"))]


def test_what_could_be_traded_is_what_the_archive_says(tmp_path: Path) -> None:
    row = next(record for _, record in listed(SETTINGS) if record.key == BTC)
    later = row.model_copy(update={"seq": 1, "tick_size": "0.5"})
    stamps = (1, 1_723_161_300_000)  # the second one came within the recording
    rows = [
        row_of(2, n, stamp, KEY, encode(each))
        for n, (stamp, each) in enumerate(zip(stamps, (row, later), strict=True))
    ]
    put(tmp_path, names.INSTRUMENTS, rows)
    put(tmp_path, names.RAW, raw())
    assert [time for time, _ in instruments(Archive(tmp_path))] == [0, stamps[1] * 1_000_000]
    found = [*archived(tmp_path, "", listed(SETTINGS)).rows]
    kinds = [topic for topic, _ in found]
    assert kinds.index(names.RAW) == len([*listed(SETTINGS)])
    mine = [n for n, (_, each) in enumerate(found) if each.key == BTC and kinds[n] != names.RAW]
    assert len(mine) == 2
    assert found[mine[0]][1] == row
    assert found[mine[1]][1] == later
    assert SYMBOL in later.key


def test_what_is_no_record_is_told(tmp_path: Path) -> None:
    rows = raw()
    rows[7] = row_of(3, rows[7].offset, 1, KEY, b"{poison")
    put(tmp_path, names.RAW, rows)
    inputs = archived(tmp_path, "", iter(()))
    assert sum(1 for _ in inputs.rows) == len(rows) - 1
    assert f"offset {rows[7].offset}" in inputs.unread[0]


def test_the_raw_stage_is_told_of_the_archive_and_the_run(tmp_path: Path) -> None:
    play = Play((), archive=(tmp_path, "old."))
    known = Settings.model_validate({"home": tmp_path, "broker_url": "nowhere:9"})
    env = play.env(known)
    assert (env["TAPELINE_REPLAYED"], env["TAPELINE_REPLAYED_RUN"]) == (str(tmp_path), "old.")
    assert "TAPELINE_REPLAYED" not in Play(()).env(known)
