"""What a stage has already published: the script that it does again after a crash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from schemas import names
from schemas.codec import decode
from schemas.errors import Poison
from schemas.orders import OrderDecision
from topics.reading import read_all
from topics.settings import Settings
from topics.snapshots import Saved

SLACK_MS = 60_000
"""How far before its snapshot a stage's own records are read: clocks of hosts may differ."""


def published(
    settings: Settings, accounts: Sequence[str], saved: Iterable[Saved]
) -> dict[str, list[OrderDecision]]:
    """The order decisions of each account since its snapshot, in their order. Blocks.

    What was published twice is given once, at its first place.
    """
    written = {one.snapshot.cell: one.written for one in saved}
    since = None
    if all(account in written for account in accounts):
        since = min(written[account] for account in accounts) - SLACK_MS
    script: dict[str, list[OrderDecision]] = {account: [] for account in accounts}
    last: dict[str, int] = {}
    for message in read_all(settings, names.ORDERS, since):
        try:
            record = decode(OrderDecision, bytes(message.value() or b""))
        except Poison:
            continue  # not ours: what this stage publishes can be read
        if record.account in script and record.seq > last.get(record.key, -1):
            last[record.key] = record.seq
            script[record.account].append(record)
    return script
