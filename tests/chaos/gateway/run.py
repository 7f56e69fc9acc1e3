"""`tapeline chaos gateway`: programs give commands under keys and ask again, while the gateway, its
Redis, its database and the broker are killed in turns. Judged by control.commands alone.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from gateway.auth.audit import entries
from gateway.auth.chain import Entry, breaks
from gateway.auth.witness import witnesses
from gateway.control.once import id_of
from schemas import names
from schemas.codec import decode
from schemas.commands import ControlCommand, Halt
from tests.chaos.gateway.clients import Clients
from tests.chaos.gateway.spec import SLOWEST, USER, Result, Spec
from tests.chaos.gateway.world import KEY, World, standing
from topics.reading import read_all

BETWEEN = 12
"""Commands that are given between two kills."""


def hold(
    home: Path, spec: Spec, number: int = 0, broker: str | None = None,
    heard: Callable[[str], None] = lambda _: None,
) -> Result:  # fmt: skip
    """Hold a trial in an empty folder. broker: one that runs; heard: of each kill."""
    result, draw = Result(number), Random(spec.seed)
    with standing(home, spec, broker) as world:
        result.database = "PostgreSQL" if world.database else "SQLite"
        clients = Clients(world.address, KEY.text, spec.clients, spec.seed)
        clients.start()
        try:
            for what in spec.kills:
                clients.more(BETWEEN)
                time.sleep(draw.uniform(0, 0.3))
                heard(what)
                world.kill(what)
                result.deaths.append(what)
            clients.more(BETWEEN)
        finally:
            clients.stop()
        result.answers, result.faults = dict(clients.answers), clients.faults
        result.tries, result.commands = clients.answers.total(), len(clients.given)
        _judge(world, clients.given, result)
        result.audited = _audited(world, result)
    return result


def _judge(world: World, given: dict[int, tuple[str, int]], result: Result) -> None:
    rows = [
        decode(ControlCommand, bytes(row.value() or b""))
        for row in read_all(world.settings, names.COMMANDS)
    ]
    counting = heard(rows)
    result.records = len(rows)
    whys = Counter(row.command.why for row in counting if isinstance(row.command, Halt))
    result.doubled = sorted(why for why, count in whys.items() if count > 1)
    result.lost = [f"n{number}" for number in given if not whys[f"n{number}"]]
    there = {row.id: row for row in counting}
    for number, (id, sequence) in given.items():
        row = there.get(id)
        key = id_of(USER, f"command-{number:06d}")
        if row is None or row.seq != sequence or (row.id != key and not world.spec.mutant):
            result.faults.append(f"command {number} is not what was told: {row}")
    if [row.seq for row in counting] != list(range(len(counting))):
        result.faults.append("the numbers of the commands have a hole")


def heard(rows: list[ControlCommand]) -> list[ControlCommand]:
    """What a reader takes: of each number the first."""
    last, taken = -1, []
    for row in rows:
        if row.seq > last:
            last = row.seq
            taken.append(row)
    return taken


def _audited(world: World, result: Result) -> dict[str, int]:
    """The audit log is whole, and system.events has all of it within a while."""
    until, log, seen = time.monotonic() + SLOWEST, list[Entry](), dict[int, str]()
    while not log or len(seen) < len(log):
        if time.monotonic() > until:
            result.faults.append("system.events has not heard of all entries of the audit log")
            break
        with world.store() as store, store.connect() as connection:
            log = list(entries(connection))
        seen = witnesses(world.settings)
    result.faults += [f"audit: entry {each.seq}: {each.what}" for each in breaks(log, seen)]
    return {"entries": len(log), "witnessed": len(seen)}


def found(result: Result) -> list[str]:
    """All that is wrong, in words."""
    doubled = [f"doubled: {why}" for why in result.doubled]
    return [*doubled, *(f"lost: {why}" for why in result.lost), *result.faults]
