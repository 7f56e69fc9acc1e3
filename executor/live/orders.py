"""The orders of a live account that are not done, and how it is asked for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from executor.live.story import filled, number_of, over, quantity
from schemas.orders import OrderCommand
from schemas.statuses import JournalEntry


@dataclass
class Orders:
    """living: entries by client order id; finished: sequence of trading.orders, by id, of those
    that are done and still in the journal. held: signed quantity by symbol, as the venue has it;
    own: what our executions add up to. taken: the last sequence of trading.orders by key that was
    read. past: expiry (ns) by id of archived commands that have not expired: none is taken again.
    """

    living: dict[str, JournalEntry] = field(default_factory=dict)
    finished: dict[str, JournalEntry] = field(default_factory=dict)
    held: dict[str, Decimal] = field(default_factory=dict)
    own: dict[str, Decimal] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    past: dict[str, int] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _cancels: dict[str, OrderCommand] = field(default_factory=dict)

    def keep(self, entry: JournalEntry) -> None:
        """The order as it is now."""
        name = entry.command.client_order_id
        if entry.command.action == "cancel":
            self._cancels[name] = entry.command
        if over(entry):
            self.living.pop(name, None)
            self.finished[name] = entry
        else:
            self.living[name] = entry
        for known in (number_of(entry), entry.alias):
            if known:
                self._names[f"{entry.command.symbol}|{known}"] = name

    def find(self, name: str) -> JournalEntry | None:
        """By its client order id, done or not."""
        return self.living.get(name) or self.finished.get(name)

    def known(self, name: str) -> bool:
        """A command of that id was taken."""
        return name in self.living or name in self.finished or name in self.past

    def read_past(self, entry: JournalEntry) -> bool:
        """Its command will not be read again: what was read after a restart lies behind it."""
        key = f"{entry.command.account}:{entry.command.symbol}"
        return entry.order_seq <= self.taken.get(key, -1)

    def expire(self, now: int) -> None:
        """Archived commands that have expired need not be known: they would not be sent."""
        self.past = {name: at for name, at in self.past.items() if at >= now}

    def named(self, symbol: str, name: str | None, number: str | None) -> JournalEntry | None:
        """The order that the venue knows by this client id or number, done or not."""
        for each in (
            name,
            self._names.get(f"{symbol}|{name}"),
            self._names.get(f"{symbol}|{number}"),
        ):
            if each is not None:
                found = self.living.get(each) or self.finished.get(each)
                if found is not None and found.command.action == "place":
                    return found
        return None

    def of(self, symbol: str) -> Iterator[JournalEntry]:
        """Orders of a symbol (no commands) that are not done."""
        for entry in list(self.living.values()):
            if entry.command.symbol == symbol and entry.command.action == "place":
                yield entry

    def forget(self, name: str) -> None:
        """It is archived."""
        entry = self.finished.pop(name)
        self.past[name] = entry.command.expires
        self._cancels.pop(name, None)
        for known in (number_of(entry), entry.alias):
            self._names.pop(f"{entry.command.symbol}|{known}", None)

    def withdrawn(self, entry: JournalEntry) -> bool:
        """A command of ours to cancel the order is, or was, under way."""
        name, symbol = entry.command.client_order_id, entry.command.symbol
        return any(
            one.symbol == symbol and (not one.orders or name in one.orders)
            for one in self._cancels.values()
        )

    def coming(self, command: OrderCommand) -> Decimal:
        """Signed quantity of other orders on the command's side that would open or add."""
        total = Decimal(0)
        for entry in self.of(command.symbol):
            other = entry.command
            if (
                other.side == command.side
                and not other.reduce_only
                and other.client_order_id != command.client_order_id
            ):
                total += max(quantity(entry) - filled(entry), Decimal(0))
        return total if command.side == "buy" else -total

    def moved(self, symbol: str, side: str, size: str) -> None:
        """An execution has changed what is held."""
        _add(self.held, symbol, side, size)

    def counted(self, symbol: str, side: str, size: str) -> None:
        """An execution of ours."""
        _add(self.own, symbol, side, size)

    def targets(self, entry: JournalEntry) -> list[JournalEntry]:
        """The orders that a command changes or withdraws; where it names none, those of its symbol
        that were asked for before it.
        """
        command = entry.command
        if not command.orders:
            return [one for one in self.of(command.symbol) if one.order_seq <= entry.order_seq]
        found = (self.living.get(name) for name in command.orders)
        return [one for one in found if one is not None]


def _add(sums: dict[str, Decimal], symbol: str, side: str, size: str) -> None:
    signed = Decimal(size) if side == "buy" else -Decimal(size)
    sums[symbol] = sums.get(symbol, Decimal(0)) + signed
