"""How each message of an order's chain stands: made again to the byte, or why it is not."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from gateway.proof.chain import Chain, Judged, Moment
from gateway.proof.comparison import Spot, Verdict
from schemas import names
from schemas.advice import Advice
from schemas.commands import ControlCommand
from schemas.decisions import Decision
from schemas.orders import OrderDecision
from schemas.raw import RawFrame
from schemas.record import Record
from schemas.signals import Signal
from schemas.statuses import JournalEntry, Status
from schemas.ticks import Ticks

TOPICS: dict[type[Record], str] = {
    RawFrame: names.RAW,
    Ticks: names.TICKS,
    Signal: names.SIGNALS,
    Decision: names.DECISIONS,
    OrderDecision: names.ORDERS,
    JournalEntry: names.JOURNAL,
    Status: names.STATUSES,
    ControlCommand: names.COMMANDS,
    Advice: names.ADVICE,
}

INPUTS = (RawFrame, ControlCommand, Advice)
"""What comes from outside: nothing makes it, so nothing can make it again."""


class Standing(StrEnum):
    """What is known of one message.

    equal: made again, every byte is the stored one's. different: made again, and not the same.
    recorded: what a real venue did; it agrees with the journal. input: it came from outside.
    unreached: not made again here, because something before it differs or it is of another order.
    """

    EQUAL = "equal"
    DIFFERENT = "different"
    RECORDED = "recorded"
    INPUT = "input"
    UNREACHED = "unreached"


def spot(record: Record) -> Spot:
    """Where a message of a chain is stored."""
    return TOPICS[type(record)], record.key, record.seq


def watched(chain: Chain) -> frozenset[Spot]:
    """Every message of the chain, for a Verdict to keep an eye on."""
    return frozenset(spot(record) for record in messages(chain))


def standing(record: Record, verdict: Verdict) -> Standing:
    """What the verdict, made with the chain's `watched`, says of one of its messages."""
    place = spot(record)
    if place == verdict.parted:
        return Standing.DIFFERENT
    if place in verdict.equal:
        return Standing.EQUAL
    if isinstance(record, INPUTS):
        return Standing.INPUT
    return Standing.RECORDED if place in verdict.agreed else Standing.UNREACHED


def messages(chain: Chain) -> Iterator[Record]:
    """Each message of the chain once: causes first, then what became of the order."""
    met: set[Spot] = set()
    for record in _all(chain):
        if (place := spot(record)) not in met:
            met.add(place)
            yield record


def _all(chain: Chain) -> Iterator[Record]:
    if chain.proposed is not None:
        yield from _judged(chain.proposed)
    yield from _judged(chain.judged)
    yield from [] if chain.request is None else [chain.request]
    yield from (chain.order, *chain.changes)
    yield from [] if chain.turned is None else _moment(chain.turned)
    yield from (one for one in (chain.parent, chain.journal) if one is not None)
    yield from (*chain.parts, *chain.guards, *chain.about, *chain.statuses)


def _judged(judged: Judged) -> Iterator[Record]:
    yield from _moment(judged.moment)
    yield from (judged.signal, *(each.row for each in judged.heard))
    yield from (judged.decision, judged.order)


def _moment(moment: Moment) -> tuple[Record, Record]:
    return moment.raw, moment.ticks


def as_json(chain: Chain, verdict: Verdict) -> Iterator[dict[str, Any]]:
    """Each message's place, cause, time (ns) and standing."""
    for record in messages(chain):
        topic, key, seq = spot(record)
        yield {
            "topic": topic, "key": key, "seq": seq, "id": record.id, "cause": record.cause,
            "seen_time": record.seen_time, "standing": standing(record, verdict),
        }  # fmt: skip
