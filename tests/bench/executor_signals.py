"""A worker that makes signals, as it is, with a stamp on each as it is handed to the producer:

BENCH_STAGE=signals faust -A tests.bench.executor_signals worker      # or hot

Stamps `signal`, by symbol and sequence of the ticks record.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

from schemas import names
from schemas.record import Record
from schemas.signals import Signal
from tests.bench.executor_stamps import STAGE, place, stamping
from topics.outlet import Outlet

STAMPS = stamping()


def emit(self: Outlet, topic: str, key: str, record: Record, *rest: Any, **more: Any) -> None:
    """As the outlet's."""
    if topic == names.SIGNALS and isinstance(record, Signal):
        STAMPS.stamp("signal", place(record.symbol, record.tick))
    _emit(self, topic, key, record, *rest, **more)


_emit = Outlet.emit
Outlet.emit = emit  # type: ignore[method-assign]
app = importlib.import_module(f"agents.{os.environ[STAGE]}").app
