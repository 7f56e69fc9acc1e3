"""Every metric once: its name, its kind, its labels and what it means.

Names follow Prometheus' rules: base units, the unit as suffix, `_total` for what only grows,
`_ratio` for shares of one. Money is in the account's quote currency and ends in `_quote`.
`seconds` of the market's time count only while that is the time of the clock: of a recording that
is played nothing of the kind is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """As Prometheus has them."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, eq=False)
class Metric:
    """of: the process that tells it. buckets: of a histogram, upper bounds in seconds, rising."""

    name: str
    kind: Kind
    of: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def samples(self) -> tuple[str, ...]:
        """The names under which its values are told."""
        if self.kind is Kind.HISTOGRAM:
            return tuple(f"{self.name}{end}" for end in ("_bucket", "_sum", "_count"))
        return (self.name,)


class Reading(NamedTuple):
    """A value of a metric, with the values of its labels in their order."""

    metric: Metric
    labels: tuple[str, ...]
    value: float


DEFINED: dict[str, Metric] = {}
"""By name."""

DESK, EVERY, STAGE, RAW, TICKS = "desk", "every process", "every stage", "raw", "ticks"
DECISIONS, ORDERS, EXECUTOR, LIVE = "decisions", "orders", "executor", "live executor"
PORTFOLIO, ADVICE, STORE, GATEWAY = "portfolio", "advice", "store", "gateway"

QUICK = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0,
)  # fmt: skip
"""Buckets, s: what a desk does."""
SLOW = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0)
"""Buckets, s: what a model takes."""


def _defined(metric: Metric) -> Metric:
    assert metric.name not in DEFINED, f"{metric.name} is defined twice"
    DEFINED[metric.name] = metric
    return metric


def counter(of: str, name: str, help: str, *labels: str) -> Metric:
    """What only grows while its process lives."""
    return _defined(Metric(f"tapeline_{name}_total", Kind.COUNTER, of, help, labels))


def gauge(of: str, name: str, help: str, *labels: str) -> Metric:
    """What goes up and down."""
    return _defined(Metric(f"tapeline_{name}", Kind.GAUGE, of, help, labels))


def spread(of: str, name: str, help: str, buckets: tuple[float, ...], *labels: str) -> Metric:
    """Times in buckets, s."""
    full = f"tapeline_{name}_seconds"
    return _defined(Metric(full, Kind.HISTOGRAM, of, help, labels, buckets))


# -- every process ---------------------------------------------------------------------------

BUILD = gauge(EVERY, "build_info", "1; which version runs, under which settings (their hash).",
              "version", "settings")  # fmt: skip
CLOCK = gauge(EVERY, "clock_seconds", "The process' clock when it was asked, since 1970.")
READY = gauge(EVERY, "ready", "1 while every check of /ready passes, else 0.")
CHECK = gauge(EVERY, "check_passed", "1 while one check of /ready passes, else 0.", "check")
UNREAD = counter(EVERY, "unread_readings", "Readings that failed while they were asked for.")

# -- every stage -----------------------------------------------------------------------------

RECORDS_IN = counter(STAGE, "records_in", "Records delivered to the stage.", "stage", "topic")
RECORDS_OUT = counter(STAGE, "records_out", "Records produced by the stage.", "stage", "topic")
LAG = gauge(STAGE, "lag_records", "Records on the broker that the stage has not done yet.",
            "stage", "topic")  # fmt: skip
UNACKED = gauge(STAGE, "unacked_records", "Records received and not done yet.", "stage")
MISSING = counter(STAGE, "missing_records", "Records that a topic should have had and had not.",
                  "stage")  # fmt: skip
CELLS = gauge(STAGE, "cells", "States that the stage keeps: markets or accounts.", "stage")
RESTORING = gauge(STAGE, "restoring_cells", "Cells that do again what they had published.",
                  "stage")  # fmt: skip
LETTERS = counter(STAGE, "dead_letters", "Records that could not be processed.", "stage", "topic")
EVENTS = counter(STAGE, "system_events", "What was told on system.events.",
                 "stage", "severity", "kind")  # fmt: skip

# -- feeds -----------------------------------------------------------------------------------

FRAMES = counter(RAW, "feed_frames", "Frames of a venue written to market.raw.", "venue")
SILENCE = gauge(RAW, "feed_silence_seconds", "Since the last frame of a market was received.",
                "market")  # fmt: skip
CUTS = counter(RAW, "feed_connection_cuts", "Connections that ended and were opened again.",
               "connection")  # fmt: skip
NOTICES = counter(TICKS, "feed_notices", "Gaps, stale or crossed books, late and repeated trades.",
                  "venue", "type")  # fmt: skip
BOOK = gauge(TICKS, "book_usable", "1 while the book of a market may be traded on, else 0.",
             "market")  # fmt: skip

# -- decisions and orders --------------------------------------------------------------------

VERDICTS = counter(DECISIONS, "decisions", "Decisions by strategy and verdict.",
                   "strategy", "verdict")  # fmt: skip
DECISION_AGE = gauge(DECISIONS, "decision_age_seconds", "Since the frame behind the last decision.",
                     "market", "strategy")  # fmt: skip
