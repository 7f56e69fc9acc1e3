"""The recorded market that ships with the project: its files, instruments and symbol names."""

from __future__ import annotations

from pathlib import Path

from schemas.instruments import Instrument
from schemas.raw import Listing
from topics import recording

HERE = Path(__file__).parent
MARKET = (HERE / "usdm" / "btcusdt_20240808.gz", HERE / "usdm" / "ethusdt_20240808.gz")
"""BTC/USDT and ETH/USDT perpetuals (USD-M), 345 s from 2024-08-08T23:54:15Z."""
SPOT = tuple(
    HERE / "spot" / f"{name}_{day}.gz"
    for name in ("btcusdt", "ethusdt")
    for day in ("20240808", "20240809")
)
"""BTC/USDT and ETH/USDT, 651 s from 2024-08-08T23:54:13Z in two files each, joined at midnight."""
COIN_M = (HERE / "cm" / "btcusd_perp_20240808.gz", HERE / "cm" / "ethusd_perp_20240808.gz")
"""BTC/USD and ETH/USD inverse perpetuals (COIN-M), 344 s from 2024-08-08T23:54:16Z."""
DEMO = (*(file for file in SPOT if "20240808" in file.name), *MARKET)
"""What `tapeline demo` plays: spot and USD-M of the same 346 s, four markets on one clock."""
DEMO_SETTINGS = HERE / "demo.toml"
INSTRUMENTS = HERE / "instruments.json"
LISTINGS = HERE / "listings.json"


def instruments() -> tuple[Instrument, ...]:
    """What the recordings trade, with its steps and where the figures come from."""
    return recording.instruments(INSTRUMENTS)


def listings() -> tuple[Listing, ...]:
    """Which symbol each name of a venue's market stands for."""
    return recording.listings(LISTINGS)
