"""One order's chain on the topics: what became of it, who asked for it, back to the frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.identity import raw_id, record_id
from gateway.proof.heard import Heard, heard
from gateway.proof.journalled import entry_of, merged, origin, recorded, related, strange
from gateway.proof.journalled import misnamed as misnamed_entry
from gateway.proof.published import BrokenChain, Source, caused, named, numbered
from schemas import names
from schemas.codec import decode
from schemas.commands import Approve, ControlCommand
from schemas.decisions import Decision
from schemas.orders import OrderCommand, OrderDecision, OrderType
from schemas.raw import RawFrame
from schemas.record import Record
from schemas.signals import Signal
from schemas.statuses import JournalEntry, Status
from schemas.ticks import Ticks

MOST_DRAFTS = 256
"""More records than any stage makes of one."""


@dataclass(frozen=True)
class Moment:
    """A market at one of its ticks records, with the frames that it came from."""

    ticks: Ticks
    raw: RawFrame


@dataclass(frozen=True)
class Judged:
    """An account's record, the decision that it was made on, and what that came from.

    heard: what advisors had said, where the decision's market reads ai.advice.
    """

    order: OrderDecision
    decision: Decision
    signal: Signal
    moment: Moment
    heard: tuple[Heard, ...] = ()


@dataclass(frozen=True)
class Chain:
    """Everything that led to an order, and all that became of it. statuses: in order.

    judged: the account's record of it; of a stop or target that the venue made, the record of the
    order in `parent` that it protects; of a part, of the order in `parent` that it is of.
    parts: entries of the orders that it was worked in. journal: None where nothing was sent.
    turned: the market when it was filled first (or else when the last thing happened to it).
    request: the command of the person who asked for it; proposed: what that person approved.
    changes: the account's records that moved, changed or withdrew it later.
    guards: entries of its stops and targets; about: entries of what a live account's executor did
    to it later.
    """

    judged: Judged
    journal: JournalEntry | None = None
    statuses: tuple[Status, ...] = ()
    parent: JournalEntry | None = None
    turned: Moment | None = None
    request: ControlCommand | None = None
    proposed: Judged | None = None
    changes: tuple[OrderDecision, ...] = ()
    parts: tuple[JournalEntry, ...] = ()
    guards: tuple[JournalEntry, ...] = ()
    about: tuple[JournalEntry, ...] = ()

    @property
    def recorded(self) -> bool:
        """True for an order of a live account: what a venue did to it is told as recorded."""
        return self.journal is not None and recorded(self.journal)

    @property
    def order(self) -> OrderDecision:
        """The account's record."""
        return self.judged.order

    @property
    def command(self) -> OrderCommand | None:
        """The order, None where none was made."""
        return self.order.command if self.journal is None else self.journal.command

    @property
    def market(self) -> str:
        """The market's key."""
        return f"{self.order.venue}:{self.order.symbol}"

    @property
    def moments(self) -> tuple[Moment, ...]:
        """All of its moments of the market."""
        judged = (self.judged.moment, self.proposed.moment if self.proposed else None)
        return tuple(one for one in (*judged, self.turned) if one is not None)

    @property
    def last(self) -> RawFrame:
        """The latest of its raw records."""
        return max((one.raw for one in self.moments), key=lambda raw: raw.seq)

    def misnamed(self) -> list[str]:
        """Records whose id does not follow from where they come from; none when all is well."""
        wrong = [f"{stage} {one.id}" for stage, one in self._made() if not follows(stage, one)]
        raws = {one.raw.id: one.raw for one in self.moments}.values()
        wrong += [
            f"raw {raw.id}" for raw in raws if raw.id != raw_id(raw.run, raw.key, raw.run_seq)
        ]
        return wrong + [f"executor {id}" for id in self._misnamed_live()]

    def _misnamed_live(self) -> Iterator[str]:
        for entry in self._entries():
            if recorded(entry):
                yield from misnamed_entry(entry)
        if self.journal is not None and self.recorded:
            yield from strange(self.journal, self.statuses)

    def _entries(self) -> Iterator[JournalEntry]:
        yield from (one for one in (self.journal, self.parent) if one is not None)
        yield from (*self.parts, *self.guards, *self.about)

    def _made(self) -> Iterator[tuple[str, Record]]:
        for judged in (self.judged, self.proposed):
            if judged is not None:
                yield "orders", judged.order
                yield "decisions", judged.decision
                yield "signals", judged.signal
        yield from (("ticks", one.ticks) for one in self.moments)
        yield from (("orders", change) for change in self.changes)
        yield from (("executor", one) for one in self._entries() if not recorded(one))
        if not self.recorded:
            yield from (("executor", one) for one in self.statuses)


