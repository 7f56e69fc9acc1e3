"""Whether a key may withdraw, where its venue tells."""

from __future__ import annotations

from typing import Any

from executor.venues.catalogue import Row


async def look(row: Row, client: Any) -> bool | None:
    """True: it may withdraw. None: the venue does not tell. Raises ccxt's errors."""
    if row.rights is None:
        return None
    return await {"binance": binance, "okx": okx, "bybit": bybit}[row.rights](client)


async def binance(client: Any) -> bool | None:
    """GET /sapi/v1/account/apiRestrictions: enableWithdrawals. Its test networks have no sapi."""
    if client.isSandboxModeEnabled or client.safe_bool(client.options, "enableDemoTrading", False):
        return None
    told = await client.sapiGetAccountApiRestrictions()
    return bool(told["enableWithdrawals"])


async def okx(client: Any) -> bool:
    """GET /api/v5/account/config: perm, as "read_only,trade"."""
    told = await client.privateGetAccountConfig()
    return "withdraw" in str(told["data"][0]["perm"]).split(",")


async def bybit(client: Any) -> bool:
    """GET /v5/user/query-api: permissions.Wallet has "Withdraw"."""
    told = await client.privateGetV5UserQueryApi()
    return "Withdraw" in (told["result"]["permissions"].get("Wallet") or [])
