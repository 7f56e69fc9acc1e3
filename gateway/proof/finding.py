"""Which order a person means: by its client order id, or by what asked for it."""

from __future__ import annotations

from engine.requests import ROW, Asked
from gateway.proof.chain import Chain, followed
from gateway.proof.journalled import archived
from gateway.proof.published import Source
from schemas import names
from schemas.codec import decode
from schemas.commands import ControlState
from schemas.errors import TapelineError
from schemas.orders import OrderDecision
from schemas.statuses import JournalEntry

RECENT = 5
"""Orders named to a person who asked for one that is not there."""

SHORTEST = 6
"""Characters of an id by which records that sent no order are looked for."""


class UnknownOrder(TapelineError):
    """No order, or more than one, begins like that."""


def find(asked: str, source: Source) -> Chain:
    """The chain of the order with that client order id, or of the only one that begins so.

    The archive is asked where the journal has none. Where it has none either: that of the account's
    record which waits, or was refused, under that client order id, that request's id, or that id of
    its own.
    """
    entry = meant(asked, source)
    if entry is not None:
        return followed(entry, source)
    journal = journal_of(source)
    records = unsent(asked, source) if len(asked) >= SHORTEST else []
    if len(records) == 1:
        return followed(records[0], source)
    some = ", ".join([record.id for record in records[-RECENT:]] or list(journal)[-RECENT:])
    if records:
        raise UnknownOrder(f"{len(records)} records are of {asked}, name one: {some}")
    if waiting := awaited(asked, source):
        raise UnknownOrder(
            f"request {waiting.id} ({waiting.command.kind}) is taken, and no record of its market "
            "has come since: an account acts when a market moves, so let its feed run"
        )
    what = f"the last ones: {some}" if some else "the journal is empty"
    raise UnknownOrder(f"there is no order {asked}; {what}")


def meant(asked: str, source: Source) -> JournalEntry | None:
    """The entry of the order with that client order id, or of the only one that begins so: in the
    journal, else in the archive.
    """
    return chosen(asked, journal_of(source)) or chosen(asked, archived(asked, source))


def journal_of(source: Source) -> dict[str, JournalEntry]:
    """The latest entry of each order, in the order of their times."""
    entries = [decode(JournalEntry, value) for _, value in source.of_all(names.JOURNAL)]
    entries.sort(key=lambda entry: (entry.seen_time, entry.seq))
    return {entry.command.client_order_id: entry for entry in entries}


def chosen(asked: str, journal: dict[str, JournalEntry]) -> JournalEntry | None:
    """The entry that is meant, None for none; UnknownOrder where several are."""
    if entry := journal.get(asked):
        return entry
    alike = [name for name in journal if name.startswith(asked)]
    if len(alike) > 1:
        some = ", ".join(alike[-RECENT:])
        raise UnknownOrder(f"{len(alike)} orders begin with {asked}; the last ones: {some}")
    return journal[alike[0]] if alike else None


def unsent(asked: str, source: Source) -> list[OrderDecision]:
    """The accounts' records, waiting or refused, that such an id is of; the last one a market."""
    found: dict[str, OrderDecision] = {}
    for _, value in source.of_all(names.ORDERS):
        if asked.encode() in value:
            record = decode(OrderDecision, value)
            if any(name.startswith(asked) for name in _ids(record)):
                command = record.command
                found[command.client_order_id if command else record.id] = record
    return list(found.values())


def awaited(asked: str, source: Source) -> Asked | None:
    """The request that such an id is of, as control.state holds it; None for none."""
    for _, value in source.of_all(names.STATE):
        row = decode(ControlState, value)
        if row.setting == "requests" and asked in row.value:
            return next((one for one in ROW.validate_json(row.value) if one.id == asked), None)
    return None


def _ids(record: OrderDecision) -> tuple[str, ...]:
    command = record.command.client_order_id if record.command else ""
    return record.id, record.request or "", command
