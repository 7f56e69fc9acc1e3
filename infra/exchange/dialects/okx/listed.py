"""Instruments of the section.

Their steps are those of GET /api/v5/public/instruments of 2025-05-08 (crypto-crawler, Apache-2.0);
their prices are about those of the recordings of 2024-08-08.
"""

from __future__ import annotations

import orjson

from engine.clearing.listing import Bracket, Fees
from infra.exchange.listing import Listing, listing
from infra.recordings import HERE
from schemas.instruments import Instrument, Kind

FILE = HERE / "okx.json"
FEES = Fees("0.0002", "0.0005", "0.005")
"""Of a regular user: https://www.okx.com/fees"""
BRACKETS = (
    Bracket("1000000", "0.004", 100),
    Bracket("3000000", "0.01", 50),
    Bracket("12000000", "0.025", 20),
    Bracket("70000000", "0.05", 10),
    Bracket("230000000", "0.125", 4),
    Bracket("600000000", "0.25", 2),
    Bracket("1200000000", "0.5", 1),
)
"""Position tiers in USDT, of every instrument and rounded; OKX has them in contracts for each."""
HOUR = 3_600_000_000_000
SUFFIX = "-SWAP"


def records() -> list[tuple[str, Instrument]]:
    """Names and instruments of the file."""
    return [(row["instId"], record(row)) for row in orjson.loads(FILE.read_bytes())]


def record(row: dict[str, str]) -> Instrument:
    """A USDT-margined swap; lots are parts of a contract."""
    base, quote = row["instId"].removesuffix(SUFFIX).split("-")
    return Instrument(
        venue="okx",
        symbol=f"{base}/{quote}:{quote}",
        kind=Kind.LINEAR,
        tick_size=row["tickSz"],
        lot_size=row["lotSz"],
        minimum_quantity=row["minSz"],
        contract_size=row["ctVal"],
        maintenance="0.004",
        funding_interval=8 * HOUR,
        source="OKX /api/v5/public/instruments as of 2025-05-08 (crypto-crawler, Apache-2.0)",
    )


def most_leverage() -> dict[str, int]:
    """By name."""
    return {row["instId"]: int(row["lever"]) for row in orjson.loads(FILE.read_bytes())}


def listed_since() -> dict[str, str]:
    """Milliseconds, by name."""
    return {row["instId"]: row["listTime"] for row in orjson.loads(FILE.read_bytes())}


def markets() -> Listing:
    """The section's listing."""
    prices = {row["instId"]: row["price"] for row in orjson.loads(FILE.read_bytes())}
    return listing(records(), prices, FEES, BRACKETS)
