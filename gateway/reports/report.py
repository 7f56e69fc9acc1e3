"""The report on an account's trading: figures with their certainty, as JSON, HTML and CSV."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import orjson

from engine.advice.ledger import Ledger
from engine.analytics import Point, Span, Traded, merged
from engine.costs import EXACT, text
from engine.performance.attribution import Journey, Reasons, by_reason, by_way_out, journeys
from engine.performance.bootstrap import Bootstrap, block_length
from engine.performance.deflation import deflated
from engine.performance.drawdowns import Fall, falls
from engine.performance.exposure import exposure, turnover
from engine.performance.frictions import Friction, frictions
from engine.performance.returns import Ratios, Returns, monthly
from engine.performance.worlds import paths, worlds
from engine.portfolio import PortfolioSettings
from engine.position import RoundTrip
from gateway.reports.page import page
from gateway.reports.sections import sections, title
from gateway.reports.sheets import workbook
from gateway.reports.tables import TRADE, as_csv, tables, trade
from gateway.terminal.output import Output
from gateway.terminal.span import time_text
from gateway.watching.earnings import Earnings, Source, figures
from schemas.errors import TapelineError

Format = Literal["html", "json", "csv", "xlsx", "pdf"]
FORMATS: tuple[Format, ...] = ("html", "json", "csv", "xlsx", "pdf")

UNTOLD = (
    "spread and impact of fills without a mid in their status",
    "what an order did to the market after its fill: a recorded market does not answer",
    "what was missed by orders that were refused or not filled",
    "fees in a third currency (`tapeline statistics` tells them)",
)
"""Costs that the records do not tell."""


class NoFormat(TapelineError):
    """A format that no report has."""


@dataclass(frozen=True)
class Wanted:
    """Where a report goes, in which formats, and what its certainty is reckoned with.

    tries: strategies or parameters of which this is the best; variance: of their Sharpe ratios
    (None: not known); deepest: how many drawdowns are told.
    """

    directory: Path
    formats: tuple[Format, ...] = FORMATS
    tries: int = 1
    variance: float | None = None
    bootstrap: Bootstrap = field(default_factory=Bootstrap)
    deepest: int = 5

    @classmethod
    def of(
        cls, directory: Path, formats: str, tries: int, variance: float | None, seed: int
    ) -> Wanted:
        """From the command line; formats: names apart by commas."""
        given = (each.strip() for each in formats.split(","))
        named = tuple("xlsx" if each == "excel" else each for each in given if each)
        known = tuple(each for each in FORMATS if each in named)
        if not named or len(known) != len(set(named)):
            raise NoFormat(f"--format {formats}: a report is {', '.join(FORMATS)}, or some of them")
        return cls(directory, known, tries, variance, Bootstrap(seed=seed))


@dataclass(frozen=True)
class Report:
    """One account's: `told` are its figures as JSON has them, with the curve and trips beside."""

    account: str
    told: dict[str, Any]
    curve: list[Point]
    trips: list[Journey]

    @classmethod
    def of(
        cls, account: str, source: Source, known: Reasons, rules: PortfolioSettings, wanted: Wanted,
        ledger: Ledger | None = None, earned: Earnings | None = None,
    ) -> Report:  # fmt: skip
        """All figures of an account's records from their beginning; ledger: of its advisors;
        earned: of all that time, where they are known."""
        earned = earned or Earnings.of(account, source, None, Span(), rules)
        trips = journeys(source.statuses, rules, known)
        curve = lasting(earned.curve, source)
        returns = Returns.of(curve)
        lost = frictions(source.statuses, rules, known.mids)
        told = {
            **_course(account, curve),
            "period": {"name": returns.period, "count": len(returns.values)},
            "ruined": returns.ruined,
            **asdict(Ratios.of(returns)),
            "drawdowns": [_fall(each) for each in falls(curve, wanted.deepest)],
            **figures(merged(earned.rows.values())),
            **_exposed(earned, source, returns),
            "costs": _costs(earned.rows, lost),
            "by_strategy": _grouped(earned.rows, 0, "strategy"),
            "by_symbol": _grouped(earned.rows, 1, "symbol", lost),
            "by_reason": _trips("reason", by_reason(trips)),
            "by_way_out": _trips("way_out", by_way_out(trips)),
            "monthly": monthly(curve),
            "advisors": _advised(ledger or Ledger()),
            **_certainty(returns, source, rules, wanted),
        }
        return cls(account, told, curve, trips)

    def as_json(self) -> bytes:
        """Its figures, and every round trip."""
        rows = [dict(zip(TRADE, trade(each), strict=True)) for each in self.trips]
        return orjson.dumps({**self.told, "round_trips": rows}, option=orjson.OPT_INDENT_2)

    def write(self, wanted: Wanted) -> list[Path]:
        """Write it in each format; the files. JSON, CSV and Excel have every round trip."""
        wanted.directory.mkdir(parents=True, exist_ok=True)
        written = []
        for ending, content in self._made(wanted.formats):
            path = wanted.directory / f"{file_name(self.account)}{ending}"
            path.write_bytes(content)
            written.append(path)
        return written

    def _made(self, formats: Sequence[Format]) -> Iterator[tuple[str, bytes]]:
        """The end of each file's name, and the file. A library is loaded where it is needed."""
        said, whole = title(self.told), (self.told, self.curve, self.trips)
        if "html" in formats:
            yield ".html", page(said, sections(*whole)).encode()
        if "json" in formats:
            yield ".json", self.as_json()
        if "csv" in formats:
            yield from (
                (f"-{name}.csv", as_csv(each).encode()) for name, each in tables(*whole).items()
            )
        if "xlsx" in formats:
            yield ".xlsx", workbook(tables(*whole))
        if "pdf" in formats:
            from gateway.reports.pdf import pdf

            yield ".pdf", pdf(said, sections(*whole))


