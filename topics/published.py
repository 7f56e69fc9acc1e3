"""What a stage has already published: the script that it does again after a crash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from confluent_kafka import Message

from schemas import names
from schemas.codec import decode
from schemas.errors import Poison
from schemas.orders import OrderDecision
from topics.partition import partition_of
from topics.reading import from_end
from topics.settings import Settings
from topics.snapshots import Saved


def published(
    settings: Settings, accounts: Sequence[str], saved: Iterable[Saved]
) -> dict[str, list[OrderDecision]]:
    """The order decisions of each account since its snapshot (or before), in their order. Blocks.

    What was published twice is given once, at its first place. No clock is asked: an account's
    records are on one partition in the order of their making, so looking back from the end, the
    first one that the snapshot has made ends the search.
    """
    made = {one.snapshot.cell: one.snapshot.made.get(names.ORDERS, {}) for one in saved}
    return {account: _script(settings, account, made.get(account, {})) for account in accounts}


def _script(settings: Settings, account: str, made: Mapping[str, int]) -> list[OrderDecision]:
    script: list[OrderDecision] = []
    last: dict[str, int] = {}
    for record in _since(settings, account, made):
        if record.seq > last.get(record.key, -1):
            last[record.key] = record.seq
            script.append(record)
    return script


def _since(settings: Settings, account: str, made: Mapping[str, int]) -> list[OrderDecision]:
    """The account's records back to one that was made before the snapshot, or to the first."""
    found: list[OrderDecision] = []
    for window in from_end(settings, names.ORDERS, partition_of(names.ORDERS, f"{account}:*")):
        mine = [record for record in _readable(window) if record.account == account]
        found = mine + found
        if any(record.seq <= made.get(record.key, -1) for record in mine):
            break
    return found


def _readable(window: Iterable[Message]) -> Iterator[OrderDecision]:
    for message in window:
        try:
            yield decode(OrderDecision, bytes(message.value() or b""))
        except Poison:
            continue  # not ours: what this stage publishes can be read
