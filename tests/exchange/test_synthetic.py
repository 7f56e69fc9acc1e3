"""A seeded market: reproducible, two-sided, and it trades."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import ccxt

from infra.exchange.clock import Clock
from infra.exchange.server import Exchange
from infra.exchange.synthetic import Synthetic


def played(seed: int, steps: int = 40) -> tuple[list[int], Exchange]:
    exchange = Exchange(Clock(source=lambda: 1_700_000_000 * 10**9))
    market = Synthetic(exchange.usdm, seed)
    for _ in range(steps):
        market.step()
    return exchange.usdm.words(), exchange


def test_the_same_seed_makes_the_same_market() -> None:
    words, exchange = played(7)
    assert words == played(7)[0]
    assert words != played(8)[0]
    assert exchange.usdm.books.trades > 20
    for depth in exchange.usdm.books.depths:
        bid, ask = depth.best(True), depth.best(False)
        assert bid is not None
        assert ask is not None
        assert bid[0] < ask[0]


def test_memory_of_orders_that_are_not_kept_is_given_back() -> None:
    _, exchange = played(3, 200)
    for account in exchange.usdm.books.accounts.values():
        assert len(account.live) < 300
        assert len(account.clients) < 300
        assert not account.orders
    assert len(exchange.usdm.books.live) < 300


def test_the_command_serves_ccxt_until_it_is_told_to_end() -> None:
    command = [sys.executable, "-m", "gateway.cli", "exchange", "--port", "0", "--json"]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        keys = {"apiKey": told["key"], "secret": "tapeline", "urls": told["urls"]}
        client = ccxt.binanceusdm(keys)
        order = client.create_order("BTC/USDT:USDT", "market", "buy", 0.01)
        assert order["filled"] == 0.01
        order = ccxt.binance(keys).create_order("BTC/USDT", "market", "sell", 0.01)
        assert (order["filled"], order["trades"][0]["fee"]["currency"]) == (0.01, "USDT")
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
