"""Alerts, dashboards and the docs name what the processes tell, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from gateway.cli import app
from infra.monitoring.drawing import FOLDER, text
from infra.monitoring.panels import DASHBOARDS
from schemas.metrics import DEFINED

ROOT = Path(__file__).resolve().parents[2]
ALERTS = FOLDER.parent / "alerts.yml"
SAMPLES = {name for metric in DEFINED.values() for name in metric.samples}
LABELS = {name for metric in DEFINED.values() for name in metric.labels} | {
    "worker", "job", "le",
}  # fmt: skip
OTHERS = {"up", "process_resident_memory_bytes", "process_cpu_seconds_total"}
"""Prometheus' own, and its library's of every process."""
WORDS = {
    "abs", "and", "by", "deriv", "histogram_quantile", "increase", "max", "offset", "on", "or",
    "rate", "sum", "timestamp", "unless",
}  # fmt: skip
"""Of PromQL, as far as they are used."""
TELLING = (
    "topics/metrics/*.py", "engine/gauges.py", "executor/live/telling.py",
    "gateway/server/telling.py",
    "agents/advising/telling.py", "infra/local/telling.py", "gateway/store/sink/telling.py",
)  # fmt: skip
SPANS = re.compile(r'"[^"]*"|\[\d+[smhd]\]|offset \d+[smhd]')
WORD = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def rules() -> list[dict[str, Any]]:
    """All alerts."""
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def words(expression: str) -> set[str]:
    """What an expression names: metrics and labels."""
    return set(WORD.findall(re.sub(r"\b\d[\d.e]*", "", SPANS.sub("", expression)))) - WORDS


@cache
def commands() -> frozenset[str]:
    """Of the command line."""
    return frozenset(get_command(app).commands)  # type: ignore[attr-defined]


def unknown(expression: str) -> set[str]:
    """What of it no process tells."""
    return words(expression) - SAMPLES - LABELS - OTHERS


def test_the_scan_finds_a_name_that_nobody_tells() -> None:
    assert unknown('sum by (stage) (rate(tapeline_lag_recordz{topic="x y"}[5m])) > 1e3') == {
        "tapeline_lag_recordz"
    }
    assert unknown("tapeline_frame_to_order_seconds") == {"tapeline_frame_to_order_seconds"}
    assert not unknown("rate(tapeline_frame_to_order_seconds_bucket[5m]) > 1")


@pytest.mark.parametrize("rule", rules(), ids=lambda each: each["alert"])
def test_an_alert_is_of_what_is_told_and_says_what_to_do(rule: dict[str, Any]) -> None:
    assert not unknown(rule["expr"])
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    said = rule["annotations"]
    assert set(said) == {"summary", "remedy"}
    assert len(said["remedy"].split()) >= 8
    for command in re.findall(r"\btapeline ([a-z]+)", said["remedy"]):
        assert command in commands(), f"there is no tapeline {command}"
    for label in re.findall(r"\$labels\.([a-z]+)", "".join(said.values())):
        assert label in words(rule["expr"]) | carried(rule["expr"]), label


def carried(expression: str) -> set[str]:
    """Labels of the metrics in it, where no sum drops them."""
    if " by (" in expression:
        return set()
    metrics = (metric for metric in DEFINED.values() if {*metric.samples} & words(expression))
    return {"worker"} | {label for metric in metrics for label in metric.labels}


def test_alerts_have_names_of_their_own() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len({*names}) > 25


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_is_what_is_drawn_of_what_is_told(name: str) -> None:
    file = FOLDER / f"{name}.json"
    assert file.read_bytes() == text(name), "run python -m infra.monitoring.drawing"
    board = json.loads(file.read_bytes())
    for panel in board["panels"]:
        for target in panel["targets"]:
            assert not unknown(target["expr"]), panel["title"]
            for label in re.findall(r"{{([a-z]+)}}", target["legendFormat"]):
                told = words(target["expr"]) | carried(target["expr"])
                assert label in told, f"{panel['title']} has no {label}"
    places = [(each["gridPos"]["x"], each["gridPos"]["y"]) for each in board["panels"]]
    assert len(places) == len({*places})


def shown() -> Iterator[str]:
    """Every expression that somebody sees."""
    yield from (rule["expr"] for rule in rules())
    for panels in DASHBOARDS.values():
        yield from (query for panel in panels for query, _ in panel.queries)


def test_every_metric_is_on_a_dashboard_or_in_an_alert() -> None:
    seen = set[str]().union(*map(words, shown()))
    silent = {name for name, metric in DEFINED.items() if not {*metric.samples} & seen}
    assert silent == {
        "tapeline_build_info", "tapeline_check_passed", "tapeline_restoring_cells",
        "tapeline_unacked_records",
    }  # fmt: skip


def test_every_metric_is_told_by_somebody() -> None:
    """Each is used in the code, beside its definition; what processes really tell is shown in
    tests/pipeline and in test_metrics_told.
    """
    import schemas.metrics as defined

    names = {id(value): name for name, value in vars(defined).items()}
    code = "".join(path.read_text() for place in TELLING for path in ROOT.glob(place))
    used = {*re.findall(r"\bm\.([A-Z_]+)\b", code)}
    for metric in DEFINED.values():
        assert names[id(metric)] in used, metric.name


def test_the_docs_have_a_row_of_every_metric() -> None:
    docs = (ROOT / "docs" / "monitoring.md").read_text()
    for metric in DEFINED.values():
        labels = ", ".join(metric.labels)
        row = f"| `{metric.name}` | {metric.kind} | {metric.of} | {labels} | {metric.help} |"
        assert row in docs, f"docs/monitoring.md lacks\n{row}"
    rows = re.findall(r"^\| `(tapeline_[a-z_]+)` \|", docs, re.MULTILINE)
    assert {*rows} == {*DEFINED}
    for rule in rules():
        assert f"`{rule['alert']}`" in docs, f"docs/monitoring.md lacks {rule['alert']}"
