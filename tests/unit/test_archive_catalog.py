"""The catalog tells what is there and what is missing; merged files hold the same records."""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from gateway.cli import app
from schemas import names
from tests.unit.small_desk import BTC, SECOND
from tests.unit.test_archive import KEY, plain, put, quick, raw, read_all
from topics.archive import compacting
from topics.archive.catalog import Entry, entries, logical_of
from topics.archive.compacting import Busy, compact
from topics.archive.files import write
from topics.archive.layout import PARTIAL, shelf_of
from topics.archive.reading import Archive
from topics.archive.row import Row
from topics.archive.spans import between, joined, spans_of

__all__ = ["quick"]

NUMBERS = st.lists(st.integers(-3, 60))


def put_in_parts(root: Path, rows: list[Row], size: int, topic: str = names.RAW) -> None:
    for n in range(0, len(rows), size):
        put(root, topic, rows[n : n + size])


def entry(root: Path) -> Entry:
    (found,) = entries(Archive(root))
    return found


@given(NUMBERS, NUMBERS)
def test_spans_hold_the_numbers_and_what_is_between_them_the_others(
    one: list[int], other: list[int]
) -> None:
    spans, known = joined([*spans_of(one), *spans_of(other)]), {*one, *other}
    held = [n for first, last in spans for n in range(first, last + 1)]
    missing = [n for first, last in between(spans) for n in range(first, last + 1)]
    assert held == sorted(known)
    assert [*held, *missing] == [] or sorted(held + missing) == [*range(min(known), max(known) + 1)]
    assert all(one[1] + 1 < other[0] for one, other in pairwise(spans))


def test_an_entry_tells_spans_counts_gaps_and_bytes(tmp_path: Path) -> None:
    rows = raw()
    put_in_parts(tmp_path, rows[:40], 10, "run.market.raw")
    put_in_parts(tmp_path, rows[30:40], 10, "run.market.raw")  # the same file once more
    put_in_parts(tmp_path, rows[35:45] + rows[50:], 500, "run.market.raw")
    found = entry(tmp_path)
    assert (found.topic, found.key, found.files) == ("run.market.raw", BTC, 5)
    assert (found.records, found.doubles) == (len(rows) - 5, 5)
    assert found.gaps == [(45, 49)]
    assert found.sequences == [(0, 44), (50, rows[-1].seq)]
    assert found.seen_time == (rows[0].seen_time, rows[-1].seen_time)
    assert found.bytes == sum(path.stat().st_size for path in tmp_path.rglob("*.parquet"))
    assert found.damaged == []


def test_orders_are_one_entry_and_letters_have_no_gaps(tmp_path: Path) -> None:
    rows = [plain(n, b"x", b"order-%d" % n, n % 2)._replace(seq=7 * n) for n in range(9)]
    for number in (0, 1):
        mine = [row for row in rows if row.partition == number]
        put(tmp_path, names.JOURNAL, mine, names.JOURNAL)
    put(tmp_path, names.LETTERS, [row._replace(key=KEY, partition=0) for row in rows])
    told = {each.topic: each for each in entries(Archive(tmp_path))}
    assert (told[names.JOURNAL].key, told[names.JOURNAL].records) == (None, 9)
    assert told[names.JOURNAL].gaps == told[names.LETTERS].gaps == []


@pytest.mark.parametrize("name", [names.RAW, "run.trading.archive", "a.b.market.ticks"])
def test_a_topic_of_any_prefix_is_known(name: str) -> None:
    assert logical_of(name) == ".".join(name.split(".")[-2:])


def test_the_command_names_gaps_and_damage(tmp_path: Path) -> None:
    rows = raw()
    put_in_parts(tmp_path, rows[:20] + rows[25:], 20)
    told = CliRunner().invoke(app, ["catalog", str(tmp_path)])
    assert told.exit_code == 0
    assert f"gap: market.raw {BTC}: seq 20 to 24 are missing" in told.stderr
    assert "2024-08-08T23:54" in told.stdout
    path = sorted(tmp_path.rglob("*.parquet"))[2]
    path.write_bytes(path.read_bytes()[:-9])
    told = CliRunner().invoke(app, ["catalog", str(tmp_path), "--json"])
    (line,) = map(orjson.loads, told.stdout.splitlines())
    assert told.exit_code == 1
    assert (line["files"], line["records"]) == (len([*tmp_path.rglob("*.parquet")]), len(rows) - 25)
    assert len(line["damaged"]) == 1
    assert str(path) in line["damaged"][0]
    assert len([text for text in told.stderr.splitlines() if str(path) in text]) == 1


