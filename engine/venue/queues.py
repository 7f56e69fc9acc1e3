"""When an order that rests has its turn: models of the queue at its price, passed into the venue.

A queue is known by three numbers (Place); what of it nobody can see is a model's guess.

risk_averse   who cancels was behind the order: it moves up by trades, and as the level empties
prob_log      a share of what is cancelled was ahead, by the logarithm of what is ahead and behind
prob_power    the same, by a power of them

Source of all three: hftbacktest (hftbacktest/src/backtest/models/queue.rs: RiskAdverseQueueModel,
ProbQueueModel with LogProbQueueFunc and PowerProbQueueFunc); of the second and third beyond that
https://quant.stackexchange.com/questions/3782 and
https://rigtorp.se/2013/06/08/estimating-order-queue-position.html.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from engine.numbers import QUANTITY_DECIMALS

FINEST = Decimal(1).scaleb(-QUANTITY_DECIMALS)
_LOGARITHM = Context(prec=40, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an order is in its level's queue. ahead: quantity before it, None if unknown.

    shown: what the level was last displayed with; traded: at the price since then. Models that do
    not ask for these leave them at zero.
    """

    ahead: int | None = None
    shown: int = 0
    traded: int = 0


class QueueModel(Protocol):
    """How long an order at a price waits. Always: 0 <= ahead <= what is displayed."""

    def joined(self, displayed: int | None) -> Place:
        """Of an order that joins a level; None where the level is out of sight."""
        ...

    def displayed(self, place: Place, quantity: int) -> Place:
        """After the level is displayed with a quantity."""
        ...

    def traded(self, place: Place, quantity: int, recorded: int) -> tuple[Place, int]:
        """After a trade at the price, and how much of it reaches the order.

        recorded: the trade as the market had it; quantity: without what orders before took of it.
        """
        ...


class RiskAverse(BaseModel):
    """An order moves up by trades only; whoever cancels was behind it.

    The whole displayed quantity is ahead of an order that joins. It falls by what trades at the
    price, and never exceeds what is displayed (so an emptied level leaves nothing ahead). A level
    out of sight has an unknown queue until it is displayed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Literal["risk_averse"] = "risk_averse"

    def joined(self, displayed: int | None) -> Place:
        """All that is displayed."""
        return Place(displayed)

    def displayed(self, place: Place, quantity: int) -> Place:
        """No more than is displayed."""
        return Place(quantity if place.ahead is None else min(place.ahead, quantity))

    def traded(self, place: Place, quantity: int, recorded: int) -> tuple[Place, int]:
        """What is ahead trades first; nothing is known to reach an order with an unknown queue."""
        if place.ahead is None:
            return place, 0
        return Place(max(0, place.ahead - quantity)), max(0, quantity - place.ahead)


class Probable(BaseModel):
    """Of what is cancelled a share f(ahead) / (f(ahead) + f(behind)) was ahead.

    Cancelled is what the display fell by beyond what traded at the price since it was last told.
    What one part of the queue cannot have lost, the other has. Unlike hftbacktest, which counts it
    as behind, what has traded since is in neither part. Integers throughout, rounded so that the
    order waits: the same in every run. lot: what they are rounded to, in base (or contracts): with
    the instrument's lot an order is filled in whole lots only, as it is at the venue.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    lot: Decimal = Field(default=FINEST, ge=FINEST)

    @abstractmethod
    def weight(self, quantity: int) -> int:
        """f of a quantity of 10^-18 base, as an integer of any unit."""

    def joined(self, displayed: int | None) -> Place:
        """All that is displayed."""
        return Place(displayed, displayed or 0)

    def displayed(self, place: Place, quantity: int) -> Place:
        """Less what was cancelled ahead: then it is no more than is displayed."""
        if place.ahead is None:
            return Place(quantity, quantity)
        left = max(place.ahead, place.shown - place.traded)
        cancelled = max(0, left - quantity)
        ahead = place.ahead - self._before(place.ahead, left - place.ahead, cancelled)
        return Place(ahead, quantity)

    def traded(self, place: Place, quantity: int, recorded: int) -> tuple[Place, int]:
        """What is ahead trades first."""
        if place.ahead is None:
            return place, 0
        ahead = max(0, place.ahead - quantity)
        return Place(ahead, place.shown, place.traded + recorded), max(0, quantity - place.ahead)

    def _before(self, ahead: int, behind: int, cancelled: int) -> int:
        """How much of what was cancelled was ahead."""
        if not cancelled or not ahead:
            return 0
        before, after = self.weight(ahead), self.weight(behind)
        share = cancelled * before // (before + after)
        share -= share % int(_LOGARITHM.scaleb(self.lot, QUANTITY_DECIMALS))
        return min(ahead, max(share, cancelled - behind))


class ProbableByLog(Probable):
    """f(x) = ln(1 + x), x in base (or contracts)."""

    name: Literal["prob_log"] = "prob_log"

    def weight(self, quantity: int) -> int:
        """In units of 10^-18."""
        more = _LOGARITHM.add(1, _LOGARITHM.scaleb(Decimal(quantity), -QUANTITY_DECIMALS))
        logarithm = _LOGARITHM.ln(more)
        return max(1, int(_LOGARITHM.scaleb(logarithm, QUANTITY_DECIMALS))) if quantity else 0


class ProbableByPower(Probable):
    """f(x) = x ^ power. The higher, the surer that it is the larger part that lost."""

    name: Literal["prob_power"] = "prob_power"
    power: int = Field(default=3, ge=1, le=9)

    def weight(self, quantity: int) -> int:
        """Exactly."""
        return int(quantity**self.power)


def _named(given: Any) -> Any:
    """A model by its name alone, and the first version's section without one."""
    named = {"name": given} if isinstance(given, str) else given
    return {"name": "risk_averse", **named} if isinstance(named, dict) else named


AnyQueue = Annotated[
    Annotated[RiskAverse | ProbableByLog | ProbableByPower, Field(discriminator="name")],
    BeforeValidator(_named),
]
"""A queue model as settings have it: `queue = "prob_log"`, or a table with its parameters."""
