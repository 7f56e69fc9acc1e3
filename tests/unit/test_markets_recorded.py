"""Markets at once: every event comes out, every book is the venue's own.

By default some are played until shortly after midnight; all eight files to their end by
`make recorded`.
"""

import gzip
import json
from bisect import bisect_right
from collections import Counter
from decimal import Decimal
from itertools import islice, pairwise

import pytest

from engine.spans import SECOND
from gateway.recorded.decode import decode
from infra.recordings import COIN_M, HERE, MARKET, instruments, listings
from infra.recordings import SPOT as SPOT_FILES
from schemas.ticks import BookState, NoticeType
from tests.recorded import long
from tests.unit.markets import (
    APART,
    FILES,
    MIDNIGHT,
    TABLE,
    UNTIL,
    Counted,
    Played,
    counted,
    kind_of,
    levels,
    path_of,
    played,
)

KEYS = sorted({TABLE[file].key for file in FILES})
SPOT = ["binance:BTC/USDT", "binance:ETH/USDT"]
COINM = ["binance:BTC/USD:BTC", "binance:ETH/USD:ETH"]
OLDER = {**dict.fromkeys(SPOT, 2), **dict(zip(COINM, (23, 22), strict=True))}
"""Diffs that are older than the snapshot."""
DECODED = 8000
"""Lines of each file of which `decode` prints every event."""
WHOLE = long((*TABLE,), ("spot/ethusdt_20240808.gz",))
"""Files that are decoded to their end."""


def whole(key: str) -> Played:
    """One key of the play of all files at once."""
    return played(*FILES)[key]


def test_the_files_are_what_the_table_says() -> None:
    for file, row in TABLE.items():
        wanted = {
            "depth": row.depth, "bookTicker": row.quotes, "trade": row.trades,
            "snapshot": row.snapshots,
        }  # fmt: skip
        assert counted(file) == Counter(wanted), file
        assert counted(file).total() == row.lines


def test_the_table_is_of_all_of_binance_that_ships() -> None:
    named = {*MARKET, *SPOT_FILES, *COIN_M}
    others = {HERE / "venues", HERE / "candles"}
    ships = {file for file in HERE.rglob("*.gz") if others.isdisjoint(file.parents)}
    assert {path_of(file) for file in TABLE} == named == ships


def test_the_counts_beside_the_files_are_the_table() -> None:
    for market in ("spot", "usdm", "cm"):
        known = json.loads((path_of(market) / "counts.json").read_text())
        files = {file: one for file, one in TABLE.items() if file.startswith(f"{market}/")}
        assert sorted(known) == sorted(file.split("/")[1] for file in files)
        for file, one in files.items():
            row = known[file.split("/")[1]]
            assert (row["frames"], row["depth_updates"], row["quotes"], row["trades"]) == (
                one.lines, one.depth, one.quotes, one.trades,
            )  # fmt: skip
            assert row["snapshots"] == one.snapshots
            assert row["first"] < row["last"]


def printed(file: str, lines: int | None) -> Counter[object]:
    """Rows of each kind of the first lines of a file, and how many updates were not applied."""
    found: Counter[object] = Counter()
    for row in islice(decode([path_of(file)], "binance", listings()), lines):
        assert f"{row['venue']}:{row['symbol']}" == TABLE[file].key
        found["snapshot" if row.get("snapshot") else row["type"]] += 1
        found["not applied"] += row["type"] == "book" and not row["applied"]
    return found


@pytest.mark.parametrize("file", TABLE)
def test_decode_prints_every_event_in_order(file: str) -> None:
    with gzip.open(path_of(file), "rt") as lines:
        kinds = Counter(map(kind_of, islice(lines, DECODED)))
    found = printed(file, DECODED)
    unapplied = found.pop("not applied")
    names = {"depth": "book", "bookTicker": "quote", "trade": "trade", "snapshot": "snapshot"}
    assert found == Counter({names[kind]: number for kind, number in kinds.items()})
    assert unapplied == kinds["depth"] if not kinds["snapshot"] else unapplied < 30


@pytest.mark.parametrize(("file", "row"), [each for each in TABLE.items() if each[0] in WHOLE])
def test_decode_prints_every_event_of_a_whole_file(file: str, row: Counted) -> None:
    found = printed(file, None)
    unapplied = found.pop("not applied")
    wanted = Counter(book=row.depth, quote=row.quotes, trade=row.trades, snapshot=row.snapshots)
    assert +found == +wanted
    assert unapplied == row.depth if not row.snapshots else unapplied < 30


def test_every_event_comes_out_of_the_stage_under_its_key() -> None:
    assert sorted(played(*FILES)) == KEYS
    for key in KEYS:
        files = [file for file in FILES if TABLE[file].key == key]
        held = sum((counted(file, UNTIL) for file in files), Counter[str]())
        found = Counter(whole(key).count)
        wanted = Counter(
            depth=held["depth"], quotes=held["bookTicker"], trades=held["trade"],
            snapshots=held["snapshot"],
        )  # fmt: skip
        del found["not applied"], found["fractions"]
        assert +found == wanted


