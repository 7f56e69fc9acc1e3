"""What is in the models' store, for people and programs."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from engine.learning.model import Model
from engine.learning.stored import stored as read
from gateway.terminal.output import Output
from gateway.watching.earnings import table
from schemas.errors import TapelineError
from topics.models.store import Store, Stored
from topics.settings import settings

HEADINGS = ("head", ">samples", ">log loss", ">base", ">Brier", ">base", ">hits", ">AUC", ">error")
KEYS = ("log_loss", "base_log_loss", "brier", "base_brier", "hit_rate", "auc", "calibration_error")


def listing(output: Output) -> int:
    """Every version of every model, a row each; 1 where one of them is damaged."""
    store = settings().models
    there = [(name, version) for name in store.names() for version in store.versions(name)]
    rows = [_row(store, *each) for each in there]
    if output.json:
        output.lines(rows)
    else:
        output.show(_table(rows))
    return int(any("problem" in row for row in rows))


def _row(store: Store, name: str, version: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": name, "version": version, "promoted": store.promoted(name) == version,
    }  # fmt: skip
    try:
        stored = store.load(name, version)
        model, card = read(stored.model), stored.card
    except TapelineError as error:
        return {**row, "problem": str(error)}
    direction = card.get("walk_forward", {}).get("direction", {})
    target = f"{model.target} {model.horizon}" if isinstance(model, Model) else "actions"
    return {
        **row, "digest": stored.digest, "bytes": len(stored.model), "kind": model.kind,
        "interval": card.get("interval"), "cutoff": card.get("cutoff"),
        "target": target, "skill": direction.get("skill"),
    }  # fmt: skip


def _table(rows: list[dict[str, Any]]) -> Table:
    keys = ("name", "version", "kind", "interval", "target", "cutoff", "skill", "digest")
    drawn = Table(*(*keys, "")) if rows else Table("no models")
    for row in rows:
        mark = row.get("problem") or ("promoted" if row["promoted"] else "")
        drawn.add_row(*(_short(row.get(key)) for key in keys), mark)
    return drawn


def shown(name: str, version: str, output: Output) -> int:
    """A model's card; TapelineError where there is none, or where it is damaged."""
    told(settings().models.load(name, version), output)
    return 0


def told(stored: Stored, output: Output) -> None:
    """A model's name, version and card."""
    model = read(stored.model)
    if output.json:
        output.object({"name": stored.name, "version": stored.version, **stored.card})
        return
    card = stored.card
    output.show(Text(f"{stored.name} {stored.version}  {stored.digest}", style="bold"))
    output.show(table(("", ""), [(name, _words(card[name])) for name in _FACTS if name in card]))
    if not isinstance(model, Model):
        spans = [span for span in SPANS if card.get(span)]
        output.show(Text("Earned by the desk, net of costs; the validation span chose it:"))
        output.show(table(EARNED, [_earned(span, card[span]) for span in spans]))
        return
    rows = [
        (head, f"{found['count']:,}", *(_short(found.get(key)) for key in KEYS))
        for head, found in card.get("walk_forward", {}).items()
    ]
    output.show(Text("Foretold of what it had not seen (walk forward), beside the base rate:"))
    output.show(table(HEADINGS, rows))
    volatility = card.get("walk_forward", {}).get("volatility", {})
    if "r2" in volatility:
        output.show(Text(f"volatility: R2 {volatility['r2']:.3f} over its own mean"))


def _earned(span: str, of: dict[str, Any]) -> tuple[str, ...]:
    """What a policy earned in a span, net of costs, beside buying and holding."""
    whole = of["intervals"].get("total_return")
    bounds = f"{whole['low']:+.2%} to {whole['high']:+.2%}" if whole else "-"
    return (
        span.replace("_", " "), f"{of['total_return']:+.2%}", bounds, _short(of["sharpe"]),
        str(of["closed"]), f"{of['buy_and_hold']:+.2%}",
    )  # fmt: skip


SPANS = ("validation", "held_out")
EARNED = ("span", ">return", ">95 %", ">Sharpe", ">trips", ">buy and hold")

_FACTS = (
    "kind", "target", "market", "edge", "spans", "interval", "cutoff", "samples", "data", "inputs",
    "recipe", "seed",
    "calibration", "code", "libraries",
)  # fmt: skip


def _words(value: Any) -> str:
    if isinstance(value, list):
        apart = "\n" if any(isinstance(each, dict) for each in value) else ", "
        return apart.join(map(_words, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {_words(each)}" for key, each in value.items())
    return _short(value)


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "-" if value is None else str(value)
