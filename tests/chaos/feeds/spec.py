"""What a trial of the live collector is told: which recordings, how fast, which faults."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from infra.recordings import COIN_M, DEMO
from infra.replaying.faults import Fault

VENUES = Path(__file__).resolve().parents[3] / "infra" / "recordings" / "venues"
FILES: dict[str, tuple[Path, ...]] = {
    "binance": DEMO,
    "binance-cm": COIN_M,
    "kraken": tuple(VENUES / f"KRAKEN.ws.{n}.0.gz" for n in (48, 49, 50)),
    "kraken-futures": (VENUES / "KRAKEN_FUTURES.ws.1.0.gz",),
    "kucoin": (VENUES / "KUCOIN.ws.1.0.gz", VENUES / "KUCOIN.http.0.0.gz"),
}
"""What is played by the name that a trial chooses: a venue's, or a venue's and what of it. Others
have recordings too short for a trial: see tests/replaying/test_collecting.py."""

KINDS = ("gap", "garbage", "double", "reorder", "stall")
"""Faults that strike frames at random, each as often as the others."""
STALL = 0.02
"""Seconds of a stall at random."""
LOST = 40
"""Frames with which a line breaks."""
LONGER = 0.8
"""Seconds beyond the age of a stale book for which a market's books are left out."""


@dataclass(frozen=True)
class Spec:
    """One trial. Times in seconds.

    played: names of FILES. rate: frames a second of all markets together. seconds: with faults;
    calm: without, after that. share: of the frames that a fault strikes. cut, close: between two
    cuts, and two endings in order, of a connection of each market. stale: age of a stale book,
    less than the desk's own so that one is stale between two cuts. most: frames of each
    market that are played.
    """

    played: tuple[str, ...] = ("binance",)
    rate: float = 20_000
    seconds: float = 30.0
    seed: int = 1
    calm: float = 5.0
    share: float = 0.01
    cut: float = 5.0
    close: float = 7.0
    stale: float = 2.0
    most: int | None = None

    @property
    def mute(self) -> tuple[float, float]:
        """When the books of one market are left out: between two cuts, until they are stale."""
        start = 1.1 * self.cut
        return start, start + self.stale + LONGER

    def faults(self) -> list[Fault]:
        """Those that are there from the beginning to the end of the faults."""
        each = self.share / len(KINDS)
        random = [
            Fault.model_validate(
                {"kind": kind, "chance": each, "seed": self.seed, "seconds": STALL}
            )
            for kind in KINDS
        ]
        ends = [
            Fault(kind="disconnect", every=self.cut, frames=LOST),
            Fault(kind="close", every=self.close),
        ]
        return [*ends, *random]

    def line(self) -> bytes:
        """As one line of JSON."""
        return orjson.dumps(asdict(self)) + b"\n"

    @classmethod
    def of(cls, line: bytes) -> Spec:
        """What `line` gave."""
        values: dict[str, Any] = orjson.loads(line)
        return cls(**{**values, "played": tuple(values["played"])})
