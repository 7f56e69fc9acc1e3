"""Fail-stop: how this transport ends a process that must not commit."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from typing import NoReturn, TypeVar

from confluent_kafka import KafkaException

from schemas.errors import CONFIGURATION_EXIT, FATAL_EXIT

C = TypeVar("C")

FAIL_STOP = FATAL_EXIT
"""Exit code after a failure at run time: nothing more was committed, restart with back-off."""
CONFIGURATION = CONFIGURATION_EXIT
"""Exit code of a worker that cannot work as it is configured: a restart would not help."""

GRACE = 2.0
"""Seconds that the log handlers get; after them the process ends with or without the line."""

log = logging.getLogger("topics.rdkafka")


def die(reason: str, code: int = FAIL_STOP, cause: BaseException | None = None) -> NoReturn:
    """Log `reason` as one critical line and end the process at once, uncommitted, with `code`.

    May be called on any thread. Neither Faust's shutdown (which would commit) nor any `finally`
    or `atexit` runs: what was acked since the last commit comes back after the restart.
    """
    alarm = threading.Timer(GRACE, os._exit, (code,))
    alarm.daemon = True
    alarm.start()
    log.critical("fail-stop (exit code %d): %s", code, reason, exc_info=cause)
    for handler in (*logging.getLogger().handlers, *log.handlers):
        handler.flush()
    os._exit(code)


def configured(make: Callable[[], C]) -> C:
    """The client that `make` makes; a property that librdkafka does not know is configuration."""
    try:
        return make()
    except KafkaException as error:
        die(
            f"librdkafka settings: {error.args[0].str()}: mend [kafka] in the settings",
            CONFIGURATION,
        )
