"""The report on a parameter search: every trial, the choices, and what they were worth after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
from rich.text import Text

from engine.research.course import Course
from engine.research.forward import Chosen, Forward, chosen, forward
from engine.research.selection import Goal, Stability, stabilities
from engine.research.spaces import Space, Value, text, told
from engine.research.splits import Window
from engine.research.trials import Outcome, Trial
from gateway.reports.optimization_page import page
from gateway.reports.tables import Table, as_csv
from gateway.research.parameters import lines
from gateway.terminal.output import Output
from gateway.terminal.span import time_text
from gateway.watching.earnings import share, table

NAME = "optimization"


@dataclass(frozen=True)
class Optimization:
    """told: all of it as JSON has it, the trials too; chosen: one a split."""

    chosen: tuple[Chosen, ...]
    forward: Forward | None
    told: dict[str, Any]

    @classmethod
    def of(
        cls, courses: Sequence[Course], goal: Goal, space: Space, period: str,
        heading: dict[str, Any],
    ) -> Optimization:  # fmt: skip
        """Of courses that are done."""
        found = tuple(chosen(each.split, each.trials, goal, space, period) for each in courses)
        ahead = forward(found, period)
        bests = [each.best for each in found if each.best is not None]
        trials = [trial for each in found for trial in each.trials]
        steady = stabilities(bests, trials, goal, space)
        made = {
            **heading,
            "space": {axis.name: _axis(axis) for axis in space.axes},
            "trials_count": len(trials),
            "splits": [_split(each, goal) for each in found],
            "out_of_sample": None if ahead is None else _forward(ahead),
            "stability": [_stability(each) for each in steady],
            "settings": lines(bests[-1].parameters) if bests else None,
            "trials": [_trial(each, goal) for one in courses for each in one.trials],
        }
        return cls(found, ahead, made)

    def write(self, folder: Path) -> list[Path]:
        """As a page, JSON and CSV; the files."""
        curve = [] if self.forward is None else self.forward.curve
        made = {
            ".html": page(self.told, curve),
            ".json": orjson.dumps(self.told, option=orjson.OPT_INDENT_2).decode(),
            "-trials.csv": _csv([_flat(each) for each in self.told["trials"]]),
            "-splits.csv": _csv([_flat(each) for each in self.told["splits"]]),
            "-out-of-sample.csv": as_csv(
                Table(
                    ("time", "equity"), [(time_text(time), float(worth)) for time, worth in curve]
                )
            ),
        }
        for ending, content in made.items():
            (folder / f"{NAME}{ending}").write_text(content)
        return [folder / f"{NAME}{ending}" for ending in made]

    def show(self, files: Sequence[Path], output: Output) -> None:
        """What was chosen and what it came to; as JSON all but the trials."""
        if output.json:
            kept = {name: value for name, value in self.told.items() if name != "trials"}
            output.object({"optimization": kept, "files": [str(each) for each in files]})
            return
        rows = [_row(each) for each in self.told["splits"]]
        output.show(table(SPLIT, rows))
        for line in conclusions(self.told):
            output.show(Text(line))
        output.note(f"report: {', '.join(str(each) for each in files)}")


SPLIT = ("chosen on", "parameters", ">trips", ">Sharpe", ">return", ">tested Sharpe",
         ">tested return", ">deflated", ">overfit")  # fmt: skip


def _row(split: dict[str, Any]) -> tuple[str, ...]:
    inside, outside = split["train_outcome"] or {}, split["test_outcome"] or {}
    deflated, overfit = split["deflated_sharpe"], split["overfitting"]
    return (
        f"{split['train']['from'][:19]} to {split['train']['to'][:19]}",
        told((name.split(".")[-1], value) for name, value in split["parameters"].items())
        if split["parameters"] else "none is to be chosen",
        str(inside.get("trips", "-")), ratio(inside.get("sharpe")), share(inside.get("return")),
        ratio(outside.get("sharpe")), share(outside.get("return")),
        share(deflated["probability"] if deflated else None),
        share(overfit["probability"] if overfit else None),
    )  # fmt: skip


def conclusions(made: dict[str, Any]) -> list[str]:
    """What it comes to, in a few lines."""
    ahead, period = made["out_of_sample"], made["period"]
    said = [f"Sharpe ratios are of one {period}."]
    if ahead is None:
        said.append(
            "Nothing was judged out of sample: --train and --test walk forward. What was chosen "
            "is the best of its tries, so less is to be expected of it than it shows."
        )
    else:
        efficiency = ahead["efficiency"]
        said.append(
            f"Out of sample, {ahead['from']} to {ahead['to']}: return {share(ahead['return'])}, "
            f"Sharpe {ratio(ahead['sharpe'])}, deepest drawdown {share(ahead['drawdown'])}, "
            f"{ahead['trips']:,} round trips; efficiency "
            f"{'-' if efficiency is None else f'{efficiency:.0%}'} of what was chosen by."
        )
    return said


def ratio(value: float | None) -> str:
    """With three digits; "-" for none."""
    return "-" if value is None else f"{value:,.3g}"


def _axis(axis: Any) -> str:
    if axis.values is None:
        return f"{axis.low}:{axis.high}{':log' if axis.log else ''}"
    return ",".join(text(each) for each in axis.values)


def _split(each: Chosen, goal: Goal) -> dict[str, Any]:
    run = [trial for trial in each.trials if trial.outcome is not None]
    return {
        "train": _window(each.split.train),
        "test": None if each.split.test is None else _window(each.split.test),
        "trials": len(each.trials),
        "not_run": len(each.trials) - len(run),
        "eligible": sum(goal.value(trial) is not None for trial in run),
        "trial": None if each.best is None else each.best.number,
        "parameters": None if each.best is None else each.best.parameters,
        "value": None if each.plateau is None else each.plateau.value,
        "train_outcome": _outcome(each.best),
        "test_outcome": _outcome(each.test),
        "plateau": None if each.plateau is None else asdict(each.plateau),
        "deflated_sharpe": None if each.deflated is None else asdict(each.deflated),
        "overfitting": None if each.overfitting is None else asdict(each.overfitting),
    }


def _outcome(of: Trial | None) -> dict[str, Any] | None:
    return None if of is None or of.outcome is None else figures(of.outcome)


def figures(of: Outcome) -> dict[str, Any]:
    """An outcome's, by name; ratios of one period unless they say a year."""
    ratios = of.ratios
    return {
        "return": ratios.total_return, "sharpe": ratios.sharpe,
        "sharpe_annual": ratios.sharpe_annual, "sortino": ratios.sortino,
        "calmar": ratios.calmar, "drawdown": of.fall, "trips": of.trips, "fills": of.fills,
        "win_rate": of.win_rate, "profit_factor": of.profit_factor, "expectancy": of.expectancy,
    }  # fmt: skip


