"""How far a command of ours is, for the process that has started it."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from gateway.terminal.output import Output

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


def bars(output: Output) -> Progress:
    """Progress of a play on stderr."""
    console = Console(stderr=True)
    return kind()(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[said]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=output.json or not console.is_terminal,
    )


def read(file: Path) -> float:
    """The share that was written last; 0 for none."""
    try:
        return float(file.read_text())
    except (OSError, ValueError):
        return 0.0
