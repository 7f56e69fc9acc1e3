"""An archive gives back what was put in, to the byte, in order, once; damage is named."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.proof.published import once
from schemas import names
from schemas.codec import encode
from tests.unit.small_desk import BTC, SECOND, recorded
from topics.archive import files
from topics.archive.files import DamagedFile, write
from topics.archive.layout import CUT, folder_of, key_of, parsed, shelf_of
from topics.archive.reading import Archive, NoArchive
from topics.archive.row import Row, row_of
from topics.archive.waiting import Waiting

DAY = 86_400 * SECOND
KEY = BTC.encode()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No fsync: what it is for is tried in tests/chaos."""
    monkeypatch.setattr("os.fsync", lambda handle: None)


def raw(partition: int = 3) -> list[Row]:
    """Real records of market.raw as rows."""
    return [
        row_of(partition, 100 + n, 1_700_000_000_000 + n, KEY, encode(record))
        for n, record in enumerate(recorded(3 * SECOND))
    ]


def put(root: Path, topic: str, rows: list[Row], logical: str = names.RAW) -> None:
    for shelf, mine in groupby(rows, lambda row: shelf_of(topic, logical, row)):
        write(root, shelf, list(mine))


def plain(offset: int, value: bytes | None, key: bytes = KEY, partition: int = 3) -> Row:
    return Row(partition, offset, 1, key, value, None, None, None)


def test_records_come_out_as_they_went_in(tmp_path: Path) -> None:
    rows = raw()
    assert len(rows) > 100
    put(tmp_path, "run.market.raw", rows)
    archive = Archive(tmp_path, "run.")
    assert [*archive.of(names.RAW, KEY)] == rows
    assert [*archive.rows(names.RAW)] == rows
    assert (archive.topics(), archive.keys(names.RAW)) == (["run.market.raw"], [KEY])
    assert [row.seq for row in rows] == list(range(len(rows)))
    assert all(row.seen_time and row.seen_time > 1_600_000_000 * SECOND for row in rows)


def test_files_are_by_topic_date_and_key(tmp_path: Path) -> None:
    put(tmp_path, names.RAW, raw())
    (path,) = tmp_path.rglob("*.parquet")
    assert path.parent.relative_to(tmp_path) == Path(
        "market.raw", "2024-08-08", "binance%3ABTC%2FUSDT%3AUSDT"
    )
    assert path.name.startswith("003-00000000000000000100-")


ANY = st.one_of(st.none(), st.binary(max_size=40))


@given(st.lists(ANY, max_size=30), st.lists(st.tuples(st.integers(0, 29), st.integers(1, 9))))
def test_what_was_written_again_after_a_crash_is_there_once(
    tmp_path_factory: pytest.TempPathFactory, values: list[bytes | None],
    spans: list[tuple[int, int]],
) -> None:  # fmt: skip
    """Any spans of a partition are written a second time, whatever files they fall into."""
    root = tmp_path_factory.mktemp("archive")
    rows = [plain(7 * n, value) for n, value in enumerate(values)]
    for first, count in [(n, 4) for n in range(0, len(rows), 4)] + spans:
        if some := rows[first : first + count]:
            write(root, shelf_of("t", names.RAW, some[0]), some)
    assert [*Archive(root).rows("t")] == rows


@given(st.binary(max_size=300))
def test_any_key_has_a_folder_and_comes_out_again(
    tmp_path_factory: pytest.TempPathFactory, key: bytes
) -> None:
    root = tmp_path_factory.mktemp("archive")
    folder, row = folder_of(names.RAW, key), plain(0, b"x", key)
    assert len(folder) < 255
    assert folder not in {".", ".."}
    assert CUT in folder or key_of(names.RAW, folder) == key
    write(root, shelf_of(names.RAW, names.RAW, row), [row])
    assert (Archive(root).keys(names.RAW), [*Archive(root).of(names.RAW, key)]) == ([key], [row])


def test_orders_share_files(tmp_path: Path) -> None:
    rows = [plain(n, b"%d" % n, b"order-%d" % n, n % 2) for n in range(10)]
    waiting = Waiting(1 << 20, 1 << 20)
    for row in rows:
        assert waiting.take(shelf_of(names.JOURNAL, names.JOURNAL, row), row) == []
    for filing in waiting.all():
        write(tmp_path, *filing)
    assert len([*tmp_path.rglob("*.parquet")]) == 2
    archive = Archive(tmp_path)
    assert [row.key for row in archive.of(names.JOURNAL, b"order-3")] == [b"order-3"]
    assert archive.keys(names.JOURNAL) == sorted(row.key for row in rows)
    assert [row.offset for row in archive.rows(names.JOURNAL)] == [
        *range(0, 10, 2),
        *range(1, 10, 2),
    ]


