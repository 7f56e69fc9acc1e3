"""A process with planted keys, in which everything goes wrong that can, with its log at DEBUG.

`python -m tests.unit.canary_process ADDRESS quiet|chatty`; ADDRESS answers every request with an
error that repeats what was sent. chatty: the loggers that tell whole requests are on.
"""

from __future__ import annotations

import asyncio
import logging
import logging.config
import sys
import threading
from pathlib import Path
from typing import Any

import ccxt.async_support as ccxt

from executor.keys import key_of
from executor.venues.key import Key
from executor.venues.venue import Category, VenueError
from topics.logs import LOGGING
from topics.seclusion import CHATTY, secluded
from topics.settings import settings

log = logging.getLogger("executor")
CALLS = {
    "okx": "private_get_account_balance",
    "htx": "spot_private_get_v1_account_accounts",
    "binance": "fapiprivatev2_get_account",
    "bybit": "private_get_v5_account_info",
    "kucoin": "private_get_accounts",
}


def sections(api: Any, address: str) -> Any:
    """A venue's addresses, all of them here."""
    if isinstance(api, dict):
        return {name: sections(each, address) for name, each in api.items()}
    return address


async def asked(venue: str, key: Key, address: str) -> None:
    """One private request, whose failure is logged in every usual way."""
    client = getattr(ccxt, venue)(
        {"apiKey": key.name, "secret": key.secret, "password": key.password, "timeout": 2000}
    )
    client.urls = {**client.urls, "api": sections(client.urls["api"], address), "hostname": ""}
    try:
        await getattr(client, CALLS[venue])()
    except ccxt.BaseError as error:
        log.exception("%s failed: %r", venue, error)
        log.debug("%s %s", client, vars(error), exc_info=error)
        told = VenueError(Category.EXCHANGE, f"{venue}: {error}")
        print(told, repr(told), vars(told), flush=True)
    finally:
        await client.close()


async def lost(key: Key) -> None:
    """A task that fails and is never asked for."""

    async def fails() -> None:
        raise ValueError(f"lost: {key.secret}")

    task = asyncio.create_task(fails())
    await asyncio.sleep(0.01)
    del task


async def main(address: str, key: Key) -> None:
    for venue in CALLS:
        await asked(venue, key, address)
    await asked("okx", key, "http://127.0.0.1:9")
    await asked("htx", key, "http://127.0.0.1:9")
    await lost(key)


class Grave:
    """What fails where no exception can be raised."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __del__(self) -> None:
        raise ValueError(self.text)


def fail(text: str) -> None:
    raise RuntimeError(f"in a thread: {text}")


if __name__ == "__main__":
    logging.config.dictConfig(
        {
            **LOGGING,
            "version": 1,
            "disable_existing_loggers": False,
            "root": {"level": "DEBUG", "handlers": ["default"]},
        }
    )
    logging.getLogger().addHandler(logging.StreamHandler(sys.stdout))  # not ours: no JSON
    secluded()
    if sys.argv[2] == "chatty":
        for name in CHATTY:
            logging.getLogger(name).setLevel(logging.DEBUG)
    planted = key_of(Path(settings().home), "main", "okx")
    print(planted, repr(planted), [planted], {"key": planted}, flush=True)
    asyncio.run(main(sys.argv[1], planted), debug=True)
    thread = threading.Thread(target=fail, args=(planted.password,))
    thread.start()
    thread.join()
    Grave(planted.secret)
    raise SystemError(f"at last: {planted.name}, {planted.secret!r}")
