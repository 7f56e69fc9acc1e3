"""The recorded market that ships with the project: its files, instruments and symbol names."""

from __future__ import annotations

from pathlib import Path

from schemas.instruments import Instrument
from schemas.raw import Listing
from topics import recording

HERE = Path(__file__).parent
MARKET = (HERE / "usdm" / "btcusdt_20240808.gz", HERE / "usdm" / "ethusdt_20240808.gz")
"""BTC/USDT and ETH/USDT perpetuals, 345 s from 2024-08-08T23:54:15Z."""
INSTRUMENTS = HERE / "instruments.json"
LISTINGS = HERE / "listings.json"


def instruments() -> tuple[Instrument, ...]:
    """What the recordings trade, with its steps and where the figures come from."""
    return recording.instruments(INSTRUMENTS)


def listings() -> tuple[Listing, ...]:
    """Which symbol each name of a venue's market stands for."""
    return recording.listings(LISTINGS)
