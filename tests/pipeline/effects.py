"""What the books of a run say: one effect of each order command."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

from schemas import names
from schemas.codec import decode
from schemas.orders import OrderDecision
from schemas.record import Record
from schemas.statuses import JournalEntry, OrderState, Status
from tests.pipeline.run import Run

R = TypeVar("R", bound=Record)


def records(run: Run, topic: str, model: type[R]) -> list[R]:
    """All records of a topic, each once."""
    return [decode(model, value) for rows in run.read(topic).values() for value in rows]


def check_effects(run: Run) -> None:
    """Every approved command: one terminal journal entry, its fills once on the statuses."""
    commands = [
        order.command
        for order in records(run, names.ORDERS, OrderDecision)
        if order.command is not None
    ]
    assert len(commands) >= 10
    assert len({command.client_order_id for command in commands}) == len(commands)
    ends: dict[str, JournalEntry] = {}
    for key, value in run.values(names.JOURNAL):
        entry = decode(JournalEntry, value)
        if entry.state not in (OrderState.INTENDED, OrderState.SENT):
            known = ends.setdefault(key, entry)
            assert known.statuses == entry.statuses, f"{key} has two effects"
    filled: dict[str, Decimal] = {}
    for status in records(run, names.STATUSES, Status):
        if status.type == "fill":
            assert status.client_order_id is not None
            filled.setdefault(status.client_order_id, Decimal(0))
            filled[status.client_order_id] += Decimal(status.quantity or 0)
    for command in commands:
        entry = ends[command.client_order_id]
        journalled = [one for one in entry.statuses if one.type == "fill"]
        assert sum(Decimal(one.quantity or 0) for one in journalled) == filled.get(
            command.client_order_id, Decimal(0)
        )
