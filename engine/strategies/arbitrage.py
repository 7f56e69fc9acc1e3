"""Cross-venue arbitrage: buys where it is cheap what another venue pays more for; sells likewise.

Each venue's market decides for itself on the same book over venues: LONG at the cheap one, SHORT
at the dear one, EXIT at both when their mids have met. `enter` must be above the fees, and what
two orders' time may cost; docs/strategies.md says what binds the legs.
"""

from dataclasses import dataclass

from pydantic import Field

from engine.indicators import rounded
from engine.strategies import SIDES, Context, Judge, Judgment, OutlookSettings, Stance, Verdict
from schemas.record import symbol_of, venue_of
from schemas.signals import VenueState


class ArbitrageSettings(OutlookSettings):
    """Basis points: enter, by which another venue's touch is better; leave, of the mids apart."""

    enter: float = Field(default=10.0, gt=0)
    leave: float = 0.0


@dataclass
class Held(Stance):
    """The side, and whether it has not been left yet."""

    open: bool = False


class ArbitrageAdvisor(Judge[ArbitrageSettings, Held]):
    """Speaks on every record; an exit is said at once, and again at each bar."""

    kind = "arbitrage"

    def books(self, market: str) -> tuple[str, ...]:
        """The market's own symbol, over all venues."""
        return (symbol_of(market),)

    def opinion(self, state: Held, context: Context) -> Judgment | None:
        """As sure as the edge is large: 0.5 at `enter`, 1 at twice that."""
        book, own = context.books.get(symbol_of(context.market)), context.signal
        rows = [row for row in book.venues if row.venue != venue_of(own.key)] if book else []
        bids = [float(row.bid[0]) for row in rows if row.bid and row.state is VenueState.OK]
        asks = [float(row.ask[0]) for row in rows if row.ask and row.state is VenueState.OK]
        if not bids or not asks or not own.bid or not own.ask:
            return None
        bid, ask, dear, cheap = float(own.bid[0]), float(own.ask[0]), max(bids), min(asks)
        for way, edge in ((1, dear / ask - 1), (-1, bid / cheap - 1)):
            if (edge := rounded(edge * 1e4)) >= self.settings.enter:
                state.open, why = True, f"{edge:.3g} bps better at another venue"
                return self.enter(state, context, SIDES[way], edge / self.settings.enter - 1, why)
        apart = rounded(((dear + cheap) / (bid + ask) - 1) * 1e4)
        left = apart if state.stance is Verdict.LONG else -apart
        if state.stance is None or left > self.settings.leave or not (state.open or own.fresh):
            return None
        state.open = False
        return self.leave(f"mids {apart:+.3g} bps apart")