def follows(stage: str, record: Record) -> bool:
    """True when the record's id is that of the n-th record its stage makes of its cause."""
    return any(record.id == record_id(stage, record.cause, n) for n in range(MOST_DRAFTS))


def followed(found: JournalEntry | OrderDecision, source: Source) -> Chain:
    """The chain of an order in the journal, or of an account's record that sent none."""
    if isinstance(found, OrderDecision):
        request, proposed = _asked(found, source)
        return Chain(judge(found, source), request=request, proposed=proposed)
    command, name = found.command, found.command.client_order_id
    key = f"{command.account}:{command.symbol}"
    order = numbered(source, names.ORDERS, OrderDecision, key, origin(found, source).order_seq)
    statuses = tuple(statuses_of(source, key, name))
    if recorded(found):
        statuses = merged(found, statuses)
    family = related(name, source)
    guards = tuple(one for one in family if one.command.role is not None)
    return Chain(
        judge(order, source),
        found,
        statuses,
        None if command.parent is None else entry_of(command.parent, source),
        _turned(statuses, f"{command.venue}:{command.symbol}", source),
        *_asked(order, source),
        changes=tuple(_changes(found, statuses, key, source)),
        parts=tuple(one for one in family if _is_part(one, command)),
        guards=guards,
        about=tuple(one for one in family if recorded(one) and name in one.command.orders),
    )


def judge(order: OrderDecision, source: Source) -> Judged:
    """An account's record back to the frames; BrokenChain where something is gone."""
    market = f"{order.venue}:{order.symbol}"
    decision = caused(source, names.DECISIONS, Decision, market, order.cause)
    signal = caused(source, names.SIGNALS, Signal, market, decision.cause)
    ticks = caused(source, names.TICKS, Ticks, market, signal.cause)
    return Judged(order, decision, signal, _moment(ticks, source), heard(decision, source))


def _moment(ticks: Ticks, source: Source) -> Moment:
    return Moment(ticks, caused(source, names.RAW, RawFrame, ticks.key, ticks.cause))


def _is_part(entry: JournalEntry, of: OrderCommand) -> bool:
    """True for one of the orders that an order is worked in."""
    mine = entry.command.parent == of.client_order_id and entry.command.role is None
    return of.style is not None and mine


def _turned(statuses: tuple[Status, ...], market: str, source: Source) -> Moment | None:
    placed = [status for status in statuses if status.book_seq is not None]
    fills = [status for status in placed if status.type == "fill"]
    for status in fills[:1] or placed[-1:]:
        seq = status.book_seq or 0
        return _moment(numbered(source, names.TICKS, Ticks, market, seq), source)
    return None


def _asked(order: OrderDecision, source: Source) -> tuple[ControlCommand | None, Judged | None]:
    """The person's command, where there is one, and what it let go."""
    if order.request is None:
        return None, None
    request = named(source.of_all(names.COMMANDS), ControlCommand, order.request)
    if request is None:
        raise BrokenChain(f"{names.COMMANDS} holds no command {order.request} (any more)")
    if not isinstance(request.command, Approve):
        return request, None
    proposed = _proposed(order, request.command.client_order_id, source)
    return request, None if proposed is None else judge(proposed, source)


def _proposed(order: OrderDecision, name: str, source: Source) -> OrderDecision | None:
    """The account's record that waited under that name."""
    for _, value in source.of(names.ORDERS, order.key):
        if b'"outcome":"awaiting"' in value and name.encode() in value:
            return decode(OrderDecision, value)
    return None


def _changes(
    entry: JournalEntry, statuses: tuple[Status, ...], key: str, source: Source
) -> Iterator[OrderDecision]:
    """What the account did to an order that rested, from its beginning to its end."""
    if entry.command.type is OrderType.MARKET or not statuses:
        return
    first, last = statuses[0].seen_time, statuses[-1].seen_time
    for seq, value in source.of(names.ORDERS, key):
        if seq <= entry.order_seq or b'"outcome":"approved"' not in value:
            continue
        order = decode(OrderDecision, value)
        during = first <= order.seen_time <= last
        if during and order.command is not None and _touches(order.command, entry.command):
            yield order


def _touches(command: OrderCommand, order: OrderCommand) -> bool:
    """True where a command is about an order: by name, or by the protection of its position."""
    named = order.client_order_id in command.orders
    moves = command.stop is not None or command.target is not None
    return named or (command.venue == order.venue and order.role is not None and moves)


def statuses_of(source: Source, key: str, order: str) -> Iterator[Status]:
    """What was published of one order, in order."""
    mark = f'"client_order_id":"{order}"'.encode()
    for _, value in source.of(names.STATUSES, key):
        if mark in value:
            yield decode(Status, value)
