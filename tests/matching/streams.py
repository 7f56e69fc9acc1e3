"""Random commands of every kind, some of them nonsense, so dense that all rules meet each other."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from engine.matching.codes import (
    CANCEL_BOTH,
    CANCEL_NEWEST,
    CANCEL_OLDEST,
    FOK,
    GTC,
    IOC,
    MAX_QUANTITY,
    POST_ONLY,
    REDUCE_ONLY,
    Command,
    Kind,
    Op,
    Phase,
)
from engine.matching.instrument import Instrument

INSTRUMENTS = (Instrument(1, 300, 100), Instrument(70, 400, 105), Instrument(50, 150, 100))
ACCOUNTS = 5
MAX_ORDERS = 96
IDS = 180
PREVENTION = (0, 0, 0, CANCEL_NEWEST, CANCEL_OLDEST, CANCEL_BOTH)
KINDS = (
    *[Kind.LIMIT] * 12, Kind.MARKET, Kind.STOP, Kind.STOP, Kind.STOP_LIMIT, Kind.STOP_LIMIT,
    Kind.TRAILING,
)  # fmt: skip
ODD = (0, -1, 1, 1 << 20, MAX_QUANTITY, MAX_QUANTITY + 1, 1 << 62, (1 << 63) - 1, -(1 << 63))


class Stream:
    """Commands by a seed; ids are drawn from so few that many are those of live orders."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.mids = [100, 105, 100]

    def commands(self, count: int) -> Iterator[Command]:
        for _ in range(count):
            yield self.command()

    def command(self) -> Command:
        roll = self.random.random()
        if roll < 0.55:
            command = self.place()
        elif roll < 0.97:
            command = self.about_an_order(roll)
        else:
            command = self.about_a_market()
        return self.spoilt(command) if self.random.random() < 0.01 else command

    def place(self) -> Command:
        r = self.random
        symbol = r.randrange(3)
        if r.random() < 0.05:
            self.mids[symbol] = min(max(self.mids[symbol] + r.choice((-1, 1)), 90), 115)
        mid, side, kind = self.mids[symbol], r.randrange(2), r.choice(KINDS)
        limited = kind in (Kind.LIMIT, Kind.STOP_LIMIT)
        sign = 1 if side else -1
        price = mid + sign * (r.randrange(12) - 3) if limited else 0
        stopped = kind in (Kind.STOP, Kind.STOP_LIMIT)
        trigger = mid - sign * r.randrange(-1, 9) if stopped else 0
        quantity = r.choice((1, 2, 3, 5, 8, 13, 40))
        tif = r.choice((GTC, GTC, GTC, GTC, IOC, FOK))
        flags = tif | r.choice(PREVENTION)
        account = r.randrange(ACCOUNTS)
        if account and r.random() < 0.15:
            flags |= REDUCE_ONLY
        visible = 0
        if limited and tif == GTC:
            visible = r.randrange(1, 6) if r.random() < 0.2 else 0
            flags |= POST_ONLY if r.random() < 0.1 else 0
        trail = r.randrange(1, 8) if kind == Kind.TRAILING else 0
        return Command(
            Op.PLACE, side, kind, flags, symbol, self.some_id(), account, price, quantity, trigger,
            min(visible, quantity), trail,
        )  # fmt: skip

    def some_id(self) -> int:
        return self.random.randrange(1, IDS)

    def about_an_order(self, roll: float) -> Command:
        r, order_id = self.random, self.some_id()
        account = r.randrange(ACCOUNTS) if r.random() < 0.2 else 0
        if roll < 0.8:
            return Command(Op.CANCEL, order_id=order_id, account=account)
        if roll < 0.84:
            quantity = r.randrange(1, 8)
            return Command(Op.REDUCE, order_id=order_id, account=account, quantity=quantity)
        price = r.randrange(92, 112) if r.random() < 0.5 else 0
        quantity = r.randrange(1, 20) if r.random() < 0.5 else 0
        trigger = r.randrange(92, 112) if r.random() < 0.3 else 0
        return Command(
            Op.AMEND, order_id=order_id, account=account, price=price, quantity=quantity,
            trigger=trigger,
        )  # fmt: skip

    def about_a_market(self) -> Command:
        r, symbol = self.random, self.random.randrange(3)
        roll = r.random()
        if roll < 0.5:
            phase = r.choice((Phase.OPEN, Phase.OPEN, Phase.OPEN, Phase.HALTED, Phase.AUCTION))
            return Command(Op.PHASE, kind=phase, symbol=symbol)
        if roll < 0.7:
            low, high = r.choice(((80, 130), (94, 108), (70, 150), (96, 104), (70, 150)))
            return Command(Op.BAND, symbol=symbol, price=low, trigger=high)
        held = r.randrange(-30, 31)
        return Command(Op.POSITION, symbol=symbol, account=r.randrange(ACCOUNTS), quantity=held)

    def spoilt(self, command: Command) -> Command:
        """One field is anything."""
        r = self.random
        field = r.choice(Command._fields)
        if field in ("op", "side", "kind", "flags"):
            return command._replace(**{field: r.randrange(256)})
        if field == "symbol":
            return command._replace(symbol=r.choice((3, 1 << 16, (1 << 32) - 1)))
        return command._replace(**{field: r.choice(ODD)})
