"""The four kinds of errors (docs/decisions/0003): refused, poison, unknown, fatal.

A refusal is no exception: it is a value (`schemas.refusals.Reason`) inside a record.
"""

from __future__ import annotations


class TapelineError(Exception):
    """Base of all errors of ours; its text is one line that names the remedy where there is one."""


class Poison(TapelineError):
    """A record or frame that can never be processed: goes to dead.letters, then on."""


class Unknown(TapelineError):
    """Whether an order took effect is not known; only the venue's own answer resolves it."""


class Fatal(TapelineError):
    """The process must end uncommitted with exit code 70 and be started again."""


class SequenceGap(Fatal):
    """A record of a main input is missing: what was read jumps past it."""

    def __init__(self, topic: str, key: str, expected: int, got: int) -> None:
        super().__init__(f"{topic} {key}: expected seq {expected}, got {got}; records are missing")
        self.topic, self.key, self.expected, self.got = topic, key, expected, got


FATAL_EXIT = 70
"""Exit code of a worker that must be started again (EX_SOFTWARE)."""

CONFIGURATION_EXIT = 78
"""Exit code of a worker that a restart cannot help (EX_CONFIG)."""
