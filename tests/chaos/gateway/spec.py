"""What a trial of the gateway is, and what was found in one."""

from __future__ import annotations

from dataclasses import dataclass, field

USER = "00000000000000aa"
SLOWEST = 180.0
"""Seconds within which what was killed must be there again, on whatever machine."""
ALL = ("gateway", "redis", "database", "broker")


@dataclass(frozen=True)
class Spec:
    """kills: what is killed, one after another; away: seconds that it stays away; clients: that
    give commands at once; postgres: the database, where one can be run, else SQLite; mutant: the
    gateway takes no notice of the Idempotency-Key.
    """

    seed: int = 1
    kills: tuple[str, ...] = ALL
    away: float = 1.5
    clients: int = 4
    postgres: bool = True
    mutant: bool = False


@dataclass
class Result:
    """tries: requests that were made; answers: by status, "lost" where none came. commands: that
    were answered; records: of control.commands. doubled, lost: whys of commands that count twice
    or, answered, not at all. audited: entries of the audit log, and those on system.events.
    """

    number: int
    database: str = ""
    deaths: list[str] = field(default_factory=list)
    tries: int = 0
    answers: dict[str, int] = field(default_factory=dict)
    commands: int = 0
    records: int = 0
    doubled: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    audited: dict[str, int] = field(default_factory=dict)
