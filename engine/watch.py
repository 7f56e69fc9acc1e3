"""What stops an account by itself: the day's loss, the drawdown, a liquidation that is near.

A day's loss beyond its limit stops entries until the next UTC day, even if equity recovers. A
drawdown beyond its limit halts the account until a person resumes it; from then on the drawdown is
measured from the highest equity since.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from engine.account import ZERO, Account
from engine.asks import Ask
from engine.risk import Refused, RiskLimits
from engine.risk.money import check
from engine.rules import halted
from engine.spans import DAY
from engine.stage import Draft
from schemas import names
from schemas.commands import ControlState
from schemas.orders import Check, Intent
from schemas.refusals import Reason


class Worth(NamedTuple):
    """The account's equity now, at the day's start and at its highest, in quote."""

    equity: Decimal
    day_start: Decimal
    high: Decimal


def watch_account(account: Account, limits: RiskLimits) -> list[Draft]:
    """Keep the account's latches; gives what control.state is to be told of them."""
    worth = _worth(account)
    state = account.state
    if worth is None:
        return []
    if state.high is not None:
        state.high = max(state.high, worth.equity)
        worth = Worth(worth.equity, worth.day_start, state.high)
    lost, fall = _lost(worth)
    if lost >= limits.daily_loss:
        state.lost_day = _day(account)
    if state.fallen is None and fall < limits.drawdown:
        return []
    resumed = account.setting("resumed")
    resumes = -1 if resumed is None else resumed.seq
    if state.fallen is not None and resumes > state.fallen:
        state.fallen, state.high = None, worth.equity
        return [_tell(account, "false", "resumed")]
    if state.fallen is None and fall >= limits.drawdown:
        state.fallen = resumes
        text = check("drawdown", fall, limits.drawdown, False)
        return [_tell(account, "true", f"drawdown {text.value} of at most {text.limit}")]
    return []


def blocked(account: Account, limits: RiskLimits) -> Refused | None:
    """Why the account may not enter anything now, whatever it is."""
    if halted(account):
        halt = Check(name="halt", value="true", limit="false", passed=False)
        return Refused(Reason.HALTED, (halt,))
    lost, fall = losses(account)
    if account.state.fallen is not None:
        return Refused(Reason.DRAWDOWN, (check("drawdown", fall, limits.drawdown, False),))
    if account.state.lost_day is not None and account.state.lost_day == _day(account):
        return Refused(Reason.DAILY_LOSS, (check("daily_loss", lost, limits.daily_loss, False),))
    return None


def losses(account: Account) -> tuple[Decimal, Decimal]:
    """Shares lost since the day's start and since the highest equity; 0 where nothing is lost."""
    worth = _worth(account)
    return (ZERO, ZERO) if worth is None else _lost(worth)


def near_liquidation(account: Account) -> Check | None:
    """The figure that says that the venue may soon close the symbol's position, or None."""
    position = account.position
    if position is None or not account.held or position.watch == "ok":
        return None
    return Check(name="watch", value=position.watch, limit="ok", passed=False)


def rescue(account: Account, limits: RiskLimits) -> Ask | None:
    """The close of a position whose liquidation is near, where the limits want it."""
    near = near_liquidation(account)
    if near is None or not limits.close_near_liquidation or account.elsewhere:
        return None
    position = account.position
    mark, at = (position.mark, position.liquidation) if position else (None, None)
    where = Check(name="liquidation", value=mark or "", limit=at or "", passed=False)
    return Ask(
        Intent.CLOSE,
        "sell" if account.held > 0 else "buy",
        account.owner,
        origin="risk",
        leg=1,
        checks=(near, where),
    )


def _worth(account: Account) -> Worth | None:
    """None before the portfolio has told the account's equity."""
    row = account.portfolio("*")
    if row is None or row.equity is None:
        return None
    equity = Decimal(row.equity)
    today = row.day is None or row.day >= _day(account)
    start = Decimal(row.day_start) if row.day_start is not None and today else equity
    peak = equity if row.peak is None else Decimal(row.peak)
    return Worth(equity, start, peak if account.state.high is None else account.state.high)


def _lost(worth: Worth) -> tuple[Decimal, Decimal]:
    return _share(worth.equity, worth.day_start), _share(worth.equity, worth.high)


def _share(equity: Decimal, before: Decimal) -> Decimal:
    return max(ZERO, (before - equity) / before) if before > 0 else ZERO


def _day(account: Account) -> int:
    """Beginning of the UTC day in ns."""
    return account.context.now // DAY * DAY


def _tell(account: Account, value: str, why: str) -> Draft:
    name = account.state.account
    state = ControlState(account=name, setting="drawdown", value=value, why=why)
    return Draft(names.STATE, f"{name}:drawdown", state)
