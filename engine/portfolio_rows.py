"""The rows of trading.portfolio: figures as texts, made anew only where they have changed.

Most statuses tell of orders alone, at a price that is known: then nothing of a position or an
account is another figure, and the row is the last one with its orders as they are now. `anew` says
whether a figure may have changed since; without a last row it is made anew in any case.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.costs import text
from engine.figures import ZERO, Figures, Progress
from engine.holdings import Holding, Holdings, Orders
from engine.margin import Watch
from schemas.portfolio import Portfolio
from schemas.record import form_of

BLANK: dict[str, Any] = form_of(Portfolio).blank
"""The fields of a row in their order."""

WATCHES: tuple[Watch, ...] = ("ok", "near", "breached")


def position_row(account: str, holding: Holding, *, anew: bool) -> Portfolio:
    """What is held of a symbol."""
    orders, before = holding.orders, holding.told
    values = BLANK | _position(account, holding) if anew or not before else before.copy()
    values["stop"], values["target"] = orders.price("stop"), orders.price("target")
    holding.told = _ordered(values, orders)
    return Portfolio.whole(values)


def account_row(state: Holdings, start: Decimal, *, anew: bool) -> Portfolio:
    """What an account is worth, within `localcontext(EXACT)`."""
    before = state.told
    values = BLANK | _account(state, start) if anew or not before else before.copy()
    state.told = _ordered(values, state.orders)
    return Portfolio.whole(values)


def strategy_row(state: Holdings, name: str) -> Portfolio:
    """What a strategy has won, within `localcontext(EXACT)`."""
    total = state.strategy(name)
    assert state.progress is not None, "turn() comes before"
    progress = state.strategies.get(name)
    if progress is None:
        progress = state.strategies[name] = Progress(state.progress.day, ZERO, ZERO)
    progress.reach(total.net)
    told = {"type": "strategy", "account": state.account, "strategy": name}
    figures = _money(total) | _common(total) | _course(progress, total.net)
    return Portfolio.whole(BLANK | told | figures)


def _position(account: str, holding: Holding) -> dict[str, Any]:
    position = holding.position
    return {
        "type": "position",
        "account": account,
        "venue": position.venue,
        "symbol": position.symbol,
        "strategy": position.strategy,
        "contract": position.contract,
        "settled": position.settled,
        "quantity": text(position.quantity),
        "entry": _optional(position.entry),
        "mark": _optional(position.mark),
        "realised": text(position.realised),
        "unrealised": text(position.unrealised),
        "fees": text(position.fees),
        "funding": text(position.funding),
        "liquidation": _optional(position.liquidation),
        "watch": holding.watch,
        **_common(position.total),
    }


def _account(state: Holdings, start: Decimal) -> dict[str, Any]:
    total, progress = state.total(), state.progress
    worth = start + total.net
    assert progress is not None, "turn() comes before"
    progress.reach(worth)
    watches = {each.watch for each in state.held.values()}
    return {
        "type": "account",
        "account": state.account,
        "watch": max(watches, key=WATCHES.index),
        **_money(total),
        **_common(total),
        **_course(progress, worth),
    }


def _ordered(values: dict[str, Any], orders: Orders) -> dict[str, Any]:
    """The fields of a row with its orders as they are now."""
    values["last_order"], values["finished"] = orders.last, orders.finished
    values["open_orders"] = tuple(orders.open)
    return values


def _money(total: Figures) -> dict[str, Any]:
    """Results in quote, of a strategy or an account."""
    return {
        "realised": text(total.realised),
        "unrealised": text(total.unrealised),
        "fees": text(total.fees),
        "funding": text(total.funding),
        "positions": total.positions,
    }


def _common(total: Figures) -> dict[str, Any]:
    """Margins in quote and counts, of whatever it is."""
    return {
        "initial": text(total.initial),
        "maintenance": text(total.maintenance),
        "exposure": text(total.exposure),
        "fills": total.fills,
        "closed": total.closed,
        "won": total.won,
        "returned": text(total.returned),
    }


def _course(progress: Progress, worth: Decimal) -> dict[str, Any]:
    return {
        "equity": text(worth),
        "day": progress.day,
        "day_start": text(progress.day_start),
        "peak": text(progress.peak),
    }


def _optional(amount: Decimal | None) -> str | None:
    return None if amount is None else text(amount)
