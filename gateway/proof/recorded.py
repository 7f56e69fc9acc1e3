"""What became of a live order, as recorded: trading.statuses beside the order's journal."""

from __future__ import annotations

from gateway.proof.chain import Chain
from gateway.proof.comparison import Different, Verdict, first_difference
from gateway.proof.published import Source
from schemas import names
from schemas.codec import HEAD, encode
from schemas.statuses import JournalEntry, Status


def recorded(chain: Chain, source: Source, verdict: Verdict) -> None:
    """The order's entry beside the record that asked for it and beside what was published of it;
    raises Different.
    """
    entry = chain.journal
    assert entry is not None
    _asked(chain, entry)
    published(entry, source, verdict)


def published(entry: JournalEntry, source: Source, verdict: Verdict) -> None:
    """The statuses of an entry beside what trading.statuses has of it; raises Different."""
    key = f"{entry.command.account}:{entry.command.symbol}"
    told = {status.id: status for status in entry.statuses}
    met: list[int] = []
    for seq, value in source.of(names.STATUSES, key):
        head = HEAD.match(value)
        status = told.pop(head[1].decode(), None) if head else None
        if status is not None:
            as_journalled(status, seq, value, verdict)
            verdict.agreed.add((names.STATUSES, key, seq))
            met.append(seq)
    for status in told.values():
        if met and min(met) < status.seq < max(met):
            raise Different(f"{names.STATUSES} {key} seq {status.seq} is not published")
    verdict.agreed.add((names.JOURNAL, entry.key, entry.seq))


def as_journalled(status: Status, seq: int, published: bytes, verdict: Verdict) -> None:
    """A status as the journal has it beside its published bytes; counts it, or raises Different."""
    if (journalled := encode(status)) != published:
        where = f"{names.STATUSES} {status.key} seq {seq} is not as journalled"
        raise Different(f"{where}: {first_difference(published, journalled)}")
    verdict.recorded[names.STATUSES] += 1


def _asked(chain: Chain, entry: JournalEntry) -> None:
    """The entry stands on the record of trading.orders that it names."""
    order, name = chain.order, entry.command.client_order_id
    direct = order.command is not None and order.command.client_order_id == name
    if direct and order.command != entry.command:
        raise Different(f"{names.JOURNAL} {name}: not the command that {names.ORDERS} approved")
    if entry.order_seq >= 0 and entry.cause != order.id:
        raise Different(f"{names.JOURNAL} {name}: its cause is not {order.id}")
