"""The grid of engine.depth.grid as users of hftbacktest write it, run by an interpreter with that.

The recording is converted by hftbacktest's own converter. A line of JSON on stdin is a run, and a
line on stdout what came of it; only the strategy's loop is timed, after it was compiled. Orders are
filled whole (its default): with its partial fills an order leaves the book at its first fill, and
the run ends with an error at the cancel that follows.
"""

# mypy: ignore-errors
from __future__ import annotations

import contextlib
import json
import sys
import time

from hftbacktest import (
    GTX,
    LIMIT,
    SELL,
    BacktestAsset,
    HashMapMarketDepthBacktest,
    ROIVectorMarketDepthBacktest,
)
from hftbacktest.data.utils import binancefutures
from numba import njit

TICK, LOT = 0.1, 0.001
LATENCY = 5_000_000
ROWS = 2_000_000
LOW, HIGH = 50_000.0, 70_000.0
"""Prices that the vector of the book spans: it is faster the fewer they are."""
SELLS = 1 << 40
"""Added to a price to be the id of a sell."""


@njit
def off(price, side, highest, lowest):
    """Ticks by which an order is out of the grid's first price, away from the mid."""
    return price - lowest if side == SELL else highest - price


@njit
def drop(hbt, highest, lowest, step, buys, sells):
    """Cancel what is out of the grid."""
    values = hbt.orders(0).values()
    while values.has_next():
        order = values.get()
        if not order.cancellable:
            continue
        away = off(round(order.price_tick), order.side, highest, lowest)
        if away < 0 or away >= (sells if order.side == SELL else buys) * step:
            hbt.cancel(0, order.order_id, False)


@njit
def grid(hbt, every, levels, half_spread, step, size, most):
    """Cancel what is out of the grid, place what is missing in it."""
    acts = 0
    while hbt.elapse(every) == 0:
        acts += 1
        hbt.clear_inactive_orders(0)
        depth = hbt.depth(0)
        bid, ask = depth.best_bid_tick, depth.best_ask_tick
        if bid <= 0 or ask <= 0 or ask > SELLS or bid >= ask:
            continue
        held, mid = round(hbt.position(0) / LOT), (bid + ask) // 2
        highest = (mid - half_spread) // step * step
        lowest = -(-(mid + half_spread) // step) * step
        buys = levels if held < most else 0
        sells = levels if held > -most else 0
        drop(hbt, highest, lowest, step, buys, sells)
        orders = hbt.orders(0)
        for number in range(buys):
            price = highest - number * step
            if price not in orders:
                hbt.submit_buy_order(0, price, price * TICK, size * LOT, GTX, LIMIT, False)
        for number in range(sells):
            price = lowest + number * step
            if price + SELLS not in orders:
                hbt.submit_sell_order(0, price + SELLS, price * TICK, size * LOT, GTX, LIMIT, False)
    return acts


def flat(data):
    """The same events, received when they happen."""
    local = data[data["ev"] & (1 << 30) != 0].copy()
    local["exch_ts"] = local["local_ts"]
    local["ev"] |= 1 << 31
    return local


def asset(data, queue):
    """The market with the models asked for."""
    made = BacktestAsset().data([data]).linear_asset(1.0).constant_order_latency(LATENCY, LATENCY)
    made = made.power_prob_queue_model(3) if queue == "power" else made.risk_adverse_queue_model()
    made = made.no_partial_fill_exchange()
    made = made.trading_value_fee_model(0.0002, 0.0005).tick_size(TICK).lot_size(LOT)
    return made.roi_lb(LOW).roi_ub(HIGH).last_trades_capacity(0)


def play(data, settings, depth, queue):
    """One run."""
    kind = ROIVectorMarketDepthBacktest if depth == "roi" else HashMapMarketDepthBacktest
    hbt = kind([asset(data, queue)])
    began = time.thread_time()
    acts = grid(hbt, *settings)
    seconds = time.thread_time() - began
    state, book = hbt.state_values(0), hbt.depth(0)
    told = {
        "seconds": seconds, "acts": acts, "fills": int(state.num_trades),
        "position": float(state.position), "balance": float(state.balance),
        "fee": float(state.fee), "mid": (book.best_bid + book.best_ask) / 2,
    }  # fmt: skip
    hbt.close()
    return told


def main(recording, settings):
    """Convert, compile, then serve."""
    with contextlib.redirect_stdout(sys.stderr):
        own = binancefutures.convert(recording, buffer_size=ROWS)
        feeds = {"own": own, "flat": flat(own)}
    for depth in ("roi", "hash"):
        play(feeds["own"], settings, depth, "risk")
    print(json.dumps({"events": len(own)}), flush=True)
    for line in sys.stdin:
        depth, queue, feed = json.loads(line)
        print(json.dumps(play(feeds[feed], settings, depth, queue)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
