"""What requests carry: strict, nothing more than is named, money as decimal strings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from schemas.orders import OrderType, TimeInForce
from schemas.ticks import Side

Amount = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}(\.[0-9]{1,18})?$")]
Distance = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}(\.[0-9]{1,18})?%?$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_*-]{1,64}$")]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:/-]{1,100}$")]
Symbol = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._/:-]{1,60}$")]
Text = Annotated[
    str,
    StringConstraints(
        max_length=300, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*$"
    ),
]
"""A line without what would steer a terminal that shows the topic."""
Duration = Annotated[int, Field(gt=0, le=366 * 86_400_000_000_000, description="ns")]


class Body(BaseModel):
    """Of an account: it is checked that it is the caller's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    account: Name


class Guarded(Body):
    """Protection of what is bought or sold: as in `tapeline order place --help`."""

    stop: Amount | None = None
    target: Amount | None = None
    trailing: Distance | None = None
    activation: Amount | None = None
    lasts: Duration | None = None


class Place(Guarded):
    """An order by hand. type: as its prices ask for, if left out; likewise how long it lives."""

    venue: Name | None = None
    symbol: Symbol
    side: Side
    quantity: Amount
    type: OrderType | None = None
    time_in_force: TimeInForce | None = None
    price: Amount | None = None
    trigger: Amount | None = None
    reduce_only: bool = False
    post_only: bool = False
    visible: Amount | None = None
    variance: Amount = "0"


class Modify(BaseModel):
    """What changes; the rest stays."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quantity: Amount | None = None
    price: Amount | None = None
    trigger: Amount | None = None


class Cancel(Body):
    """Of the account, all of a symbol, or these of it."""

    symbol: Symbol | None = None
    orders: tuple[Id, ...] = Field((), max_length=100)


class Protect(Guarded):
    """New protection of a position; what is left out stays."""

    symbol: Symbol


class Reasoned(Body):
    """why: kept with the command."""

    why: Text = "by hand"


class Flatten(Reasoned):
    """Of all positions, or of one symbol."""

    symbol: Symbol | None = None


class Mode(Body):
    """Whose orders go."""

    mode: Literal["paper", "manual", "semi_automatic", "automatic"]


class Limit(Body):
    """A risk limit's new value, as in [risk] of the settings."""

    value: Text


class Start(Body):
    """On these symbols only; all of them if none is named."""

    symbols: tuple[Symbol, ...] = Field((), max_length=100)


class Parameters(Body):
    """Those that are to be set; others stay."""

    parameters: dict[str, Text] = Field(min_length=1, max_length=100)
