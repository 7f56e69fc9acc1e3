"""ccxt's markets as JSON lines, in a process of its own: `python -m topics.markets`.

ccxt takes 90 MB to import, and a venue's markets more: a process that ends gives them back. It
reads {"clients": {ccxt's id: its options}, "addresses": {beginning: what stands for it},
"timeout": s} from stdin. The last line is {"end": null}, or says there why the list is not whole.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Mapping
from typing import Any

import orjson

TYPES = ("spot", "swap", "future")
FIELDS = ("symbol", "type", "active", "precision", "limits", "contractSize", "info")


async def told(wanted: Mapping[str, Any]) -> None:
    """Write a line for each market of each client."""
    async with asyncio.timeout(wanted["timeout"]):
        for name, options in wanted["clients"].items():
            for market in await loaded(name, options, wanted["addresses"]):
                line = {"client": name, **{field: market.get(field) for field in FIELDS}}
                sys.stdout.buffer.write(orjson.dumps(line, default=str) + b"\n")


async def loaded(
    name: str, options: Mapping[str, Any], addresses: Mapping[str, str]
) -> list[dict[str, Any]]:
    """What ccxt's load_markets gives of spot, perpetuals and dated futures; numbers are texts."""
    ccxt: Any = importlib.import_module("ccxt.async_support")
    client = getattr(ccxt, name)({"number": str, "options": dict(options)})
    client.urls["api"] = pointed(client.urls["api"], str(client.hostname), addresses)
    try:
        markets = await client.load_markets()
    finally:
        await client.close()
    return [each for each in markets.values() if each.get("type") in TYPES]


def pointed(urls: Any, host: str, addresses: Mapping[str, str]) -> Any:
    """ccxt's `urls["api"]` with what stands for a beginning put in its place, the longest first."""
    if isinstance(urls, dict):
        return {name: pointed(each, host, addresses) for name, each in urls.items()}
    if not isinstance(urls, str):
        return urls
    url = urls.replace("{hostname}", host)
    for start in sorted(addresses, key=len, reverse=True):
        if url.startswith(start):
            return addresses[start] + url[len(start) :]
    return url


def main() -> None:
    """Do it, or say in the last line why not."""
    why: str | None = None
    try:
        asyncio.run(told(orjson.loads(sys.stdin.buffer.read())))
    except TimeoutError:
        why = "it took too long"
    except Exception as error:
        why = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    sys.stdout.buffer.write(orjson.dumps({"end": why}) + b"\n")


if __name__ == "__main__":
    main()
