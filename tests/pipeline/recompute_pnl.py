"""PnL from the statuses alone, in fractions, without a line of the engine, beside the portfolio.

`python -m tests.pipeline.recompute_pnl` reads the two topics of the desk that TAPELINE_HOME names,
be it stopped or not (`TAPELINE_HOME=.tapeline/demo`: of the last demo), prints what they come to
and every difference, and ends with 1 when there is any. With STATUSES PORTFOLIO [EQUITY] it reads
files of JSON lines instead (`tapeline topics --tail TOPIC --from-beginning --json`). EQUITY: what
each account started with, 10000 by default.

What a signed quantity q is worth at a price p, contract size c: p * q * c, or for an inverse
contract -q * c / p in base, rounded half to even to 10^-18. Closing a part keeps the cost in
proportion, rounded half to even to 10^-26. Base is valued at the mark; USD, USDT, USDC are one.
Funding is the rate times the unsigned worth of the position at the announced mark; a long position
pays a positive rate (Binance, "Introduction to Binance Futures Funding Rates").
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

from gateway.running.broker import opened
from gateway.terminal.output import Output
from schemas import names
from topics.reading import read_all
from topics.settings import settings

Row = dict[str, Any]
Sums = dict[str, Fraction]
Announced = tuple[int, Fraction, Fraction]
"""A funding payment: ns at which it is due, its rate, the mark price that it is reckoned at."""
NAMES = ("realised", "unrealised", "fees", "funding")
BASE, SPLIT = 10**18, 10**26


def rounded(amount: Fraction, units: int) -> Fraction:
    """Half to even, to 1 / units."""
    return Fraction(round(amount * units), units)


@dataclass
class Held:
    """One symbol of an account. sums: realised, fees and funding of each strategy."""

    inverse: bool = False
    size: Fraction = Fraction(1)
    quantity: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)
    mark: Fraction = Fraction(0)
    owner: str = ""
    sums: dict[str, Sums] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Fraction))
    )

    def worth(self, price: Fraction, quantity: Fraction) -> Fraction:
        """Settle money of a signed quantity at a price."""
        if not self.inverse:
            return price * quantity * self.size
        return rounded(-quantity * self.size / price, BASE)

    def take(self, row: Row) -> None:
        """One status; a contract that is not told is inverse when its name settles in its base."""
        if row["type"] in ("fill", "funding"):
            pair, _, settle = row["symbol"].partition(":")
            self.inverse = settle.split("-")[0] == pair.split("/")[0]
        if contract := row.get("contract"):
            self.inverse, self.size = contract["kind"] == "inverse", Fraction(contract["size"])
        if row["type"] == "fill":
            sign = 1 if row["side"] == "buy" else -1
            self.trade(row, sign * Fraction(row["quantity"]), Fraction(row["price"]))
            self.mark = Fraction(row["price"])
        elif row["type"] == "funding":
            if not self.sums:
                self.owner = row["strategy"]
            self.sums[self.owner]["funding"] += Fraction(row["amount"])
        if row.get("mark"):
            self.mark = Fraction(row["mark"])

    def trade(self, row: Row, quantity: Fraction, price: Fraction) -> None:
        """A fill: what it closes is realised at average cost, what it opens costs its price."""
        before, after = self.quantity, self.quantity + quantity
        fee, paid = Fraction(row.get("fee") or 0), self.worth(price, quantity)
        if before * quantity >= 0:
            cost = self.cost + paid
        elif after * quantity > 0:
            cost = self.worth(price, after)
        else:
            cost = rounded(self.cost * after / before, SPLIT)
        turned = before * after < 0
        if before:
            own = rounded(fee * abs(before / quantity), SPLIT) if turned else fee
            self.sums[self.owner]["realised"] += cost - self.cost - paid
            self.sums[self.owner]["fees"] += own
            fee -= own
        if not before or turned:
            self.owner = row["strategy"]
            self.sums[self.owner]["fees"] += fee
        self.quantity, self.cost = after, cost

    def told(self, strategy: str | None = None, valued: bool = True) -> Sums:
        """All of it, or a strategy's; in quote, or as it settles."""
        rate = self.mark if self.inverse and valued else Fraction(1)
        names = self.sums if strategy is None else {strategy}
        sums = {
            name: sum((self.sums[each][name] for each in names if each in self.sums), Fraction(0))
            for name in NAMES
        }
        if self.quantity and strategy in (None, self.owner):
            sums["unrealised"] = self.worth(self.mark, self.quantity) - self.cost
        return {name: amount * rate for name, amount in sums.items()}


