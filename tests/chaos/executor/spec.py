"""What a sitting of the executor is told: where everything is, and when it is to die."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import orjson


@dataclass(frozen=True)
class Spec:
    """One process of the executor.

    orders: offset of trading.orders on the account's partition, from which its commands are read;
    statuses: of trading.statuses, from which its sequences are. point and nth: where it dies, as by
    kill -9; "" for never; "any" counts all points. archive: what is done leaves the journal in the
    middle and at the end. calm: seconds that a command waits at most for what is unknown in its
    symbol, as otherwise it would be refused. journal: False for the mutant without one. patience:
    seconds. stops: SIGSTOP instead of kill -9, its pid in the home's file ACCOUNT.stopped.
    keeps: False where the lease is not renewed, so that only the check before a send can find out;
    fenced: False where that check is left out. protects: False for the mutant that places no stops.
    """

    account: str
    address: str
    broker: str
    redis: str
    prefix: str
    home: str
    orders: int
    statuses: int
    commands: int
    point: str = ""
    nth: int = 1
    archive: bool = False
    calm: float = 0.0
    journal: bool = True
    patience: float = 30.0
    stops: bool = False
    keeps: bool = True
    fenced: bool = True
    protects: bool = True

    def line(self) -> bytes:
        """As one line of JSON."""
        return orjson.dumps(asdict(self)) + b"\n"

    @classmethod
    def of(cls, line: bytes) -> Spec:
        """What `line` gave."""
        values: dict[str, Any] = orjson.loads(line)
        return cls(**values)
