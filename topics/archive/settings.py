"""What the archive keeps, and where."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from schemas import names
from topics import BY_NAME, TOPICS

KEPT = tuple(spec.name for spec in TOPICS if spec.name != names.SNAPSHOTS)
"""All topics but snapshots, which are made again from the others."""


class ArchiveSettings(BaseModel):
    """directory: where; None: folder `archive` of the home. topics: which, by their logical names.

    roll: seconds after which records are in files, and so those that may be read again after a
    crash. largest: bytes of records of one file before it is packed. memory: bytes of records that
    wait in a worker.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    directory: Path | None = None
    topics: tuple[str, ...] = Field(default=KEPT, min_length=1)
    roll: float = Field(default=60.0, gt=0)
    largest: int = Field(default=32 << 20, ge=1)
    memory: int = Field(default=128 << 20, ge=1)

    @field_validator("topics")
    @classmethod
    def _known(cls, topics: tuple[str, ...]) -> tuple[str, ...]:
        for name in topics:
            if name not in BY_NAME:
                raise ValueError(f"there is no topic {name}; choose from {', '.join(KEPT)}")
        return topics

    def root(self, home: Path) -> Path:
        """The archive's folder of a home."""
        return (self.directory or home / "archive").resolve()
