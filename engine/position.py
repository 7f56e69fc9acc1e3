"""A position: three exact sums, and what each strategy made of it.

It keeps the signed quantity, the cash that its fills have moved (-sum of flow(price, quantity),
see engine.costs) and the cost of what is open now, all in the money it settles in. Then

    realised = cash + cost        unrealised = flow(mark, quantity) - cost

so that realised + unrealised = cash + flow(mark, quantity) exactly, whatever the cost is: closing
a part divides the cost by average price, the one place where something is rounded here (to 10^-26,
the product of a price's and a quantity's last unit), and the sum does not feel it.

A position belongs to the strategy whose fill opened it from flat; what later fills realise, their
fees and its funding are that strategy's, whoever sent them. A fill that turns it around closes one
and opens the next: its fee is split by quantity. A round trip goes from flat to flat; it is won
when its net result is above zero, and its return is net / margin to 10^-18, the margin being the
initial margin at entry (spot: the cost) when it was largest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal

from engine.costs import EXACT, flow
from engine.figures import ZERO, Figures
from engine.margin import Terms
from engine.values import value
from schemas.instruments import Kind
from schemas.orders import Contract

SPLIT = Decimal("1e-26")
"""Last unit of a cost or a fee that had to be divided."""

RETURN = Decimal("1e-18")
"""Last unit of a return."""

WIDE = Context(prec=200, rounding=ROUND_HALF_EVEN)


@value(frozen=True, slots=True)
class Fill:
    """What was traded: a signed quantity at a price, its fee, who sent it, and when (ns)."""

    quantity: Decimal
    price: Decimal
    fee: Decimal = ZERO
    strategy: str = ""
    at: int = 0


@dataclass(slots=True)
class Ledger:
    """What one strategy made of a symbol, in settle money."""

    realised: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    fills: int = 0
    closed: int = 0
    won: int = 0
    returned: Decimal = ZERO


@dataclass(slots=True)
class Trip:
    """A round trip under way: since when (ns), its net result so far, its largest margin."""

    opened: int = 0
    net: Decimal = ZERO
    margin: Decimal = ZERO


@value(frozen=True, slots=True)
class RoundTrip:
    """A position that was closed. net is in settle money, worth that at the closing price."""

    symbol: str
    strategy: str
    opened: int
    closed: int
    net: Decimal
    worth: Decimal
    returned: Decimal


@dataclass
class Position:
    """What is held of one symbol; sums are exact, see the module's text."""

    symbol: str
    venue: str
    contract: Contract | None = None
    strategy: str = ""
    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    cash: Decimal = ZERO
    mark: Decimal | None = None
    trip: Trip = field(default_factory=Trip)
    ledgers: dict[str, Ledger] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.shares: dict[str, Figures] = {}
        self.total = Figures()
        self.unrealised = ZERO
        self.settled = settled(self.symbol)
        self._moved, self._valued = True, self.mark
        self._terms()

    def _terms(self) -> None:
        self.means = self.contract or Contract(kind=kind_of(self.symbol))
        self.terms = Terms.of(self.means)
        self._entered()

    def _entered(self) -> None:
        self.entry = self.terms.entry(self.quantity, self.cost)
        self.liquidation = self.terms.liquidation(self.quantity, self.cost)

    @property
    def realised(self) -> Decimal:
        """Settle money won by what is closed, before fees and funding."""
        return EXACT.add(self.cash, self.cost)

    @property
    def fees(self) -> Decimal:
        """Settle money paid in fees."""
        return _sum([each.fees for each in self.ledgers.values()])

    @property
    def funding(self) -> Decimal:
        """Settle money paid in funding."""
        return _sum([each.funding for each in self.ledgers.values()])

    def quoted(self, amount: Decimal) -> Decimal:
        """Settle money in quote: at the mark for an inverse contract, else at par."""
        return EXACT.multiply(amount, self.mark or ZERO) if self.terms.inverse else amount

    def agree(self, contract: Contract) -> None:
        """Take over the contract that a fill or funding was told under."""
        if contract != self.contract:
            self.contract, self._moved = contract, True
            self._terms()

    def fill(self, fill: Fill) -> RoundTrip | None:
        """Take a fill: add, close, or close all and open the rest; the round trip it ended."""
        held, before = self.quantity, self.realised
        after = EXACT.add(held, fill.quantity)
        opens, closes = not held or held * after < 0, bool(held) and held * after <= 0
        self.cost = cost_after(self.means, held, self.cost, fill.price, fill.quantity)
        self.cash = EXACT.subtract(self.cash, flow(self.means, fill.price, fill.quantity))
        self.quantity = after
        self._moved = True
        ended, fee = None, fill.fee
        if held:
            own = _part(fee, held, fill.quantity) if opens else fee
            self._book(EXACT.subtract(self.realised, before), own)
            fee = EXACT.subtract(fee, own)
            ended = self._close(fill) if closes else None
        if opens:
            self.strategy, self.trip = fill.strategy, Trip(opened=fill.at)
            self._book(ZERO, fee)
        self.trip.margin = max(self.trip.margin, self.terms.invested(self.cost))
        self.ledger().fills += 1
        self._entered()
        return ended

    def fund(self, amount: Decimal) -> None:
        """Pay funding (negative: receive it), in settle money."""
        self._moved, ledger = True, self.ledger()
        ledger.funding = EXACT.add(ledger.funding, amount)
        self.trip.net = EXACT.subtract(self.trip.net, amount)

    def ledger(self) -> Ledger:
        """That of the strategy that holds the position, or held it last."""
        found = self.ledgers.get(self.strategy)
        if found is None:
            found = self.ledgers[self.strategy] = Ledger()
        return found

    def value(self) -> bool:
        """Reckon anew, at the mark: `unrealised` (what closing would win, before fees, in settle
        money), `shares` (what belongs to which strategy, in quote) and their `total`. False, with
        nothing done, where neither the mark nor what is held is another than the last time."""
        if not self._moved and self.mark == self._valued:
            return False
        self._moved, self._valued = False, self.mark
        self.unrealised = ZERO
        if self.mark is not None and self.quantity:
            worth = flow(self.means, self.mark, self.quantity)
            self.unrealised = EXACT.subtract(worth, self.cost)
        self.shares = {name: self._share(name, each) for name, each in self.ledgers.items()}
        self.total = Figures.sum(self.shares.values())
        return True

    def _share(self, name: str, ledger: Ledger) -> Figures:
        """A strategy's part; what is open is its own if it holds the position."""
        open_ = bool(self.quantity) and name == self.strategy
        notional = ZERO
        if open_ and self.mark is not None:
            notional = self.terms.notional(self.mark, self.quantity)
        return Figures(
            self.quoted(ledger.realised), self.quoted(self.unrealised if open_ else ZERO),
            self.quoted(ledger.fees), self.quoted(ledger.funding),
            notional, self.terms.initial(notional), self.terms.maintenance(notional),
            int(open_), ledger.fills, ledger.closed, ledger.won, ledger.returned,
        )  # fmt: skip

    def _book(self, realised: Decimal, fee: Decimal) -> None:
        ledger = self.ledger()
        ledger.realised = EXACT.add(ledger.realised, realised)
        ledger.fees = EXACT.add(ledger.fees, fee)
        self.trip.net = EXACT.add(self.trip.net, EXACT.subtract(realised, fee))

    def _close(self, fill: Fill) -> RoundTrip:
        trip, ledger = self.trip, self.ledger()
        returned = ZERO
        if trip.margin:
            returned = WIDE.divide(trip.net, trip.margin).quantize(RETURN, context=WIDE)
        ledger.closed += 1
        ledger.won += trip.net > 0
        ledger.returned = EXACT.add(ledger.returned, returned)
        worth = EXACT.multiply(trip.net, fill.price) if self.terms.inverse else trip.net
        self.trip = Trip(opened=fill.at)
        return RoundTrip(
            self.symbol, self.strategy, trip.opened, fill.at, trip.net, worth, returned
        )


