"""`tapeline bench feeds`: every venue of the table is measured, and rows say what they must."""

from __future__ import annotations

from engine.feeds.catalogue import FEEDS
from gateway.bench import met
from gateway.benches import BENCHES
from tests.bench import feeds
from tests.bench.feeds_tapes import tapes


def test_every_venue_of_the_table_is_measured_with_its_levels() -> None:
    assert feeds.NAME in BENCHES
    found = list(feeds.rows(1, None, events=200))
    whole = [row for row in found if ": " not in row["case"]]
    assert {row["case"].split()[0] for row in whole} == set(FEEDS)
    for row in whole:
        assert row["unit"] == "events/s"
        assert row["ours"] > 0 < row["peers"]["orjson.loads"]
        level = row["level"]["at_least_times"]
        assert level == {name: feeds.LEAST[name] for name in row["peers"]}
        assert ("ccxt.pro" in row["peers"]) is ("missing" not in row)
        if row["case"].startswith(("binance", "mexc", "okx")):
            assert "failed" not in row, row["failed"]


def test_binances_trades_have_a_level_of_their_own() -> None:
    found = {row["case"]: row for row in feeds.rows(1, None, events=1000)}
    for market in ("spot", "usdm"):
        assert found[f"binance {market}: trades"]["level"] == {"over": 300_000}
    assert "level" not in found["binance spot: books"]
    slow = found["binance spot"] | {"ours": found["binance spot"]["peers"]["ccxt.pro"] * 9}
    assert not met(slow)


def test_a_kind_of_a_recording_holds_all_its_frames_of_that_kind() -> None:
    spot = next(tapes(2000))
    kinds = {kind.case: kind for kind in spot.kinds()}
    assert set(kinds) == {f"binance spot: {kind}" for kind in ("trades", "quotes", "books")}
    assert sum(len(kind.frames) for kind in kinds.values()) == len(spot.frames)
