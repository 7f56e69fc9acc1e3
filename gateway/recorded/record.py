"""`tapeline record`: live feeds to recordings on disk, without a broker, until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from engine.feeds.markets import Row
from engine.feeds.planning import Feeds, FeedSettings, stood_for
from engine.feeds.wanted import Wanted
from engine.feeds.wire import Wire
from gateway.terminal.output import Output
from infra import recordings
from schemas.errors import TapelineError
from topics.feeding import filed_rows
from topics.listed import Listed, Unlisted, filled
from topics.recorder import Recorder
from topics.recording import rows
from topics.settings import Settings, misconfigured

PROGRESS = 5.0
"""Seconds between two lines of progress."""
INSTRUMENTS = "instruments.json"


@dataclass
class Told:
    """What the connections tell, for people and for the summary."""

    output: Output
    counts: dict[str, int] = field(default_factory=dict)

    def __call__(self, trouble: bool, kind: str, wire: Any, text: str) -> None:
        self.note(trouble, kind, text)

    def note(self, trouble: bool, kind: str, text: str) -> None:
        """Count it; say it but for what is told every half minute."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if kind != "connection":
            self.output.note(text)


def chosen(settings: Settings, venue: str | None, given: Mapping[str, Any]) -> Feeds:
    """The settings' feeds, or one venue's with what was given on the command line."""
    if venue is None:
        if not settings.feeds:
            raise TapelineError(
                "nothing says what to record: give --venue and --symbols, or set [feeds.VENUE]"
            )
        return settings.of("feeds", Feeds)
    section = {**settings.feeds.get(venue, {}), **given}
    try:
        return Feeds({venue: FeedSettings.model_validate(section)})
    except ValidationError as error:
        misconfigured(error, f"feeds.{venue}.")


def run(
    feeds: Feeds, settings: Settings, folder: Path, seconds: float | None, largest: int,
    output: Output,
) -> int:  # fmt: skip
    """Record it; 1 where a connection brought nothing, or the venue refused a topic."""
    folder.mkdir(parents=True, exist_ok=True)
    told = Told(output)
    recorder = asyncio.run(_recorded(feeds, settings, folder, seconds, largest, told))
    if recorder is None:
        return 1
    files = [str(file) for tape in recorder.tapes.values() for file in tape.files]
    frames = {name: tape.frames for name, tape in recorder.tapes.items()}
    summary = {
        "files": files,
        "frames": frames,
        "bytes": sum(tape.bytes for tape in recorder.tapes.values()),
        **{name: told.counts.get(name, 0) for name in ("cut", "refused", "unfetched")},
    }
    if output.json:
        output.object(summary)
    else:
        for file in files:
            output.show(file)
    output.note(_progress(recorder))
    return 0 if all(frames.values()) and not summary["refused"] else 1


async def _recorded(
    feeds: Feeds, settings: Settings, folder: Path, seconds: float | None, largest: int, told: Told
) -> Recorder | None:
    """Record until it is time or somebody says so; None where that is before it began."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(RuntimeError):  # not on the main thread
            loop.add_signal_handler(number, stop.set)
    planning = asyncio.create_task(_planned(feeds, settings, folder, told))
    if not await _done(planning, stop, None):
        return None
    addresses = {at: to for feed in feeds.root.values() for at, to in feed.addresses.items()}
    original = partial(stood_for, addresses=addresses)
    recorder = Recorder(folder, planning.result(), original, largest, told)
    telling = asyncio.create_task(_tell(recorder, told.output))
    await _done(asyncio.create_task(recorder.run()), stop, seconds)
    telling.cancel()
    return recorder


async def _done(task: asyncio.Task[Any], stop: asyncio.Event, seconds: float | None) -> bool:
    """Whether it came to its end before it was stopped; raises what it raised."""
    stopped = asyncio.create_task(stop.wait())
    both = (task, stopped)
    done, _ = await asyncio.wait(both, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    task.cancel()
    with suppress(asyncio.CancelledError):
        try:
            await task
        except* TapelineError as group:
            raise group.exceptions[0] from None
    return task in done


async def _planned(feeds: Feeds, settings: Settings, folder: Path, told: Told) -> list[Wire]:
    """The connections, once the venues' lists are there; those are kept beside the recordings."""
    wires: list[Wire] = []
    kept: list[Row] = []
    for venue, wanted in ((venue, Wanted(venue, feed)) for venue, feed in feeds.root.items()):
        found = await _listed(venue, wanted, settings, told)
        wires += wanted.wires(found)
        kept += wanted.chosen(found)
    (folder / INSTRUMENTS).write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2))
    return wires


async def _listed(venue: str, wanted: Wanted, settings: Settings, told: Told) -> list[Row]:
    """What the venue lists, else what files say of it: the settings', or those that ship."""
    filed = filed_rows(settings, venue)
    if not wanted.refresh:
        return filed or _shipped(venue)
    listed = Listed(
        venue, wanted.clients, wanted.addresses, settings.home, wanted.refresh, wanted.row,
        told.note,
    )  # fmt: skip
    try:
        await listed.begin()
    except Unlisted as error:
        found = filed or _shipped(venue)
        if not found:
            raise
        told.note(True, "instruments", f"{error}; the names of a file are gone on with")
        return found
    return filled(listed.rows, filed)


def _shipped(venue: str) -> list[Row]:
    return [row for row in rows(recordings.LISTINGS) if row["venue"] == venue]


async def _tell(recorder: Recorder, output: Output) -> None:
    while True:
        await asyncio.sleep(PROGRESS)
        output.note(_progress(recorder))


def _progress(recorder: Recorder) -> str:
    tapes: Sequence[Any] = list(recorder.tapes.values())
    frames, size = (sum(getattr(tape, name) for tape in tapes) for name in ("frames", "bytes"))
    files = sum(len(tape.files) for tape in tapes)
    return f"{frames:,} frames, {size / 1e6:.1f} MB, {files} files of {len(tapes)} connections"