def cost_after(
    contract: Contract, held: Decimal, cost: Decimal, price: Decimal, quantity: Decimal
) -> Decimal:
    """The cost of a position (signed, settle money) after a fill of a signed quantity: what it adds
    is added, what is closed leaves at average price, what turns it around begins anew.
    """
    after = EXACT.add(held, quantity)
    if held * quantity >= 0:
        return EXACT.add(cost, flow(contract, price, quantity))
    if after * quantity > 0:
        return flow(contract, price, after)
    return _part(cost, after, held) if after else ZERO


def _sum(amounts: list[Decimal]) -> Decimal:
    total = ZERO
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total


def _part(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """|part / whole| of an amount, to the last unit of a division."""
    share = WIDE.divide(WIDE.multiply(amount, part.copy_abs()), whole.copy_abs())
    return share.quantize(SPLIT, context=WIDE)


def settled(symbol: str) -> str:
    """The money that a symbol's results are in: behind the colon, else the quote."""
    pair, _, settle = symbol.partition(":")
    return settle.split("-")[0] if settle else pair.partition("/")[2]


def kind_of(symbol: str) -> Kind:
    """What a symbol is by its name, where no contract was told: BTC/USD:BTC is inverse."""
    if ":" not in symbol:
        return Kind.SPOT
    return Kind.INVERSE if settled(symbol) == symbol.partition("/")[0] else Kind.LINEAR
