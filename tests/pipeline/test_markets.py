"""Spot and COIN-M through every stage on Kafka, with funding: what was filled and what it came to.

Ten or twenty times as fast as recorded, so that news of fills are back before the next bar decides.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import Any

import pytest

from infra.recordings import COIN_M, SPOT
from schemas import names
from schemas.decisions import Decision, Verdict
from schemas.instruments import Kind
from schemas.orders import Intent, OrderDecision
from schemas.portfolio import Portfolio
from schemas.statuses import Status
from tests.pipeline.effects import records
from tests.pipeline.recompute_pnl import differences, payments
from tests.pipeline.run import Run
from tests.pipeline.tapes import SECOND, begins, mark_price, spliced, until, written
from topics.recording import read

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]

SPOT_END, END = 106 * SECOND, 66 * SECOND
BTC, ETH = "BTC/USDT", "ETH/USDT"
PERPETUALS = {
    "BTC/USD:BTC": ("BTCUSD_PERP", "61820.1"),
    "ETH/USD:ETH": ("ETHUSD_PERP", "2683.9"),
}
"""Name and mark price. In the first 56 s BTC is sold and ETH bought, and neither is closed."""

DUE = begins(COIN_M[0]) // SECOND * SECOND + 54 * SECOND
LATER = DUE + 3 * SECOND
RATE, TURNED = "0.000125", "-0.0003"


def paid(run: Run, symbols: list[str]) -> Run:
    """The run at its end, with nothing on dead.letters."""
    run.played()
    run.settle([f"binance:{symbol}" for symbol in symbols])
    run.stop()
    assert not list(run.values(names.LETTERS))
    return run


@pytest.fixture(scope="module")
def spot(runs: Callable[[str], Run], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The first 106 s of spot."""
    folder, run = tmp_path_factory.mktemp("spot-files"), runs("spot")
    run.start()
    end = begins(SPOT[0]) + SPOT_END
    files = [written(folder, "spot", file.name, until(read(file), end)) for file in SPOT[::2]]
    run.play(files, speed=20)
    return paid(run, [BTC, ETH])


@pytest.fixture(scope="module")
def coin_m(runs: Callable[[str], Run], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The first 66 s of COIN-M with two payments of funding, the rate of the first told twice."""
    folder, run = tmp_path_factory.mktemp("cm-files"), runs("coin-m")
    run.start()
    files = []
    for file, (name, mark) in zip(COIN_M, PERPETUALS.values(), strict=True):
        marks = [
            mark_price(DUE - 14 * SECOND, name, "1.5", "0.0001", DUE),
            mark_price(DUE - SECOND, name, mark, RATE, DUE),
            mark_price(DUE + SECOND, name, mark, TURNED, LATER),
        ]
        frames = spliced(until(read(file), begins(COIN_M[0]) + END), marks)
        files.append(written(folder, "cm", file.name, frames))
    run.play(files, speed=10)
    return paid(run, list(PERPETUALS))


def rows(run: Run, topic: str) -> list[dict[str, Any]]:
    """The records of a topic as JSON objects, each once."""
    return [json.loads(value) for values in run.read(topic).values() for value in values]


def fills(run: Run, symbol: str) -> list[Status]:
    return [
        one for one in records(run, names.STATUSES, Status)
        if one.type == "fill" and one.symbol == symbol
    ]  # fmt: skip


def last(run: Run) -> dict[str, Portfolio]:
    """The portfolio at the end, by key."""
    return {one.key: one for one in records(run, names.PORTFOLIO, Portfolio)}


def signed(fill: Status) -> Decimal:
    return Decimal(fill.quantity or 0) * (1 if fill.side == "buy" else -1)


def test_spot_is_bought_and_the_portfolio_recomputes(spot: Run) -> None:
    held = last(spot)
    for symbol in (BTC, ETH):
        assert fills(spot, symbol)[0].side == "buy"
        contract = held[f"paper:{symbol}"].contract
        assert contract is not None
        assert (contract.kind, contract.leverage) == (Kind.SPOT, "1")
    assert differences(rows(spot, names.STATUSES), rows(spot, names.PORTFOLIO)) == []


def test_spot_sells_no_more_than_it_has(spot: Run) -> None:
    """Though the strategy says to leave when nothing is held, too."""
    for symbol in (BTC, ETH):
        balances = list(accumulate(map(signed, fills(spot, symbol))))
        assert min(balances) >= 0, balances
        exits = [one for one in records(spot, names.DECISIONS, Decision)
                 if one.symbol == symbol and one.verdict is Verdict.EXIT]  # fmt: skip
        assert len(exits) > sum(one.side == "sell" for one in fills(spot, symbol)) > 0
    assert Verdict.SHORT not in {one.verdict for one in records(spot, names.DECISIONS, Decision)}
    for order in records(spot, names.ORDERS, OrderDecision):
        if order.command is not None and order.command.side == "sell":
            assert order.command.intent is Intent.CLOSE
    assert all(Decimal(one.quantity) >= 0 for one in records(spot, names.PORTFOLIO, Portfolio))


def test_inverse_contracts_are_filled_on_both_sides_and_recompute(coin_m: Run) -> None:
    bought, sold = fills(coin_m, "ETH/USD:ETH"), fills(coin_m, "BTC/USD:BTC")
    assert (bought[0].side, sold[0].side) == ("buy", "sell")
    sizes = {one.symbol: (one.contract.kind, one.contract.size)
             for one in (*bought, *sold) if one.contract}  # fmt: skip
    assert sizes == {
        "ETH/USD:ETH": (Kind.INVERSE, "10"), "BTC/USD:BTC": (Kind.INVERSE, "100"),
    }  # fmt: skip
    assert differences(rows(coin_m, names.STATUSES), rows(coin_m, names.PORTFOLIO)) == []
    held = last(coin_m)
    assert (held["paper:BTC/USD:BTC"].settled, held["paper:ETH/USD:ETH"].settled) == ("BTC", "ETH")


def test_funding_is_paid_on_what_was_held_when_it_was_due(coin_m: Run) -> None:
    statuses = rows(coin_m, names.STATUSES)
    announced = {
        symbol: [
            (DUE, Fraction(RATE), Fraction(mark)), (LATER, Fraction(TURNED), Fraction(mark)),
        ] for symbol, (_, mark) in PERPETUALS.items()
    }  # fmt: skip
    wanted = payments(statuses, announced)
    found = [(one["symbol"], one["event_time"], Fraction(one["amount"]))
             for one in statuses if one["type"] == "funding"]  # fmt: skip
    assert sorted(found) == sorted(wanted)
    first = {symbol: amount for symbol, due, amount in wanted if due == DUE}
    assert first["BTC/USD:BTC"] < 0 < first["ETH/USD:ETH"], "the short one is paid by the long one"
    assert [amount < 0 for symbol, due, amount in wanted
            if due == LATER and symbol == "ETH/USD:ETH"] == [True]  # fmt: skip
    held = last(coin_m)
    for symbol in PERPETUALS:
        amounts = [amount for name, _, amount in wanted if name == symbol]
        assert Fraction(held[f"paper:{symbol}"].funding) == sum(amounts)
    assert Fraction(held["paper:*"].funding) != 0
