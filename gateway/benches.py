"""What `tapeline bench` can measure: modules of tests/bench, by name."""

BENCHES = (
    "advisors",
    "backtest",
    "candles",
    "exchange",
    "executor",
    "feeds",
    "gateway",
    "hot",
    "latency",
    "matching",
    "memory",
    "pipeline",
    "scaling",
    "transport",
)