def test_keys_of_a_partition_come_in_its_order(tmp_path: Path) -> None:
    rows = [plain(n, b"%d" % n, b"paper:%d" % (n % 3)) for n in range(30)]
    for key in {row.key for row in rows}:
        put(tmp_path, names.ORDERS, [row for row in rows if row.key == key])
    archive = Archive(tmp_path)
    assert [*archive.rows(names.ORDERS)] == rows
    wanted = [row for row in rows if row.key != b"paper:1"]
    assert [*archive.rows(names.ORDERS, lambda key: key != b"paper:1")] == wanted


def test_doubles_by_sequence_are_dropped_as_on_a_topic(tmp_path: Path) -> None:
    rows = raw()
    again = [row._replace(offset=row.offset + 10_000) for row in rows[5:20]]
    put(tmp_path, names.RAW, rows + again)
    found = [*once(Archive(tmp_path).pairs(names.RAW, KEY))]
    assert found == [(BTC, row.seq, row.value) for row in rows]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 400)), max_size=60),
    st.integers(1, 2000), st.integers(1, 4000),
)  # fmt: skip
def test_what_waits_is_bounded_and_all_of_it_is_given_once(
    rows: list[tuple[int, int]], largest: int, memory: int
) -> None:
    waiting, given_out = Waiting(largest, memory), list[Row]()
    for offset, (partition, size) in enumerate(rows):
        row = plain(offset, b"x" * size, partition=partition)
        for shelf, mine in waiting.take(shelf_of("t", "t", row), row):
            assert {each.partition for each in mine} == {shelf.partition}
            given_out += mine
        assert waiting.size <= memory
    given_out += [row for _, mine in waiting.all() for row in mine]
    assert (waiting.size, sorted(row.offset for row in given_out)) == (0, [*range(len(rows))])


@pytest.fixture
def filed(tmp_path: Path) -> Path:
    put(tmp_path, names.RAW, raw())
    (path,) = tmp_path.rglob("*.parquet")
    return path


def read_all(root: Path) -> list[Row]:
    return [*Archive(root).rows(names.RAW)]


def told(root: Path) -> str:
    """What is wrong with the rows, or nothing where they are those that were put in."""
    try:
        return "" if read_all(root) == raw() else "other rows"
    except DamagedFile as damaged:
        return str(damaged)


@pytest.mark.parametrize("place", [0.0, 0.02, 0.3, 0.6, 0.99])
def test_a_flipped_bit_is_named_unless_it_means_nothing(
    filed: Path, tmp_path: Path, place: float
) -> None:
    content = bytearray(filed.read_bytes())
    content[int(place * (len(content) - 1))] ^= 4
    filed.write_bytes(content)
    text = told(tmp_path)
    assert not text or (str(filed) in text and "\n" not in text)


def test_a_bit_of_a_value_is_never_passed_over(filed: Path, tmp_path: Path) -> None:
    content = bytearray(filed.read_bytes())
    content[len(content) // 2] ^= 1
    filed.write_bytes(content)
    with pytest.raises(DamagedFile, match=r"market\.raw.*from a backup"):
        read_all(tmp_path)


@pytest.mark.parametrize("size", [0, 3, 5000, -1])
def test_a_cut_file_is_named(filed: Path, tmp_path: Path, size: int) -> None:
    filed.write_bytes(filed.read_bytes()[:size])
    with pytest.raises(DamagedFile, match=r"market\.raw"):
        read_all(tmp_path)


def test_a_file_that_is_not_what_its_name_says_is_named(filed: Path, tmp_path: Path) -> None:
    found = parsed(filed, names.RAW)
    assert found is not None
    more = f"{found.last + 1:020}".join(filed.name.rsplit(f"{found.last:020}", 1))
    filed.rename(filed.with_name(more))
    with pytest.raises(DamagedFile, match="it ends at offset"):
        read_all(tmp_path)


def test_two_clusters_in_one_folder_are_told_apart(tmp_path: Path) -> None:
    for value in (b"one", b"other"):
        put(tmp_path, names.RAW, [plain(1, value)])
    with pytest.raises(DamagedFile, match="two clusters wrote here"):
        read_all(tmp_path)
    put(tmp_path, names.TICKS, [plain(1, b"x", partition=0)])
    put(tmp_path, names.TICKS, [plain(1, b"x", partition=1)])
    with pytest.raises(DamagedFile, match="several partitions"):
        [*Archive(tmp_path).rows(names.TICKS)]


def test_what_is_half_written_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(rows: Any) -> Iterator[list[Row]]:
        yield list(rows)[:1]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "groups", full)
    with pytest.raises(OSError, match="No space"):
        put(tmp_path, names.RAW, raw())
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert read_all(tmp_path) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoArchive, match="name the folder"):
        Archive(tmp_path / "nowhere")
