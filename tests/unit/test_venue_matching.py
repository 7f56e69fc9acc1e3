"""Our resting orders against the matching engine's rules: the same fills in the same order.

The reference (tests.matching.naive) holds our orders with those of nobody's account before them:
what the queue model says is ahead. A trade of the recording is an order of nobody that takes.
"""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.matching.codes import BUY, FOK, IOC, SELL, Command, Event, Happening, Kind, Op
from engine.matching.instrument import Instrument
from engine.venue.events import Filled
from tests.matching.naive import Naive, Order
from tests.recorded import long
from tests.unit.market_tape import depth, trade, whole
from tests.unit.resting import Place, cancel, modify, order

OURS = 1
PRICES = (97, 98, 99)
Fills = list[tuple[str, int, int]]
"""Name, price and quantity."""

steps = st.lists(
    st.tuples(
        st.sampled_from(
            ("join", "join", "show", "trade", "trade", "cancel", "size", "size", "move")
        ),
        st.sampled_from((99, 99, 99, 98, 97)),
        st.integers(1, 6),
        st.integers(0, 9),
    ),
    min_size=4,
    max_size=40,
)


class Reference:
    """Bids of ours and of nobody in the matching engine; what is displayed, by price."""

    def __init__(self) -> None:
        self.engine = Naive([Instrument(1, 200, 100)], accounts=2)
        self.shown = dict.fromkeys(PRICES, 1)
        self.names: dict[int, str] = {}
        self.last = 0

    def bids(self, price: int, account: int = 0) -> list[Order]:
        """In their order."""
        found = self.engine.markets[0].books[BUY]
        return [each for each in found if each.price == price and each.account == account]

    def place(self, price: int, quantity: int, account: int = 0, **fields: int) -> list[Event]:
        self.last += 1
        given = {"side": BUY, **fields}
        return self.engine.submit(
            Command(
                Op.PLACE, kind=Kind.LIMIT, order_id=self.last, account=account, price=price,
                quantity=quantity, **given,
            )
        )  # fmt: skip

    def join(self, name: str, price: int, quantity: int) -> None:
        """Behind all that is displayed."""
        more = self.shown[price] - sum(each.open for each in self.bids(price))
        if more > 0:
            self.place(price, more)
        self.place(price, quantity, OURS)
        self.names[self.last] = name

    def show(self, price: int, quantity: int) -> None:
        """No more than is displayed is ahead: the last ones are the first to go."""
        self.shown[price] = quantity
        over = sum(each.open for each in self.bids(price)) - quantity
        for each in reversed(self.bids(price)):
            cut = min(each.open, max(0, over))
            over -= cut
            if cut:
                self.engine.submit(Command(Op.REDUCE, order_id=each.order_id, quantity=cut))

    def trade(self, price: int, quantity: int) -> Fills:
        """All above the price, then what the trade brings to the price itself."""
        above = [each for other in PRICES if other > price for each in self._all(other)]
        events: list[Event] = []
        if above:
            whole = sum(each.open for each in above)
            events += self.place(price + 1, whole, side=SELL, flags=FOK)
        events += self.place(price, quantity, side=SELL, flags=IOC)
        return [
            (self.names[each.maker_id], each.price, each.quantity)
            for each in events
            if each.happening == Happening.TRADE and each.maker_account == OURS
        ]

    def _all(self, price: int) -> list[Order]:
        return [*self.bids(price), *self.bids(price, OURS)]

    def find(self, name: str) -> Order | None:
        return next((each for each in self._ours() if self.names[each.order_id] == name), None)

    def _ours(self) -> Iterator[Order]:
        return (each for price in PRICES for each in self.bids(price, OURS))

    def cancel(self, name: str) -> None:
        found = self.find(name)
        assert found is not None
        self.engine.submit(Command(Op.CANCEL, order_id=found.order_id))

    def size(self, name: str, whole: int) -> None:
        """Less keeps the place; more goes to the end, behind all that is displayed."""
        found = self.find(name)
        assert found is not None
        traded = found.whole - found.open
        if whole <= found.whole:
            self.engine.submit(Command(Op.AMEND, order_id=found.order_id, quantity=whole))
        else:
            self.cancel(name)
            self.join(name, found.price, whole - traded)
            again = self.find(name)
            assert again is not None
            again.whole = whole

    def move(self, name: str, price: int) -> None:
        found = self.find(name)
        assert found is not None
        if found.price != price:
            self.cancel(name)
            self.join(name, price, found.open)
            again = self.find(name)
            assert again is not None
            again.whole = found.whole


def started() -> Place:
    at = Place()
    bids = tuple((str(price), "1") for price in reversed(PRICES))
    at.pass_(whole((*bids, ("90", "9")), (("103", "1"),)))
    return at


def fills(at: Place, since: int) -> Fills:
    return [
        (each.order_id, each.price // 10**20, each.quantity // 10**18)
        for each in at.events[since:]
        if isinstance(each, Filled)
    ]


def step(at: Place, reference: Reference, n: int, what: tuple[str, int, int, int]) -> None:
    """The same thing to both."""
    kind, price, quantity, which = what
    since, there = len(at.events), list(at.market.resting)
    name = there[which % len(there)] if there else None
    told: Fills = []
    if kind == "join":
        at.give(order(f"o{n}", quantity=str(quantity), limit=str(price)))
        reference.join(f"o{n}", price, quantity)
    elif kind == "show":
        at.pass_(depth(((str(price), str(quantity - 1)),)))
        reference.show(price, quantity - 1)
    elif kind == "trade":
        at.pass_(trade(str(price), str(quantity)))
        told = reference.trade(price, quantity)
    elif name is not None:
        change(at, reference, kind, name, price, quantity)
    assert fills(at, since) == told


def change(at: Place, reference: Reference, kind: str, name: str, price: int, to: int) -> None:
    if kind == "cancel":
        at.give(cancel(name))
        reference.cancel(name)
    elif kind == "size":
        at.give(modify(name, quantity=str(to)))
        reference.size(name, to)
    else:
        at.give(modify(name, limit=str(price)))
        reference.move(name, price)


@settings(max_examples=long(300, 100), deadline=None)
@given(steps)
def test_resting_orders_fill_as_in_the_matching_engine(
    happens: list[tuple[str, int, int, int]],
) -> None:
    at, reference = started(), Reference()
    for n, what in enumerate(happens):
        step(at, reference, n, what)
        left = {name: live.rest // 10**18 for name, live in at.market.resting.items()}
        assert left == {reference.names[one.order_id]: one.open for one in reference._ours()}
