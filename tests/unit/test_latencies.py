"""Latency as it was measured: from statuses to the quantiles that a simulated venue is given."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from engine.latencies import Latencies, Way, measured, quantile, values
from engine.venue.latency import EmpiricalLatency
from gateway.terminal.output import Output
from gateway.watching.latencies import tell
from schemas.orders import OrderType
from schemas.statuses import OrderState, Status
from tests.unit.costly import Costly
from tests.unit.market_tape import trade, whole

MAIN = Way("main", "binance")
SENT, OPEN, FILLED = OrderState.SENT, OrderState.OPEN, OrderState.FILLED


def said(seq: int, state: OrderState, seen: int, at: int | None = None, **fields: Any) -> Status:
    body = {"type": "status", "account": "main", "venue": "binance", "symbol": "BTC/USDT",
            "client_order_id": "tl1", "state": state, "event_time": at, **fields}  # fmt: skip
    return Status.model_validate(body).identified(
        id=f"s{seq}", cause=fields.get("cause", ""), seq=seq, key="main:BTC/USDT", seen_time=seen,
        clock=False,
    )  # fmt: skip


STORY = [
    said(0, SENT, 100), said(1, OPEN, 190, 130), said(2, FILLED, 1050, 1000),
    said(3, SENT, 2000, client_order_id="tl2"),
    said(4, FILLED, 2090, 1990, client_order_id="tl2"),
    said(5, OPEN, 5000, 10, client_order_id="tl3", cause="adopted order"),
    said(6, OrderState.REJECTED, 6000, client_order_id="tl4"),
]  # fmt: skip


def test_there_back_and_round_trip() -> None:
    """The second order was answered before it was sent, by the venue's clock: not counted there."""
    found = measured([*STORY, *STORY])
    assert found == {MAIN: Latencies([30], [60, 50, 100], [90, 90], negative=1)}


def test_a_paper_account_s_latency_is_measured_as_it_was_set() -> None:
    desk = Costly(latency={"name": "empirical", "values": [3, 5, 25]})
    desk.passes(whole((("99", "50"),), (("101", "50"),)))
    took = EmpiricalLatency(values=(3, 5, 25))
    names = [f"tl{n}" for n in range(20)]
    for name in names:
        desk.sends(name, "buy", "1", type=OrderType.LIMIT, price="98", time_in_force="gtc")
    for _ in range(4):
        desk.passes(trade("100"))
    (latencies,) = measured(desk.statuses).values()
    assert sorted(latencies.there) == sorted(took.arrival(0, name) for name in names)
    assert EmpiricalLatency(values=values(latencies.there)).values[0] == 3


@pytest.mark.parametrize(
    ("count", "most", "told"),
    [(0, 3, ()), (2, 3, (0, 1)), (3, 3, (0, 1, 2)), (9, 3, (1, 4, 7)), (10, 2, (2, 7))],
)
def test_quantiles_stand_for_as_many_each(count: int, most: int, told: tuple[int, ...]) -> None:
    assert values(reversed(range(count)), most) == told


def test_a_quantile_is_a_value_that_was_measured() -> None:
    assert [quantile(range(1, 101), q) for q in (1, 50, 99, 100)] == [1, 50, 99, 100]
    assert [quantile([7, 9], q) for q in (50, 51)] == [7, 9]
    assert quantile([], 50) is None


def test_the_command_tells_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(STORY, None, None, Output(json=True)) == 0
    told = orjson.loads(capsys.readouterr().out)
    assert told == {"account": "main", "venue": "binance", "negative": 1, "there": [30],
                    "back": [50, 60, 100], "round_trip": [90, 90]}  # fmt: skip
    assert tell(STORY, "other", None, Output(json=True)) == 0
    assert capsys.readouterr().out == ""
    assert tell(STORY, "main", None, Output(json=False)) == 0
    assert "round_trip" in capsys.readouterr().out
