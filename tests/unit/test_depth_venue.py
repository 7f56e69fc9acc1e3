"""The compiled depth desk says what the one simulated venue says, of the same orders."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.depth import avellaneda, grid
from engine.depth import layout as at
from engine.depth.columns import DepthColumns
from engine.depth.desk import DepthRules, Desk
from engine.feeds.binance_symbols import Router
from engine.framing import raw_records
from engine.stage import Cell
from engine.ticks import TicksStage
from infra.recordings import HERE, listings
from schemas import names
from schemas.ticks import Ticks
from tests.recorded import long
from tests.unit.depth_play import Said, columns_of, commands, played, told, venue_said
from tests.unit.depth_tapes import EVERY, asked, markets, scripts, tape
from tests.unit.tape import FILES
from topics.recording import read, sample

RECORDS = 7_000
"""Of the recording: half a minute of it."""
MODELS = (
    DepthRules(), DepthRules(model=at.PROB_LOG), DepthRules(model=at.PROB_POWER),
    DepthRules(model=at.PROB_POWER, power=1, consumes=False, prevents=False),
)  # fmt: skip


@pytest.mark.parametrize("rules", MODELS, ids=["risk", "log", "power", "linear"])
@given(market=markets, script=scripts, latency=st.integers(0, 12))
@settings(max_examples=long(60, 20), deadline=None)
def test_any_orders_in_any_market(
    rules: DepthRules, market: Any, script: Any, latency: int
) -> None:
    records = tape(market)
    columns = columns_of(records)
    given = DepthRules(**{**vars(rules), "latencies": (latency, latency // 2), "feedback": 3})
    log = played(columns, given, [*map(asked, script)], EVERY)
    said = venue_said(columns, given, commands(columns, log), records)
    assert told(columns, log) == said


@cache
def recorded() -> tuple[DepthColumns, list[Ticks]]:
    """The start of the futures recording, a frame a record."""
    path = HERE / FILES["usdm"]
    routed = Router.of(sample(path), listings(), "usdm").route
    stage, records = TicksStage(), list[Ticks]()
    cell: Cell[Any] | None = None
    frames = map(routed, read(path))
    for raw in raw_records(frames, "run", 1):
        cell = cell or Cell.fresh(stage, raw.key)
        made = [out.record for out in cell.take(names.RAW, raw) if out.topic == names.TICKS]
        records += [each for each in made if isinstance(each, Ticks)]
        if len(records) >= RECORDS:
            break
    return columns_of(records), records


def kinds(said: list[Said]) -> Counter[str]:
    return Counter(each[-1] if each[1] == "filled" else each[1] for each in said)


@pytest.mark.parametrize("rules", MODELS, ids=["risk", "log", "power", "linear"])
def test_market_makers_on_the_recording(rules: DepthRules) -> None:
    columns, records = recorded()
    narrow = grid.Settings(levels=8, half_spread=1, step=3)
    for act, chosen in ((grid.act, narrow), (avellaneda.act, avellaneda.Settings())):
        log = Desk(columns, rules, 100_000_000).run(act, chosen)
        said = told(columns, log)
        assert said == venue_said(columns, rules, commands(columns, log), records)
        assert kinds(said)["maker"] > 20
        assert kinds(said)["cancelled"] > 20
