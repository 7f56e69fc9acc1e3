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
from schemas.ticks import BookState, Ticks
from tests.unit.depth_play import Said, columns_of, commands, played, told, venue_said
from tests.unit.market_tape import Row, depth, quote, record, trade, whole
from tests.unit.tape import FILES
from topics.recording import read, sample

EVERY, FIRST = 10, 1_000
RECORDS = 7_000
"""Of the recording: half a minute of it."""
MODELS = (
    DepthRules(), DepthRules(model=at.PROB_LOG), DepthRules(model=at.PROB_POWER),
    DepthRules(model=at.PROB_POWER, power=1, consumes=False, prevents=False),
)  # fmt: skip

prices, sizes = st.integers(95, 105), st.integers(0, 6)
levels = st.lists(st.tuples(prices, sizes), max_size=4)
updates = st.tuples(st.just("depth"), levels, levels)
wholes = st.tuples(st.just("whole"), st.integers(96, 101), st.integers(1, 6))
trades = st.tuples(st.just("trade"), prices, st.integers(1, 8), st.sampled_from(("buy", "sell")))
quotes = st.tuples(st.just("quote"), prices, prices)
rows = st.lists(updates | updates | trades | trades | quotes | wholes, min_size=1, max_size=3)
states = st.sampled_from((BookState.OK,) * 8 + (BookState.GAPPED,))
markets = st.lists(st.tuples(rows, states), min_size=5, max_size=25)
orders = st.tuples(
    st.integers(0, 24), st.sampled_from((at.PLACE,) * 4 + (at.CANCEL,)), st.integers(0, 1), prices,
    st.integers(1, 7), st.sampled_from((at.POST_ONLY, at.GTC, at.GTC, at.IOC, at.FOK, at.MARKET)),
)  # fmt: skip
scripts = st.lists(orders, max_size=25)


def side(given: list[tuple[int, int]]) -> Any:
    return tuple((str(price), str(size)) for price, size in given)


def row(one: tuple[Any, ...]) -> Row:
    match one:
        case ("depth", bids, asks):
            return depth(side(bids), side(asks))
        case ("whole", price, size):
            bids = [(price - n, size + n) for n in range(3)]
            return whole(side(bids), side([(2 * price + 1 - p, n) for p, n in bids]))
        case ("trade", price, size, aggressor):
            return trade(str(price), str(size), aggressor)
    _, bid, ask = one
    return quote(str(bid), str(ask))


def tape(market: list[tuple[list[tuple[Any, ...]], BookState]]) -> list[Ticks]:
    """The records; the first has both sides of a book, at 99 and 101."""
    calm = [whole(side([(99, 3), (98, 2), (97, 4)]), side([(101, 3), (102, 2), (103, 4)]))]
    told = [(calm, BookState.OK), *(([*map(row, rows)], state) for rows, state in market)]
    return [
        record(n, FIRST + EVERY * n // 2, *rows, book=state)
        for n, (rows, state) in enumerate(told)
    ]  # fmt: skip


@pytest.mark.parametrize("rules", MODELS, ids=["risk", "log", "power", "linear"])
@given(market=markets, script=scripts, latency=st.integers(0, 12))
@settings(max_examples=60, deadline=None)
def test_any_orders_in_any_market(
    rules: DepthRules, market: Any, script: Any, latency: int
) -> None:
    records = tape(market)
    columns = columns_of(records)
    given = DepthRules(**{**vars(rules), "latencies": (latency, latency // 2), "feedback": 3})
    log = played(columns, given, script, EVERY)
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
