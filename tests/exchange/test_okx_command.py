"""`tapeline exchange` with a market in the house of OKX."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import ccxt

COMMAND = [sys.executable, "-m", "gateway.cli", "exchange", "--port", "0", "--json"]


def test_the_command_serves_okx() -> None:
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    asked = [*COMMAND, "--passphrase", "word"]
    process = subprocess.Popen(asked, stdout=subprocess.PIPE, env=environment)
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        keys = {"apiKey": told["key"], "secret": "tapeline", "password": "word"}
        client = ccxt.okx({**keys, "urls": told["venues"]["okx"]})
        made = client.create_order("BTC/USDT:USDT", "market", "buy", 1)
        order = client.fetch_order(made["id"], "BTC/USDT:USDT")
        assert (order["filled"], order["status"]) == (1, "closed")
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
