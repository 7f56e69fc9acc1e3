"""What is configured for accounts: limits, the strategies they trade, and how these act.

[risk]                              limits of every account
profile = "safe"
[risk.strategies.trend]             how a strategy acts, in every account
trailing = true
[risk.accounts.main]                one account's own: profile, mode, strategies
mode = "manual"
[risk.accounts.main.limits]
leverage = 3
[risk.accounts.main.parameters.trend]
pyramiding = true
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.risk.limits import PROFILES, Profile, RiskLimits

Mode = Literal["paper", "manual", "semi_automatic", "automatic"]


class StrategySettings(BaseModel):
    """How an account carries out one strategy.

    minimum_strength: in place of the account's, for verdicts of this strategy.
    pyramiding: same-side verdicts add to a position, at most maximum_adds times; trailing: they
    move its stop, only ever tighter; reduce: an opposite verdict weaker than the minimum strength
    halves it instead of closing it, once until a verdict is for it again.
    stop_percent, target_percent: distance from the entry in percent; stop_atr, target_atr: in ATR,
    in place of percent where the decision knows it; None of both: as decided.
    sizing: a fixed share of equity at risk, or kelly_fraction of Kelly's win_rate - (1 - win_rate)
    / payoff (payoff: average win over average loss; J. L. Kelly, 1956). Neither is ever more than
    the account's risk_per_trade. risk: a smaller share than the account's. mode: the stricter of
    this and the account's holds (manual, then semi_automatic).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    minimum_strength: Decimal | None = Field(default=None, ge=0, le=1)
    pyramiding: bool = False
    maximum_adds: int = Field(default=3, ge=0)
    trailing: bool = False
    reduce: bool = False
    stop_percent: Decimal | None = Field(default=None, gt=0, lt=100)
    target_percent: Decimal | None = Field(default=None, gt=0, lt=100)
    stop_atr: Decimal | None = Field(default=None, gt=0)
    target_atr: Decimal | None = Field(default=None, gt=0)
    sizing: Literal["fixed", "kelly"] = "fixed"
    win_rate: Decimal | None = Field(default=None, ge=0, le=1)
    payoff: Decimal | None = Field(default=None, gt=0)
    kelly_fraction: Decimal = Field(default=Decimal("0.5"), gt=0, le=1)
    risk: Decimal | None = Field(default=None, gt=0, le=1)
    mode: Mode | None = None

    @model_validator(mode="after")
    def _kelly_known(self) -> Self:
        if self.sizing == "kelly" and (self.win_rate is None or self.payoff is None):
            raise ValueError("kelly sizing needs win_rate and payoff")
        return self

    @property
    def kelly(self) -> Decimal | None:
        """The share of equity that Kelly's rule would risk, None for fixed sizing; may be < 0."""
        if self.sizing != "kelly" or self.win_rate is None or self.payoff is None:
            return None
        return self.kelly_fraction * (self.win_rate - (1 - self.win_rate) / self.payoff)


class AccountOverrides(BaseModel):
    """What is configured of one account beside the rest; strategies None: all are traded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: Profile | None = None
    mode: Mode = "paper"
    strategies: tuple[str, ...] | None = None
    limits: dict[str, Any] = {}
    parameters: dict[str, StrategySettings] = {}


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """All that is configured of one account, resolved."""

    limits: RiskLimits
    mode: Mode = "paper"
    strategies: tuple[str, ...] | None = None
    parameters: dict[str, StrategySettings] | None = None

    def trades(self, strategy: str) -> bool:
        """True when the account trades the strategy."""
        return self.strategies is None or strategy in self.strategies

    def strategy(self, name: str) -> StrategySettings:
        """How it carries out the strategy."""
        return (self.parameters or {}).get(name) or StrategySettings()


class RiskSettings(RiskLimits):
    """The [risk] section: limits of every account, and what single accounts have of their own."""

    strategies: dict[str, StrategySettings] = {}
    accounts: dict[str, AccountOverrides] = {}

    @model_validator(mode="after")
    def _accounts_valid(self) -> Self:
        for name in self.accounts:
            self.of(name)
        return self

    def of(self, account: str) -> AccountSettings:
        """The account's settings: its limits over its profile over the section's."""
        own = self.accounts.get(account, AccountOverrides())
        shared = {name: getattr(self, name) for name in RiskLimits.model_fields}
        profile = {"profile": own.profile, **PROFILES[own.profile]} if own.profile else {}
        limits = RiskLimits.model_validate({**shared, **profile, **own.limits})
        parameters = {**self.strategies, **own.parameters}
        return AccountSettings(limits, own.mode, own.strategies, parameters)

    @classmethod
    def around(cls, limits: RiskLimits) -> RiskSettings:
        """The same limits for every account, where nothing more is configured."""
        if isinstance(limits, RiskSettings):
            return limits
        return cls(**{name: getattr(limits, name) for name in RiskLimits.model_fields})
