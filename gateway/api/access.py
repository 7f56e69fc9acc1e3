"""Whose is it: the one place where an account, or what belongs to one, is looked up."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from gateway.api.problems import Problem, missing
from gateway.api.services import Services
from gateway.auth.guard import require
from gateway.auth.rights import EVERY, Principal, Right
from gateway.live.orders import Body

Reader = Annotated[Principal, Depends(require(Right.READ))]
Account = Annotated[
    str | None, Query(max_length=64, description="Which account; default: all that are yours.")
]


def owned(services: Services, who: Principal, account: str) -> str:
    """The account's name, where there is one and it is the caller's; else 404."""
    name = who.account(account)
    if name != EVERY and name not in services.settings.accounts:
        raise missing(f"account {account[:40]}")
    return name


def seen(services: Services, who: Principal, account: str | None) -> list[str]:
    """The accounts that a list is of: the one named, or all of the caller's."""
    if account is not None and account != EVERY:
        return [owned(services, who, account)]
    return [name for name in services.settings.accounts if who.sees(name)]


def order_of(services: Services, who: Principal, id: str) -> Body:
    """An order of one of the caller's accounts; 404 for all others."""
    for account in seen(services, who, None):
        found = services.live.hub.items("orders", account).get(id)
        if found is not None:
            return found
    for account in seen(services, who, None):  # older than what is kept, and still there
        for row in services.live.hub.items("portfolio", account).values():
            if id in row["open_orders"] and row["symbol"]:
                return {"id": id, "account": account, "symbol": row["symbol"], "state": "open"}
    raise missing(f"order {id[:40]}")


def market_of(services: Services, symbol: str, venue: str | None) -> str:
    """The venue where a symbol is traded; 422 where it must be named, or there is none."""
    keys = services.live.hub.keys("instruments")
    venues = [key.split(":", 1)[0] for key in keys if key.split(":", 1)[1] == symbol]
    if venue is None and len(venues) == 1:
        return venues[0]
    if venue is not None and venue in venues:
        return venue
    if venue is None and venues:
        raise Problem(422, "venue", f"that symbol is traded on {', '.join(venues)}: name one")
    raise Problem(422, "symbol", "no such instrument is known there")
