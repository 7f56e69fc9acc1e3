"""How far a command of ours is, for the process that has started it."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import Any

from rich.progress import Progress, TaskID

FILE = "TAPELINE_PROGRESS"
"""Names the file that a command's progress is written to, as a share of 1; for jobs."""

EVERY = 0.2
"""Seconds between two writings."""


class Written(Progress):
    """A progress that is written to a file as well."""

    def __init__(self, *columns: Any, **settings: Any) -> None:
        super().__init__(*columns, **settings)
        self._file, self._due = Path(os.environ[FILE]), 0.0

    def update(self, task_id: TaskID, **values: Any) -> None:
        """As of rich's own."""
        super().update(task_id, **values)
        share = values.get("completed")
        if share is not None and time.monotonic() >= self._due:
            self._due = time.monotonic() + EVERY
            with contextlib.suppress(OSError):
                self._file.write_text(f"{min(max(float(share), 0.0), 1.0):.4f}")


def kind() -> type[Progress]:
    """Of the progress that a command shows."""
    return Written if os.environ.get(FILE) else Progress


def read(file: Path) -> float:
    """The share that was written last; 0 for none."""
    try:
        return float(file.read_text())
    except (OSError, ValueError):
        return 0.0
