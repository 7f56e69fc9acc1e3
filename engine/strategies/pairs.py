"""Market-neutral pairs: what two markets are apart comes back; one is bought, the other sold.

E. Gatev et al., "Pairs Trading", Review of Financial Studies 19(3), 2006. The spread is log(first)
- beta log(second), of mids over venues; each leg's market reckons it, and takes its own side.
"""

from dataclasses import dataclass
from math import log
from statistics import fmean, pstdev

from pydantic import Field

from engine.indicators import rounded
from engine.strategies import SIDES, Context, Judge, Judgment, OutlookSettings, Stance
from schemas.record import symbol_of


class PairsSettings(OutlookSettings):
    """legs: symbols, first and second; bars: of mean and deviation; enter, leave: deviations."""

    legs: tuple[str, str] = ("BTC/USDT:USDT", "ETH/USDT:USDT")
    beta: float = Field(default=1.0, gt=0)
    bars: int = Field(default=60, ge=2, le=1000)
    enter: float = Field(default=2.0, gt=0)
    leave: float = Field(default=0.5, ge=0)


@dataclass
class Spreads(Stance):
    """The side of this leg, and the spreads of the latest bars, oldest first."""

    spreads: tuple[float, ...] = ()


class PairsAdvisor(Judge[PairsSettings, Spreads]):
    """Sells a high spread, buys a low one, leaves it when it is back."""

    kind = "pairs"

    def books(self, market: str) -> tuple[str, ...]:
        """Both legs."""
        return self.settings.legs

    def opinion(self, state: Spreads, context: Context) -> Judgment | None:
        """As sure as the spread is far: 0.5 at `enter`, 1 at twice that."""
        of, leg = self.settings, symbol_of(context.market)
        mids = [log(mid) for each in of.legs if (mid := context.mid(each))]
        if not context.signal.fresh or len(mids) < 2 or leg not in of.legs:
            return None
        before, spread = state.spreads[-of.bars :], rounded(mids[0] - of.beta * mids[1])
        state.spreads = (*before, spread)[-of.bars :]
        if len(before) < of.bars or not (deviation := pstdev(before)):
            return None
        z = rounded((spread - fmean(before)) / deviation)
        why = f"spread {spread:.6g}, z {z:+.3g} over {of.bars} bars"
        if abs(z) < of.enter:
            return self.leave(why) if state.stance and abs(z) <= of.leave else None
        side = SIDES[1 if (z < 0) == (leg == of.legs[0]) else -1]
        return self.enter(state, context, side, abs(z) / of.enter - 1, why)
