"""A jump of the price through every stage on Kafka: the default stop and target fire."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest

from schemas import names
from schemas.decisions import Decision, Verdict
from schemas.orders import Intent, OrderDecision
from schemas.portfolio import Portfolio
from schemas.refusals import Reason
from schemas.statuses import OrderState, Status
from tests.pipeline.effects import journalled, records
from tests.pipeline.recompute_pnl import differences
from tests.pipeline.run import KEYS, USDM, Run
from tests.pipeline.tapes import SECOND, begins, until, written
from tests.unit.shocked import shocked_frames
from topics.recording import read

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]

JUMP, END = 53 * SECOND, 54 * SECOND + SECOND // 2
"""Both symbols are bought within the first 50 s and would be sold from 61 s on. After the jump no
bar closes, so that nothing but the stop and the target can act on it.
"""

BTC, ETH = (key.split(":", 1)[1] for key in KEYS)
FACTORS = {BTC: "0.9695", ETH: "1.0605"}
"""A little more than 3 % down, and than 6 % up."""

Life = dict[str, list[Status]]
"""What became of an entry ("") and of its stop and target, in order."""


@pytest.fixture(scope="module")
def shocked(runs: Callable[[str], Run], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The beginning of the two recordings with the jump in it, played on the default settings."""
    folder, start = tmp_path_factory.mktemp("shocked"), begins(USDM[0])
    run = runs("shocked")
    run.start()
    files = [
        written(folder, "usdm", file.name, shocked_frames(frames, start + JUMP, factor))
        for file, factor in zip(USDM, FACTORS.values(), strict=True)
        for frames in [until(read(file), start + END)]
    ]
    run.play(files)
    run.played()
    run.settle()
    run.stop()
    return run


def lives(run: Run, symbol: str) -> Life:
    """The one entry of a symbol with its protection."""
    found: Life = {"": [], "stop": [], "target": []}
    for status in records(run, names.STATUSES, Status):
        if status.symbol == symbol and status.client_order_id is not None:
            found[status.role or ""].append(status)
    for role, told in found.items():
        assert len({one.client_order_id for one in told}) == 1, role
    return found


def fill_of(told: list[Status]) -> Status:
    (fill,) = [one for one in told if one.type == "fill"]
    return fill


def test_the_defaults_protect_3_and_6_percent_from_the_entry(shocked: Run) -> None:
    entries = [one for one in records(shocked, names.DECISIONS, Decision)
               if one.verdict is Verdict.LONG]  # fmt: skip
    assert {one.symbol for one in entries} == {BTC, ETH}
    for one in entries:
        entry = Decimal(one.entry or 0)
        assert abs(Decimal(one.stop or 0) / entry - Decimal("0.97")) < Decimal("0.00001")
        assert abs(Decimal(one.target or 0) / entry - Decimal("1.06")) < Decimal("0.00001")


def test_nothing_but_the_protection_closes(shocked: Run) -> None:
    orders = records(shocked, names.ORDERS, OrderDecision)
    approved = [one.command for one in orders if one.command is not None]
    assert [one.intent for one in approved] == [Intent.OPEN, Intent.OPEN]
    assert sorted(one.symbol for one in approved) == [BTC, ETH]


@pytest.mark.parametrize(
    ("symbol", "fires", "other", "liquidity"),
    [(BTC, "stop", "target", "taker"), (ETH, "target", "stop", "maker")],
)
def test_one_fires_and_cancels_the_other(
    shocked: Run, symbol: str, fires: str, other: str, liquidity: str
) -> None:
    life = lives(shocked, symbol)
    bought, sold = fill_of(life[""]), fill_of(life[fires])
    assert (sold.side, sold.quantity, sold.liquidity) == ("sell", bought.quantity, liquidity)
    assert sold.parent == bought.client_order_id
    assert sold.state is OrderState.FILLED
    assert (life[other][-1].state, life[other][-1].reason) == (
        OrderState.CANCELLED, Reason.OTHER_FILLED,
    )  # fmt: skip
    assert not [one for one in life[other] if one.type == "fill"]
    at, moved = Decimal(sold.price or 0), Decimal(life[fires][0].price or 0)
    if fires == "target":
        assert at == moved, "at its own price"
    else:
        assert 0 < (moved - at) / moved < Decimal("0.002"), "past the trigger, and near it"
    ends = journalled(shocked)
    names_of = [told[0].client_order_id or "" for told in life.values()]
    assert sorted(ends[name].state for name in names_of) == ["cancelled", "filled", "filled"]


def test_the_portfolio_is_flat_and_recomputes_to_the_last_unit(shocked: Run) -> None:
    rows = [json.loads(value) for values in shocked.read(names.PORTFOLIO).values()
            for value in values]  # fmt: skip
    statuses = [json.loads(value) for values in shocked.read(names.STATUSES).values()
                for value in values]  # fmt: skip
    assert differences(statuses, rows) == []
    last = {one.key: one for one in records(shocked, names.PORTFOLIO, Portfolio)}
    for symbol in (BTC, ETH):
        assert (last[f"paper:{symbol}"].quantity, last[f"paper:{symbol}"].closed) == ("0", 1)
    lost, won = (Decimal(last[f"paper:{symbol}"].realised) for symbol in (BTC, ETH))
    assert lost < 0 < won
    whole = last["paper:*"]
    assert (whole.positions, whole.exposure, whole.unrealised) == (0, "0", "0")
    assert Decimal(whole.equity or 0) == 10000 + lost + won - Decimal(whole.fees)
    assert not list(shocked.values(names.LETTERS))