def _forward(ahead: Forward) -> dict[str, Any]:
    ratios = ahead.ratios
    return {
        "from": time_text(ahead.curve[0][0]), "to": time_text(ahead.curve[-1][0]),
        "return": ratios.total_return, "cagr": ratios.cagr, "volatility": ratios.volatility,
        "sharpe": ratios.sharpe, "sharpe_annual": ratios.sharpe_annual,
        "sortino": ratios.sortino, "calmar": ratios.calmar, "drawdown": ahead.returns.fall,
        "trips": ahead.trips, "fills": ahead.fills, "efficiency": ahead.efficiency,
        "probability_above_zero": None if ahead.alone is None else ahead.alone.probability,
        "periods": len(ahead.returns.values),
    }  # fmt: skip


def _stability(of: Stability) -> dict[str, Any]:
    found = asdict(of)
    return {**found, "means": [list(row) for row in of.means]}


def _trial(of: Trial, goal: Goal) -> dict[str, Any]:
    value = goal.value(of)
    made = {} if of.outcome is None else figures(of.outcome)
    return {
        "split": of.split, "trial": of.number, "role": of.role, **of.parameters,
        "value": value, **made, "problem": of.problem,
    }  # fmt: skip


def _window(window: Window) -> dict[str, str]:
    return {"from": time_text(window.since), "to": time_text(window.until)}


def _flat(row: dict[str, Any], before: str = "") -> dict[str, Value]:
    """Tables in tables as dotted columns."""
    found: dict[str, Value] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{before}{name}.")
        elif not isinstance(value, list | tuple):
            found[f"{before}{name}"] = value
    return found


def _csv(rows: Sequence[dict[str, Value]]) -> str:
    """Rows need not all have every column: one that was not run has no figures."""
    heading = tuple(dict.fromkeys(name for row in rows for name in row))
    return as_csv(Table(heading, [tuple(row.get(name) for name in heading) for row in rows]))
