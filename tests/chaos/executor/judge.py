"""The exchange's own books against an account's commands, its journal and its statuses.

A fault begins with what it breaks: "doubled" effects, "lost" commands, "fills" that were missed or
counted twice, "positions", "states" that differ, the order of "statuses", and the "end" of a trial.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from confluent_kafka import Message

from infra.exchange.accounts import Account
from infra.exchange.conditional import Condition
from infra.exchange.house import House
from infra.exchange.orders import Order
from schemas import names
from schemas.codec import decode, encode
from schemas.orders import OrderDecision
from schemas.statuses import JournalEntry, OrderState, Status
from topics.partition import partition_of
from topics.reading import read_all, read_partition
from topics.settings import Settings

FILLED = {"FILLED"}
RESTS = {"NEW", "PARTIALLY_FILLED"}
GONE = {"CANCELED", "EXPIRED"}
FITS = {
    OrderState.FILLED: FILLED,
    OrderState.OPEN: RESTS,
    OrderState.PARTIALLY_FILLED: RESTS,
    OrderState.CANCELLED: GONE,
    OrderState.REJECTED: GONE | {"REJECTED"},
    OrderState.EXPIRED: set(),
}
"""What the exchange may say of an order that we say is in a state."""


class Told:
    """What topics have of an account: the last entry of each order, each status once."""

    def __init__(self, settings: Settings, account: str, statuses: int) -> None:
        number = partition_of(names.STATUSES, f"{account}:*")
        self._settings, self._account = settings, account
        self.entries: dict[str, JournalEntry] = {}
        self.statuses: list[Status] = []
        for message in read_partition(settings, names.JOURNAL, number):
            if message.value() is None:
                self.entries.pop(bytes(message.key() or b"").decode(), None)
            elif (entry := entry_of(message, account)) is not None:
                self.entries[entry.command.client_order_id] = entry
        self.faults: list[str] = []
        for message in read_all(settings, names.ARCHIVE):
            if (entry := entry_of(message, account)) is not None:
                found = self.entries.setdefault(entry.command.client_order_id, entry)
                if found.state is not entry.state:
                    text = f"{entry.key} is archived as {entry.state}, and became {found.state}"
                    self.faults.append(f"doubled: {text}")
        seen: dict[tuple[str, int], bytes] = {}
        last: dict[str, int] = {}
        for message in read_partition(settings, names.STATUSES, number, statuses):
            status = decode(Status, bytes(message.value() or b""))
            if status.account == account:
                self._take(status, seen, last)

    def ends(self) -> dict[str, int]:
        """How many commands came to which end, with the reason where there is one."""
        last = {one.client_order_id: one for one in self.statuses if one.reason}
        words = []
        for name, entry in self.entries.items():
            reason = last[name].reason if name in last else None
            words.append(f"{entry.state}" + (f" ({reason})" if reason else ""))
        return dict(Counter(words))

    def _take(
        self, status: Status, seen: dict[tuple[str, int], bytes], last: dict[str, int]
    ) -> None:
        place = (status.key, status.seq)
        if place in seen:
            if seen[place] != encode(status):
                self.faults.append(
                    f"statuses: {place} was told twice, and otherwise the second time"
                )
            return
        if status.seq != last.get(status.key, -1) + 1:
            self.faults.append(f"statuses: {place} comes after {last.get(status.key, -1)}")
        last[status.key] = status.seq
        seen[place] = encode(status)
        self.statuses.append(status)

    @cached_property
    def ordered(self) -> set[str]:
        """Commands that are on trading.orders: what is not there nobody can have taken."""
        number = partition_of(names.ORDERS, f"{self._account}:*")
        found = read_partition(self._settings, names.ORDERS, number)
        records = (decode(OrderDecision, bytes(each.value() or b"")) for each in found)
        return {one.command.client_order_id for one in records if one.command is not None}

    def unpublished(self, decisions: Sequence[OrderDecision]) -> int:
        """Commands that the broker has acknowledged and that trading.orders has not."""
        asked = {one.command.client_order_id for one in decisions if one.command is not None}
        missing = asked - self.entries.keys()
        return len(missing - self.ordered) if missing else 0

    @property
    def wanting(self) -> set[str]:
        """Client ids, as the exchange has them, of entries that named a stop."""
        found = [one for one in self.entries.values() if one.command.stop]
        return {name for one in found for name in (one.key, one.alias) if name}

    def keep(self, file: Path) -> None:
        """Write down what was told, for whoever looks for the fault."""
        rows = (*self.entries.values(), *self.statuses)
        file.write_bytes(b"".join(encode(row) + b"\n" for row in rows))


def entry_of(message: Message, account: str) -> JournalEntry | None:
    """What is journalled of the account, None of another one's."""
    value = bytes(message.value() or b"")
    if account.encode() not in value:
        return None
    entry = decode(JournalEntry, value)
    return entry if entry.command.account == account else None


