"""`tapeline demo`: the recorded market through every stage on Kafka, shown, summed up, checked."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.live import Live

from gateway import census, desk, recordings
from gateway.board import Board, order_in_words
from gateway.output import Output
from gateway.playing import Play, Player
from gateway.recordings import Expected
from gateway.summary import Report
from gateway.view import View
from gateway.watch import Watch
from infra.local.desk import Desk
from infra.local.errors import LocalError
from infra.local.supervise import What
from topics.settings import Settings, settings

TURN = 0.1
STILL = 30.0
"""Seconds that a stage may stand still with records to do."""

NEWS = 5.0
"""Seconds between two lines of progress where there is no terminal."""


def demo(speed: float, output: Output) -> int:
    """Play, wait, count; 1 when something does not hold."""
    own = _settings()
    wanted = recordings.expected()
    desk.refuse_second(own.home)
    shutil.rmtree(own.home, ignore_errors=True)
    began, told = time.monotonic(), None
    office = Desk(own)
    with desk.stopping(office, Output(output.json and None or False) if False else output):
        desk.start(office, output)
        told = Run(office, wanted, output, began).report(speed)
    told.show(output, time.monotonic() - began)
    return int(bool(told.faults))
