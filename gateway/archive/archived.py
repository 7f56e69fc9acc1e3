"""`tapeline catalog`: what an archive holds, and its small files merged."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from gateway.terminal.output import Output
from gateway.terminal.span import time_text
from topics.archive.catalog import Entry, entries
from topics.archive.compacting import compact
from topics.archive.reading import Archive
from topics.archive.settings import ArchiveSettings
from topics.settings import settings

SHOWN = 5
"""Gaps of a key that are written out for people."""


def root_of(directory: Path | None) -> Path:
    """The folder that is named, else that of the settings."""
    known = settings()
    return directory or known.of("archive", ArchiveSettings).root(known.home)


def catalog(directory: Path | None, quick: bool, merge: bool, output: Output) -> int:
    """Tell of each topic and key; 1 when a file is damaged. merge: small files first."""
    archive = Archive(root_of(directory))
    with Console(stderr=True).status("reading ...") as status:
        if merge:
            done = compact(archive, status.update)
            output.note(
                f"{done.before} files have become {done.after}; "
                f"{done.removed} unfinished ones of a crash are removed"
            )
        found: list[Entry] = []
        for entry in entries(archive, values=not quick):
            status.update(f"{entry.topic} {entry.key or ''} ...")
            found.append(entry)
            if output.json:
                output.object(as_json(entry))
    if not output.json:
        _show(found, archive.root, output)
    for entry in found:
        for text in entry.damaged:
            output.note(f"damaged: {text}")
    return int(any(entry.damaged for entry in found))


def as_json(entry: Entry) -> dict[str, object]:
    """One line for programs."""
    return {
        "topic": entry.topic,
        "key": entry.key,
        "files": entry.files,
        "bytes": entry.bytes,
        "records": entry.records,
        "doubles": entry.doubles,
        "event_time": entry.event_time,
        "seen_time": entry.seen_time,
        "sequences": entry.sequences,
        "gaps": entry.gaps,
        "damaged": entry.damaged,
    }


def _show(found: list[Entry], root: Path, output: Output) -> None:
    table = Table("topic", "key", "records", "seen from", "to", "gaps", "files", "MB", box=None)
    for name in ("records", "gaps", "files", "MB"):
        next(column for column in table.columns if column.header == name).justify = "right"
    for entry in found:
        times = [time_text(time) for time in entry.seen_time or ()] or ["", ""]
        key = "(orders)" if entry.key is None else entry.key
        table.add_row(
            entry.topic, key, f"{entry.records:,}", *times, str(len(entry.gaps) or ""),
            str(entry.files), f"{entry.bytes / 1e6:,.1f}",
        )  # fmt: skip
    output.show(table)
    for entry in found:
        for first, last in entry.gaps[:SHOWN]:
            output.note(f"gap: {entry.topic} {entry.key}: seq {first} to {last} are missing")
        if len(entry.gaps) > SHOWN:
            output.note(f"gap: {entry.topic} {entry.key}: {len(entry.gaps) - SHOWN} more (--json)")
    if not found:
        output.note(f"{root} holds nothing yet: see [archive] in docs/archive.md")
