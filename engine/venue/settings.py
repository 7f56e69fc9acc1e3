"""What the executor is told of the simulated venue: its parts, by name or as tables."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from engine.costs import AnyFees, ProportionalFees
from engine.spans import DAY
from engine.venue.impact import AnyImpact
from engine.venue.latency import AnyLatency
from engine.venue.margins import AnyMargin
from engine.venue.parts import AnyLiquidity, ConstantLatency, ConsumedBook
from engine.venue.queues import AnyQueue, RiskAverse
from engine.venue.schedule import FundingSchedule
from engine.venue.simulation import Venue
from engine.venue.turn import AT_ONCE, Prevention, Reference


class ExecutionSettings(BaseModel):
    """remember: ns for which the id of a finished order is known, against a second effect.

    latency: from here to the venue; feed: from the venue to here (engine.venue.latency).
    liquidity: what may be taken of the recorded book: its name, "consumed" or "displayed".
    queue: when a resting order's turn comes, by name or as a table with its parameters.
    margin: when a position is liquidated (engine.venue.margins); impact: how a taker moves its own
    prices (engine.venue.impact); neither by default. funding: payments of markets whose records
    announce none (topics.funding reads them from files).
    self_trade: what becomes of an order of the account that another one of it would meet.
    trigger: the price that wakes stops up: of the last trade, the mark price, or the book's mid.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    latency: AnyLatency = ConstantLatency()
    feed: AnyLatency = AT_ONCE
    liquidity: AnyLiquidity = ConsumedBook()
    fees: AnyFees = ProportionalFees()
    queue: AnyQueue = RiskAverse()
    margin: AnyMargin | None = None
    impact: AnyImpact | None = None
    funding: FundingSchedule | None = None
    trigger: Reference = "trade"
    self_trade: Prevention = "cancel_oldest"
    remember: int = Field(default=DAY, ge=0)

    def venue(self) -> Venue:
        """The venue with these parts."""
        return Venue(
            self.latency,
            self.liquidity,
            self.fees,
            self.queue,
            self.trigger,
            self.self_trade,
            self.feed,
            self.margin,
            self.impact,
            self.funding,
        )
