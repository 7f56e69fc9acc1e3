"""What a connection of the collector has done."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Counts:
    """What a connection has done, for system.events; since the collector started."""

    opened: int = 0
    cut: int = 0
    frames: int = 0
    bytes: int = 0
    fetched: int = 0
    failed: int = 0
    spoilt: int = 0
    refused: int = 0

    def facts(self) -> dict[str, str]:
        """Each by its name."""
        return {name: str(value) for name, value in vars(self).items()}
