"""Where an account stands against its caps: what it holds and what is under way, by cap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from engine.account import ZERO, Account
from engine.asks import Ask
from engine.risk import Own, RiskLimits, Standing, contract_of, loss_of, margin_of, notional_of
from engine.risk.abnormal import median
from engine.risk.limits import base_of
from engine.spans import DAY
from engine.watch import losses
from schemas.instruments import Kind
from schemas.orders import Contract
from schemas.portfolio import Portfolio
from schemas.ticks import Side


@dataclass(frozen=True, slots=True)
class Exposure:
    """One position, or an order that would open or add to one; money in quote."""

    symbol: str
    side: Side
    margin: Decimal
    notional: Decimal
    loss: Decimal = ZERO


def standing_of(
    account: Account,
    equity: Decimal,
    limits: RiskLimits,
    side: Side,
    stop: Decimal | None = None,
    without: tuple[str, ...] = (),
) -> Standing:
    """The account's standing towards an order in the decision's symbol on one side.

    A position is valued at its mark, else at its entry; its loss is to the stop in force, else to
    `stop`. without: ids of orders under way that the new one replaces.
    """
    symbol = account.decision.symbol
    base, group = base_of(symbol), limits.group_of(symbol)
    margin = based = grouped = ZERO
    own, others = [ZERO, ZERO, ZERO], set()
    for each in _exposures(account, limits, stop, without):
        margin += each.margin
        if base_of(each.symbol) == base:
            based += each.margin
        if each.side == side and limits.group_of(each.symbol) == group:
            grouped += each.margin
        if each.symbol == symbol:
            own = [own[0] + each.margin, own[1] + each.notional, own[2] + each.loss]
        else:
            others.add(each.symbol)
    daily_loss, drawdown = losses(account)
    return Standing(
        equity, margin, len(others), Own(*own), based, grouped, daily_loss, drawdown,
        recent(account, limits), usual(account),
    )  # fmt: skip


def reckoned(account: Account, ask: Ask) -> Decimal:
    """Unsigned quantity of the symbol that there may be on the ask's side without it: what is held
    as the portfolio has told, and all orders under way that open or add.
    """
    held = account.held if ask.side == "buy" else -account.held
    others = account.under_way("open", resting=True)
    coming = (
        each.quantity
        for each in others
        if each.side == ask.side and each.client_order_id not in ask.orders
    )
    return max(held, ZERO) + sum(coming, ZERO)


def recent(account: Account, limits: RiskLimits) -> int:
    """How many commands the account has given within the storm window."""
    since = account.context.now - limits.storm_window
    return sum(1 for at in account.state.commands if at > since)


def usual(account: Account) -> Decimal | None:
    """The median notional of the last day's entries, in quote."""
    since = account.context.now - DAY
    return median([notional for at, notional in account.state.sizes if at > since])


def contract_held(account: Account, row: Portfolio, limits: RiskLimits) -> Contract:
    """What one unit of a position is: as its portfolio says, else as its instrument does."""
    if row.contract is not None:
        return row.contract
    symbol = row.symbol or ""
    instrument = account.instrument(row.venue or account.decision.venue, symbol)
    if instrument is not None:
        return contract_of(instrument, limits.leverage)
    kind = Kind.LINEAR if ":" in symbol else Kind.SPOT
    return Contract(kind=kind, leverage=format(limits.leverage, "f"))


def _exposures(
    account: Account, limits: RiskLimits, stop: Decimal | None, without: tuple[str, ...]
) -> Iterator[Exposure]:
    for each in account.state.pending.values():
        if each.does == "open" and each.client_order_id not in without:
            yield Exposure(each.symbol, each.side, each.margin, each.notional, each.loss)
    for symbol, row in account.positions():
        yield _position(account, symbol, row, limits, stop)


def _position(
    account: Account, symbol: str, row: Portfolio, limits: RiskLimits, stop: Decimal | None
) -> Exposure:
    signed, price = Decimal(row.quantity), Decimal(row.mark or row.entry or "0")
    quantity, contract = abs(signed), contract_held(account, row, limits)
    notional = notional_of(quantity, price, contract)
    margin = margin_of(notional, contract.kind, Decimal(contract.leverage))
    side: Side = "buy" if signed > 0 else "sell"
    loss, until = ZERO, stop if row.stop is None else Decimal(row.stop)
    if symbol == account.decision.symbol and until is not None and price > 0:
        adverse = until < price if side == "buy" else until > price
        loss = loss_of(quantity, price, until, contract) if adverse else ZERO
    return Exposure(symbol, side, margin, notional, loss)
