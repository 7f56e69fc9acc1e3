"""One order out of many records: of its command, of its statuses, of the journal.

The topics are read side by side, so what is folded in first is a matter of chance, and what comes
of it must not be. Each topic has fields of its own, moved on by that topic's sequence only; of what
two could tell, a status is before the gate's word, and that is before the journal's.
"""

from __future__ import annotations

from typing import Any

from gateway.store.sink.taken import Taken, body, clean, money
from gateway.store.tables.orders import OrderRow
from schemas.orders import OrderCommand, OrderDecision
from schemas.statuses import JournalEntry, Status

Row = dict[str, Any]

PRICES = ("quantity", "price", "trigger", "stop", "target")
WORDS = ("account", "venue", "symbol", "strategy", "action", "intent", "side", "type",
         "time_in_force", "reduce_only", "post_only", "parent", "role")  # fmt: skip
OWN = ("account", "venue", "symbol", "strategy", "side", "parent", "role")
"""What a status tells of its order, too."""
UNSEEN = -1


def blank(order: str) -> Row:
    """An order that nothing is known of."""
    row: Row = dict.fromkeys(OrderRow.__table__.columns.keys())
    sequences = dict.fromkeys(("decided_seq", "status_seq", "journal_seq"), UNSEEN)
    return row | sequences | {"id": order, "updated": 0}


def decided(row: Row, record: OrderDecision, taken: Taken) -> Row:
    """With the word of the gate on its command."""
    assert record.command is not None
    row = _found(row, record.seen_time, taken, "decided_offset")
    if record.seq <= row["decided_seq"]:
        return row
    row |= _command(record.command)
    row |= {
        "decided_seq": record.seq, "origin": record.origin, "request": clean(record.request),
        "cause": clean(record.cause), "body": clean(body(record)),
    }  # fmt: skip
    if row["status_seq"] == UNSEEN:
        row |= {"state": record.outcome, "reason": clean(record.reason)}
    return row


def told(row: Row, status: Status, taken: Taken) -> Row:
    """With what became of it."""
    row = _found(row, status.seen_time, taken, "status_offset")
    if status.seq <= row["status_seq"]:
        return row
    if row["status_seq"] == UNSEEN:
        row |= {"state": None, "reason": None}
    known = {name: clean(getattr(status, name)) for name in OWN if row[name] is None}
    moved = {"state": clean(status.state), "reason": clean(status.reason)}
    row |= known | {name: value for name, value in moved.items() if value is not None}
    row["status_seq"] = status.seq
    if status.filled is not None:
        row["filled"] = money(status.filled)
    if status.type == "status" and status.price is not None:
        row |= {
            "resting_price": money(status.price),
            "resting_quantity": money(status.quantity),
        }
    return row


def journalled(row: Row, entry: JournalEntry) -> Row:
    """With its command, where the gate has not told it, and the number the venue gave it."""
    if entry.seq <= row["journal_seq"]:
        return row
    numbers = [send.number for send in entry.sends if send.number]
    row = row | {"journal_seq": entry.seq, "number": clean(numbers[-1]) if numbers else None}
    if row["decided_seq"] == UNSEEN:
        row |= _command(entry.command)
        if row["status_seq"] == UNSEEN:
            row["state"] = clean(entry.state)
    return row


def _found(row: Row, seen: int, taken: Taken, offset: str) -> Row:
    """Its times, and the first of its records on that topic."""
    first = taken.offset if row[offset] is None else min(row[offset], taken.offset)
    created = seen if row["created"] is None else min(row["created"], seen)
    return row | {
        "created": created, "updated": max(row["updated"], seen), offset: first,
        "partition": taken.partition,
    }  # fmt: skip


def _command(command: OrderCommand) -> Row:
    words = {name: clean(getattr(command, name)) for name in WORDS}
    return words | {name: money(getattr(command, name)) for name in PRICES}
