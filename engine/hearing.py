"""One request of a person as it meets an account in a market, and what can be said to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from engine.account import Account, Pending
from engine.answers import Approved, Turned
from engine.asks import PERSON, Ask
from engine.identity import client_order_id
from engine.requests import Request
from schemas.orders import Check, Intent, OrderCommand
from schemas.refusals import Reason
from schemas.ticks import Side

Gate = Callable[[Ask], Approved | Turned]
"""Answers what is asked; an approval counts at once."""

Answered = tuple[Ask, Approved | Turned]
"""What was asked in a person's name, and what was said to it."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """A request, the account with the decision it meets, and the gate that it may be put to."""

    account: Account
    request: Request
    gate: Gate

    def ask(self, intent: Intent, side: Side, leg: int = 0, **more: Any) -> Ask:
        """An ask in the person's name; a position keeps the strategy that it belongs to.

        leg: tells apart what one request asks for in one market.
        """
        account = self.account
        origin = f"{self.request.id}|{market_of(account)}"
        strategy = (account.owner if account.held else "") or PERSON
        return Ask(
            intent, side, strategy, origin="person", request=self.request.id,
            identity=client_order_id(origin, account.state.account, leg), **more,
        )  # fmt: skip

    def put(self, ask: Ask) -> Answered:
        """The gate's answer to it."""
        return ask, self.gate(ask)

    def refuse(self, reason: Reason, *checks: Check) -> Answered:
        """The answer to what does not come as far as the gate."""
        return self.ask(Intent.ADJUST, self.closing), Turned(reason, checks)

    def unknown(self) -> Iterator[Answered]:
        """Nobody knows the order: said by the first market that is asked."""
        if not self.said:
            yield self.refuse(Reason.UNKNOWN_ORDER)

    @property
    def said(self) -> bool:
        """True when another market has answered the request already."""
        return self.request.number in self.account.state.said

    @property
    def closing(self) -> Side:
        """The side that takes the position down."""
        return "sell" if self.account.held > 0 else "buy"

    @property
    def at_venue(self) -> tuple[str, ...]:
        """The ids that the market's venue has of the symbol, as far as the portfolio knows."""
        position = self.account.position
        return () if position is None or self.account.elsewhere else position.open_orders

    def here(self, order: Pending | OrderCommand) -> bool:
        """True when the order is of this market."""
        decision = self.account.decision
        return (order.venue, order.symbol) == (decision.venue, decision.symbol)


def market_of(account: Account) -> str:
    """The decision's market, `venue:symbol`."""
    return f"{account.decision.venue}:{account.decision.symbol}"
