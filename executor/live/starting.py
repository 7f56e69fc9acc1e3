"""A start: the journal rebuilt, then the venue asked, and only then are commands read.

Rebuilt from the account's partition of trading.journal: what is not done lives on; statuses that
are journalled and not on trading.statuses are published; a sequence that was given to a mark and
lost with the process is given to another one, so that readers find no hole. Then what the venue
says: a request without an answer is UNKNOWN until it is resolved; orders that rest are looked at,
executions counted; orders and positions that are not ours are told and left alone, or adopted by
executor.live.adopting.

Cost: the journal's partition, and trading.statuses from where the last snapshot had it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from executor.live import story
from executor.live.desk import Desk
from executor.live.hearing import Hearing
from executor.live.points import point
from executor.live.wishes import amendable
from executor.venues.venue import VenuePosition
from schemas import names
from schemas.codec import decode
from schemas.errors import Fatal, Poison
from schemas.statuses import JournalEntry, OrderState, Status
from schemas.system import Severity
from topics.partition import partition_of
from topics.reading import read_partition
from topics.settings import Settings


@dataclass
class Found:
    """What topics have of an account. entries: of its journal by client order id; made: last
    sequence by key that is published; next: offset of trading.statuses behind what was read; late:
    names of entries behind which an older one has come to the journal.
    """

    entries: dict[str, JournalEntry] = field(default_factory=dict)
    made: dict[str, int] = field(default_factory=dict)
    own: dict[str, Decimal] = field(default_factory=dict)
    next: int = 0
    late: set[str] = field(default_factory=set)


def load(settings: Settings, account: str, saved: Mapping[str, Any]) -> Found:
    """Read the account's journal and what of its statuses is newer than `saved`. Blocks."""
    number = partition_of(names.STATUSES, f"{account}:*")
    found = Found(
        made=dict(saved.get("made", {})),
        own={symbol: Decimal(text) for symbol, text in saved.get("own", {}).items()},
        next=saved.get("next", 0),
    )
    for message in read_partition(settings, names.JOURNAL, number):
        _journalled(found, account, bytes(message.key() or b"").decode(), message.value())
    for message in read_partition(settings, names.STATUSES, number, found.next):
        found.next = (message.offset() or 0) + 1
        status = _status(message.value())
        if status is not None and status.account == account:
            found.made[status.key] = max(status.seq, found.made.get(status.key, -1))
    return found


def _journalled(found: Found, account: str, name: str, value: Any) -> None:
    if value is None:
        found.entries.pop(name, None)
        return
    try:
        entry = decode(JournalEntry, bytes(value))
    except Poison as poison:
        raise Fatal(f"trading.journal cannot be read: {poison}") from poison
    if entry.command.account != account:
        return
    known = found.entries.get(name)
    if known is not None and entry.seq <= known.seq:
        found.late.add(name)  # of a process that was stopped while it was on its way
        return
    found.entries[name] = entry


def _status(value: Any) -> Status | None:
    try:
        return decode(Status, bytes(value or b""))
    except Poison:
        return None  # not ours: what this stage publishes can be read


