"""Why two runs of one market did not earn the same: the difference of each order, split by cause.

Both runs' fills of an order are valued at one mark. With side s, quantity q, phi(p) what a unit is
worth at price p (engine.costs.flow), mid m at a fill, averages by quantity, a the one run, b the
other:

    worth(a) - worth(b) =  s (q_a - q_b) (phi(mark) - phi_b)     quantity
                         - s q_a (phi(m_a) - phi(m_b))           the market had moved
                         - s q_a ((phi_a - phi(m_a)) - (phi_b - phi(m_b)))   price beside the mid
                         - (fee_a - fee_b)                       fees

(where b filled nothing, phi_b is phi_a and only the first term is left). The causes:

    latency   the market had moved between the two arrivals, of an order that rested in
              neither; one that rested is filled at its own price whenever that is
    queue     quantity of an order that rested in either run: filled by more, by less or never
    partial   quantity of an order that rested in neither
    fees      fees in quote
    missing   all but the fees of an order between whose decision and last fill one run has a gap
              that the other has not; all of an order whose decision the other run never made
    remainder what none of these explains: price beside the mid (another book was met), and orders
              that the other run's account refused or did not ask for although it had the decision

The parts are rounded to 10^-12 and the remainder takes up what that leaves, so that they add up to
the difference to the last digit.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from fractions import Fraction

from engine.costs import EXACT, flow
from engine.figures import ZERO
from engine.margin import Terms
from engine.performance.runs import Order, Run
from engine.portfolio import PortfolioSettings
from schemas.orders import Contract
from schemas.statuses import Status

DIGITS = 12
"""Decimals of a part."""


@dataclass(frozen=True)
class Parts:
    """A difference in quote, by cause; they add up to it."""

    latency: Decimal = ZERO
    queue: Decimal = ZERO
    fees: Decimal = ZERO
    partial: Decimal = ZERO
    missing: Decimal = ZERO
    remainder: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """The difference."""
        return added(*(getattr(self, each.name) for each in fields(self)))

    def __add__(self, other: Parts) -> Parts:
        return Parts(*(added(getattr(self, each.name), getattr(other, each.name))
                       for each in fields(self)))  # fmt: skip


@dataclass(frozen=True)
class Divergence:
    """One order in both runs. one, other: None where a run had no such order; note: why, if so."""

    key: str
    symbol: str
    strategy: str
    one: Order | None
    other: Order | None
    worth: tuple[Decimal, Decimal]
    parts: Parts
    note: str = ""


def divergences(one: Run, other: Run, settings: PortfolioSettings) -> Iterator[Divergence]:
    """Every order that either run has filled, in the order of the first run, then of the other."""
    names = dict.fromkeys((*one.orders, *other.orders))
    for name in names:
        mine, theirs = one.orders.get(name), other.orders.get(name)
        either = mine or theirs
        assert either is not None
        if not any(each and each.fills for each in (mine, theirs)):
            continue
        mark = marked(either.symbol, one, other)
        valued = tuple(worth(each.fills if each else (), mark, settings) for each in (mine, theirs))
        parts, note = _causes(mine, theirs, (one, other), mark, settings)
        yield Divergence(
            name, either.symbol, either.strategy, mine, theirs, (valued[0], valued[1]), parts, note
        )


def marked(symbol: str, one: Run, other: Run) -> Decimal:
    """The price at which both are valued: the first run's last mid of the symbol, else the other's,
    else its last fill."""
    found = one.marks.get(symbol) or other.marks.get(symbol)
    return found or one.prices.get(symbol) or other.prices[symbol]


def worth(fills: Sequence[Status], mark: Decimal, settings: PortfolioSettings) -> Decimal:
    """What fills have won at a mark, in quote, after the fees in quote."""
    total = ZERO
    for fill in fills:
        contract, signed = settings.contract(fill), signed_of(fill)
        won = EXACT.subtract(
            flow(contract, mark, signed), flow(contract, Decimal(fill.price or 0), signed)
        )
        total = added(total, EXACT.multiply(won, mark) if Terms.of(contract).inverse else won)
        total = EXACT.subtract(total, _fee(fill))
    return total


def _causes(
    one: Order | None, other: Order | None, runs: tuple[Run, Run], mark: Decimal,
    settings: PortfolioSettings,
) -> tuple[Parts, str]:  # fmt: skip
    difference = EXACT.subtract(
        worth(one.fills if one else (), mark, settings),
        worth(other.fills if other else (), mark, settings),
    )
    if one is None or other is None:
        present, absent = (one, runs[1]) if one is not None else (other, runs[0])
        assert present is not None
        if present.decision not in absent.decisions:
            return Parts(missing=difference), "the other run has not made this decision"
        return Parts(remainder=difference), _answer(present, absent)
    found = split(one, other, mark, settings)
    market = f"{one.venue}:{one.symbol}"
    within = min(one.decided, other.decided), max(one.ended, other.ended)
    if gapped(runs[0].gaps, market, within) != gapped(runs[1].gaps, market, within):
        lost = EXACT.subtract(difference, found.fees)
        return Parts(fees=found.fees, missing=lost), "one run has a gap in its market meanwhile"
    return found, ""


def _answer(order: Order, other: Run) -> str:
    """Why a run has no such order although it had the decision."""
    if any(each.asked == order.asked for each in other.orders.values()):
        return "the other run has that order, and left its position otherwise"
    answer = other.answers.get(order.asked, "it asked for nothing")
    return f"the other account had the decision: {answer}"


def split(one: Order, other: Order, mark: Decimal, settings: PortfolioSettings) -> Parts:
    """The difference of an order that both runs have, without missing data."""
    difference = EXACT.subtract(
        worth(one.fills, mark, settings), worth(other.fills, mark, settings)
    )
    mine, theirs = (Sums.of(each.fills, mark, settings) for each in (one, other))
    fees = EXACT.subtract(_fees(other.fills), _fees(one.fills))
    base = theirs if theirs.quantity else mine
    quantity = (mine.quantity - theirs.quantity) * (base.mark - base.price)
    rested = one.rested or other.rested
    moved = Fraction(0) if rested else _moved(mine, theirs)
    latency, filled = rounded(moved), rounded(quantity)
    known = added(latency, filled, fees)
    return Parts(
        latency=latency,
        queue=filled if rested else ZERO,
        partial=ZERO if rested else filled,
        fees=fees,
        remainder=EXACT.subtract(difference, known),
    )


@dataclass(frozen=True)
class Sums:
    """Fills of one order: signed quantity, and what a unit is worth in quote at the average price,
    at the average mid (None: not known of each), and at the mark."""

    quantity: Fraction
    price: Fraction
    mid: Fraction | None
    mark: Fraction

    @classmethod
    def of(cls, fills: Sequence[Status], mark: Decimal, settings: PortfolioSettings) -> Sums:
        """Averages by quantity."""
        rows = [(Fraction(signed_of(fill)), fill, settings.contract(fill)) for fill in fills]
        whole = sum((quantity for quantity, _, _ in rows), Fraction(0))
        if not whole:
            return cls(Fraction(0), Fraction(0), None, Fraction(0))
        price, mid, valued = Fraction(0), Fraction(0), Fraction(0)
        for quantity, fill, contract in rows:
            share = quantity / whole
            price += share * unit(contract, Decimal(fill.price or 0), mark)
            mid += share * unit(contract, Decimal(fill.mark or fill.price or 0), mark)
            valued += share * unit(contract, mark, mark)
        known = all(fill.mark is not None for fill in fills)
        return cls(whole, price, mid if known else None, valued)


def _moved(one: Sums, other: Sums) -> Fraction:
    """What the market's move between the fills has won; 0 where a mid is not known."""
    if not one.quantity or not other.quantity or one.mid is None or other.mid is None:
        return Fraction(0)
    return -one.quantity * (one.mid - other.mid)


