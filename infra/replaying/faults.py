"""What can go wrong on the sockets of a replaying venue, on demand and the same with every play.

gap         the next `frames` frames are left out
disconnect  the connections that would have got this frame are cut, without a farewell; the `frames`
            less one that come before the cut are sent and lost, this one first
close       they are closed in order, after all that came before it
stall       nothing more is sent for `seconds` (pongs neither); 0: for ever
garbage     a piece of the frame, or bytes of no meaning, come before it
double      the frame comes twice
reorder     the frame comes after the next one
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.feeds.speech import Topic

SECOND = 1_000_000_000
Kind = Literal["gap", "disconnect", "close", "stall", "garbage", "double", "reorder"]


class Fault(BaseModel):
    """One fault. It strikes at the frame `at` (counted from 0 in the plays of its market), or
    once in `every` seconds of the play, or with a `chance` at each frame: a matter of its seed
    and the frame's number only, whoever listens.

    market: as "binance spot"; "": all. of: frames of this kind only (engine.feeds.speech); "": all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    market: str = ""
    of: str = ""
    at: int | None = Field(default=None, ge=0)
    every: float = Field(default=0.0, ge=0)
    chance: float = Field(default=0.0, ge=0, le=1)
    seed: int = 0
    frames: int = Field(default=1, ge=1)
    seconds: float = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _strikes_once(self) -> Fault:
        if (self.at is not None) + bool(self.every) + bool(self.chance) != 1:
            raise ValueError("a fault has one of at, every and chance")
        return self

    def strikes(self, market: str, position: int, before: int, now: int) -> bool:
        """Whether it happens to a frame; its number counts on when the recording is played again.

        before, now: ns of the play at which the frame before and this one are due.
        """
        if self.market not in ("", market):
            return False
        if self.at is not None:
            return position == self.at
        if self.every:
            every = int(self.every * SECOND)
            return now // every > before // every
        return drawn(f"{self.kind}|{self.seed}|{market}|{position}") < self.chance

    def befalls(self, topics: Iterable[Topic]) -> bool:
        """Whether it is meant for a frame of these topics."""
        return not self.of or any(topic.kind == self.of for topic in topics)


def drawn(text: str) -> float:
    """A number in [0, 1) that a text stands for."""
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest()) / (1 << 56)


def spoilt(payload: str | bytes, seed: str) -> str | bytes:
    """Garbage made of a frame: a piece of it, or at most 64 other bytes; never nothing."""
    at = 1 + int(drawn(f"cut|{seed}") * (len(payload) - 1))
    if drawn(f"how|{seed}") < 0.5:
        return payload[:at]
    noise = blake2b(seed.encode(), digest_size=64).digest()[:at]
    return noise.decode("latin-1") if isinstance(payload, str) else noise
