"""The orders stage: what each account does about a decision, with the figures that say why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from engine.account import Account, AccountState, Pending
from engine.identity import client_order_id
from engine.risk import MONEY, Entry, Refused, RiskLimits, Sized, size
from engine.stage import Context, Draft
from schemas import names
from schemas.commands import ControlState
from schemas.decisions import Decision, Verdict
from schemas.instruments import Instrument
from schemas.orders import Check, Intent, OrderCommand, OrderDecision
from schemas.portfolio import Portfolio
from schemas.record import Record, venue_of
from schemas.refusals import Reason
from schemas.ticks import Side

SIDES: dict[Verdict, Side] = {Verdict.LONG: "buy", Verdict.SHORT: "sell"}


@dataclass(frozen=True, slots=True)
class Approved:
    """The gate let it pass: the command, the margin that it will bind, and the figures."""

    command: OrderCommand
    margin: Decimal = Decimal(0)
    checks: tuple[Check, ...] = ()


Answer = Approved | Refused | None
"""What the account does about a decision; None where nothing was asked of it."""


class OrdersStage:
    """trading.decisions to trading.orders, one state an account (see `engine.stage.Stage`)."""

    name = "orders"
    main = names.DECISIONS

    def __init__(self, accounts: tuple[str, ...], limits: RiskLimits) -> None:
        self.accounts = accounts
        self.limits = limits
        self.sides: dict[str, type[Record]] = {
            names.PORTFOLIO: Portfolio,
            names.STATE: ControlState,
            names.INSTRUMENTS: Instrument,
        }

    def cells_of(self, topic: str, key: str) -> Sequence[str]:
        """Decisions and instruments go to every account, the rest to the account of its key."""
        if topic in (names.PORTFOLIO, names.STATE):
            account = venue_of(key)
            return (account,) if account in self.accounts else ()
        return self.accounts

    def initial(self, cell: str) -> AccountState:
        """An account without orders."""
        return AccountState(cell)

    def step(self, state: AccountState, record: Decision, context: Context) -> list[Draft]:
        """One order decision for the account: approved, refused or held."""
        account = Account(state, record, context)
        with localcontext(MONEY):
            account.settle()
            answer = self._answer(account)
        if isinstance(answer, Approved):
            state.pending[record.symbol] = _pending(answer)
        order = OrderDecision(
            event_time=record.event_time,
            account=state.account,
            venue=record.venue,
            symbol=record.symbol,
            tick=record.tick,
            reads=context.reads,
            **_told(answer),
        )
        return [Draft(names.ORDERS, f"{state.account}:{record.symbol}", order)]

    def _answer(self, account: Account) -> Answer:
        decision = account.decision
        if decision.reason is not None:
            return Refused(decision.reason)
        if decision.clock or decision.verdict is Verdict.HOLD:
            return None
        if decision.symbol in account.state.pending:
            return Refused(Reason.ORDER_PENDING)
        if decision.verdict is Verdict.EXIT:
            return self._close(account) if account.held and not account.elsewhere else None
        return self._enter(account, SIDES[decision.verdict])

    def _enter(self, account: Account, side: Side) -> Answer:
        """Open when flat; a position on the other side is closed first, by an order of its own."""
        if account.held:
            same = (account.held > 0) == (side == "buy")
            if same or account.elsewhere:
                return Refused(Reason.ALREADY_IN_POSITION)
            return self._close(account)
        if account.halted:
            halt = Check(name="halt", value="true", limit="false", passed=False)
            return Refused(Reason.HALTED, (halt,))
        return self._open(account, side)

    def _open(self, account: Account, side: Side) -> Approved | Refused:
        decision, equity = account.decision, account.equity
        instrument = account.instrument(decision.venue, decision.symbol)
        if instrument is None:
            return Refused(Reason.NO_INSTRUMENT)
        if equity is None:
            return Refused(Reason.NO_EQUITY)
        standing = account.standing(equity, self.limits.leverage)
        sized = size(_entry(decision, side), instrument, standing, self.limits)
        return sized if isinstance(sized, Refused) else self._opening(account, side, sized)

    def _opening(self, account: Account, side: Side, sized: Sized) -> Approved:
        command = self._command(account, Intent.OPEN, side, sized.quantity)
        prices = {"stop": account.decision.stop, "target": account.decision.target}
        return Approved(command.model_copy(update=prices), sized.margin, sized.checks)

    def _close(self, account: Account) -> Approved:
        """The whole position, whatever the limits say: leaving is always allowed."""
        side: Side = "sell" if account.held > 0 else "buy"
        return Approved(self._command(account, Intent.CLOSE, side, abs(account.held)))

    def _command(
        self, account: Account, intent: Intent, side: Side, quantity: Decimal
    ) -> OrderCommand:
        decision, name = account.decision, account.state.account
        return OrderCommand(
            client_order_id=client_order_id(decision.id, name, 0),
            account=name,
            venue=decision.venue,
            symbol=decision.symbol,
            intent=intent,
            side=side,
            quantity=format(quantity, "f"),
            reduce_only=intent is Intent.CLOSE,
            expires=account.context.now + self.limits.order_lifetime,
        )

    def dump(self, state: AccountState) -> Any:
        """The orders under way as JSON values."""
        pending = {
            symbol: [each.client_order_id, each.venue, each.expires, str(each.margin)]
            for symbol, each in state.pending.items()
        }
        return {"account": state.account, "pending": pending}

    def load(self, data: Any) -> AccountState:
        """The state that `dump` gave."""
        pending = {
            symbol: Pending(identity, venue, expires, Decimal(margin))
            for symbol, (identity, venue, expires, margin) in data["pending"].items()
        }
        return AccountState(data["account"], pending)


def _pending(answer: Approved) -> Pending:
    command = answer.command
    return Pending(command.client_order_id, command.venue, command.expires, answer.margin)


def _entry(decision: Decision, side: Side) -> Entry:
    """What is asked of the gate; a price that is missing is zero, which no stop is right for."""
    return Entry(
        side,
        Decimal(decision.entry or 0),
        Decimal(decision.stop or 0),
        _exact(decision.strength),
        _exact(decision.confidence),
    )


def _told(answer: Answer) -> dict[str, Any]:
    """The fields of the record that the answer decides."""
    if answer is None:
        return {"outcome": "held"}
    if isinstance(answer, Refused):
        return {"outcome": "refused", "reason": answer.reason, "checks": answer.checks}
    return {"outcome": "approved", "command": answer.command, "checks": answer.checks}


def _exact(value: float | None) -> Decimal:
    """A published float as the Decimal that its text says; zero for None."""
    return Decimal(0) if value is None else Decimal(repr(value))
