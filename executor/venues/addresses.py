"""Where a client finds a local exchange that stands in for a venue (docs/exchange.md)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

BINANCE_STREAMS = ("stream", "fstream", "dstream")


def standing_in(urls: Any, address: str) -> Any:
    """ccxt's `urls["api"]` with every host replaced. address: host and port.

    Paths stay as they are; streams of Binance, which differ by host alone, have the host's first
    word before their path.
    """
    if isinstance(urls, dict):
        return {name: standing_in(each, address) for name, each in urls.items()}
    if not isinstance(urls, str):
        return urls
    parts = urlsplit(urls)
    scheme = "ws" if parts.scheme in ("ws", "wss") else "http"
    first = parts.netloc.partition(".")[0]
    apart = scheme == "ws" and first in BINANCE_STREAMS and parts.path.startswith("/ws")
    return f"{scheme}://{address}{f'/{first}' if apart else ''}{parts.path}"
