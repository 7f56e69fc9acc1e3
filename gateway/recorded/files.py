"""Recordings as files: that they are there, and the span that they have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.local.errors import LocalError


@dataclass(frozen=True)
class Span:
    """From the first to the last receive time of a recording, ns, and its number of frames."""

    first: int
    last: int
    frames: int

    def share(self, now: int) -> float:
        """How much of it lies before `now`, 0 to 1."""
        return min(1.0, max(0.0, (now - self.first) / max(1, self.last - self.first)))


def absolute(files: Sequence[Path]) -> tuple[Path, ...]:
    """The files by absolute path; LocalError for one that is none."""
    for file in files:
        if file.is_dir():
            raise LocalError(f"{file} is a directory: name the recordings in it")
        if not file.is_file():
            raise LocalError(f"there is no recording {file}: name a file that exists")
    return tuple(file.resolve() for file in files)
