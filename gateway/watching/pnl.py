"""`tapeline pnl`: what was earned, by account, strategy and symbol, over any span of time.

The portfolio is computed again from trading.statuses by the same code as the agent's (a compacted
topic keeps no history), and compared with what trading.portfolio tells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from engine.portfolio import PortfolioSettings
from gateway.running.broker import opened
from gateway.terminal.output import Output
from gateway.terminal.span import span
from gateway.watching.books import books, compared
from gateway.watching.earnings import Earnings
from schemas import names
from schemas.codec import decode
from schemas.statuses import Status
from topics.reading import read_all
from topics.settings import Settings, settings


def agreements(known: Settings) -> dict[str, str]:
    """What `compared` says of each account on the topics."""
    told = _latest(known)
    found = books(statuses_of(known), known.of("portfolio", PortfolioSettings))
    return {name: compared(book, told) for name, book in found.items()}


def pnl(
    account: str | None, strategy: str | None, since: str | None, until: str | None,
    curve: bool, output: Output,
) -> int:  # fmt: skip
    """Print the statistics; 1 when the portfolio tells otherwise than its statuses."""
    wanted = span(since, until)
    with opened(settings(), output) as known:
        rules = known.of("portfolio", PortfolioSettings)
        told = _latest(known)
        found = books(statuses_of(known), rules)
    chosen = {name: book for name, book in found.items() if account in (None, name)}
    verdicts = Counter[str]()
    for name, book in chosen.items():
        agreement = compared(book, told)
        verdicts[agreement] += 1
        earned = Earnings.of(name, book, strategy, wanted, rules)
        earned.show(output, agreement, curve)
    if not chosen:
        _nothing(account, sorted(found), output)
    return int(verdicts["differs"] > 0)


def _nothing(account: str | None, known: list[str], output: Output) -> None:
    if known:
        output.note(f"there is no account {account}: there are {', '.join(known)}")
    else:
        output.note("nothing was traded: trading.statuses is empty; `tapeline demo` trades")


def statuses_of(known: Settings) -> Iterator[Status]:
    """All of trading.statuses, doubles too."""
    for message in read_all(known, names.STATUSES):
        yield decode(Status, message.value())


def _latest(known: Settings) -> dict[str, bytes]:
    return {
        bytes(message.key() or b"").decode(): bytes(message.value() or b"")
        for message in read_all(known, names.PORTFOLIO)
    }
