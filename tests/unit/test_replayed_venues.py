"""Recordings of every venue, whose frames alone tell which, through every stage."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from engine.feeds.recorded import Opening, named, route_of, venue_in
from engine.replay.desk import Desk
from gateway.backtests.backtest import listed, raw
from gateway.backtests.stages import Stages
from infra.recordings import HERE, MARKET
from schemas import names
from schemas.errors import Poison, TapelineError
from schemas.raw import ReceivedFrame, Source
from tests.unit.small_desk import SETTINGS
from topics.recording import begins

CALLED = {"huobi": "htx", "gateio": "gate"}
FILES = sorted((HERE / "venues").glob("*.gz"))


def venue_of(path: Path) -> str:
    first = path.name.split(".")[0].split("_")[0].lower()
    return CALLED.get(first, first)


@pytest.mark.parametrize("path", [*FILES, *MARKET], ids=lambda path: path.name)
def test_frames_tell_their_venue(path: Path) -> None:
    expected = "binance" if path in MARKET else venue_of(path)
    assert venue_in(begins(path)[0]) == expected


@pytest.mark.parametrize(
    "name",
    ["BITGET.ws.1.0", "GATEIO_FUTURES.ws.1.0", "HUOBI.ws.44.0", "KRAKEN.ws.48.0", "OKX.ws.1.0"],
)
def test_every_stage_takes_them(name: str) -> None:
    path = HERE / "venues" / f"{name}.gz"
    desk, count = Desk(Stages.of(SETTINGS), ("paper",)), Counter[str]()
    frames = list(raw((path,), SETTINGS, None))
    keys = {frame.key.split(":")[0] for frame in frames}
    for topic, _ in desk.run([*listed(SETTINGS), *((names.RAW, frame) for frame in frames)]):
        count[topic] += 1
    assert keys == {venue_of(path)}
    assert desk.letters == []
    assert count[names.LETTERS] == 0
    assert count[names.RAW] == count[names.TICKS] == count[names.SIGNALS] == len(frames) > 100
    assert count[names.DECISIONS] == count[names.ORDERS] == 2 * len(frames)


def frame(text: str) -> ReceivedFrame:
    return ReceivedFrame(10**18, Source.WS, "stream", text)


def test_frames_of_no_venue_are_told_in_one_line() -> None:
    for texts in ([], ["{}"], ["garbage", "[]"]):
        with pytest.raises(TapelineError, match="name it by --venue"):
            route_of(Opening([*map(frame, texts)]), ())


def test_a_venue_is_called_by_its_name_with_its_market_or_not() -> None:
    assert named("OKX") == ("okx", None)
    assert named("binance-usdm") == ("binance", "usdm")
    assert named("huobi") == ("htx", None)
    with pytest.raises(TapelineError, match="there is no venue nowhere; choose from binance"):
        named("nowhere")
    with pytest.raises(Poison, match="no market"):
        route_of(Opening([frame("{}")]), (), "okx", "nowhere")
