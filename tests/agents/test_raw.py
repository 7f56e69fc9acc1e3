"""The player goes on where market.raw ends, for every key, whenever it first shows."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.recordings import INSTRUMENTS, LISTINGS
from schemas import names
from schemas.codec import encode
from schemas.errors import TapelineError
from schemas.raw import RawFrame, Source
from topics.settings import settings

ETH = "binance:ETH/USDT:USDT"
SECOND = 10**9


def line(n: int, symbol: str) -> str:
    data = {"e": "trade", "E": 1, "T": 1, "s": symbol, "t": n, "p": "1", "q": "1", "m": True}
    frame = json.dumps({"stream": f"{symbol.lower()}@trade", "data": data})
    return f"{(n + 10) * SECOND} {frame}"


def depth() -> str:
    """A frame that only USD-M sends, so that the market is plain."""
    data = {"e": "depthUpdate", "E": 1, "T": 1, "s": "BTCUSDT", "U": 1, "u": 1, "pu": 0}
    frame = json.dumps({"stream": "btcusdt@depth", "data": data | {"b": [], "a": []}})
    return f"{10 * SECOND} {frame}"


@pytest.fixture
def player(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """agents.raw with a recording whose ETH first shows after more frames than are sampled."""
    file = tmp_path / "late.txt"
    rows = [depth(), *(line(n, "BTCUSDT") for n in range(1001)), line(1001, "ETHUSDT")]
    file.write_text("\n".join(rows) + "\n")
    monkeypatch.setenv("BROKER_URL", "127.0.0.1:1")
    monkeypatch.setenv("TAPELINE_HOME", str(tmp_path))
    monkeypatch.setenv("TAPELINE_RECORDINGS", json.dumps([str(file)]))
    monkeypatch.setenv("TAPELINE_INSTRUMENTS", str(INSTRUMENTS))
    monkeypatch.setenv("TAPELINE_LISTINGS", str(LISTINGS))
    settings.cache_clear()
    yield importlib.import_module("agents.raw")
    settings.cache_clear()


@pytest.fixture
def bare(player: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recording in usdm/ that holds nothing but futures trades, and an empty broker."""
    monkeypatch.setattr("topics.resuming.latest", lambda chosen, topic, keys: {})
    file = tmp_path / "usdm" / "trades.txt"
    file.parent.mkdir()
    file.write_text(line(1, "BTCUSDT") + "\n")
    return file


def keys(player: Any, file: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The keys that the frames of a file get."""
    monkeypatch.setenv("TAPELINE_RECORDINGS", json.dumps([str(file)]))
    settings.cache_clear()
    return {record.key for record in player.recorded()}


def test_a_market_that_frames_do_not_tell_is_that_of_the_folder(
    player: Any, bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keys(player, bare, monkeypatch) == {"binance:BTC/USDT:USDT"}
    with pytest.raises(TapelineError, match="name it by --market"):
        keys(player, bare.rename(tmp_path / "trades.txt"), monkeypatch)


def test_a_market_that_is_named_counts_before_the_folder(
    player: Any, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPELINE_MARKET", "spot")
    assert keys(player, bare, monkeypatch) == {"binance:BTC/USDT"}


def holds(monkeypatch: pytest.MonkeyPatch, seen_time: int) -> None:
    """market.raw holds ETH up to sequence 500, of an earlier run."""
    last = RawFrame(
        id="x", seq=500, key=ETH, seen_time=seen_time, run="earlier", run_seq=7,
        source=Source.WS, channel="stream",
    )  # fmt: skip
    message = type("Message", (), {"value": lambda self: encode(last)})()

    def latest(chosen: Any, topic: str, keys: Any) -> dict[str, Any]:
        return {ETH: message} if topic == names.RAW and ETH in keys else {}

    monkeypatch.setattr("topics.resuming.latest", latest)


def test_a_key_that_shows_late_goes_on_at_its_sequence(
    player: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    holds(monkeypatch, seen_time=1)
    records = list(player.recorded())
    assert next(record for record in records if record.key == ETH).seq == 501
    assert next(record for record in records if record.key != ETH).seq == 0


def test_time_does_not_run_backwards(player: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    holds(monkeypatch, seen_time=9999 * SECOND)
    with pytest.raises(TapelineError, match="later records of binance:ETH"):
        list(player.recorded())


async def at_end() -> None:
    """Nothing is to be written."""


class Collected(Exception):
    """What the stage would have collected."""


@pytest.fixture
def live(player: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """agents.raw with a feed to collect and nothing to play; collecting raises Collected."""

    class Collector:
        def __init__(self, outlet: Any, framer: Any, wires: Any, check: Any) -> None:
            raise Collected(framer, wires)

    async def at_once(lease: Any, tell: Any) -> None:
        pass

    monkeypatch.setattr("topics.feeding.Collector", Collector)
    monkeypatch.setattr("topics.lease.Lease.stand_by", at_once)
    monkeypatch.setattr(player, "listed", lambda rows: None)
    monkeypatch.setattr(player.outlet, "flush", at_end)
    monkeypatch.setattr("topics.resuming.latest", lambda chosen, topic, keys: {})
    monkeypatch.delenv("TAPELINE_RECORDINGS")
    monkeypatch.setenv(
        "TAPELINE_FEEDS", json.dumps({"binance": {"symbols": ["ETH/USDT:USDT"], "refresh": 0}})
    )
    settings.cache_clear()
    return player


async def test_without_recordings_the_feeds_are_collected_from_the_next_sequence_on(
    live: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    holds(monkeypatch, seen_time=1)
    with pytest.raises(Collected) as collected:
        await live.play()
    framer, (wire,) = collected.value.args
    assert wire.address == "wss://fstream.binance.com/stream"
    assert wire.keys == (ETH, "binance:*")
    assert framer.first_seq(ETH) == 501
    assert framer.run.startswith("live-")


async def test_a_recording_counts_before_the_feeds(
    live: Any, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played: list[Any] = []

    async def publish(outlet: Any, records: Any) -> None:
        played.append(records)

    monkeypatch.setenv("TAPELINE_RECORDINGS", json.dumps([str(bare)]))
    settings.cache_clear()
    monkeypatch.setattr(live, "publish", publish)
    monkeypatch.setattr(live, "os", type("Os", (), {"kill": lambda *_: None, "getpid": int}))
    await live.play()
    assert len(played) == 1


async def test_records_ahead_of_the_clock_are_not_gone_on_with(
    live: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    holds(monkeypatch, seen_time=1 << 62)
    ended: list[str] = []
    monkeypatch.setattr(live, "die", lambda text, code: ended.append(text))
    monkeypatch.setattr(live, "os", type("Os", (), {"kill": lambda *_: None, "getpid": int}))
    await live.play()
    assert "ahead of this machine's clock" in ended[0]
