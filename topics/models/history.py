"""What people have selected of a model: an append-only file of JSON lines beside its versions."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from schemas.errors import TapelineError

FILE = "history.jsonl"


class BadHistory(TapelineError):
    """A history with a line that is none."""


class Entry(BaseModel):
    """at: ns since 1970; before: the version that was asked by then; proof: what has shown that it
    may be promoted, "" where a person's word was enough."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: int
    by: str
    did: Literal["promote", "rollback", "shadow", "retire"]
    version: str
    digest: str
    before: str = ""
    why: str = ""
    proof: str = ""

    @classmethod
    def now(cls, **given: Any) -> Self:
        """An entry of this moment."""
        return cls(at=time.time_ns(), **given)


class History:
    """Of the model with this folder in the store."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def append(self, entry: Entry) -> None:
        """Add an entry; it is on the disk when this returns."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        handle = os.open(self._file, flags, 0o644)
        try:
            os.write(handle, entry.model_dump_json().encode() + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)

    def entries(self) -> list[Entry]:
        """All, the oldest first; BadHistory where a line is none."""
        try:
            lines = self._file.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        return [self._entry(number, line) for number, line in enumerate(lines, 1)]

    def _entry(self, number: int, line: bytes) -> Entry:
        try:
            return Entry.model_validate_json(line)
        except ValidationError:
            raise BadHistory(
                f"{self._file} line {number} is no entry: take the line out, it was cut or changed"
            ) from None

    def before(self) -> str | None:
        """The version to roll back to: each promotion goes a step on, each roll back a step back.
        None where there is none."""
        stack: list[str] = []
        for each in self.entries():
            if each.did == "promote" and each.before != each.version:  # said again: no step
                stack.append(each.before)
            elif each.did == "rollback" and stack:
                stack.pop()
        return stack[-1] if stack else None

    def retired(self) -> frozenset[str]:
        """The versions that are not to be selected."""
        return frozenset(each.version for each in self.entries() if each.did == "retire")
