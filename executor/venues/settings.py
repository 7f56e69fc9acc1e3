"""Settings of live accounts: the section [live.ACCOUNT] of the settings file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class LiveAccount(BaseModel):
    """An account that trades at a venue.

    exchange: ccxt's id; market: which of its markets. keys: file with the sealed keys.
    testnet: the venue's own; real_money: must repeat the account's name to leave the testnet.
    address: host:port of a local exchange that stands in for the venue.
    leverage, margin: set before the first order of a symbol; None leaves them as they are.
    timeout: seconds that a request may take. visible: seconds after which the venue surely shows an
    order that it took; None for what is known of the exchange.
    stays: seconds for which a done order stays in the journal: a late execution finds it there.
    foreign: orders, executions and positions at the venue that are not ours are told and left
    alone, or become ours.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    exchange: str = Field(pattern=r"^[a-z0-9]+$")
    market: Literal["spot", "perpetual", "future"] = "perpetual"
    settle: str = "USDT"
    keys: Path | None = None
    testnet: bool = True
    real_money: str = ""
    address: str = ""
    leverage: str | None = None
    margin: Literal["cross", "isolated"] | None = None
    visible: float | None = Field(default=None, ge=0)
    timeout: float = Field(default=5.0, gt=0)
    stays: float = Field(default=600.0, ge=0)
    foreign: Literal["leave", "adopt"] = "leave"
