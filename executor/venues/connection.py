"""Where a client connects to, and with which settings of ccxt's."""

from __future__ import annotations

from typing import Any

from executor.venues.addresses import standing_in
from executor.venues.catalogue import WINDOW, Row
from executor.venues.key import Key
from executor.venues.settings import LiveAccount

EXPIRY = "expTime"
"""OKX's header: the time in ms after which it does not carry a request out."""
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
    if row.window and row.window != EXPIRY:
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


def expiry(client: Any) -> dict[str, str]:
    """OKX's header of a send that is signed now (its documents' "Transaction Timeouts")."""
    return {EXPIRY: str(client.nonce() + WINDOW)}


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
