"""Each alert fires when it should and keeps quiet when it should not, by Prometheus' own promtool.

Where it is not found (PROMTOOL, else on the PATH; Debian's package prometheus has it) these skip.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.unit.test_monitoring import ALERTS, rules

PROMTOOL = os.environ.get("PROMTOOL") or shutil.which("promtool")
needed = pytest.mark.skipif(
    not PROMTOOL, reason="no promtool: apt-get install prometheus, or set PROMTOOL"
)
END = "30m"
"""When all of it is looked at; a series has a value a minute."""


class Case(NamedTuple):
    """Series that make an alert fire, with the labels that it then has, and series that do not."""

    alert: str
    fires: dict[str, str]
    labels: dict[str, str]
    quiet: dict[str, str]


def steady(value: float) -> str:
    """The same for half an hour."""
    return f"{value}x30"


def rising(step: float, start: float = 0) -> str:
    """More each minute."""
    return f"{start}{step:+}x30"


def burst(by: float) -> str:
    """Nothing for 28 minutes, then so many at once."""
    return f"0x27 {by}x4"


def plain(alert: str, series: str, fires: str, quiet: str, **labels: str) -> Case:
    """A case of one series; its labels are the alert's."""
    told = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return Case(alert, {f"{series}{{{told}}}": fires}, labels, {f"{series}{{{told}}}": quiet})


OF = {"account": "main"}
REJECTED = 'tapeline_order_statuses_total{account="main",state="rejected"}'
SENT = 'tapeline_order_statuses_total{account="main",state="sent"}'
VOID = 'tapeline_advice_total{advisor="a",void="timeout"}'
GOOD = 'tapeline_advice_total{advisor="a",void=""}'
LAG = 'tapeline_lag_records{stage="ticks",topic="market.raw",worker="ticks"}'
TAKEN = 'tapeline_records_in_total{stage="ticks",topic="market.raw",worker="ticks"}'
IDLE = TAKEN.replace('worker="ticks"', 'worker="ticks-2"')
FALL, LIMIT = (f'tapeline_{each}{{account="main"}}'
               for each in ("account_drawdown_ratio", "drawdown_limit_ratio"))  # fmt: skip
LOSS, DAILY = (f'tapeline_{each}{{account="main"}}'
               for each in ("account_day_loss_ratio", "daily_loss_limit_ratio"))  # fmt: skip
TOOK = 'tapeline_frame_to_order_seconds_bucket{account="main",le="%s"}'
NEW = '{stage="ticks",topic="market.raw"}'

