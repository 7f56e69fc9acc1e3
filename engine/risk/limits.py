"""What an account may risk: its limits with their profiles, as numbers that cannot be nonsense."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.spans import SECOND

Profile = Literal["default", "safe"]

PROFILES: dict[str, dict[str, Any]] = {
    "default": {
        "risk_per_trade": Decimal("0.02"),
        "leverage": Decimal(10),
        "stop_percent": None,
    },
    "safe": {
        "risk_per_trade": Decimal("0.01"),
        "leverage": Decimal(5),
        "stop_percent": Decimal(2),
    },
}
"""What a profile sets where nothing else is said; all other limits are the same in both."""


class RiskLimits(BaseModel):
    """Limits of one account. Shares are of equity, money is in quote, times are ns.

    risk_per_trade: lost when the stop is hit; symbol_cap: initial margin of one symbol (spot:
    notional); maximum_positions: symbols held or ordered at once; order_lifetime: from the decision
    on, after which a command must not be sent; approval_lifetime: how long one waits for a person.
    stop_percent, target_percent: distance from the entry that the decision's are replaced by; None
    leaves them (orders without one get 3 and 6).
    concentration: initial margin of one base asset, over all its symbols. correlation: initial
    margin of one group in one direction; groups: symbols or base assets by name of a group, all
    others form one group a quote currency.
    daily_loss: of the day's first equity, stops entries until the next UTC day; drawdown: of the
    peak, halts the account.
    price_band, resting_band: distance of an order's price from the mid, as a share of it, of orders
    that meet the book at once and of those that rest. unusual_factor: times the median notional of
    the day's entries. storm_orders: commands within storm_window.
    close_near_liquidation: a position whose liquidation is near is closed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: Profile = "default"
    risk_per_trade: Decimal = Field(default=Decimal("0.02"), gt=0, le=1)
    symbol_cap: Decimal = Field(default=Decimal("0.15"), gt=0, le=1)
    maximum_position_notional: Decimal = Field(default=Decimal(1000), gt=0)
    maximum_positions: int = Field(default=10, ge=0)
    leverage: Decimal = Field(default=Decimal(10), ge=1, le=20)
    minimum_strength: Decimal = Field(default=Decimal("0.65"), ge=0, le=1)
    minimum_confidence: Decimal = Field(default=Decimal("0.5"), ge=0, le=1)
    order_lifetime: int = Field(default=5 * SECOND, gt=0)
    approval_lifetime: int = Field(default=300 * SECOND, gt=0)
    stop_percent: Decimal | None = Field(default=None, gt=0, lt=100)
    target_percent: Decimal | None = Field(default=None, gt=0, lt=100)
    concentration: Decimal = Field(default=Decimal("0.30"), gt=0, le=1)
    correlation: Decimal = Field(default=Decimal("0.50"), gt=0, le=1)
    groups: dict[str, tuple[str, ...]] = {}
    daily_loss: Decimal = Field(default=Decimal("0.05"), gt=0, le=1)
    drawdown: Decimal = Field(default=Decimal("0.20"), gt=0, le=1)
    price_band: Decimal = Field(default=Decimal("0.05"), gt=0)
    resting_band: Decimal = Field(default=Decimal("0.20"), gt=0)
    unusual_factor: Decimal = Field(default=Decimal(10), gt=1)
    storm_orders: int = Field(default=20, ge=1)
    storm_window: int = Field(default=10 * SECOND, gt=0)
    close_near_liquidation: bool = False

    @model_validator(mode="before")
    @classmethod
    def _profiled(cls, data: Any) -> Any:
        """The profile's values, where nothing else is said."""
        if not isinstance(data, dict):
            return data
        return {**PROFILES.get(str(data.get("profile", "default")), {}), **data}

    def group_of(self, symbol: str) -> str:
        """The group whose symbols are taken to move together: a configured one, else by quote."""
        base = base_of(symbol)
        for name, members in self.groups.items():
            if symbol in members or base in members:
                return name
        return symbol.partition("/")[2].partition(":")[0]


def base_of(symbol: str) -> str:
    """The base asset of a unified symbol: BTC of BTC/USDT:USDT."""
    return symbol.partition("/")[0]
