"""One play of tests/bench/candles.py: tells how long kernels and all that follows on start-up took.

As a program: `python -m tests.bench.candles_play FOLDER`; the last line of stdout is JSON, in s.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import orjson

from engine.columns import bars, indicators, touch
from engine.columns.compiled import compiled
from gateway.backtests.taped import taped
from gateway.reports.report import Wanted
from gateway.terminal.output import Output
from gateway.terminal.span import span
from infra import recordings

CANDLES = Path(recordings.__file__).parent / "candles" / "Coinbase_BTCUSD_1h.csv.gz"
MARKET = "coinbase:BTC/USD"
TWO_YEARS = "2017-07-01", "2019-07-01"
FORMATS = "html,json,csv"


def kernels() -> None:
    """Load what bars, indicators and the search for the next trade are compiled to."""
    compiled(bars.close_bars, bars.SIGNATURE)
    if indicators.linked():
        compiled(indicators.fill, indicators.SIGNATURE)
    compiled(touch.first_outside, touch.SIGNATURE)


def main(folder: Path) -> int:
    """Play, and tell the times; as the command's exit code."""
    began = time.perf_counter()
    kernels()
    ready = time.perf_counter()
    wanted = Wanted.of(folder / "report", FORMATS, 1, None, 1)
    code = taped(MARKET, [CANDLES], False, Output(json=True), wanted, span(*TWO_YEARS))
    over = time.perf_counter()
    print(orjson.dumps({"kernels": ready - began, "play": over - ready}).decode())
    return code


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