def judge(
    house: House, account: Account, decisions: Sequence[OrderDecision], told: Told
) -> list[str]:
    """What is wrong; nothing where all holds."""
    faults = list(told.faults)
    named = {one.command.client_order_id: one.command for one in decisions if one.command}
    for name, command in named.items():
        if name not in told.entries and name in told.ordered:
            faults.append(f"lost: {name} ({command.action}): nothing is told of it")
    there = Counter(each.wish.client for each in account.orders.values() if not became(house, each))
    there += Counter(each.terms.client for each in house.conditions.of(account))
    states = {each.wish.client: each.status.value for each in account.orders.values()}
    states |= {each.terms.client: said(each) for each in house.conditions.of(account)}
    known = set()
    for name, entry in told.entries.items():
        if entry.command.action != "place":
            if entry.state not in (OrderState.DONE, OrderState.REJECTED, OrderState.EXPIRED):
                faults.append(f"lost: {name} ({entry.command.action}) is left {entry.state}")
            continue
        known |= {name, entry.alias or name}
        faults += _order(entry, there[name], states.get(entry.alias or name))
    faults += [f"doubled: {name} has {count} orders" for name, count in there.items() if count > 1]
    changes = {n for n, one in told.entries.items() if one.command.action == "modify"}
    faults += [
        f"doubled: order {name} is of no command" for name in there if name not in known | changes
    ]
    return faults + _fills(house, account, told) + _protection(house, account, told)


def _order(entry: JournalEntry, count: int, state: str | None) -> list[str]:
    """One order of ours against the exchange's."""
    name = f"{entry.key} ({entry.command.role or entry.command.type})"
    if not count:
        gone = entry.state in (OrderState.REJECTED, OrderState.EXPIRED)
        return [] if gone else [f"lost: {name} is {entry.state}, and the exchange never had it"]
    fits = state in FITS.get(entry.state, set())
    return [] if fits else [f"states: {name} is {entry.state} here, {state} there"]


def became(house: House, order: Order) -> bool:
    """The order is what a conditional one sent."""
    return any(each.order is order for each in house.conditions.of(order.account))


def said(condition: Condition) -> str:
    """A conditional order's state in the words of orders."""
    if condition.order is not None:
        return condition.order.status.value
    waits = {"WAITING": "NEW", "TRIGGERING": "NEW", "FAILED": "REJECTED"}
    return waits.get(condition.state.value, condition.state.value)


def _protection(house: House, account: Account, told: Told) -> list[str]:
    """Where an entry named a stop and its position is there, a stop covers all of it."""
    faults = []
    for market in house.listing.markets:
        lots = house.row(account, market).lots
        symbol = market.record.symbol
        named = [
            one for one in told.entries.values()
            if one.command.symbol == symbol and one.command.stop and one.trades
        ]  # fmt: skip
        stops = [
            each for each in house.conditions.of(account)
            if each.state.live and each.market is market
        ]  # fmt: skip
        covered = sum(each.terms.lots for each in stops)
        if not lots and stops:
            faults.append(
                f"unprotected: {symbol}: nothing is held, and {len(stops)} stops are there"
            )
        if len(stops) > 1:
            faults.append(f"unprotected: {symbol}: {len(stops)} stops")
        if lots and named and stops and covered != abs(lots):
            faults.append(f"unprotected: {symbol}: {lots} lots are held, {covered} are covered")
        if lots and named and not stops and _since(told, symbol, named):
            faults.append(f"unprotected: {symbol}: {lots} lots have no stop")
    return faults


def _since(told: Told, symbol: str, named: list[JournalEntry]) -> bool:
    """The position was never flat, or turned round, after an entry with a stop was filled."""
    names = {one.key for one in named}
    held, wants = Decimal(0), False
    for one in told.statuses:
        if one.type == "fill" and one.symbol == symbol:
            before = held
            held += Decimal(one.quantity or 0) * (1 if one.side == "buy" else -1)
            if not held or held * before < 0:
                wants = False
            if one.client_order_id in names and held * (1 if one.side == "buy" else -1) > 0:
                wants = True
    return wants


def _fills(house: House, account: Account, told: Told) -> list[str]:
    """Each execution told once; the sums are the positions."""
    faults = []
    counted = Counter((one.symbol, one.trade or "") for one in told.statuses if one.type == "fill")
    real = Counter((each.order.market.record.symbol, str(each.trade)) for each in account.fills)
    for place in real - counted:
        faults.append(f"fills: {place} was missed")
    for place in counted - real:
        faults.append(f"fills: {place} was counted more often than it happened")
    held: dict[str, Decimal] = defaultdict(Decimal)
    for one in told.statuses:
        if one.type == "fill":
            held[one.symbol] += Decimal(one.quantity or 0) * (1 if one.side == "buy" else -1)
    for market in house.listing.markets:
        row = house.row(account, market)
        symbol = market.record.symbol
        there = Decimal(market.quantity(row.lots)) if row.lots else Decimal(0)
        if there != held[symbol]:
            faults.append(
                f"positions: {symbol}: {there} is held there, {held[symbol]} is told here"
            )
    return faults
