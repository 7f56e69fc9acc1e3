"""What `tapeline audit` and `tapeline users link` do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from gateway.api.settings import GatewaySettings
from gateway.auth.audit import entries
from gateway.auth.chain import Break, Entry, breaks
from gateway.auth.part import opened
from gateway.auth.setup import link_for
from gateway.auth.witness import witnesses
from gateway.store.commands import opened as store_opened
from gateway.store.engine import async_engine
from gateway.store.migrate import migrate
from gateway.store.settings import StoreSettings
from gateway.terminal.output import Output
from schemas.errors import TapelineError
from topics.settings import Settings, settings


def verify(alone: bool, output: Output) -> int:
    """Walk the whole audit log; exit code 0 only if no entry was changed, removed or put in.

    alone: system.events is not asked, so an end that was cut off, or a log that was written anew as
    a whole, is not noticed; it is said so.
    """
    known = settings()
    if not alone and not known.bootstrap:
        raise TapelineError(f"{known.homeless}; --alone checks the log without system.events")
    seen = {} if alone else witnesses(known)
    count = 0
    with store_opened() as store, store.connect() as connection:

        def counted() -> Iterator[Entry]:
            nonlocal count
            for entry in entries(connection):
                count += 1
                yield entry

        found = list(breaks(counted(), seen))
    _tell(count, None if alone else len(seen), found, output)
    return 1 if found else 0


def _tell(count: int, seen: int | None, found: list[Break], output: Output) -> None:
    if output.json:
        told = [{"seq": each.seq, "what": each.what} for each in found]
        output.object({"entries": count, "witnessed": seen, "holds": not found, "breaks": told})
        return
    for each in found:
        print(f"entry {each.seq}: {each.what}")
    beside = "system.events was not asked" if seen is None else f"system.events has {seen} of them"
    verdict = f"{len(found)} breaks" if found else "whole"
    output.note(f"the audit log has {count} entries and is {verdict}; {beside}")


def link(name: str, output: Output) -> int:
    """A one-time link for a user who cannot sign in any more, made on the machine itself."""
    known = settings()
    token, seconds = asyncio.run(_linked(known, name))
    if output.json:
        output.object({"user": name, "link": token})
    else:
        print(token)
        output.note(f"good once, for {seconds / 3600:g} h: it sets a new password and drops codes")
    return 0


async def _linked(known: Settings, name: str) -> tuple[str, int]:
    options = known.of("gateway", GatewaySettings)
    with store_opened() as plain:
        migrate(plain)
    store = async_engine(known.of("store", StoreSettings).address(known.home))
    try:
        async with opened(known, options, store) as auth:
            token = await link_for(auth, name)
    finally:
        await store.dispose()
    scheme = "https" if options.certificate else "http"
    return token.on(f"{scheme}://{options.host}:{options.port}"), options.auth.link
