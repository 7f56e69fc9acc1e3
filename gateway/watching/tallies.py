"""`tapeline statistics`: how orders fared, by account, venue, symbol and day in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.costs import text
from engine.tallies import Key, Tally, counted
from gateway.running.broker import opened
from gateway.terminal.output import Output
from gateway.terminal.span import NoTime, span, time_text
from gateway.watching.earnings import money, share, table
from gateway.watching.latencies import tell as latencies
from gateway.watching.pnl import statuses_of
from topics.settings import settings


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows; None for all. day: ns of its beginning."""

    account: str | None = None
    venue: str | None = None
    symbol: str | None = None
    day: int | None = None

    @classmethod
    def of(
        cls, account: str | None, venue: str | None, symbol: str | None, day: str | None
    ) -> Wanted:
        """From texts; NoTime where the day is none."""
        begins = None if day is None else span(day, None).since
        if begins is not None and time_text(begins)[10:] != "T00:00:00.000Z":
            raise NoTime(f"{day} is no day: write 2024-08-09")
        return cls(account, venue, symbol, begins)

    def has(self, key: Key) -> bool:
        """Whether a row is among them."""
        asked = (self.account, self.venue, self.symbol, self.day)
        return all(wish in (None, one) for wish, one in zip(asked, key, strict=True))


def statistics(wanted: Wanted, output: Output, latency: bool = False) -> int:
    """Print a row for each account, venue, symbol and day, the earliest first; 0.

    latency: how long orders took instead, by account and venue.
    """
    with opened(settings(), output) as known:
        if latency:
            return latencies(statuses_of(known), wanted.account, wanted.venue, output)
        tallies = counted(statuses_of(known))
    rows = [(key, tally) for key, tally in tallies.rows.items() if wanted.has(key)]
    rows.sort(key=lambda row: (row[0].day, row[0]))
    for key, tally in rows:
        if output.json:
            output.object(as_json(key, tally))
    if rows:
        output.show(table(COLUMNS, [_row(key, tally) for key, tally in rows]))
        output.show(NOTE)
    else:
        output.note("no orders are told of on trading.statuses" if not tallies.rows else
                    "none of the orders on trading.statuses is among those asked for")  # fmt: skip
    return 0


def as_json(key: Key, tally: Tally) -> dict[str, Any]:
    """Everything: counts, sums and slippage (basis points) as decimal text, rates as numbers."""
    slippage = tally.slippage
    return {
        "account": key.account, "venue": key.venue, "symbol": key.symbol,
        "day": time_text(key.day)[:10],
        "sent": tally.sent, "filled": tally.whole, "partial": tally.partial,
        "unfilled": tally.unfilled, "spared": tally.spared, "rejected": tally.rejected,
        "expired": tally.expired, "done": tally.done, "fills": tally.fills,
        "volume": text(tally.volume), "turnover": text(tally.turnover), "fees": text(tally.fees),
        "other_fees": {name: text(fee) for name, fee in tally.others.items()},
        "fill_rate": _number(tally.fill_rate), "success_rate": _number(tally.success_rate),
        "slippage_bps": None if slippage is None else text(slippage), "unpriced": tally.unpriced,
    }  # fmt: skip


COLUMNS = (
    "day", "account", "venue", "symbol", ">sent", ">fills", ">fill rate", ">volume", ">turnover",
    ">fees", ">slippage bp", ">success",
)  # fmt: skip
NOTE = "Slippage is positive where it cost: against the mid when sent, or the order's own price."


def _row(key: Key, tally: Tally) -> tuple[str, ...]:
    slippage = "-" if tally.slippage is None else f"{tally.slippage:+.2f}"
    others = "".join(f" + {money(str(fee))} {name}" for name, fee in tally.others.items())
    return (
        time_text(key.day)[:10], key.account, key.venue, key.symbol, f"{tally.sent:,}",
        f"{tally.fills:,}", share(_number(tally.fill_rate)), f"{tally.volume:,.8g}",
        money(str(tally.turnover)), money(str(tally.fees)) + others, slippage,
        share(_number(tally.success_rate)),
    )  # fmt: skip


def _number(part: Decimal | None) -> float | None:
    return None if part is None else float(part)
