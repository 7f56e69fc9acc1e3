"""What the live window of closed bars costs in accuracy, against the same indicators over all bars.

Run from a checkout: python -m tests.bench.indicator_window
For each indicator, over every bar from which the window is full on: the largest difference relative
to the value, and relative to the price (the MACD and its histogram cross zero, where a relative
difference says nothing). Data: SPY by month, day and day (tests/unit/vectors), and the one-second
bars of the recorded BTC and ETH perpetuals.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import orjson

from engine.indicators import Column, IndicatorSettings, Window, indicate, indicate_all
from tests.bench.signals_cost import recorded_ticks
from tests.unit.worked_examples import bar_of, rows_of

FILES = ("spy_with_macd.txt", "spy_bollinger_bands.txt", "spy_atr_wilder.txt")
SYMBOLS = ("BTC/USDT:USDT", "ETH/USDT:USDT")
SETTINGS = IndicatorSettings()


def sources() -> Iterator[tuple[str, Column]]:
    """Name and bars (rows high, low, close) of each vector."""
    for name in FILES:
        yield name, np.array([bar_of(row) for row in rows_of(name)]).T
    for symbol in SYMBOLS:
        bars = [bar for ticks in recorded_ticks(symbol) for bar in ticks.bars]
        seconds = [bar for bar in bars if bar.interval == "1s"]
        yield (
            f"{symbol} 1s",
            np.array([(float(b.high), float(b.low), float(b.close)) for b in seconds]).T,
        )


def differences(bars: Column) -> dict[str, tuple[float, float]]:
    """Of each indicator: largest difference over its value, and over the price."""
    whole, window = indicate_all(bars, SETTINGS), Window(SETTINGS.window)
    worst: dict[str, tuple[float, float]] = {name: (0.0, 0.0) for name in whole}
    for place, (high, low, close) in enumerate(bars.T.tolist()):
        window.push(high, low, close)
        if place + 1 < SETTINGS.window:
            continue
        for name, live in indicate(window, SETTINGS).items():
            full = float(whole[name][place])
            gap = abs((live or 0.0) - full)
            relative = gap / abs(full) if full else 0.0
            worst[name] = (max(worst[name][0], relative), max(worst[name][1], gap / close))
    return worst


def main() -> None:
    """One JSON object for each vector and indicator."""
    for source, bars in sources():
        for name, (relative, of_price) in differences(bars).items():
            told = {
                "bench": "indicator_window",
                "case": f"{source} {name}",
                "bars": bars.shape[1],
                "relative": float(f"{relative:.2g}"),
                "of_price": float(f"{of_price:.2g}"),
            }
            print(orjson.dumps(told).decode())


if __name__ == "__main__":
    main()
