"""The orders stage: what each account does about a decision, with the figures that say why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import localcontext
from typing import Any

from engine.account import Account, AccountState
from engine.actions import asked
from engine.answers import Answer, Approved, Turned, answer, turned
from engine.asks import Ask
from engine.gauges import of_orders
from engine.ledger import enter, side_again
from engine.manual import requested
from engine.risk import MONEY, Refused, RiskLimits, RiskSettings
from engine.rules import RuleBook, Rules
from engine.stage import Cell, Context, Draft
from engine.watch import rescue, watch_account
from schemas import names
from schemas.commands import ControlState
from schemas.decisions import Decision
from schemas.instruments import Instrument
from schemas.metrics import Reading
from schemas.orders import OrderCommand, OrderDecision
from schemas.portfolio import Portfolio
from schemas.record import Record, venue_of
from schemas.refusals import Reason


class OrdersStage:
    """trading.decisions to trading.orders, one state an account (see `engine.stage.Stage`)."""

    name = "orders"
    main = names.DECISIONS
    ignored: frozenset[str] = frozenset()

    def __init__(self, accounts: tuple[str, ...], limits: RiskLimits | RiskSettings) -> None:
        self.accounts = accounts
        settings = RiskSettings.around(limits)
        self.book = RuleBook({account: settings.of(account) for account in accounts})
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
        """One order decision for the strategy that decided, then one for whatever waited in vain
        for a person's word and whatever else is asked of the account in this symbol; last, what
        control.state is to be told.

        People are heard first: while an order of theirs is on its way, no strategy's is let in.
        """
        account = Account(state, record, context)
        with localcontext(MONEY):
            lapsed = account.settle()
            side_again(account)
            rules = self.book.rules(account, record.strategy)
            told = watch_account(account, rules.limits)
            people = requested(account, lambda ask: self.answer(account, ask))
            drafts = [_draft(account, None, self._decided(account, rules))]
            drafts += [_lapsed(account, command) for command in lapsed]
            drafts += [_draft(account, ask, found) for ask, found in people]
            for ask in self._others(account, rules):
                drafts.append(_draft(account, ask, self.answer(account, ask)))
        return [*drafts, *told]

    def hear(self, state: AccountState, record: Decision, context: Context) -> bool:
        """As `step`, on a hold that comes while nothing waits for a person, nobody has asked for
        anything and no liquidation is near, where it gives one held order: the account takes in its
        news. False, for a `step` to come, where something is to be told of them.
        """
        account = Account(state, record, context)
        with localcontext(MONEY):
            account.settle()
            side_again(account)
            latches = state.fallen, state.high
            if not watch_account(account, self.book.rules(account, record.strategy).limits):
                return True
        state.fallen, state.high = latches
        return False

    def answer(self, account: Account, ask: Ask) -> Approved | Turned:
        """The gate's answer to anything asked in the decision's symbol; an approval counts at once.

        For strategies, people and the watch alike. Call it within a step, in the context MONEY.
        """
        rules = self.book.rules(account, ask.strategy)
        found = answer(account, ask, rules)
        if isinstance(found, Approved):
            enter(account, ask, found, rules.limits.storm_window)
        return found

    def _decided(self, account: Account, rules: Rules) -> Answer:
        """The answer to the strategy's decision: its first choice that passes."""
        asks = asked(account, rules)
        if asks is None:
            return None
        if isinstance(asks, Refused):
            return turned(asks)
        first: Answer = None
        for ask in asks:
            found = self.answer(account, ask)
            if isinstance(found, Approved):
                return found
            first = first or found
        return first

    def _others(self, account: Account, rules: Rules) -> list[Ask]:
        """What is asked beside the strategy's decision and people: the watch on liquidation."""
        ask = rescue(account, rules.limits)
        busy = any(account.under_way("open", "reduce", waiting=False))
        return [] if ask is None or busy else [ask]

    def gauges(self, cell: Cell[AccountState]) -> Iterator[Reading]:
        """For whoever watches the desk."""
        return of_orders(self.book, cell)

    def dump(self, state: AccountState) -> Any:
        """The orders under way as JSON values."""
        return state.dump()

    def load(self, data: Any) -> AccountState:
        """The state that `dump` gave."""
        return AccountState.load(data)


def _draft(account: Account, ask: Ask | None, found: Answer) -> Draft:
    """The record of one answer; ask is None for the strategy's own."""
    return _record(
        account,
        strategy=account.decision.strategy if ask is None else ask.strategy,
        origin="strategy" if ask is None else ask.origin,
        request=None if ask is None else ask.request,
        **_told(found),
    )


def _lapsed(account: Account, command: OrderCommand) -> Draft:
    """The record of a command that nobody approved in time."""
    told = {"outcome": "refused", "reason": Reason.EXPIRED, "command": command}
    return _record(account, strategy=command.strategy, **told)


def _record(account: Account, **told: Any) -> Draft:
    decision, name = account.decision, account.state.account
    order = OrderDecision.own(
        event_time=decision.event_time,
        account=name,
        venue=decision.venue,
        symbol=decision.symbol,
        tick=decision.tick,
        reads=account.context.reads,
        **told,
    )
    return Draft(names.ORDERS, f"{name}:{decision.symbol}", order, fresh=True)


def _told(found: Answer) -> dict[str, Any]:
    """The fields of the record that the answer decides."""
    if found is None:
        return {"outcome": "held"}
    figures = {"checks": found.checks, "assessment": found.assessment}
    if isinstance(found, Turned):
        return {"outcome": "refused", "reason": found.reason, **figures}
    outcome = "awaiting" if found.awaiting else "approved"
    return {"outcome": outcome, "command": found.command, **figures}