def unique(rows: Iterable[Row]) -> Iterator[Row]:
    """Each record once: doubles are told by their sequence."""
    last: dict[str, int] = {}
    for row in rows:
        if row["seq"] > last.get(row["key"], -1):
            last[row["key"]] = row["seq"]
            yield row


def recompute(statuses: Iterable[Row], equity: Fraction = Fraction(10000)) -> dict[str, Sums]:
    """Sums by the portfolio's key: account:symbol as it settles, account:@name, account:*."""
    accounts: dict[str, dict[str, Held]] = defaultdict(lambda: defaultdict(Held))
    for row in unique(statuses):
        accounts[row["account"]][row["symbol"]].take(row)
    found: dict[str, Sums] = {}
    for account, held in accounts.items():
        for symbol, one in held.items():
            found[f"{account}:{symbol}"] = {**one.told(valued=False), "quantity": one.quantity}
        for name in {name for one in held.values() for name in one.sums if name}:
            found[f"{account}:@{name}"] = total([one.told(name) for one in held.values()])
        whole = total([one.told() for one in held.values()])
        found[f"{account}:*"] = {**whole, "equity": equity + whole["equity"]}
    return found


def total(rows: list[Sums]) -> Sums:
    """The rows added up, with the equity that they make."""
    sums = {name: sum((row[name] for row in rows), Fraction(0)) for name in NAMES}
    won = sums["realised"] + sums["unrealised"] - sums["fees"] - sums["funding"]
    return {**sums, "equity": won}


def payments(
    statuses: Iterable[Row], announced: Mapping[str, Iterable[Announced]]
) -> list[tuple[str, int, Fraction]]:
    """What was due by the fills before it: symbol, time and amount, paid by longs when positive.

    announced: by symbol, in order of time.
    """
    found: list[tuple[str, int, Fraction]] = []
    rows = [row for row in unique(statuses) if row["type"] == "fill"]
    for symbol, times in sorted(announced.items()):
        held, left = Held(), [row for row in rows if row["symbol"] == symbol]
        for due, rate, mark in times:
            while left and left[0]["event_time"] <= due:
                held.take(left.pop(0))
            if held.quantity:
                value = abs(held.worth(mark, held.quantity)) * rate
                found.append((symbol, due, value if held.quantity > 0 else -value))
    return found


def differences(
    statuses: Iterable[Row], portfolio: Iterable[Row], equity: Fraction = Fraction(10000)
) -> list[str]:
    """Each figure that the portfolio's last records have otherwise, in a line."""
    latest = {row["key"]: row for row in unique(portfolio)}
    found = recompute(statuses, equity)
    wrong = [f"{key}: only in one of the two" for key in sorted(latest.keys() ^ found.keys())]
    for key in sorted(latest.keys() & found.keys()):
        for name, amount in found[key].items():
            if Fraction(latest[key][name]) != amount:
                told = latest[key][name]
                wrong.append(f"{key} {name}: told {told}, recomputed {exact(amount)}")
    return wrong


def published(*topics: str) -> Iterator[list[Row]]:
    """The records of each topic of the desk that the environment names."""
    with opened(settings(), Output()) as known:
        for topic in topics:
            values = [bytes(message.value() or b"null") for message in read_all(known, topic)]
            yield [row for row in map(json.loads, values) if row]


def lines(file: str) -> Iterator[Row]:
    """The records of a file of JSON lines, as they are or as `topics --tail` wraps them."""
    with Path(file).open(encoding="utf-8") as text:
        for line in text:
            row = json.loads(line)
            yield row.get("value", row)


def exact(amount: Fraction) -> str:
    """Plain decimals: all of them where there are fewer than 60 digits, as there are of quote."""
    with localcontext(prec=60):
        return f"{(Decimal(amount.numerator) / amount.denominator).normalize():f}"


def said(found: dict[str, Sums]) -> Iterator[str]:
    """Accounts and strategies, a line each."""
    for key, sums in sorted(found.items()):
        if key.partition(":")[2][0] in "*@":
            told = ", ".join(f"{name} {exact(amount)}" for name, amount in sums.items())
            yield f"{key}: {told}"


def main(words: list[str]) -> int:
    """Compare two topics or files; 1 when they differ."""
    if len(words) not in (0, 2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    start = Fraction(words[2]) if len(words) == 3 else Fraction(10000)
    if words:
        statuses, portfolio = list(lines(words[0])), list(lines(words[1]))
    else:
        statuses, portfolio = published(names.STATUSES, names.PORTFOLIO)
    wrong = differences(statuses, portfolio, start)
    print("\n".join(said(recompute(statuses, start))))
    fills = sum(row["type"] == "fill" for row in unique(statuses))
    print(
        "\n".join(wrong) or f"{fills} fills: the portfolio is what they come to, to the last unit"
    )
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
