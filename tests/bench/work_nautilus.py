"""nautilus_trader over columns of trades, run by the interpreter that has it.

    python work_nautilus.py FOLDER      # FOLDER/MARKET.npy: rows time, price, quantity, bought

Each line on standard input is a play; each is answered by an object of what it took and did. The
strategy is the example that comes with it (examples/strategies/ema_cross.py), one a market, on bars
of a minute that it makes of the trades; it does not ask for the trades themselves.
"""

from __future__ import annotations

import json
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]
from nautilus_trader.backtest.engine import (  # type: ignore[import-not-found]
    BacktestEngine,
    BacktestEngineConfig,
)
from nautilus_trader.config import LoggingConfig  # type: ignore[import-not-found]
from nautilus_trader.examples.strategies.ema_cross import (  # type: ignore[import-not-found]
    EMACross,
    EMACrossConfig,
)
from nautilus_trader.model.currencies import USDT  # type: ignore[import-not-found]
from nautilus_trader.model.data import BarType  # type: ignore[import-not-found]
from nautilus_trader.model.enums import AccountType, OmsType  # type: ignore[import-not-found]
from nautilus_trader.model.identifiers import Venue  # type: ignore[import-not-found]
from nautilus_trader.model.objects import Money  # type: ignore[import-not-found]
from nautilus_trader.persistence.wranglers import (  # type: ignore[import-not-found]
    TradeTickDataWrangler,
)
from nautilus_trader.test_kit.providers import (  # type: ignore[import-not-found]
    TestInstrumentProvider as Instruments,
)

MARKETS = {
    "btc_spot": (Instruments.btcusdt_binance, "0.010000"),
    "eth_spot": (Instruments.ethusdt_binance, "0.10000"),
    "btc_perp": (Instruments.btcusdt_perp_binance, "0.010"),
    "eth_perp": (Instruments.ethusdt_perp_binance, "0.100"),
}


def ticks(instrument: Any, file: Path) -> Any:
    """Its trade ticks of the columns."""
    time_, price, quantity, bought = np.load(file)
    frame = pd.DataFrame(
        {"price": price, "quantity": quantity, "buyer_maker": bought < 0.5,
         "trade_id": np.arange(len(price)).astype(str)},
        index=pd.to_datetime(time_.astype(np.int64), utc=True),
    )  # fmt: skip
    return TradeTickDataWrangler(instrument).process(frame)


def engine(folder: Path) -> Any:
    """An engine with the trades of all files, and a strategy a market."""
    quiet = LoggingConfig(bypass_logging=True)
    made = BacktestEngine(BacktestEngineConfig(logging=quiet, run_analysis=False))
    made.add_venue(
        venue=Venue("BINANCE"), oms_type=OmsType.NETTING, account_type=AccountType.MARGIN,
        base_currency=None, starting_balances=[Money(1_000_000, USDT)],
    )  # fmt: skip
    for file in sorted(folder.glob("*.npy")):
        provide, size = MARKETS[file.stem]
        instrument = provide()
        made.add_instrument(instrument)
        made.add_data(ticks(instrument, file))
        config = EMACrossConfig(
            instrument_id=instrument.id,
            bar_type=BarType.from_str(f"{instrument.id}-1-MINUTE-LAST-INTERNAL"),
            trade_size=Decimal(size), subscribe_trade_ticks=False, request_bars=False,
            order_id_tag=file.stem,
        )  # fmt: skip
        made.add_strategy(EMACross(config))
    return made


def main() -> None:
    """Load, say so, and play as often as is asked."""
    made = engine(Path(sys.argv[1]))
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        made.reset()
        wall, own = time.perf_counter(), time.process_time()
        made.run()
        wall, own = time.perf_counter() - wall, time.process_time() - own
        orders = made.cache.orders()
        told = {
            "seconds": wall, "processor": own, "orders": len(orders),
            "fills": sum(order.filled_qty > 0 for order in orders),
            "bars": sum(made.cache.bar_count(each) for each in made.cache.bar_types()),
        }  # fmt: skip
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
