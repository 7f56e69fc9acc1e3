"""The player goes on where market.raw ends, for every key, whenever it first shows."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.recordings import INSTRUMENTS, LISTINGS
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
    monkeypatch.setattr(
        "topics.resuming.latest", lambda chosen, topic, keys: {ETH: message} if ETH in keys else {}
    )


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
