"""The progress of a start on stderr: a bar while jars are downloaded, a line a server."""

from __future__ import annotations

from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from gateway.terminal.output import Output


class Downloads:
    """An infra.local.jars.Progress: told what is going on, how much is done, of how much."""

    def __init__(self, output: Output) -> None:
        console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=console,
            transient=True,
            disable=output.json or not console.is_terminal,
        )
        self._output = output
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        if self._bars.disable and what not in self._tasks and not self._output.json:
            self._output.note(f"{what} ...")
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total)
        self._bars.update(self._tasks[what], completed=done, total=total)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()
