"""`tapeline exchange` with a market in the house of Bybit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import ccxt

COMMAND = [sys.executable, "-m", "gateway.cli", "exchange", "--port", "0", "--json", "--house"]


def test_the_command_serves_bybit_where_its_market_trades() -> None:
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    process = subprocess.Popen([*COMMAND, "bybit-linear"], stdout=subprocess.PIPE, env=environment)
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        keys = {"apiKey": told["key"], "secret": "tapeline", "urls": told["venues"]["bybit"]}
        client = ccxt.bybit(keys)
        made = client.create_order("BTC/USDT:USDT", "market", "buy", 0.01)
        order = client.fetch_order(made["id"], "BTC/USDT:USDT", {"acknowledged": True})
        assert order["filled"] == 0.01
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


def test_a_house_that_there_is_not() -> None:
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    done = subprocess.run(
        [*COMMAND, "nope"], capture_output=True, text=True, env=environment, timeout=300
    )
    assert done.returncode != 0
    assert "--house is one of binance-usdm" in done.stdout + done.stderr
