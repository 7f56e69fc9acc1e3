"""`tapeline exchange` has a market in the house of Bybit, and tells its addresses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import ccxt


def test_the_command_serves_bybit() -> None:
    command = [sys.executable, "-m", "gateway.cli", "exchange", "--port", "0", "--json"]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
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
