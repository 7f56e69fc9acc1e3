"""Where a client connects to, and with which settings of ccxt's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from executor.venues.addresses import standing_in
from executor.venues.catalogue import WINDOW, Row
from executor.venues.key import Key
from executor.venues.settings import LiveAccount

HEADERS = ("expTime", "X-Gate-Exptime")
"""OKX's and Gate's: the time in ms after which they do not carry an order out."""
DEADLINE = "processBefore"
"""Kraken futures' parameter: that time, as RFC 3339."""
NO_SNAPSHOT = {
    f"{verb}{noun}Snapshot": False
    for verb in ("fetch", "await")
    for noun in ("Positions", "Balance")
}
"""What is there at first is asked for by whoever hears `Connected`."""


def settled(row: Row, key: Key, timeout: float) -> dict[str, Any]:
    """ccxt's settings: no retries of its own, the short receive window. timeout: s a request."""
    options: dict[str, Any] = {
        **row.options,
        "maxRetriesOnFailure": 0,
        "maxRetriesOnFailureDelay": 0,
        "adjustForTimeDifference": False,
        "watchPositions": NO_SNAPSHOT,
        "watchBalance": NO_SNAPSHOT,
    }
    if row.window and row.window not in (*HEADERS, DEADLINE):
        options[row.window] = WINDOW
    return {
        "apiKey": key.name,
        "secret": key.secret,
        "password": key.password,
        "enableRateLimit": True,
        "timeout": int(timeout * 1000),
        "newUpdates": True,
        "options": options,
    }


def expiry(row: Row) -> Callable[[Any], dict[str, str]] | None:
    """The header, where the row has one, for a send that a client signs now."""
    if row.window not in HEADERS:
        return None

    def header(client: Any) -> dict[str, str]:
        ahead = int(client.options.get("timeDifference") or 0)
        return {row.window: str(client.milliseconds() - ahead + WINDOW)}

    return header


def reach(account: str, settings: LiveAccount, row: Row, client: Any) -> None:
    """Point the client at a local exchange, the venue's test network, or at real money.

    Raises ValueError where there is no test network, or real money was not asked for by name.
    """
    if settings.address:
        client.urls["api"] = standing_in(client.urls["api"], settings.address)
        client.timeout_on_exit = 0
    elif settings.testnet and row.testnet == "sandbox":
        client.set_sandbox_mode(True)
    elif settings.testnet and row.testnet == "demo":
        client.enable_demo_trading(True)
    elif settings.testnet:
        raise ValueError(f"{row.exchange} has no test network; testnet = false means real money")
    elif settings.real_money != account:
        raise ValueError(f'real money needs real_money = "{account}" in [live.{account}]')