def test_damage_in_a_value_is_found_unless_values_are_not_read(tmp_path: Path) -> None:
    put(tmp_path, names.RAW, raw())
    (path,) = tmp_path.rglob("*.parquet")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    told = [
        CliRunner().invoke(app, ["catalog", str(tmp_path), *more]) for more in ([], ["--quick"])
    ]
    assert [each.exit_code for each in told] == [1, 0]


def test_an_archive_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["catalog", str(tmp_path / "nowhere")])
    assert (told.exit_code, told.stderr.count("\n")) == (1, 1)


class Killed(BaseException):
    """What a kill is to a process."""


def kill_at(call: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """End in the place of the n-th change of a file's name, or its removal."""
    calls = iter(range(1000))

    def dying(change: str) -> None:
        real = getattr(Path, change)

        def made(self: Path, *given: object, **more: object) -> object:
            if next(calls) == call:
                raise Killed
            return real(self, *given, **more)

        monkeypatch.setattr(Path, change, made)

    dying("replace")
    dying("unlink")


@pytest.mark.parametrize("call", range(12))
def test_a_kill_while_files_are_merged_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    rows = raw()[:60]
    put_in_parts(tmp_path, rows, 10)
    put_in_parts(tmp_path, rows[15:35], 20)
    with monkeypatch.context() as patched, suppress(Killed):
        kill_at(call, patched)
        compact(Archive(tmp_path))
    assert read_all(tmp_path) == rows
    compact(Archive(tmp_path))
    assert read_all(tmp_path) == rows
    assert entry(tmp_path).files == 1


def test_small_neighbours_become_one_and_large_ones_stay(tmp_path: Path) -> None:
    rows = raw()
    put_in_parts(tmp_path, rows, 20)
    before = entry(tmp_path)
    done = compact(Archive(tmp_path), small=before.bytes // 3)
    assert done.damaged == []
    assert before.files // 2 < done.before <= before.files
    assert 2 < entry(tmp_path).files == before.files - done.before + done.after < before.files
    assert read_all(tmp_path) == rows


def test_a_damaged_file_is_not_merged_away(tmp_path: Path) -> None:
    put_in_parts(tmp_path, raw()[:40], 10)
    paths = sorted(tmp_path.rglob("*.parquet"))
    paths[1].write_bytes(paths[1].read_bytes()[:-9])
    done = compact(Archive(tmp_path))
    assert str(paths[1]) in str(done.damaged)
    assert sorted(tmp_path.rglob("*.parquet")) == paths


def test_one_merges_at_a_time_and_what_a_crash_left_is_cleared(tmp_path: Path) -> None:
    row = plain(0, b"x")
    path = write(tmp_path, shelf_of("t", "t", row), [row])
    old, new = (path.with_name(f".{name}{PARTIAL}") for name in ("old", "new"))
    old.touch()
    new.touch()
    os.utime(old, (1, 1))
    assert compact(Archive(tmp_path)).removed == 1
    assert (old.exists(), new.exists()) == (False, True)
    with compacting._alone(tmp_path), pytest.raises(Busy, match="wait for its end"):
        compact(Archive(tmp_path))


def test_times_of_the_catalog_are_those_of_the_records(tmp_path: Path) -> None:
    rows = [plain(n, b"x")._replace(seen_time=n * SECOND, event_time=None) for n in range(3, 6)]
    rows.insert(0, plain(0, b"x")._replace(seen_time=0, event_time=0))
    put(tmp_path, names.RAW, rows)
    assert (entry(tmp_path).seen_time, entry(tmp_path).event_time) == (
        (3 * SECOND, 5 * SECOND),
        None,
    )
