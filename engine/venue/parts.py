"""The venue's habits: when a command arrives, and what an order may take. (queues: its turn.)

Liquidity, of the recorded book:

consumed    what our fills took from a level is gone: of what is displayed the rest is there, until
            the level is displayed with less than was taken; then all that is displayed was taken,
            and what comes on top of it is there
displayed   all that is displayed is there, for each order anew

The recorded market goes on as if our orders had not been there: whoever took a level after us takes
it still, and whoever came to it still comes. So a level that falls has lost what we had taken (its
takers' next choice is not known), and one that rises has what it rose by. A level taken whole is
there again by as much as it grows, and wholly once it has been empty. Other simulators choose
between the second model and a reset by any change of the level (nautilus_trader,
`liquidity_consumption`: https://nautilustrader.io/docs/latest/concepts/backtesting/), under which a
level that only lost a part of itself is there for us once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Take = tuple[int, int]
"""A price and the quantity taken at it."""


class LatencyModel(Protocol):
    """When a command reaches the venue."""

    def arrival(self, sent: int, name: str) -> int:
        """Nanoseconds of market time at which a command sent at `sent` is acted on.

        name: the command's id, and what of it is asked for.
        """
        ...


class LiquidityModel(Protocol):
    """What is there of a level of which our fills have taken something."""

    def left(self, displayed: int, taken: int) -> int:
        """What an order may take of it."""
        ...

    def after(self, displayed: int, taken: int) -> int:
        """What counts as taken once the level is (or still is) displayed with a quantity."""
        ...


class ConstantLatency(BaseModel):
    """Every command takes as long; default 5 ms."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Literal["constant"] = "constant"
    nanoseconds: int = Field(default=5_000_000, ge=0)

    def arrival(self, sent: int, name: str) -> int:
        """Sent plus the latency."""
        return sent + self.nanoseconds


class ConsumedBook(BaseModel):
    """A fill consumes: 0 <= taken <= displayed, and the difference is there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Literal["consumed"] = "consumed"

    def left(self, displayed: int, taken: int) -> int:
        """The rest."""
        return displayed - taken

    def after(self, displayed: int, taken: int) -> int:
        """No more than is displayed."""
        return min(taken, displayed)


class DisplayedBook(BaseModel):
    """The displayed quantities at the displayed prices; own impact is forgotten."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Literal["displayed"] = "displayed"

    def left(self, displayed: int, taken: int) -> int:
        """All of it."""
        return displayed

    def after(self, displayed: int, taken: int) -> int:
        """Nothing."""
        return 0


def taking(levels: Iterable[Take], quantity: int) -> Iterator[Take]:
    """Fills of at most `quantity` in all: level by level until that or the levels are used up."""
    for price, there in levels:
        if quantity <= 0:
            return
        taken = min(quantity, there)
        quantity -= taken
        yield price, taken


def _named(given: Any) -> Any:
    """A model by its name alone, and the first version's section without one."""
    named = {"name": given} if isinstance(given, str) else given
    return {"name": "consumed", **named} if isinstance(named, dict) else named


AnyLiquidity = Annotated[
    Annotated[ConsumedBook | DisplayedBook, Field(discriminator="name")],
    BeforeValidator(_named),
]
"""A liquidity model as settings have it: `liquidity = "displayed"`."""
