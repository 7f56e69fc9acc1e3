"""ASTER/USDT:USDT at 1 to 20 times leverage, worked by hand to the last digit.

The book: 600 at 1.2000 and 400 at 1.2010 are offered, 600 at 1.1990 and 400 at 1.1980 are bid. Tick
0.0001 and lot 1 are the contract's (infra/recordings/instruments.json). Fees 0.05 % and 0.02 %; a
maintenance rate of 1 % is assumed, none is sourced. The account begins with 2,000 USDT.

A long of 1,000: 600 * 1.2000 + 400 * 1.2010 = 720.00 + 480.40 = 1,200.40, so the entry is 1.2004;
fees 0.36 + 0.2402. Funding of 0.01 % at a mark of 1.2100: 1,210 * 0.0001 = 0.121, paid.

    L    margin      liquidation (1,200.40 - margin) / 990   taken over at   fee of that
    1    1,200.40    none
    5      240.08    960.32 / 990   = 0.9700...              0.96032         0.48016
    10     120.04    1,080.36 / 990 = 1.0912...              1.08036         0.54018
    20      60.02    1,140.38 / 990 = 1.1518...              1.14038         0.57019

A short of 1,000: 719.40 + 479.20 = 1,198.60, entry 1.1986, fees 0.3597 + 0.2396; funding received.

    1    1,198.60    2,397.20 / 1,010 = 2.3734...            2.3972          1.1986
    5      239.72    1,438.32 / 1,010 = 1.4240...            1.43832         0.71916
    10     119.86    1,318.46 / 1,010 = 1.3054...            1.31846         0.65923
    20      59.93    1,258.53 / 1,010 = 1.2460...            1.25853         0.629265

What is left: 2,000 - fees - funding - margin - fee of the end; of the long at 10 times
2,000 - 0.6002 - 0.121 - 120.04 - 0.54018 = 1,878.69862.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from engine.performance.attribution import Reasons, journeys
from engine.portfolio import PortfolioSettings
from schemas.orders import Contract, OrderType, TimeInForce
from schemas.refusals import Reason
from schemas.statuses import OrderState
from tests.unit.costly import Costly
from tests.unit.market_tape import depth, funding, trade, whole

ASTER = "binance:ASTER/USDT:USDT"
BOOK = whole((("1.1990", "600"), ("1.1980", "400")), (("1.2000", "600"), ("1.2010", "400")))
DUE = 35


class Life(NamedTuple):
    """Of a position of 1,000 at a leverage. near, far: the last mark that leaves it alone, and the
    first that does not; left: the equity after that."""

    side: str
    leverage: str
    margin: str
    liquidation: str | None
    near: str
    far: str
    end: str
    fee: str
    left: str


LIVES = [
    Life("buy", "5", "240.08", "0.9700202020202020202", "0.9701", "0.97", "0.96032", "0.48016",
         "1758.71864"),
    Life("buy", "10", "120.04", "1.0912727272727272727", "1.0913", "1.0912", "1.08036", "0.54018",
         "1878.69862"),
    Life("buy", "20", "60.02", "1.151898989898989899", "1.1519", "1.1518", "1.14038", "0.57019",
         "1938.68861"),
    Life("sell", "1", "1198.6", "2.3734653465346534653", "2.3734", "2.3735", "2.3972", "1.1986",
         "799.7231"),
    Life("sell", "5", "239.72", "1.4240792079207920792", "1.424", "1.4241", "1.43832", "0.71916",
         "1759.08254"),
    Life("sell", "10", "119.86", "1.3054059405940594059", "1.3054", "1.3055", "1.31846", "0.65923",
         "1879.00247"),
    Life("sell", "20", "59.93", "1.2460693069306930693", "1.246", "1.2461", "1.25853", "0.629265",
         "1938.962435"),
]  # fmt: skip


def held(side: str, leverage: str, **settings: Any) -> Costly:
    """A position of 1,000 that has paid, or was paid, its funding at the time 35."""
    desk = Costly(ASTER, **{"margin": "isolated", **settings})
    desk.passes(BOOK)
    contract = Contract(leverage=leverage, maintenance="0.01")
    desk.sends("tl1", side, "1000", contract=contract, strategy="trend")
    desk.passes(funding("1.21", "0.0001", DUE))
    desk.passes()
    desk.passes()
    return desk


@pytest.mark.parametrize("life", LIVES, ids=lambda life: f"{life.side}-{life.leverage}")
def test_a_position_lives_and_is_liquidated(life: Life) -> None:
    desk = held(life.side, life.leverage)
    long = life.side == "buy"
    opened = [("1.2", "600", "0.36"), ("1.201", "400", "0.2402")] if long else [
        ("1.199", "600", "0.3597"), ("1.198", "400", "0.2396")]  # fmt: skip
    assert desk.fills() == opened
    assert desk.position.entry == ("1.2004" if long else "1.1986")
    assert desk.position.liquidation == life.liquidation
    assert desk.position.funding == ("0.121" if long else "-0.121")
    desk.passes(funding(life.near, None, None))
    assert desk.position.quantity == ("1000" if long else "-1000")
    desk.passes(funding(life.far, None, None))
    assert desk.fills()[2:] == [(life.end, "1000", life.fee)]
    assert (desk.position.quantity, desk.position.realised) == ("0", f"-{life.margin}")
    assert desk.equity == life.left


def test_a_long_without_leverage_is_never_liquidated() -> None:
    """With the book at 0.60 it is 1,200.40 - 600.00 down: 2,000 - 0.6002 - 0.121 - 600.40."""
    desk = held("buy", "1")
    assert desk.position.liquidation is None
    desk.passes(funding("0.6", None, None), whole((("0.5", "9"),), (("0.7", "9"),)))
    assert len(desk.fills()) == 2
    assert desk.equity == "1398.8788"
    desk.passes(funding("0.0001", None, None))
    assert desk.position.quantity == "1000"


def test_the_clearance_is_paid_beside_the_fee() -> None:
    """1.5 % of 960.32: 14.4048 more than 0.48016."""
    desk = held("buy", "5", margin={"clearance": "0.015"})
    desk.passes(funding("0.5", None, None))
    assert desk.fills()[2:] == [("0.96032", "1000", "14.88496")]


def test_what_is_told_of_a_liquidation() -> None:
    """The account's orders go, its position is closed by an order of the venue's own, which the
    journal has whole and which names the order that opened the position."""
    desk = held("buy", "10")
    waits = {"type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC, "price": "1.1"}
    desk.sends("tl2", "buy", "5", **waits)
    desk.passes()
    desk.passes(funding("1", None, None))
    cancelled, created, filled = [one for one in desk.statuses if one.type != "mark"][-3:]
    assert (cancelled.client_order_id, cancelled.reason) == ("tl2", Reason.LIQUIDATED)
    assert (created.state, created.reason) == (OrderState.OPEN, Reason.LIQUIDATED)
    assert (filled.state, filled.strategy, filled.account) == (OrderState.FILLED, "trend", "paper")
    (trip,) = journeys(desk.statuses, PortfolioSettings(), Reasons())
    assert (filled.reason, trip.way_out) == (Reason.LIQUIDATED, "liquidation")
    entry = desk.journal[-1]
    assert entry.command.parent == "tl1"
    assert (entry.command.account, entry.order_seq, entry.due) == ("paper", -1, desk.now)
    assert [status.client_order_id for status in entry.statuses] == [filled.client_order_id] * 2
    assert desk.market.resting == {}
    assert not desk.executor.state.living


def test_a_stop_that_is_nearer_saves_the_margin() -> None:
    """In one mark beyond both, the price has passed the stop first."""
    desk = held("buy", "10", trigger="mark")
    desk.sends("tl2", "sell", "1000", action="protect", stop="1.15")
    desk.passes()
    desk.passes(funding("1", None, None))
    assert {price for price, _, _ in desk.fills()[2:]} == {"1.199", "1.198"}


@pytest.mark.parametrize("watched", ["mid", "trade"])
def test_other_prices_may_be_watched(watched: str) -> None:
    desk = held("buy", "10", margin={"price": watched})
    desk.passes(funding("0.5", None, None))
    assert desk.position.quantity == "1000"
    book = whole((("1.08", "9"),), (("1.09", "9"),))
    desk.passes(book if watched == "mid" else trade("1.09", "1", "buy"))
    assert desk.position.quantity == "0"


def test_the_mid_stands_in_for_a_mark_that_was_never_told() -> None:
    desk = Costly(ASTER, margin="isolated")
    desk.passes(BOOK)
    desk.sends("tl1", "buy", "1000", contract=Contract(leverage="10", maintenance="0.01"))
    desk.passes()
    desk.passes(whole((("1.08", "9"),), (("1.09", "9"),)))
    assert desk.fills()[2:] == [("1.08036", "1000", "0.54018")]


def test_without_the_setting_nothing_is_liquidated() -> None:
    desk = held("buy", "20", margin=None)
    desk.passes(funding("0.1", None, None))
    assert len(desk.fills()) == 2


def test_a_restart_before_each_record_changes_no_byte() -> None:
    def play(restart: bool) -> list[bytes]:
        desk = held("sell", "20")
        for mark in ("1.24", "1.246", "1.25", "1.2"):
            desk.passes(funding(mark, None, None), restart=restart)
        return desk.bytes

    assert play(True) == play(False)


@pytest.mark.parametrize(
    ("queue", "fills"),
    [
        ("risk_averse", [("1.199", "200", "0.04796"), ("1.199", "300", "0.07194")]),
        (
            {"name": "prob_power", "power": 1},
            [
                ("1.199", "10", "0.002398"),
                ("1.199", "250", "0.05995"),
                ("1.199", "240", "0.057552"),
            ],
        ),
    ],
)  # fmt: skip
def test_a_resting_order_is_filled_in_parts_when_its_turn_has_come(
    queue: Any, fills: list[tuple[str, ...]]
) -> None:
    """500 bid at 1.1990 behind 600; 400 come behind it, so 1,000 are shown; 100 are cancelled.

    Of them risk_averse counts none before it, and power 1 a share of 600 / (600 + 400): 60. Then
    550 trade: 50 before it are left, or it gets 10. Then 250: it gets 200, or 250. Then 900: the
    rest. The fee is 0.02 % of 1.199 * quantity.
    """
    desk = Costly(ASTER, queue=queue)
    desk.passes(BOOK)
    waits = {"type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC, "price": "1.199"}
    desk.sends("tl1", "buy", "500", **waits)
    desk.passes()
    desk.passes(depth(bids=(("1.1990", "1000"),)))
    desk.passes(depth(bids=(("1.1990", "900"),)))
    for quantity in ("550", "250", "900"):
        desk.passes(trade("1.1990", quantity, "sell"))
    assert desk.fills() == fills
    assert [one.filled for one in desk.statuses if one.type == "fill"][-1] == "500"


@pytest.mark.parametrize(
    ("side", "mark", "end"), [("buy", "0.1", "0.666666666667"), ("sell", "3", "1.33333333333")]
)
def test_no_more_than_the_margin_is_lost_where_the_price_must_be_rounded(
    side: str, mark: str, end: str
) -> None:
    """At 3 times, entered at 1: 2/3 of a long, rounded up; 4/3 of a short, rounded down."""
    desk = Costly(ASTER, margin="isolated")
    at_one = (("1", "9"),)
    desk.passes(whole(at_one if side == "sell" else (), at_one if side == "buy" else ()))
    desk.sends("tl1", side, "1", contract=Contract(leverage="3"))
    desk.passes(funding(mark, None, None))
    desk.passes(funding(mark, None, None))
    assert [price for price, _, _ in desk.fills()] == ["1", end]


def test_a_position_of_a_snapshot_without_costs_is_left_alone_until_it_is_flat() -> None:
    desk = held("buy", "10")
    row = desk.stage.dump(desk.executor.state)
    for name in ("cost", "opener", "marked"):
        del row["markets"][ASTER][name]
    desk.executor.state = desk.stage.load(row)
    more = {"contract": Contract(leverage="10", maintenance="0.01")}
    desk.passes(whole((("1.1", "2000"),), (("1.2", "2000"),)))
    desk.sends("tl2", "buy", "100", **more)
    desk.passes(funding("0.5", None, None))
    assert desk.position.quantity == "1100"
    desk.sends("tl3", "sell", "1100", reduce_only=True)
    desk.passes()
    assert desk.position.quantity == "0"
    desk.sends("tl4", "buy", "100", **more)
    desk.passes(funding("0.5", None, None))
    desk.passes(funding("0.5", None, None))
    assert desk.fills()[-1][:2] == ("1.08", "100")
