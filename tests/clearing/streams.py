"""Random commands of accounts with so little money that much is refused, many are liquidated."""

from __future__ import annotations

from dataclasses import replace

from engine.clearing.codes import OWN_IDS, Mode, Op
from engine.clearing.contract import Contract, Kind, Terms, Tier
from engine.matching.codes import Command
from engine.matching.instrument import Instrument
from tests.matching.streams import MAX_ORDERS, Stream

DOLLAR, COIN = 0, 1
INSTRUMENTS = (
    Instrument(1, 300, 100),
    Instrument(70, 400, 105),
    Instrument(50, 150, 100),
    Instrument(40, 250, 100),
)
TIERS = (Tier(20_000, 500_000, 100), Tier(100_000, 2_000_000, 20), Tier(600_000, 10_000_000, 5))
COINS = (Tier(20_000, 500_000, 100), Tier(200_000, 2_000_000, 20), Tier(1_500_000, 10_000_000, 5))
TERMS = Terms(
    (
        Contract(Kind.SPOT, DOLLAR, 3, base=COIN, lot=7, maker=100_000, taker=200_000),
        Contract(
            Kind.LINEAR, DOLLAR, 3, maker=-20_000, taker=50_000, liquidation=500_000,
            interval=8, tiers=TIERS,
        ),
        Contract(
            Kind.INVERSE, COIN, 123_457, maker=20_000, taker=50_000, liquidation=1_250_000,
            interval=4, tiers=COINS,
        ),
        Contract(
            Kind.LINEAR, DOLLAR, 2, maker=0, taker=40_000, liquidation=400_000, interval=1,
            tiers=TIERS,
        ),
    ),
    2,
)  # fmt: skip
WIDE = 1 << 36
"""A scale at which products of money do not fit 64 bits, and orders get too wide."""


def scaled(terms: Terms, scale: int) -> Terms:
    """The same market where each unit of money is so many."""
    contracts = [
        replace(
            contract,
            unit=contract.unit * scale,
            lot=contract.lot * scale,
            tiers=tuple(replace(tier, cap=tier.cap * scale) for tier in contract.tiers),
        )
        for contract in terms.contracts
    ]
    return Terms(tuple(contracts), terms.assets)


ACCOUNTS = 7
SYMBOLS = len(INSTRUMENTS)
MONEY = (Op.DEPOSIT, Op.WITHDRAW, Op.LEVERAGE, Op.LEVERAGE, Op.LEVERAGE, Op.MARGIN_MODE)

__all__ = ["ACCOUNTS", "INSTRUMENTS", "MAX_ORDERS", "TERMS", "ClearingStream"]


class ClearingStream(Stream):
    """As Stream, over these instruments, with what only an engine with money does."""

    def __init__(self, seed: int, jumps: int = 10, scale: int = 1) -> None:
        super().__init__(seed)
        self.scale = scale
        self.mids = [100, 105, 100, 100]
        self.jumps = jumps
        self.time = 0
        self.begun = 0

    def command(self) -> Command:
        self.begun += 1
        if self.begun <= 2 * ACCOUNTS:
            account, asset = divmod(self.begun - 1, 2)
            most = 25_000 if account else 2_000
            amount = self.random.randrange(1_000, most)
            amount = amount * self.scale + self.random.randrange(self.scale)
            return Command(Op.DEPOSIT, symbol=asset, account=account, quantity=amount)
        roll = self.random.random()
        if roll < 0.82:
            return self.traded(super().command())
        command = self.money() if roll < 0.90 else self.moved()
        return self.spoilt(command) if self.random.random() < 0.01 else command

    def traded(self, command: Command) -> Command:
        """A command of the book, most of them of an account."""
        r = self.random
        if command.op != 1 or r.random() < 0.01 or not 0 < command.quantity < 1_000:
            return command
        account = command.account or r.randrange(1, ACCOUNTS)
        symbol = command.symbol
        if symbol == 0 and r.random() < 0.5:
            symbol = 3
        price = command.price
        if symbol == 3 and 0 < price < 1_000:
            price += self.mids[3] - self.mids[0]
        quantity = command.quantity * r.choice((1, 1, 4, 20))
        order_id = OWN_IDS + 3 if r.random() < 0.002 else command.order_id
        return command._replace(
            account=account, symbol=symbol, price=price, order_id=order_id, quantity=quantity,
            visible=min(abs(command.visible % 50) * 5, quantity),
        )  # fmt: skip

    def money(self) -> Command:
        r = self.random
        op = r.choice(MONEY)
        account = r.randrange(ACCOUNTS)
        if op in (Op.DEPOSIT, Op.WITHDRAW):
            amount = r.choice((1, 17, 300, 4_000, 20_000))
            most = (amount if account else amount // 50) * self.scale
            return Command(op, symbol=r.randrange(2), account=account, quantity=most)
        if op == Op.LEVERAGE:
            leverage = r.choice((1, 2, 3, 7, 20, 20, 20, 50, 100, 101))
            return Command(op, symbol=r.randrange(SYMBOLS), account=account, quantity=leverage)
        mode = r.choice((*Mode, 2)) if r.random() < 0.1 else r.choice(list(Mode))
        return Command(op, kind=mode, symbol=r.randrange(SYMBOLS), account=account)

    def moved(self) -> Command:
        """The mark moves, or funding is due."""
        r = self.random
        symbol = r.randrange(SYMBOLS)
        if r.random() < 0.7:
            by = r.randrange(-self.jumps, self.jumps + 1)
            if r.random() < 0.05:
                by *= 8
            price = self.mids[symbol] + by
            if abs(by) <= self.jumps and r.random() < 0.5:
                self.mids[symbol] = min(max(price, 85), 125)
            return Command(Op.MARK, symbol=symbol, price=price)
        self.time += r.choice((0, 1, 4, 8))
        rate = r.choice((10_000, -10_000, 75_000, -300_000, 2_000_000, 0))
        return Command(Op.FUNDING, symbol=symbol, quantity=rate, trigger=self.time)
