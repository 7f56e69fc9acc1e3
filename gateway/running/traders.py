"""Who traded in a run: the orders of each strategy and account, and what they won."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from rich import box
from rich.table import Table

from gateway.running.census import Census

COUNTED = ("orders", "fills", "stops", "targets")
MONEY = ("realised", "unrealised", "fees", "funding")
SHOWN = (*COUNTED, *MONEY, "pnl")
BY_HAND = "(by hand)"
ALL = "all"


def traders(census: Census) -> list[dict[str, Any]]:
    """A row for each strategy of an account, then one of the account (strategy None).

    Money is decimal text in quote as the portfolio tells it; pnl: realised and unrealised less fees
    and funding.
    """
    rows = []
    for account in sorted({account for account, _ in census.trading}):
        own = {name: counts for (of, name), counts in census.trading.items() if of == account}
        for name in sorted(own):
            told = census.strategies.get(f"{account}:@{name}", {})
            rows.append({"account": account, "strategy": name, **_figures(own[name], told)})
        whole: Counter[str] = sum(own.values(), Counter())
        told = census.accounts.get(f"{account}:*", {})
        rows.append({"account": account, "strategy": None, **_figures(whole, told)})
    return rows


def _figures(counts: Counter[str], told: dict[str, Any]) -> dict[str, Any]:
    money = {name: told.get(name) or "0" for name in MONEY}
    won = {name: Decimal(amount) for name, amount in money.items()}
    pnl = won["realised"] + won["unrealised"] - won["fees"] - won["funding"]
    return {**{name: counts[name] for name in COUNTED}, **money, "pnl": format(pnl, "f")}


def traders_table(census: Census) -> Table:
    """The same for people: money to two decimals."""
    table = Table(title="who traded", title_justify="left", title_style="bold", box=box.SIMPLE,
                  pad_edge=False)  # fmt: skip
    for name in ("account", "strategy"):
        table.add_column(name)
    for name in SHOWN:
        table.add_column(name, justify="right")
    for row in traders(census):
        whole = row["strategy"] is None
        name = ALL if whole else row["strategy"] or BY_HAND
        counts = [f"{row[name]:,}" for name in COUNTED]
        money = [f"{float(row[name]):,.2f}" for name in (*MONEY, "pnl")]
        style = "bold" if whole else None
        table.add_row(row["account"], name, *counts, *money, style=style, end_section=whole)
    return table
