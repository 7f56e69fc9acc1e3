"""No account exceeds a cap by its own orders, over the real stages: the gate, the executor that
meets a market, the portfolio, news that lag and stages that restart (tests/unit/test_limits_hold.py
has a venue that may do anything instead).

All that is held and all that may still fill is valued at the lowest price there ever is, which is
never more than the gate has reckoned with.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from schemas.commands import CancelOrders, ModifyOrder, PlaceOrder
from schemas.decisions import Verdict
from schemas.orders import OrderType, TimeInForce
from tests.recorded import long
from tests.unit.ordering import strategy
from tests.unit.trading import ACCOUNT
from tests.unit.whole_account import WholeAccount, base_and_quote

D = Decimal
KEYS = tuple(
    f"binance:{name}" for name in ("A/USDT:USDT", "A/USDC:USDC", "B/USDT:USDT", "C/USDT:USDT")
)
PRICES, LOWEST, LEVERAGE = ("99.5", "100", "100.5"), D("99.49"), D(10)
LIMITS = strategy(
    pyramiding=True, trailing=True, reduce=True, maximum_adds=9,
    risk={"maximum_positions": 3, "storm_orders": 9999, "correlation": "0.2",
          "concentration": "0.12", "risk_per_trade": "0.1", "unusual_factor": 1000,
          "daily_loss": "0.9", "drawdown": "0.9", "leverage": LEVERAGE},
)  # fmt: skip
OWN = LIMITS.of(ACCOUNT).limits


class Desk(RuleBasedStateMachine):
    """An account that trades four markets, two of one base and three of one quote."""

    def __init__(self) -> None:
        super().__init__()
        self.account = WholeAccount(KEYS, LIMITS, "1000")
        for key in KEYS:
            self.account.moves(key, "100", "9")
            self.account.meets(key, Verdict.HOLD, clock=True)
        self.account.settle()
        self.most = D(0)
        self.nearest: dict[str, Decimal] = defaultdict(Decimal)

    @rule(
        key=st.sampled_from(KEYS),
        verdict=st.sampled_from([Verdict.LONG, Verdict.LONG, Verdict.SHORT, Verdict.EXIT]),
        price=st.sampled_from(PRICES),
        size=st.sampled_from(["0.5", "3", "50"]),
        strength=st.sampled_from([0.3, 0.8, 0.8]),
    )
    def decide(self, key: str, verdict: Verdict, price: str, size: str, strength: float) -> None:
        self.account.moves(key, price, size)
        way = 1 if verdict is Verdict.LONG else -1
        self.account.meets(
            key, verdict, entry=price, stop=str(D(price) * (1 - way * D("0.01"))),
            target=str(D(price) * (1 + way * D("0.02"))), strength=strength,
        )  # fmt: skip
        self.check()

    @rule(key=st.sampled_from(KEYS), price=st.sampled_from(PRICES), size=st.sampled_from("19"))
    def move(self, key: str, price: str, size: str) -> None:
        self.account.moves(key, price, size)
        self.account.meets(key, Verdict.HOLD)
        self.check()

    @rule(
        key=st.sampled_from(KEYS),
        side=st.sampled_from(["buy", "sell"]),
        quantity=st.sampled_from(["0.5", "3", "50"]),
        rests=st.booleans(),
    )
    def person(self, key: str, side: Any, quantity: str, rests: bool) -> None:
        limit: dict[str, Any] = {
            "type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC,
            "price": "99.5" if side == "buy" else "100.5",
        }  # fmt: skip
        self.account.says(PlaceOrder(
            venue="binance", symbol=key.partition(":")[2], side=side, quantity=quantity,
            **(limit if rests else {}),
        ))  # fmt: skip

    @rule(which=st.integers(0, 9), quantity=st.sampled_from(["0.5", "3", "50", ""]))
    def change(self, which: int, quantity: str) -> None:
        there = self.account.resting()
        if not there:
            return
        name, command = there[which % len(there)]
        asks: Any = (
            ModifyOrder(client_order_id=name, symbol=command.symbol, quantity=quantity)
            if quantity else CancelOrders(symbol=command.symbol, client_order_ids=(name,))
        )  # fmt: skip
        self.account.says(asks)

    @rule(number=st.integers(1, 20))
    def execute(self, number: int) -> None:
        self.account.execute(number)
        self.check()

    @rule(number=st.integers(1, 20))
    def tell(self, number: int) -> None:
        self.account.tell(number)

    @rule(number=st.integers(1, 40))
    def hear(self, number: int) -> None:
        self.account.hear(number)

    @rule(seconds=st.sampled_from([1, 3, 16]), heard=st.booleans())
    def wait(self, seconds: int, heard: bool = True) -> None:
        """Time passes with its clock records; news may be later than any grace."""
        for _ in range(seconds):
            self.account.now += 10**9
            for key in KEYS:
                self.account.moves(key, "100", "9", ms=1)
                self.account.meets(key, Verdict.HOLD, clock=True)
        if heard:
            self.account.settle()
        self.check()

    @rule(which=st.sampled_from(["orders", "executor", "portfolio"]))
    def restart(self, which: str) -> None:
        self.account.restart(which)

    def check(self) -> None:
        """What is there or may come, as shares of the caps by the highest equity since flat."""
        there = [(key, 1 if held > 0 else -1, abs(held) * LOWEST)
                 for key in KEYS if (held := self.account.held(key))]  # fmt: skip
        there += [(key, sign, rest * LOWEST) for key, sign, rest in self.account.open() if rest]
        equity = self.account.equity()
        self.most = max(self.most, equity) if there else equity
        bound = self.most * LEVERAGE
        shares: dict[str, Decimal] = defaultdict(Decimal)
        for key, sign, notional in there:
            base, quote = base_and_quote(key)
            shares[f"notional {key}"] += notional / OWN.maximum_position_notional
            shares[f"symbol {key}"] += notional / (bound * OWN.symbol_cap)
            shares[f"concentration {base}"] += notional / (bound * OWN.concentration)
            shares[f"correlation {quote} {sign}"] += notional / (bound * OWN.correlation)
            shares["margin"] += notional / bound
        shares["positions"] = D(len({key for key, _, _ in there})) / OWN.maximum_positions
        for name, share in shares.items():
            assert share <= 1, name
            kind = name.split()[0]
            self.nearest[kind] = max(self.nearest[kind], share)


Desk.TestCase.settings = settings(max_examples=long(150, 50), stateful_step_count=60, deadline=None)
TestLimitsHoldOverTheRealStages = Desk.TestCase


def play(desk: Desk, chance: Random) -> None:
    """One thing that happens, by chance."""
    key, price = chance.choice(KEYS), chance.choice(PRICES)
    what = chance.randrange(12)
    if what < 4:
        verdict = chance.choice([Verdict.LONG, Verdict.LONG, Verdict.SHORT, Verdict.EXIT])
        desk.decide(key, verdict, price, chance.choice(["0.5", "50"]), 0.8)
    elif what < 6:
        desk.person(key, chance.choice(["buy", "sell"]), "50", chance.random() < 0.5)
    elif what == 6:
        desk.change(chance.randrange(9), chance.choice(["3", "50", ""]))
    elif what == 7:
        desk.restart(chance.choice(["orders", "executor", "portfolio"]))
    elif what == 8:
        desk.wait(1)
    else:
        desk.move(key, price, "9")
        desk.execute(9)
        desk.tell(20)
        desk.hear(40)


def test_the_desks_of_this_test_come_to_their_caps() -> None:
    nearest: dict[str, Decimal] = defaultdict(Decimal)
    fills = 0
    for seed in range(6):
        chance, desk = Random(seed), Desk()
        for _ in range(120):
            play(desk, chance)
        fills += desk.account.fills
        for name, share in desk.nearest.items():
            nearest[name] = max(nearest[name], share)
    assert fills > 80
    assert min(nearest[name] for name in ("notional", "concentration", "correlation")) > D("0.95")
    assert nearest["positions"] == 1