class Start:
    """Brings a desk to where it may take commands. mend: makes the mark that fills a hole."""

    def __init__(self, desk: Desk, hearing: Hearing, resolve: Callable[[str], None]) -> None:
        self._desk, self._hearing, self._resolve = desk, hearing, resolve

    def rebuild(self, found: Found, counted: Mapping[str, int]) -> None:
        """Take over what the topics have. counted: sequences by key whose executions `own` has."""
        scribe, orders = self._desk.scribe, self._desk.orders
        published = dict(found.made)
        orders.own.update(found.own)
        for entry in found.entries.values():
            orders.keep(entry)
            for status in entry.statuses:
                last = scribe.made.get(status.key, -1)
                scribe.made[status.key] = max(last, status.seq)
                if status.type == "fill" and status.seq > counted.get(status.key, -1):
                    orders.counted(status.symbol, status.side or "", status.quantity or "0")
        for key, seq in published.items():
            scribe.made[key] = max(seq, scribe.made.get(key, -1))
        self._publish(found.entries.values(), published)
        for name in found.late & set(found.entries):
            self._desk.begin(found.entries[name])  # or Kafka keeps the older one, as it came last
        point("rebuilt")

    def _publish(self, entries: Iterable[JournalEntry], published: Mapping[str, int]) -> None:
        """What was journalled and not told, in the order of its sequences, without a hole."""
        missing = {
            (status.key, status.seq): status
            for entry in entries
            for status in entry.statuses
            if status.seq > published.get(status.key, -1)
        }
        ends: dict[str, int] = {}
        for key, seq in missing:
            ends[key] = max(seq, ends.get(key, -1))
        told: list[Status] = []
        for key, end in ends.items():
            for seq in range(published.get(key, -1) + 1, end + 1):
                found = missing.get((key, seq))
                told.append(found or self._filler(missing, key, seq, end))
        self._desk.scribe.publish_again(told)

    def _filler(
        self, missing: Mapping[tuple[str, int], Status], key: str, seq: int, end: int
    ) -> Status:
        """A mark that says nothing but that its sequence was lost."""
        like = missing[key, end]
        return Status(
            type="mark", account=like.account, venue=like.venue, symbol=like.symbol,
            key=key, seq=seq, seen_time=like.seen_time, id=f"{like.id}-{end - seq}",
            cause=like.cause,
        )  # fmt: skip

    async def reconcile(self) -> None:
        """Ask the venue; raises VenueError while it cannot be asked."""
        desk = self._desk
        await self.positions()
        living = list(desk.orders.living.values())
        for entry in living:
            if entry.command.action == "modify":
                held = (one for one in desk.orders.targets(entry))
                desk.replacing.update(
                    one.command.client_order_id
                    for one in held
                    if not amendable(one, desk.venue.able)
                )
        for entry in living:
            now = desk.now(entry)  # the stream may have told of it by now
            if now.state is OrderState.SENT:
                lost = story.answered(now, "unknown", desk.clock(), text="the process ended")
                await desk.write(story.lost(lost))
        for symbol in sorted({entry.command.symbol for entry in living}):
            if not await self._hearing.backfill(symbol):
                self._hearing.ask(symbol)
        for name, entry in list(desk.orders.living.items()):
            if entry.state is OrderState.UNKNOWN:
                self._resolve(name)
        if desk.settings.foreign == "leave":
            await self._foreign()
        point("reconciled")

    async def positions(self) -> list[VenuePosition]:
        """What is held, as the venue has it; of spot the coins of the account."""
        desk = self._desk
        base = await desk.venue.clock()
        if desk.settings.market == "spot":
            settle = desk.settings.settle
            money = await desk.venue.balances()
            found = [VenuePosition(f"{each.currency}/{settle}", each.total) for each in money]
        else:
            found = await desk.venue.positions()
        desk.orders.held = {each.symbol: Decimal(each.quantity) for each in found}
        self._hearing.base = base
        return found

    async def _foreign(self) -> None:
        """Tell what rests at the venue, or is held there, and is not ours."""
        desk = self._desk
        for order in await desk.venue.open_orders():
            if desk.orders.named(order.symbol, order.name, order.number) is None:
                text = f"{order.symbol}: order {order.number} rests and is not ours: left alone"
                facts = {"account": desk.account, "symbol": order.symbol, "number": order.number}
                desk.tell(Severity.WARNING, "foreign_order", text, facts)
        for symbol in sorted({*desk.orders.held, *desk.orders.own}):
            held, own = (
                each.get(symbol, Decimal(0)) for each in (desk.orders.held, desk.orders.own)
            )
            if held != own:
                text = f"{symbol}: {held} is held at the venue, {own} by our executions"
                facts = {"account": desk.account, "symbol": symbol}
                desk.tell(Severity.WARNING, "foreign_position", text, facts)