@pytest.mark.parametrize("key", KEYS)
def test_no_book_has_a_gap_or_is_crossed_from_its_snapshot_on(key: str) -> None:
    """Spot's two files join at midnight; the others end there and go stale beside them."""
    found = whole(key)
    first = found.states.index(BookState.OK)
    assert first < 40
    assert set(found.states[:first]) == {BookState.NONE}
    if key in SPOT:
        assert found.notices == []
        assert set(found.states[first:]) == {BookState.OK}
    else:
        (notice,) = found.notices
        assert (notice.type, notice.seen_time) == (NoticeType.STALE, MIDNIGHT + 5 * SECOND)
        ended = found.states.index(BookState.STALE)
        assert set(found.states[first:ended]) == {BookState.OK}
        assert set(found.states[ended:]) == {BookState.STALE}


@pytest.mark.parametrize("key", KEYS)
def test_update_ids_continue_by_the_rule_of_the_market(key: str) -> None:
    """Also over midnight."""
    for (_, last, _), (first, _, previous) in pairwise(whole(key).ids):
        assert last is not None
        assert (first == last + 1) if key in SPOT else (previous == last)


@pytest.mark.parametrize("key", sorted(OLDER.keys() & set(KEYS)))
def test_only_what_is_older_than_the_snapshot_is_left_out(key: str) -> None:
    assert whole(key).count["not applied"] == OLDER[key]


@pytest.mark.parametrize("key", KEYS)
def test_the_book_is_the_one_of_the_recipe_and_of_any_reader(key: str) -> None:
    found = whole(key)
    own = found.cell.state.sync.book
    assert levels(own.bids.rows) == found.recipe.bids
    assert levels(own.asks.rows) == found.recipe.asks
    assert found.reader.dump() == own.dump()
    assert len(found.recipe.bids) > 500


@pytest.mark.parametrize("key", KEYS)
def test_the_books_best_is_the_quote_at_every_shared_update_id(key: str) -> None:
    found = whole(key)
    shared = sorted(set(found.quotes) & set(found.bests))
    assert len(shared) > 500
    assert [found.bests[each] for each in shared] == [found.quotes[each] for each in shared]


@pytest.mark.parametrize("key", KEYS)
def test_the_books_best_is_the_last_quote_before_it(key: str) -> None:
    """Between two ids of one matching, spot's ticker leaves out a best that lives for no time."""
    found = whole(key)
    ids, differing, compared = sorted(found.quotes), 0, 0
    for last, best in found.bests.items():
        place = bisect_right(ids, last)
        if place:
            compared += 1
            differing += found.quotes[ids[place - 1]] != best
    assert compared > long(6000, 3500)
    assert differing == (long(2, 0) if key == "binance:BTC/USDT" else 0)


def test_spot_quotes_have_no_time_and_all_others_have_one() -> None:
    for key in KEYS:
        found = whole(key)
        assert found.untimed == (found.count["quotes"] if key in SPOT else 0)


def test_other_markets_played_beside_it_change_no_byte() -> None:
    """Until the clock's tail, which runs from the last frame of all."""
    key = TABLE[APART].key
    until = long(UNTIL, MIDNIGHT - 270 * SECOND)
    alone, among = played(APART, until=until)[key].digests, whole(key).digests
    assert len(alone) > long(15_000, 3000)
    assert alone[:-6] == among[: len(alone) - 6]


def test_a_file_without_a_snapshot_gives_all_but_a_book() -> None:
    file = "spot/ethusdt_20240809.gz"
    found, held = played(file)[TABLE[file].key], counted(file, UNTIL)
    assert set(found.states) == {BookState.NONE}
    assert found.notices == []
    assert found.count["not applied"] == found.count["depth"] == held["depth"]
    assert (found.count["trades"], found.count["quotes"]) == (held["trade"], held["bookTicker"])
    assert found.cell.state.sync.book.best_bid is None


@pytest.mark.parametrize("key", KEYS)
def test_steps_of_the_instruments_divide_what_was_recorded(key: str) -> None:
    row = next(each for each in instruments() if f"{each.venue}:{each.symbol}" == key)
    for step, texts in ((row.tick_size, whole(key).prices), (row.lot_size, whole(key).quantities)):
        assert len(texts) > 100
        assert not [text for text in texts if Decimal(text) % Decimal(step)]
    assert min(map(Decimal, whole(key).quantities)) >= Decimal(row.minimum_quantity)


def test_coin_m_trades_whole_contracts() -> None:
    assert {key: bool(whole(key).count["fractions"]) for key in KEYS} == {
        key: key not in COINM for key in KEYS
    }
