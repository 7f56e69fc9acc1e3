"""The ensemble: several votes become one verdict, and the winners' prices one set of prices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, localcontext
from math import fsum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.indicators import rounded
from engine.risk import MONEY
from engine.strategies.levels import price_step
from engine.strategies.outcomes import OutcomeSettings
from engine.strategies.regimes import RegimeSettings
from engine.strategies.weights import LearntSettings
from schemas.decisions import Verdict, Vote
from schemas.signals import Signal
from schemas.ticks import Level


class DecisionSettings(BaseModel):
    """How votes become a verdict, where stops and targets lie, and whether contracts may be sold
    short (spot never is).

    quorum: least share of all weight, abstentions included, that must be behind a verdict.
    caution: how much a vote's own risk takes from its confidence, which counts times
    1 - caution * risk; 0, as it is by default: the risk is only told.
    weights: "fixed", as the advisors have them; "regime", as `regimes` has them; "learnt" from what
    came of their votes (`outcomes`), as `learnt` says.
    prices: "settings", as the distances below have it; "votes", the mean of the winning votes' own,
    by weight times confidence, and the distances below where they give none.
    fall_back: the quorum is not reckoned of advisors that ask for advice on ai.advice while there
    is none, nor of those that are muted; without it they count as all that abstain.
    stop_percent, target_percent: distance from the entry in percent of it. stop_atr, target_atr:
    distance in multiples of the ATR, used in place of the percentage where set and known.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    stop_percent: Decimal = Field(default=Decimal(3), gt=0, lt=100)
    target_percent: Decimal = Field(default=Decimal(6), gt=0, lt=100)
    stop_atr: Decimal | None = Field(default=None, gt=0)
    target_atr: Decimal | None = Field(default=None, gt=0)
    allow_short: bool = True
    quorum: float = Field(default=0.5, ge=0, le=1)
    caution: float = Field(default=0.0, ge=0, le=1)
    prices: Literal["settings", "votes"] = "settings"
    weights: Literal["fixed", "regime", "learnt"] = "fixed"
    outcomes: OutcomeSettings = OutcomeSettings()
    regimes: RegimeSettings = RegimeSettings()
    learnt: LearntSettings = LearntSettings()
    fall_back: bool = True


@dataclass(frozen=True, slots=True)
class Prices:
    """Entry, stop and target in quote, as decimal text with the decimals of the quotes."""

    entry: str
    stop: str
    target: str


def tally(
    votes: Sequence[Vote], quorum: float = 0.0, caution: float = 0.0
) -> tuple[Verdict, float]:
    """The verdict and its confidence, whatever the order of the votes.

    A HOLD of confidence 0 abstains. A verdict wins with more than half of the weight that spoke (so
    a tie, and votes scattered over three, are HOLD) and at least `quorum` of all weight. Confidence
    is the sum of weight times confidence of the winning votes over all weight that spoke, 0 to 1;
    with one advisor it is that advisor's own. Each confidence counts times 1 - caution * risk.
    """
    spoken = [vote for vote in votes if vote.confidence or vote.verdict is not Verdict.HOLD]
    if not spoken:
        return Verdict.HOLD, 0.0
    for verdict in Verdict:
        behind = [vote for vote in spoken if vote.verdict is verdict]
        against = [vote for vote in spoken if vote.verdict is not verdict]
        if rounded(_weight(behind)) > rounded(_weight(against)):
            if rounded(_weight(behind) / _weight(votes)) < quorum:
                break
            sure = fsum(vote.weight * _sure(vote, caution) for vote in behind)
            return verdict, rounded(sure / _weight(spoken))
    return Verdict.HOLD, 0.0


def _sure(vote: Vote, caution: float) -> float:
    """The confidence of a vote, less for one that is risky; a risk that is not known takes none."""
    return vote.confidence * (1 - caution * vote.risk) if vote.risk else vote.confidence


def _weight(votes: Sequence[Vote]) -> float:
    """Their weight, the same in any order; to be rounded before it is compared: 0.1 + 0.2, 0.3."""
    return fsum(vote.weight for vote in votes)


def price(
    verdict: Verdict, signal: Signal, settings: DecisionSettings, votes: Sequence[Vote] = ()
) -> Prices:
    """Entry, stop and target of LONG or SHORT; needs a book with both sides.

    By settings the entry is the opposite quote, and stop and target are rounded away from it, so
    that neither can fall upon it. Of the votes' mean prices a stop or target that is not on its
    side of the entry is left to the settings.
    """
    with localcontext(MONEY):
        own = [vote for vote in votes if vote.verdict is verdict and settings.prices == "votes"]
        return _Pricing(verdict is Verdict.LONG, signal, settings, own).prices()


class _Pricing:
    """The prices of one decision in the making."""

    def __init__(
        self, long: bool, signal: Signal, settings: DecisionSettings, votes: Sequence[Vote]
    ) -> None:
        bid, ask = _both(signal)
        self.long, self.settings, self.votes = long, settings, votes
        self.atr = signal.indicators.get("atr")
        self.step = price_step(bid[0], ask[0])
        self.quote = ask[0] if long else bid[0]
        self.entry = (self._mean(lambda vote: vote.entry) or Decimal(self.quote)).quantize(
            self.step, ROUND_HALF_EVEN
        )

    def prices(self) -> Prices:
        """All three as text; the entry as it was quoted where it is the quote."""
        of = self.settings
        entry = self.quote if self.entry == Decimal(self.quote) else format(self.entry, "f")
        return Prices(
            entry,
            self._exit(-1, of.stop_atr, of.stop_percent, lambda vote: vote.stop),
            self._exit(1, of.target_atr, of.target_percent, lambda vote: vote.target),
        )

    def _exit(
        self,
        way: int,
        multiple: Decimal | None,
        percent: Decimal,
        own: Callable[[Vote], str | None],
    ) -> str:
        """The price against the trade (way -1) or with it (1), beyond the entry on its side."""
        up = (way > 0) == self.long
        at = self._mean(own)
        if at is None or at <= 0 or (at > self.entry) != up or at == self.entry:
            away = self._distance(multiple, percent)
            at = self.entry + away if up else self.entry - away
        return format(at.quantize(self.step, ROUND_CEILING if up else ROUND_FLOOR), "f")

    def _distance(self, multiple: Decimal | None, percent: Decimal) -> Decimal:
        """By ATR where it is asked for, known and nearer than the whole price; else by percent."""
        if multiple is not None and self.atr is not None and self.atr > 0:
            away = Decimal(repr(self.atr)) * multiple
            if away < self.entry:
                return away
        return self.entry * percent / 100

    def _mean(self, own: Callable[[Vote], str | None]) -> Decimal | None:
        """The mean of a price that votes give, by weight times confidence; None if none does."""
        given = [(Decimal(text), vote) for vote in self.votes if (text := own(vote)) is not None]
        shares = [Decimal(repr(vote.weight)) * Decimal(repr(vote.confidence)) for _, vote in given]
        if not sum(shares):
            return None
        pairs = zip(given, shares, strict=True)
        return sum((at * share for (at, _), share in pairs), Decimal(0)) / sum(shares)


def _both(signal: Signal) -> tuple[Level, Level]:
    if signal.bid is None or signal.ask is None:
        raise ValueError("a price needs a bid and an ask")
    return signal.bid, signal.ask
