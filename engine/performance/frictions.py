"""What the market took from an account's fills, beside fees and funding. In quote; a cost is
positive, what was earned negative. By side s (1 bought, -1 sold) and quantity q, with the mid when
the fill was made (Status.mark):

    spread   s (touch - mid) q: taking liquidity; s (price - mid) q, as a rule below 0: resting.
             (half the effective spread: Huang & Stoll, Dealer versus Auction Markets, J. of
             Financial Economics 41(3), 1996)
    impact   s (price - touch) q: what walking the book cost beyond its best price. The touch is
             the price of the first fill that an order got at its moment: a fill is of one level.
    delay    s (mid - mid at the decision) q: how the market moved between the decision and the
             fill of its order (with the two above the implementation shortfall: Perold, The
             Implementation Shortfall, J. of Portfolio Management 14(3), 1988). Only of orders that
             take liquidity and whose decision is known.

An inverse contract's are valued at the mid. What the order did to the market after its fill, and
what was missed by not trading, no record tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from engine.costs import EXACT, flow
from engine.figures import ZERO
from engine.margin import Terms
from engine.portfolio import PortfolioSettings
from schemas.statuses import Status


@dataclass(slots=True)
class Friction:
    """Sums in quote; `blind`: fills without a mid, of which none is told; `undecided`: fills that
    took liquidity without a decision that is known, of which no delay is told."""

    spread: Decimal = ZERO
    impact: Decimal = ZERO
    delay: Decimal = ZERO
    fills: int = 0
    blind: int = 0
    undecided: int = 0

    def add(self, other: Friction) -> None:
        """Sum both."""
        self.spread = EXACT.add(self.spread, other.spread)
        self.impact = EXACT.add(self.impact, other.impact)
        self.delay = EXACT.add(self.delay, other.delay)
        self.fills += other.fills
        self.blind += other.blind
        self.undecided += other.undecided


def frictions(
    statuses: Iterable[Status],
    settings: PortfolioSettings,
    decided: Mapping[str, Decimal] | None = None,
) -> dict[str, Friction]:
    """Of each symbol. decided: the mid at the decision, by client order id."""
    found: dict[str, Friction] = {}
    touch: dict[str, tuple[int | None, Decimal]] = {}
    for status in statuses:
        if status.type != "fill" or status.price is None or status.quantity is None:
            continue
        name, price = status.client_order_id or "", Decimal(status.price)
        if name not in touch or touch[name][0] != status.event_time:
            touch[name] = status.event_time, price
        mid = (decided or {}).get(name)
        one = _of(status, price, touch[name][1], mid, settings)
        found.setdefault(status.symbol, Friction()).add(one)
    return found


def _of(
    status: Status, price: Decimal, touch: Decimal, decided: Decimal | None,
    settings: PortfolioSettings,
) -> Friction:  # fmt: skip
    if status.mark is None:
        return Friction(fills=1, blind=1)
    mid, takes = Decimal(status.mark), status.liquidity != "maker"
    best = touch if takes else price
    undecided = int(takes and decided is None)
    return Friction(
        spread=_between(status, settings, mid, mid, best),
        impact=_between(status, settings, mid, best, price),
        delay=_between(status, settings, mid, decided, mid) if takes and decided else ZERO,
        fills=1,
        undecided=undecided,
    )


def _between(
    status: Status, settings: PortfolioSettings, mid: Decimal, low: Decimal, high: Decimal
) -> Decimal:
    """Quote that the fill cost more at `high` than at `low`."""
    contract, quantity = settings.contract(status), Decimal(status.quantity or 0)
    signed = quantity if status.side == "buy" else -quantity
    more = EXACT.subtract(flow(contract, high, signed), flow(contract, low, signed))
    return EXACT.multiply(more, mid) if Terms.of(contract).inverse else more