DECIDED = counter(ORDERS, "orders_decided", "What accounts did about decisions: approved, refused, "
                  "held or awaiting a person.", "account", "outcome", "reason")  # fmt: skip
FRAME_TO_ORDER = spread(ORDERS, "frame_to_order", "From a frame's receipt to the approved order.",
                        QUICK, "account")  # fmt: skip
HALTED = gauge(ORDERS, "account_halted", "1 while the account enters nothing new, else 0.",
               "account")  # fmt: skip
DRAWDOWN_LIMIT = gauge(ORDERS, "drawdown_limit_ratio", "Of the peak: the fall that halts.",
                       "account")  # fmt: skip
DAILY_LIMIT = gauge(ORDERS, "daily_loss_limit_ratio", "Of the day's first equity: the loss that "
                    "stops entries for the day.", "account")  # fmt: skip

# -- executor --------------------------------------------------------------------------------

STATUSES = counter(EXECUTOR, "order_statuses", "What became of orders, by state and reason.",
                   "account", "venue", "type", "state", "reason")  # fmt: skip
LIVING = gauge(EXECUTOR, "orders_living", "Orders that are not done, by state.",
               "account", "state")  # fmt: skip
UNKNOWN = gauge(EXECUTOR, "orders_unknown", "Orders of which the venue has not said what they are.",
                "account")  # fmt: skip
UNKNOWN_AGE = gauge(EXECUTOR, "order_unknown_age_seconds", "Of the oldest UNKNOWN order, 0 without "
                    "one.", "account")  # fmt: skip
ROUND_TRIP = spread(LIVE, "order_round_trip", "From sending to the venue's first word.",
                    QUICK, "account", "venue")  # fmt: skip
BUDGET_USED = gauge(LIVE, "rate_budget_used_ratio", "Share of a venue's limit that is used now.",
                    "venue", "limit")  # fmt: skip
BUDGET_REFUSED = counter(LIVE, "rate_budget_refusals", "Calls that the rate budget refused.",
                         "venue")  # fmt: skip

# -- portfolio -------------------------------------------------------------------------------

EQUITY = gauge(PORTFOLIO, "account_equity_quote", "What the account is worth.", "account")
EXPOSURE = gauge(PORTFOLIO, "account_exposure_quote", "Sum of absolute notionals.", "account")
CAPITAL_USED = gauge(PORTFOLIO, "account_capital_used_ratio", "Initial margin over equity.",
                     "account")  # fmt: skip
PNL = gauge(PORTFOLIO, "account_pnl_quote", "Realised, unrealised, fees or funding, live.",
            "account", "part")  # fmt: skip
DRAWDOWN = gauge(PORTFOLIO, "account_drawdown_ratio", "Fall of equity from its peak.", "account")
DAY_LOSS = gauge(PORTFOLIO, "account_day_loss_ratio", "Fall of equity since the UTC day began; "
                 "below zero for a gain.", "account")  # fmt: skip
STRATEGY_PNL = gauge(PORTFOLIO, "strategy_pnl_quote", "What a strategy has won.",
                     "account", "strategy")  # fmt: skip
NEAR = gauge(PORTFOLIO, "positions_near_liquidation", "Positions whose mark is near liquidation.",
             "account")  # fmt: skip

# -- advice ----------------------------------------------------------------------------------

ADVISED = counter(ADVICE, "advice", "Answers of advisors; void: why one does not count.",
                  "advisor", "void")  # fmt: skip
ADVICE_COST = counter(ADVICE, "advice_cost_usd", "What advisors' calls have cost.", "advisor")
ADVICE_TIME = spread(ADVICE, "advice_latency", "Of an advisor's calls together.", SLOW, "advisor")
ADVICE_BUDGET = gauge(ADVICE, "advice_budget_used_ratio", "Of the hour's limit: spent and held "
                      "back.", "limit")  # fmt: skip

# -- the local desk --------------------------------------------------------------------------

WORKER_UP = gauge(DESK, "supervised_up", "1 while the process runs, else 0.", "process")
RESTARTS = counter(DESK, "supervised_restarts", "Starts after a crash.", "process")
FREE = gauge(DESK, "home_free_bytes", "Room left on the disk of TAPELINE_HOME.")

# -- store and gateway -----------------------------------------------------------------------

STORE_LAG = gauge(STORE, "store_lag_records", "Records that the store has not got yet.", "topic")
STORED = counter(STORE, "store_records", "Records written into the store.")
STORE_FAILURES = counter(STORE, "store_failures", "Tries at which the database was away.")
REQUESTS = counter(GATEWAY, "http_requests", "Requests answered.", "method", "route", "status")
REQUEST_TIME = spread(GATEWAY, "http_request", "Until the answer began.", QUICK, "method")
STREAMS = gauge(GATEWAY, "websockets", "Streams that are open.")
WAITING = gauge(GATEWAY, "websocket_waiting_frames", "Frames that wait for slow readers.")
CONFLATED = counter(GATEWAY, "websocket_conflated_frames", "Frames that newer ones replaced.")
SLOW_ENDS = counter(GATEWAY, "websocket_slow_closes", "Streams closed for reading too slowly.")
FOLLOWED = gauge(GATEWAY, "gateway_behind_seconds", "Since its topics were read last.")
