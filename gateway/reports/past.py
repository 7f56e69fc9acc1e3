"""`tapeline report`: the report on what the topics hold."""

from __future__ import annotations

from engine.advice.ledger import Ledger
from engine.performance.attribution import Reasons
from engine.portfolio import PortfolioSettings
from engine.strategies.catalogue import StrategySections
from gateway.reports.report import Wanted, report
from gateway.running.broker import opened
from gateway.terminal.output import Output
from gateway.watching.books import books
from gateway.watching.pnl import statuses_of
from schemas import names
from schemas.advice import Advice
from schemas.codec import decode
from schemas.decisions import Decision
from schemas.orders import OrderDecision
from topics.reading import read_all
from topics.settings import Settings, settings


def past(account: str | None, wanted: Wanted, output: Output) -> int:
    """Report on each account, or one; 1 where statuses are gone from the topic's beginning."""
    with opened(settings(), output) as known:
        rules = known.of("portfolio", PortfolioSettings)
        found = books(statuses_of(known), rules)
        ledger = Ledger(known.sections(StrategySections).build())
        reasons = reasons_of(known, ledger)
    chosen = {name: book for name, book in found.items() if account in (None, name)}
    report(chosen, reasons, rules, wanted, output, ledger)
    short = [name for name, book in chosen.items() if book.missing]
    for name in short:
        output.note(f"{name}: its first statuses are gone, so its figures are not those of all")
    return int(bool(short))


def reasons_of(known: Settings, ledger: Ledger) -> Reasons:
    """What the orders on the topics were for, as far as the decisions are still there; the ledger
    is told of these too, after what advisors have said.
    """
    found = Reasons()
    for message in read_all(known, names.ADVICE):
        ledger.take(decode(Advice, message.value()))
    for message in read_all(known, names.DECISIONS):
        decision = decode(Decision, message.value())
        found.decision(decision)
        ledger.take(decision)
    for message in read_all(known, names.ORDERS):
        found.order(decode(OrderDecision, message.value()))
    return found
