"""Where a client finds the exchange: what ccxt has in `urls["api"]`, with this address."""

from __future__ import annotations

from typing import Any

SECTIONS = {
    "binance-spot": ("/api/v1/", "/api/v3/", "/sapi/", "/stream/", "/ws-api/"),
    "binance-usdm": ("/fapi/", "/fstream/", "/ws-fapi/"),
    "okx": ("/api/v5/", "/ws/v5/"),
    "bybit": ("/v5/",),
}
"""What the addresses of a section begin with."""


def within(where: str, path: str) -> bool:
    """Whether an address begins with that, or is of that section."""
    return path.startswith(SECTIONS.get(where, (where,)))


def binance(address: str) -> dict[str, Any]:
    """For ccxt's and ccxt.pro's binance and binanceusdm. address: host and port.

    ccxt tells a spot stream by `/stream` in its address, and puts public, market or private into
    that of futures streams.
    """
    http, socket = f"http://{address}", f"ws://{address}"
    return {
        **{f"fapi{name}": f"{http}/fapi/v1" for name in ("Public", "Private")},
        **{f"fapi{name}V2": f"{http}/fapi/v2" for name in ("Public", "Private")},
        **{f"fapi{name}V3": f"{http}/fapi/v3" for name in ("Public", "Private")},
        "fapiData": f"{http}/futures/data",
        "dapiPublic": f"{http}/dapi/v1",
        "dapiPrivate": f"{http}/dapi/v1",
        "public": f"{http}/api/v3",
        "private": f"{http}/api/v3",
        "v1": f"{http}/api/v1",
        "sapi": f"{http}/sapi/v1",
        "ws": {
            "spot": f"{socket}/stream/ws",
            "margin": f"{socket}/stream/ws",
            "future": f"{socket}/fstream/ws",
            "delivery": f"{socket}/dstream/ws",
            "ws-api": {
                "spot": f"{socket}/ws-api/v3",
                "future": f"{socket}/ws-fapi/v1",
                "delivery": f"{socket}/ws-dapi/v1",
            },
        },
    }


def bybit(address: str) -> dict[str, Any]:
    """For ccxt's and ccxt.pro's bybit. address: host and port."""
    http, socket = f"http://{address}", f"ws://{address}/v5"
    names = ("spot", "inverse", "option", "linear")
    return {
        **{name: http for name in ("spot", "futures", "v2", "public", "private")},
        "ws": {
            "public": {name: f"{socket}/public/{name}" for name in names},
            "private": {
                "spot": {"unified": f"{socket}/private", "nonUnified": f"{socket}/private"},
                "contract": f"{socket}/private",
                "usdc": f"{socket}/private",
                "trade": f"{socket}/trade",
            },
        },
    }


def okx(address: str) -> dict[str, Any]:
    """For ccxt's and ccxt.pro's okx. address: host and port."""
    return {"rest": f"http://{address}", "ws": f"ws://{address}/ws/v5"}
