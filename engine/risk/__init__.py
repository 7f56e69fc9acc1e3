"""The risk gate: how large an order may be, or why there is none. Pure, in Decimal throughout.

`size` is asked where something becomes an order, whoever asks for it. `recheck` is asked again at
the moment of sending: it may refuse or let the order expire, never resize it.
"""

from __future__ import annotations

from engine.risk.gate import Entry, Own, Refused, Standing
from engine.risk.limits import PROFILES, RiskLimits
from engine.risk.money import MONEY, contract_of, loss_of, margin_of, notional_of
from engine.risk.sending import Holding, recheck, rests
from engine.risk.settings import AccountSettings, RiskSettings, StrategySettings
from engine.risk.sizing import Sized, size

__all__ = [
    "MONEY", "PROFILES", "AccountSettings", "Entry", "Holding", "Own", "Refused", "RiskLimits",
    "RiskSettings", "Sized", "Standing", "StrategySettings", "contract_of", "loss_of", "margin_of",
    "notional_of", "recheck", "rests", "size",
]  # fmt: skip
