"""What a run comes to in money, exactly: the flows of its fills, their fees, and what is held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from engine.costs import EXACT, ZERO, Fees, Liquidity, flow
from engine.depth import layout as at
from engine.depth.columns import DepthColumns, Integers
from engine.depth.desk import DepthLog
from engine.numbers import PRICE_DECIMALS, QUANTITY_DECIMALS
from schemas.instruments import Kind
from schemas.orders import Contract

ONE = Decimal(1)
Floats = npt.NDArray[np.float64]
LIQUIDITIES: tuple[Liquidity, Liquidity] = ("maker", "taker")


@dataclass(frozen=True)
class Fill:
    """price in quote; quantity signed, in base or contracts."""

    price: Decimal
    quantity: Decimal
    liquidity: Liquidity


@dataclass(frozen=True)
class Curve:
    """Profit over time (ns), in what the contract settles in."""

    time: Integers
    profit: Floats

    @property
    def fallen(self) -> float:
        """The deepest fall from what was highest before, which begins at 0."""
        if not len(self.profit):
            return 0.0
        highest = np.maximum.accumulate(np.maximum(self.profit, 0.0))
        return float((highest - self.profit).max())


@dataclass(frozen=True)
class Earned:
    """Money in what the contract settles in, but for prices; quantities in base or contracts.

    cash: of all fills, without fees; traded: what they were worth. mid: the last, None without one.
    profit: cash and what is held at that mid, less fees; None where there is no mid for it.
    """

    orders: int
    makers: int
    takers: int
    position: Decimal
    cash: Decimal
    fees: Decimal
    mid: Decimal | None
    traded: Decimal
    profit: Decimal | None

    @property
    def fills(self) -> int:
        """All of them."""
        return self.makers + self.takers


def earned(columns: DepthColumns, log: DepthLog, contract: Contract, fees: Fees) -> Earned:
    """Of a whole run. fees: those that do not go by what was traded before."""
    counts = {name: 0 for name in LIQUIDITIES}
    held = cash = paid = traded = ZERO
    for fill, times in fills(columns, log, contract):
        counts[fill.liquidity] += times
        many, price, quantity = Decimal(times), fill.price, fill.quantity
        worth = flow(contract, price, quantity)
        fee = fees.fee(contract, price, quantity.copy_abs(), fill.liquidity, ZERO)
        held = EXACT.fma(quantity, many, held)
        cash = EXACT.subtract(cash, EXACT.multiply(worth, many))
        paid = EXACT.fma(fee, many, paid)
        traded = EXACT.fma(worth.copy_abs(), many, traded)
    placed = int((log.commands[:, at.OP] == at.PLACE).sum())
    mid = _mid(columns, log)
    worth = flow(contract, mid, held) if mid and held else ZERO
    profit = None if held and mid is None else EXACT.subtract(EXACT.add(cash, worth), paid)
    return Earned(placed, counts["maker"], counts["taker"], held, cash, paid, mid, traded, profit)


def fills(columns: DepthColumns, log: DepthLog, contract: Contract) -> Iterator[tuple[Fill, int]]:
    """Fills, and how often each was: equal ones together, for their flows are equal."""
    rows = log.fills
    what = np.column_stack((
        rows[:, at.E_PRICE], rows[:, at.E_QUANTITY] * log.sides(rows), rows[:, at.E_WHY],
    ))  # fmt: skip
    each, counts = np.unique(what, axis=0, return_counts=True)
    for (price, quantity, why), times in zip(each.tolist(), counts.tolist(), strict=True):
        yield (
            Fill(
                in_quote(price * columns.tick),
                in_base(quantity * columns.lot),
                LIQUIDITIES[why],
            ),
            times,
        )


def curve(columns: DepthColumns, log: DepthLog, contract: Contract, fees: Fees) -> Curve:
    """Profit at the samples, in floats, where there was a mid: for plots and falls."""
    rows, samples = log.fills, log.samples[log.samples[:, at.S_TWICE_MID] > 0]
    scale, size = columns.tick / 10**PRICE_DECIMALS, columns.lot / 10**QUANTITY_DECIMALS
    size *= float(contract.size)
    rates = [_rate(fees, contract, liquidity) for liquidity in LIQUIDITIES]

    def worth(price: Floats, quantity: Integers) -> Floats:
        inverse = contract.kind is Kind.INVERSE
        units: Floats = quantity * size
        money: Floats = -units / price if inverse else price * units
        return money

    flows = worth(rows[:, at.E_PRICE] * scale, rows[:, at.E_QUANTITY] * log.sides(rows))
    costs = np.where(rows[:, at.E_WHY] == at.MAKER, *rates) * np.abs(flows)
    sums = np.concatenate(([0.0], np.cumsum(-flows - costs)))
    cash = sums[np.searchsorted(rows[:, at.E_AT], samples[:, at.S_TIME], side="right")]
    held = worth(samples[:, at.S_TWICE_MID] * scale / 2, samples[:, at.S_POSITION])
    return Curve(samples[:, at.S_TIME], cash + held)


def _rate(fees: Fees, contract: Contract, liquidity: Liquidity) -> float:
    """The share of the value that is charged."""
    return float(fees.fee(contract, ONE, ONE, liquidity, ZERO)) / float(
        flow(contract, ONE, ONE).copy_abs()
    )


def _mid(columns: DepthColumns, log: DepthLog) -> Decimal | None:
    """The last that was seen."""
    seen = log.samples[log.samples[:, at.S_TWICE_MID] > 0]
    if not len(seen):
        return None
    return in_quote(5 * int(seen[-1, at.S_TWICE_MID]) * columns.tick, PRICE_DECIMALS + 1)


def in_quote(units: int, decimals: int = PRICE_DECIMALS) -> Decimal:
    """A price of units of 10^-decimals, exactly."""
    return EXACT.scaleb(Decimal(units), -decimals)


def in_base(units: int) -> Decimal:
    """A quantity of 10^-18, exactly."""
    return EXACT.scaleb(Decimal(units), -QUANTITY_DECIMALS)