def _advised(ledger: Ledger) -> list[dict[str, Any]]:
    """What each advisor has said, and which decisions its model may have known the end of."""
    return [
        {
            "advisor": name,
            **told,
            "void": sum(told["void"].values()),
            "models": ", ".join(told["models"]),
            "cutoff": None if told["cutoff"] is None else time_text(told["cutoff"]),
        }
        for name, told in ledger.as_json().items()
    ]


def file_name(account: str) -> str:
    """A name of letters, digits, - and _ that no path can be made of."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", account) or "_"


def lasting(curve: list[Point], source: Source) -> list[Point]:
    """The curve up to the account's last record: an equity that nothing changed any more lasted."""
    end = source.portfolio[-1].seen_time if source.portfolio else 0
    return [*curve, (end, curve[-1][1])] if curve and end > curve[-1][0] else curve


def _course(account: str, curve: list[Point]) -> dict[str, Any]:
    first, last = (curve[0], curve[-1]) if curve else (None, None)
    return {
        "account": account,
        "from": time_text(first[0]) if first else None,
        "to": time_text(last[0]) if last else None,
        "start": text(first[1]) if first else None,
        "equity": text(last[1]) if last else None,
        "pnl": text(EXACT.subtract(last[1], first[1])) if first and last else "0",
    }


def _fall(each: Fall) -> dict[str, Any]:
    return {
        "share": each.share,
        "value": text(each.value),
        "peak": time_text(each.peak),
        "trough": time_text(each.trough),
        "recovered": None if each.recovered is None else time_text(each.recovered),
    }


def _exposed(earned: Earnings, source: Source, returns: Returns) -> dict[str, Any]:
    last = source.portfolio[-1].seen_time if source.portfolio else 0
    found = exposure(source.portfolio, last)
    whole = merged(earned.rows.values()).turnover
    times, yearly = turnover(whole, found.equity, returns.span) if found else (None, None)
    return {
        "exposure": None if found is None else asdict(found),
        "turnover_times": times,
        "turnover_times_a_year": yearly,
    }


def _costs(rows: Mapping[tuple[str, str], Traded], lost: Mapping[str, Friction]) -> dict[str, Any]:
    traded, friction = merged(rows.values()), Friction()
    for each in lost.values():
        friction.add(each)
    return {
        "fees": text(traded.fees),
        "funding": text(traded.funding),
        **_friction(friction),
        "fills": friction.fills,
        "fills_without_mid": friction.blind,
        "fills_without_decision": friction.undecided,
        "untold": list(UNTOLD),
    }


def _friction(of: Friction) -> dict[str, str]:
    return {"spread": text(of.spread), "impact": text(of.impact), "delay": text(of.delay)}


def _grouped(
    rows: Mapping[tuple[str, str], Traded], part: int, noun: str,
    lost: Mapping[str, Friction] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    names = dict.fromkeys(key[part] for key in rows)
    return [
        {
            noun: name,
            **figures(merged(row for key, row in rows.items() if key[part] == name)),
            **(_friction(lost.get(name, Friction())) if lost is not None else {}),
        }
        for name in names
    ]


def _trips(noun: str, rows: Mapping[str, Sequence[RoundTrip]]) -> list[dict[str, Any]]:
    kept = ("closed", "won", "win_rate", "net", "profit_factor", "expectancy", "average_return")
    found = []
    for name, trips in rows.items():
        told = figures(Traded(trips=list(trips)))
        found.append({noun: name, **{each: told[each] for each in kept}})
    return found


def _certainty(
    returns: Returns, source: Source, rules: PortfolioSettings, wanted: Wanted
) -> dict[str, Any]:
    block = block_length(returns.values)
    apart = wanted.bootstrap.intervals(returns.values, block)
    world = worlds(paths(source.statuses, rules, returns))
    worth = deflated(returns, wanted.tries, wanted.variance)
    return {
        "bootstrap": {
            **asdict(wanted.bootstrap),
            "block": block,
            "intervals": {name: asdict(each) for name, each in apart.items()},
        },
        "no_edge": None if world is None else asdict(world),
        "deflated_sharpe": None if worth is None else asdict(worth),
    }


def report(
    found: Mapping[str, Source],
    known: Reasons,
    rules: PortfolioSettings,
    wanted: Wanted,
    output: Output,
    ledger: Ledger | None = None,
    earned: Mapping[str, Earnings] | None = None,
) -> None:
    """Write every account's report, and tell the figures as JSON or where the files are. earned:
    what is known of them already, as `Report.of` takes it."""
    if not found:
        output.note("nothing was traded, so there is nothing to report")
    for name, source in found.items():
        made = Report.of(name, source, known, rules, wanted, ledger, (earned or {}).get(name))
        files = made.write(wanted)
        if output.json:
            output.object({"report": made.told, "files": [str(each) for each in files]})
        else:
            output.note(f"report: {', '.join(str(each) for each in files)}")
