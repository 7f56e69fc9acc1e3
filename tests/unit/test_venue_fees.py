"""Fees by what was traded: rebates, tiers to the cent, days, markets of one account, restarts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from engine.costs import ProportionalFees, Rates, TieredFees
from engine.execution import ExecutionSettings, ExecutionStage
from engine.spans import DAY
from engine.stage import Cell
from engine.venue.parts import DisplayedBook
from engine.venue.volume import Volume
from schemas.codec import decode, encode
from schemas.instruments import Kind
from schemas.orders import Contract
from schemas.system import Snapshot
from tests.unit.executing import MS, STAGE, Input, command, decided, feed, statuses, ticks
from tests.unit.trading import BTC

TIERS = (
    {"maker": "0.0002", "taker": "0.0005"},
    {"volume": "1000", "maker": "0.0001", "taker": "0.0004"},
    {"volume": "2000.5", "maker": "-0.00005", "taker": "0.0003"},
)
TIERED = TieredFees.model_validate({"linear": TIERS})
SETTINGS = ExecutionSettings(fees=TIERED, liquidity=DisplayedBook())
BEGIN = 100 * DAY
ETH = "binance:ETH/USDT:USDT"


@pytest.mark.parametrize(
    ("traded", "taker", "maker"),
    [
        ("0", "0.5", "0.2"),
        ("999.999999999999999999", "0.5", "0.2"),
        ("1000", "0.4", "0.1"),
        ("2000.499999999999999999", "0.4", "0.1"),
        ("2000.5", "0.3", "-0.05"),
    ],
)
def test_a_tier_is_reached_to_the_last_digit(traded: str, taker: str, maker: str) -> None:
    """Of a fill of 10 at 100: 1,000."""
    told = [TIERED.fee(Contract(), Decimal(100), Decimal(10), how, Decimal(traded))
            for how in ("taker", "maker")]  # fmt: skip
    assert told == [Decimal(taker), Decimal(maker)]


def test_what_is_traded_elsewhere_counts_and_a_kind_without_tiers_has_its_usual_rates() -> None:
    fees = TIERED.model_copy(update={"elsewhere": Decimal(1500)})
    fee = fees.fee(Contract(), Decimal(100), Decimal(10), "taker", Decimal("500.5"))
    spot = fees.fee(Contract(kind=Kind.SPOT), Decimal(100), Decimal(10), "taker", Decimal(0))
    assert (fee, spot) == (Decimal("0.3"), Decimal("1"))


@pytest.mark.parametrize("volumes", [("1",), ("0", "5", "5"), ("0", "5", "4")])
def test_tiers_begin_at_nothing_and_ascend(volumes: tuple[str, ...]) -> None:
    tiers = [{"volume": volume, "maker": "0", "taker": "0"} for volume in volumes]
    with pytest.raises(ValidationError, match="ascend"):
        TieredFees.model_validate({"linear": tiers})


def test_thirty_days_before_today_count_by_kind() -> None:
    volume, inverse = Volume(), Contract(kind=Kind.INVERSE, size="100")
    for day in (69, 70, 99, 100):
        volume.add(day * DAY + 5, Contract(size="0.1"), Decimal(day), Decimal(10))
    volume.add(99 * DAY, inverse, Decimal(50000), Decimal(3))
    assert volume.before(BEGIN, Kind.LINEAR) == 70 + 99
    assert volume.before(BEGIN, Kind.INVERSE) == 300
    assert volume.before(BEGIN, Kind.SPOT) == 0
    assert volume.before(130 * DAY, Kind.LINEAR) == 100
    volume.add(140 * DAY, Contract(), Decimal(1), Decimal(1))
    assert [day for _, day in volume.days] == [140], "who has not traded for 30 days starts anew"
    assert Volume.load(volume.dump()) == volume


def inputs() -> list[Input]:
    """1,020 of ETH and 1,010 of BTC on one day, the same of BTC on the next and 33 days later."""
    given: list[Input] = []
    for n, (at, market, seq) in enumerate((
        (BEGIN, ETH, 0), (BEGIN + 1, BTC, 0), (BEGIN + DAY, BTC, 2), (BEGIN + 33 * DAY, BTC, 4),
    )):  # fmt: skip
        later, asks = at + 10 * MS, (("102" if market == ETH else "101", "10"),)
        wish = command(f"tl{n}", market, quantity="10", expires=10**19)
        given.append(ticks(seq, at, asks=asks, market=market))
        given.append(decided(seq, at, seq, wish, market=market))
        given.append(ticks(seq + 1, later, asks=asks, market=market))
        given.append(decided(seq + 1, later, seq + 1, market=market))
    return given


def play(stage: ExecutionStage, restarts: bool = False) -> list[Any]:
    cell, outputs = Cell.fresh(stage, "paper"), []
    for one in inputs():
        outputs += feed(cell, one, stage)
        if restarts:
            cell = Cell.restore(stage, decode(Snapshot, encode(cell.snapshot())))
    return outputs


def fees(outputs: list[Any]) -> list[str | None]:
    return [status.fee for status in statuses(outputs) if status.type == "fill"]


def test_an_account_s_markets_count_together_from_the_next_day_on() -> None:
    """1,020 and 1,010 at 0.05 %; then 2,030 were traded: 1,010 at 0.03 %; then none: 0.05 %."""
    stage = ExecutionStage(SETTINGS)
    assert fees(play(stage)) == ["0.51", "0.505", "0.303", "0.505"]


def test_a_restart_forgets_no_volume_and_changes_no_byte() -> None:
    stage = ExecutionStage(SETTINGS)
    once, again = play(stage), play(stage, restarts=True)
    assert [encode(out.record) for out in once] == [encode(out.record) for out in again]


def test_fees_that_go_by_no_volume_leave_nothing_in_the_state() -> None:
    cell = Cell.fresh(STAGE, "paper")
    for one in inputs():
        feed(cell, one)
    assert "volume" not in STAGE.dump(cell.state)


def test_settings_name_the_schedule() -> None:
    flat = ExecutionSettings.model_validate({"fees": {"linear": {"maker": "0", "taker": "0.1"}}})
    assert flat.fees == ProportionalFees(linear=Rates(maker=Decimal(0), taker=Decimal("0.1")))
    named = ExecutionSettings.model_validate({"fees": {"name": "tiered", "linear": TIERS}})
    assert named.fees == TIERED
