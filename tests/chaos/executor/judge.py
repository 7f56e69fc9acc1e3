"""The exchange's own books against an account's commands, its journal and its statuses.

A fault begins with what it breaks: "doubled" effects, "lost" commands, "fills" that were missed or
counted twice, "positions", "states" that differ, the order of "statuses", and the "end" of a trial.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal

from confluent_kafka import Message

from infra.exchange.accounts import Account
from infra.exchange.house import House
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
        self.entries: dict[str, JournalEntry] = {}
        self.statuses: list[Status] = []
        self.faults: list[str] = []
        for message in read_partition(settings, names.JOURNAL, number):
            if message.value() is None:
                self.entries.pop(bytes(message.key() or b"").decode(), None)
            elif (entry := entry_of(message, account)) is not None:
                self.entries[entry.command.client_order_id] = entry
        for message in read_all(settings, names.ARCHIVE):
            if (entry := entry_of(message, account)) is not None:
                self.entries.setdefault(entry.command.client_order_id, entry)
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
    at_venue = defaultdict(list)
    for order in account.orders.values():
        at_venue[order.wish.client].append(order)
    named = {one.command.client_order_id: one.command for one in decisions if one.command}
    for name, command in named.items():
        entry = told.entries.get(name)
        if entry is None:
            faults.append(f"lost: {name} ({command.action}): nothing is told of it")
            continue
        if command.action != "place":
            if entry.state not in (OrderState.DONE, OrderState.REJECTED, OrderState.EXPIRED):
                faults.append(f"lost: {name} ({command.action}) is left {entry.state}")
            continue
        orders = at_venue.pop(name, [])
        if len(orders) > 1:
            faults.append(f"doubled: {name} has {len(orders)} orders at the exchange")
        if not orders and entry.state not in (OrderState.REJECTED, OrderState.EXPIRED):
            faults.append(f"lost: {name} is {entry.state}, and the exchange never had it")
        for order in orders:
            if order.status.value not in FITS.get(entry.state, set()):
                faults.append(f"states: {name} is {entry.state} here, {order.status.value} there")
    faults += [f"doubled: order {name} is of no command" for name in at_venue]
    return faults + _fills(house, account, told)


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
