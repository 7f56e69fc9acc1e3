"""What a stage worker gives its transport: where to start, what to save, what to read whole."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from faust.types import TP, AppT

Positions = Callable[[frozenset[TP]], Awaitable[Mapping[TP, int]]]
Checkpoint = Callable[[], Awaitable[None]]
Revoked = Callable[[frozenset[TP]], Awaitable[None]]


@dataclass(frozen=True)
class Attachment:
    """The wiring between one Faust app and this transport; see `attach`."""

    broadcast: frozenset[str] = frozenset()
    positions: Positions | None = None
    checkpoint: Checkpoint | None = None
    revoked: Revoked | None = None
    consumer_settings: Mapping[str, Any] = field(default_factory=dict)
    producer_settings: Mapping[str, Any] = field(default_factory=dict)
    stall_timeout: float = 60.0


NOTHING = Attachment()


def attach(
    app: AppT,
    broadcast: frozenset[str] = frozenset(),
    positions: Positions | None = None,
    checkpoint: Checkpoint | None = None,
    revoked: Revoked | None = None,
    consumer_settings: Mapping[str, Any] = NOTHING.consumer_settings,
    producer_settings: Mapping[str, Any] = NOTHING.producer_settings,
    stall_timeout: float = NOTHING.stall_timeout,
) -> Attachment:
    """Set the wiring of `app`, before its worker starts, and return it.

    broadcast: topics of which every worker reads all partitions; without group and commit. An
        agent of the app must read each of them.
    positions: awaited at each assignment, before anything is fetched, with the partitions that
        need a start offset: those of the group, and at the first assignment the broadcast ones
        too (later these go on where they were). A partition it does not give starts at the
        earliest record; an offset that the broker no longer has ends the process. Without
        positions, group topics start at the committed offset, else the earliest; broadcast ones
        at the earliest.
    checkpoint: awaited before each commit, on the commit timer whenever something was acked
        since the last time, and before a revocation or clean stop completes. It must capture
        its state before its first await. If it raises, the process ends uncommitted.
    revoked: awaited after that, when the partitions of the group are given back (not when the
        session expired: that ends the process).
    consumer_settings, producer_settings: librdkafka properties that override ours (TLS, SASL).
    stall_timeout: seconds with work to do and no record acked, after which the watchdog ends
        the process; longer than the slowest event or batch of the app.
    """
    attachment = Attachment(
        broadcast, positions, checkpoint, revoked,
        consumer_settings, producer_settings, stall_timeout,
    )  # fmt: skip
    app.rdkafka = attachment  # type: ignore[attr-defined]
    return attachment


def attachment_of(app: AppT) -> Attachment:
    """The wiring of `app`; the empty one when `attach` was never called."""
    return cast(Attachment, getattr(app, "rdkafka", NOTHING))
