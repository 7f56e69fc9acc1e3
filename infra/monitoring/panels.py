"""What each dashboard shows: a title, a unit of Grafana's, and expressions with their legends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Panel(NamedTuple):
    """queries: expression and legend of each line. kind: "timeseries" or "stat"."""

    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    kind: str = "timeseries"


def one(title: str, unit: str, expression: str, legend: str, kind: str = "timeseries") -> Panel:
    """A panel of one expression."""
    return Panel(title, unit, ((expression, legend),), kind)


def quantiles(title: str, name: str, by: str) -> Panel:
    """The median and the 99th percentile of times in buckets."""
    rate = f"sum by (le, {by}) (rate({name}_bucket[5m]))"
    ranks = ((0.5, "p50"), (0.99, "p99"))
    rows = ((f"histogram_quantile({q}, {rate})", f"{{{{{by}}}}} {rank}") for q, rank in ranks)
    return Panel(title, "s", tuple(rows))


DESK = (
    one("Ready", "short", "tapeline_ready", "{{worker}}", "stat"),
    one("Restarts in an hour", "short", "increase(tapeline_supervised_restarts_total[1h])",
        "{{process}}", "stat"),
    one("Halted accounts", "short", "tapeline_account_halted", "{{account}}", "stat"),
    one("Records in", "rps", "sum by (stage) (rate(tapeline_records_in_total[1m]))", "{{stage}}"),
    one("Records out", "rps", "sum by (topic) (rate(tapeline_records_out_total[1m]))", "{{topic}}"),
    one("Lag", "short", "sum by (stage, topic) (tapeline_lag_records)", "{{stage}} {{topic}}"),
    one("Equity", "short", "tapeline_account_equity_quote", "{{account}}"),
    one("PnL of accounts", "short", "tapeline_account_pnl_quote", "{{account}} {{part}}"),
    one("PnL of strategies", "short", "tapeline_strategy_pnl_quote", "{{account}} {{strategy}}"),
    Panel("Drawdown and its limit", "percentunit",
          (("tapeline_account_drawdown_ratio", "{{account}}"),
           ("tapeline_drawdown_limit_ratio", "{{account}} limit"))),
    one("Capital in use", "percentunit", "tapeline_account_capital_used_ratio", "{{account}}"),
    one("Exposure", "short", "tapeline_account_exposure_quote", "{{account}}"),
    one("Dead letters in an hour", "short", "increase(tapeline_dead_letters_total[1h])",
        "{{stage}} {{topic}}"),
    one("Memory", "bytes", 'process_resident_memory_bytes{job="tapeline"}', "{{worker}}"),
    one("Processor", "percentunit", 'rate(process_cpu_seconds_total{job="tapeline"}[1m])',
        "{{worker}}"),
    one("Room on the disk", "bytes", "tapeline_home_free_bytes", "free"),
    one("Cells", "short", "tapeline_cells", "{{stage}}"),
    one("Events told", "short", "sum by (stage, kind) (increase(tapeline_system_events_total[5m]))",
        "{{stage}} {{kind}}"),
)  # fmt: skip

EXECUTION = (
    one("UNKNOWN orders", "short", "tapeline_orders_unknown", "{{account}}", "stat"),
    one("Oldest UNKNOWN order", "s", "tapeline_order_unknown_age_seconds", "{{account}}", "stat"),
    one("Near liquidation", "short", "tapeline_positions_near_liquidation", "{{account}}", "stat"),
    quantiles("From frame to order", "tapeline_frame_to_order_seconds", "account"),
    quantiles("From sending to the venue's word", "tapeline_order_round_trip_seconds", "venue"),
    one("Age of the last decision", "s", "tapeline_decision_age_seconds",
        "{{market}} {{strategy}}"),
    one("Orders by outcome", "short", "sum by (account, outcome) "
        '(increase(tapeline_orders_decided_total{outcome!="held"}[5m]))',
        "{{account}} {{outcome}}"),
    one("Refusals by reason", "short", "sum by (reason) "
        '(increase(tapeline_orders_decided_total{outcome="refused"}[5m]))', "{{reason}}"),
    one("What became of orders", "short", "sum by (account, state) "
        "(increase(tapeline_order_statuses_total[5m]))", "{{account}} {{state}}"),
    one("Orders that live", "short", "tapeline_orders_living", "{{account}} {{state}}"),
    one("Rejected share", "percentunit", "sum by (account) "
        '(increase(tapeline_order_statuses_total{state="rejected"}[15m])) / sum by (account) '
        '(increase(tapeline_order_statuses_total{state="sent"}[15m]))', "{{account}}"),
    one("Decisions by verdict", "short", "sum by (strategy, verdict) "
        "(rate(tapeline_decisions_total[1m]))", "{{strategy}} {{verdict}}"),
    one("Rate budget in use", "percentunit", "tapeline_rate_budget_used_ratio",
        "{{venue}} {{limit}}"),
    one("Held back for limits", "short", "increase(tapeline_rate_budget_refusals_total[5m])",
        "{{venue}}"),
    one("Loss of the day", "percentunit", "tapeline_account_day_loss_ratio", "{{account}}"),
)  # fmt: skip

FEEDS = (
    one("Usable books", "short", "tapeline_book_usable", "{{market}}", "stat"),
    one("Silence", "s", "tapeline_feed_silence_seconds", "{{market}}"),
    one("Frames", "rps", "rate(tapeline_feed_frames_total[1m])", "{{venue}}"),
    one("Gaps and other notices", "short", "sum by (venue, type) "
        "(increase(tapeline_feed_notices_total[5m]))", "{{venue}} {{type}}"),
    one("Connections cut", "short", "increase(tapeline_feed_connection_cuts_total[10m])",
        "{{connection}}"),
    one("Lag of ticks", "short", 'tapeline_lag_records{topic="market.raw"}', "{{stage}}"),
)  # fmt: skip

ADVICE = (
    one("Cost of a day", "currencyUSD", "sum by (advisor) "
        "(increase(tapeline_advice_cost_usd_total[1d]))", "{{advisor}}", "stat"),
    one("Budget of the hour", "percentunit", "tapeline_advice_budget_used_ratio", "{{limit}}"),
    quantiles("How long advisors take", "tapeline_advice_latency_seconds", "advisor"),
    one("Answers", "short", "sum by (advisor) (increase(tapeline_advice_total[1h]))",
        "{{advisor}}"),
    one("Void, by reason", "short", "sum by (advisor, void) "
        '(increase(tapeline_advice_total{void!=""}[1h]))', "{{advisor}} {{void}}"),
    one("Cost of an hour", "currencyUSD", "sum by (advisor) "
        "(increase(tapeline_advice_cost_usd_total[1h]))", "{{advisor}}"),
)  # fmt: skip

GATEWAY = (
    one("Open streams", "short", "tapeline_websockets", "streams", "stat"),
    one("Behind its topics", "s", "tapeline_gateway_behind_seconds", "gateway", "stat"),
    one("Store behind", "short", "sum(tapeline_store_lag_records)", "records", "stat"),
    one("Requests", "reqps", "sum by (route) (rate(tapeline_http_requests_total[1m]))",
        "{{route}}"),
    one("Refused and failed", "reqps", "sum by (status) "
        '(rate(tapeline_http_requests_total{status=~"[45].."}[1m]))', "{{status}}"),
    quantiles("Time of requests", "tapeline_http_request_seconds", "method"),
    one("Frames that wait", "short", "tapeline_websocket_waiting_frames", "frames"),
    one("Conflated frames", "rps", "rate(tapeline_websocket_conflated_frames_total[1m])", "frames"),
    one("Closed for slowness", "short", "increase(tapeline_websocket_slow_closes_total[10m])",
        "streams"),
    one("Records stored", "rps", "rate(tapeline_store_records_total[1m])", "records"),
    one("Database away", "short", "increase(tapeline_store_failures_total[10m])", "tries"),
    one("Lag of the store", "short", "tapeline_store_lag_records", "{{topic}}"),
)  # fmt: skip

DASHBOARDS: Mapping[str, tuple[Panel, ...]] = {
    "desk": DESK,
    "execution": EXECUTION,
    "feeds": FEEDS,
    "advice": ADVICE,
    "gateway": GATEWAY,
}
"""By name; the file is dashboards/NAME.json."""