CASES: Sequence[Case] = (
    plain("ProcessDown", "up", steady(0), steady(1), job="tapeline", worker="ticks"),
    plain("ProcessNotReady", "tapeline_ready", steady(0), steady(1), worker="ticks"),
    plain("WorkerGone", "tapeline_supervised_up", steady(0), steady(1), process="ticks"),
    plain("WorkerRestarts", "tapeline_supervised_restarts_total", rising(1), burst(1),
          process="ticks"),
    plain("DiskNearlyFull", "tapeline_home_free_bytes", steady(1e9), steady(9e9)),
    plain("ClockOff", "tapeline_clock_seconds", rising(60, 9), rising(60, 2), worker="ticks"),
    plain("MetricsUnread", "tapeline_unread_readings_total", burst(1), steady(3), worker="ticks"),
    plain("LagGrowing", "tapeline_lag_records", rising(500), rising(-500, 90_000),
          stage="ticks", topic="market.raw"),
    Case("StageStandsStill", {LAG: steady(5), TAKEN: steady(9)},
         {"stage": "ticks", "topic": "market.raw", "worker": "ticks"},
         {LAG: steady(5), TAKEN: rising(9), IDLE: steady(9)}),
    plain("RecordsMissing", "tapeline_missing_records_total", burst(3), steady(3), stage="ticks"),
    Case("DeadLetters", {f"tapeline_dead_letters_total{NEW}": "_x27 1x4"},
         {"stage": "ticks", "topic": "market.raw"},
         {f"tapeline_dead_letters_total{NEW}": steady(1)}),
    plain("FeedSilent", "tapeline_feed_silence_seconds", steady(90), steady(30), market="b:X"),
    plain("FeedReconnects", "tapeline_feed_connection_cuts_total", rising(1), burst(2),
          connection="b 1"),
    Case("FeedGaps", {'tapeline_feed_notices_total{venue="b",type="gap"}': rising(1)},
         {"venue": "b"}, {'tapeline_feed_notices_total{venue="b",type="late"}': rising(9)}),
    plain("BookUnusable", "tapeline_book_usable", steady(0), steady(1), market="b:X"),
    plain("OrderUnknown", "tapeline_order_unknown_age_seconds", "0x28 31x3", steady(29), **OF),
    Case("OrdersRejected", {REJECTED: rising(1), SENT: rising(4)}, OF,
         {REJECTED: rising(1), SENT: rising(9)}),
    plain("DecisionsOld", "tapeline_decision_age_seconds", steady(31), steady(29),
          market="b:X", strategy="main"),
    Case("FrameToOrderSlow", {TOOK % "1.0": rising(1), TOOK % "2.0": rising(9),
                              TOOK % "+Inf": rising(9)}, OF,
         {TOOK % "1.0": rising(9), TOOK % "2.0": rising(9), TOOK % "+Inf": rising(9)}),
    plain("RateBudgetNearlyUsed", "tapeline_rate_budget_used_ratio", steady(0.81), steady(0.79),
          venue="b", limit="orders"),
    plain("RateBudgetRefuses", "tapeline_rate_budget_refusals_total", burst(1), steady(1),
          venue="b"),
    plain("AccountHalted", "tapeline_account_halted", "0x29 1", steady(0), **OF),
    Case("DrawdownNearLimit", {FALL: steady(0.17), LIMIT: steady(0.2)}, OF,
         {FALL: steady(0.15), LIMIT: steady(0.2)}),
    Case("DailyLossNearLimit", {LOSS: steady(0.05), DAILY: steady(0.06)}, OF,
         {LOSS: steady(-0.5), DAILY: steady(0.06)}),
    plain("NearLiquidation", "tapeline_positions_near_liquidation", steady(1), steady(0), **OF),
    plain("CapitalNearlyUsed", "tapeline_account_capital_used_ratio", steady(0.95), steady(0.8),
          **OF),
    plain("AdviceBudgetNearlySpent", "tapeline_advice_budget_used_ratio", steady(0.9),
          steady(0.7), limit="cost"),
    Case("AdviceVoid", {VOID: rising(2), GOOD: rising(1)}, {"advisor": "a"},
         {VOID: rising(1), GOOD: rising(2)}),
    Case("StoreBehind", {'tapeline_store_lag_records{topic="a"}': steady(6000),
                         'tapeline_store_lag_records{topic="b"}': steady(6000)}, {},
         {'tapeline_store_lag_records{topic="a"}': steady(6000)}),
    plain("StoreAway", "tapeline_store_failures_total", rising(1), steady(9)),
    plain("GatewayBehind", "tapeline_gateway_behind_seconds", steady(31), steady(1)),
    Case("GatewayFaults",
         {'tapeline_http_requests_total{method="GET",route="/v1/x",status="500"}': rising(2)}, {},
         {'tapeline_http_requests_total{method="GET",route="/v1/x",status="404"}': rising(9)}),
)  # fmt: skip


def filled(text: str, labels: dict[str, str]) -> str:
    """As Prometheus fills in an annotation."""
    for name, value in labels.items():
        text = text.replace(f"{{{{ $labels.{name} }}}}", value)
    return text


def expected(case: Case) -> dict[str, Any]:
    """The alert as it should be told."""
    rule = next(rule for rule in rules() if rule["alert"] == case.alert)
    said = {name: filled(text, case.labels) for name, text in rule["annotations"].items()}
    assert "$" not in "".join(said.values())
    return {"exp_labels": {**case.labels, **rule["labels"]}, "exp_annotations": said}


def looked(series: dict[str, str], alert: str, wanted: list[dict[str, Any]]) -> dict[str, Any]:
    """One test as promtool reads it."""
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": told} for name, told in series.items()],
        "alert_rule_test": [{"eval_time": END, "alertname": alert, "exp_alerts": wanted}],
    }


def promtool(*arguments: str) -> str:
    """What it says; AssertionError where it is not content."""
    assert PROMTOOL
    done = subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def run(tests: list[dict[str, Any]], folder: Path) -> str:
    """All tests in one process."""
    file = folder / "alerts.test.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(ALERTS)], "tests": tests}))
    return promtool("test", "rules", str(file))


def test_every_alert_has_a_case() -> None:
    assert {case.alert for case in CASES} == {rule["alert"] for rule in rules()}


@needed
def test_each_alert_fires_and_keeps_quiet(tmp_path: Path) -> None:
    fires = [looked(case.fires, case.alert, [expected(case)]) for case in CASES]
    quiet = [looked(case.quiet, case.alert, []) for case in CASES]
    assert "SUCCESS" in run(fires + quiet, tmp_path)


@needed
def test_promtool_takes_the_configuration() -> None:
    assert "SUCCESS" in promtool("check", "config", str(ALERTS.with_name("prometheus.yml")))
