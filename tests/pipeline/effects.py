"""What the books of a run say: one effect of each order command."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

from engine.lifecycle import TERMINAL
from schemas import names
from schemas.codec import decode
from schemas.orders import OrderDecision
from schemas.record import Record
from schemas.statuses import JournalEntry, Status
from tests.pipeline.run import Run

R = TypeVar("R", bound=Record)


FEWEST = 2
"""Commands at least: how many there are depends on how soon fills come back, so on the machine."""


def records(run: Run, topic: str, model: type[R]) -> list[R]:
    """All records of a topic, each once."""
    return [decode(model, value) for rows in run.read(topic).values() for value in rows]


def check_effects(run: Run) -> None:
    """Every approved command: one history in the journal, its fills once on the statuses.

    An order that rests (or protects a position) has entries that each go on from the one before.
    """
    commands = [
        order.command
        for order in records(run, names.ORDERS, OrderDecision)
        if order.command is not None
    ]
    assert len(commands) >= FEWEST
    assert len({command.client_order_id for command in commands}) == len(commands)
    ends = journalled(run)
    filled: dict[str, Decimal] = {}
    for status in records(run, names.STATUSES, Status):
        if status.type == "fill":
            assert status.client_order_id is not None
            filled.setdefault(status.client_order_id, Decimal(0))
            filled[status.client_order_id] += Decimal(status.quantity or 0)
    for command in commands:
        assert ends[command.client_order_id].state in TERMINAL
    for name, entry in ends.items():
        fills = [one for one in entry.statuses if one.type == "fill"]
        told = sum(Decimal(one.quantity or 0) for one in fills)
        assert told == filled.get(name, Decimal(0)), name
    assert filled.keys() <= ends.keys()


def journalled(run: Run) -> dict[str, JournalEntry]:
    """The longest history of each order; two that part ways would be two effects of one order."""
    ends: dict[str, JournalEntry] = {}
    for key, value in run.values(names.JOURNAL):
        entry = decode(JournalEntry, value)
        known = ends.setdefault(key, entry)
        shorter, longer = sorted((known, entry), key=lambda one: len(one.statuses))
        shared = longer.statuses[: len(shorter.statuses)]
        assert [_body(one) for one in shorter.statuses] == [_body(one) for one in shared], key
        assert known.command == entry.command, key
        ends[key] = longer if len(longer.statuses) > len(known.statuses) else entry
    return ends


def _body(status: Status) -> Status:
    """A status without the identity that it is given when it is published."""
    blank = {"id": "", "cause": "", "seq": -1, "key": "", "seen_time": 0, "clock": False}
    return status.model_copy(update=blank)
