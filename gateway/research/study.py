"""A search's directory: what it searches, and every trial as it ends, so that it can go on.

    study.json      what is searched, and on what: a search that differs in it is another one
    trials.jsonl    a line a trial, written through to the disk before anything is made of it
    market-*.gz     what trials share (gateway.research.market); made again where it is missing

A process that is killed leaves whole lines and perhaps one that is torn, which is cut off.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from engine.research.trials import Trial
from infra.local.lock import FileLock
from schemas.errors import TapelineError

TRIAL = TypeAdapter(Trial)
Key = tuple[int, str, int]


class NoStudy(TapelineError):
    """A directory that cannot be searched into."""


class Study:
    """The open directory; `trials` are those that have ended, by their keys."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "trials.jsonl"
        self.trials: dict[Key, Trial] = {each.key: each for each in _read(self._file)}
        self._log = self._file.open("ab")

    def append(self, trial: Trial) -> None:
        """Keep a trial; it is on the disk when this returns."""
        self._log.write(orjson.dumps(trial) + b"\n")
        self._log.flush()
        os.fsync(self._log.fileno())
        self.trials[trial.key] = trial

    def close(self) -> None:
        """Let go of the file."""
        self._log.close()


@contextmanager
def study(folder: Path, identity: dict[str, Any]) -> Iterator[Study]:
    """The directory of a search, made or gone on with. NoStudy where another search is in it, or
    where one runs in it."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "lock")
    if not lock.take():
        raise NoStudy(f"a search runs in {folder}: wait for it, or name another directory")
    try:
        _identify(folder, identity)
        _sweep(folder)
        found = Study(folder)
        try:
            yield found
        finally:
            found.close()
    finally:
        lock.free()


def _identify(folder: Path, identity: dict[str, Any]) -> None:
    file, told = folder / "study.json", orjson.loads(orjson.dumps(identity))
    if not file.exists():
        if any(folder.glob("trials.jsonl")):
            raise NoStudy(f"{folder} has trials, but no study.json: name another directory")
        made = file.with_suffix(".new")
        made.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))
        made.replace(file)
        return
    try:
        there = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError:
        raise NoStudy(f"{file} cannot be read: name another directory") from None
    for name in {**told, **there}:
        if told.get(name) != there.get(name):
            raise NoStudy(
                f"{folder} holds another search: its {name} is another ({_short(there.get(name))}, "
                f"here {_short(told.get(name))}): name another directory"
            )


def _short(value: Any) -> str:
    told = value if isinstance(value, str) else orjson.dumps(value).decode()
    return told if len(told) <= 60 else f"{told[:57]}..."


def _sweep(folder: Path) -> None:
    """What a killed process had begun to write."""
    for path in folder.glob("market-*"):
        if path.suffix != ".gz":
            path.unlink()


def _read(file: Path) -> list[Trial]:
    """The trials; a torn last line is cut off."""
    if not file.exists():
        return []
    content = file.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        os.truncate(file, len(whole))
    found = []
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            found.append(TRIAL.validate_json(line))
        except ValidationError:
            raise NoStudy(f"{file}, line {number}, is no trial: name another directory") from None
    return found