def unit(contract: Contract, price: Decimal, mark: Decimal) -> Fraction:
    """What one unit is worth in quote at a price; an inverse contract's base is valued at mark."""
    if Terms.of(contract).inverse:
        return -Fraction(contract.size) / Fraction(price) * Fraction(mark)
    return Fraction(contract.size) * Fraction(price)


def gapped(gaps: Mapping[str, Sequence[int]], market: str, within: tuple[int, int]) -> bool:
    """Whether a market has a gap in a span of time, ends included."""
    times = gaps.get(market, ())
    place = bisect_left(times, within[0])
    return place < len(times) and times[place] <= within[1]


def rounded(value: Fraction) -> Decimal:
    """To DIGITS decimals, half to even, exactly."""
    return Decimal(round(value * 10**DIGITS)).scaleb(-DIGITS, EXACT)


def signed_of(fill: Status) -> Decimal:
    """Quantity, negative where it was sold."""
    quantity = Decimal(fill.quantity or 0)
    return quantity if fill.side == "buy" else quantity.copy_negate()


def added(*amounts: Decimal) -> Decimal:
    """Their sum, exactly."""
    total = ZERO
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total


def _fees(fills: Sequence[Status]) -> Decimal:
    return added(*map(_fee, fills))


def _fee(fill: Status) -> Decimal:
    return ZERO if fill.fee_currency else Decimal(fill.fee or 0)
