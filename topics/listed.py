"""What a venue lists: asked of ccxt in a process of its own, kept in a file, and again in time."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from schemas.errors import TapelineError
from schemas.instruments import InstrumentStatus

Row = dict[str, Any]
RowOf = Callable[[Mapping[str, Any]], Row | None]
Tell = Callable[[bool, str, str], None]
"""Whether it is a trouble, the kind of event and the words."""

HOUR = 3600 * 10**9
TIMEOUT = 60.0
"""Seconds that all requests of one asking may take."""
LINE = 1 << 22
"""Bytes of a market, as JSON, at most."""
FIRST_DELAY, LONGEST_DELAY = 30.0, 3600.0
"""Seconds before a venue that could not be reached is asked again: doubled each time."""
ROOT = Path(__file__).parents[1]
OPTIONS = {"PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))}


class Unlisted(TapelineError):
    """A venue's list could not be had; says why."""


class Listed:
    """A venue's instruments, as rows (engine.feeds.markets), and how old they are.

    clients: ccxt's, with their options; addresses: what stands for beginnings of the venue's.
    hours: after which they are asked for again. row_of: the row of one of ccxt's markets, None for
    what is no instrument. rows: those of the last whole list, and as delisted what was on one
    before it.
    """

    def __init__(
        self, venue: str, clients: Mapping[str, Any], addresses: Mapping[str, str], home: Path,
        hours: float, row_of: RowOf, tell: Tell,
    ) -> None:  # fmt: skip
        self.venue, self.hours, self._row_of, self._tell = venue, hours, row_of, tell
        self._order = {"clients": clients, "addresses": addresses, "timeout": TIMEOUT}
        digest = blake2b(orjson.dumps(self._order), digest_size=4).hexdigest()
        self.file = home / "instruments" / f"{venue}-{digest}.json"
        self.rows: list[Row] = []
        self.asked = self.fails = 0

    @property
    def age(self) -> float:
        """Hours since the rows were asked for; below 0 where the clock was set back."""
        return (time.time_ns() - self.asked) / HOUR

    async def begin(self) -> None:
        """Have rows: the file's while they are fresh, else the venue's, else the file's of any age.

        Raises Unlisted where there are none.
        """
        there = self._load()
        if there and 0 <= self.age < self.hours:
            self._tell(False, "instruments", f"{self._counted()} of {self.age:.1f} h ago")
            return
        try:
            await self.ask()
        except Unlisted as error:
            if not there:
                raise
            told = f"{error}; {self._counted()} of {self.age:.1f} h ago are gone on with"
            self._tell(True, "instruments", told)
        else:
            self._tell(False, "instruments", f"{self._counted()}, asked for now")

    async def follow(self, taken: Callable[[], Awaitable[None]]) -> None:
        """Ask again, for ever, when it is time; `taken` is awaited after each whole list."""
        while True:
            await asyncio.sleep(self.delay(random.random()))
            try:
                await self.ask()
            except Unlisted as error:
                old = f"; {self._counted()} are of {self.age:.1f} h ago" if self.rows else ""
                self._tell(True, "instruments", f"{error}{old}")
                continue
            self._tell(False, "instruments", f"{self._counted()}, asked for again")
            await taken()

    def delay(self, share: float) -> float:
        """Seconds until the next asking; share: a random number from 0 to 1."""
        if self.fails:
            longest = min(FIRST_DELAY * 2.0 ** min(self.fails - 1, 10), LONGEST_DELAY)
            return longest * (0.5 + share / 2)
        return max(0.0, self.hours * (0.9 + share / 5) - max(self.age, 0.0)) * 3600

    async def ask(self) -> None:
        """Take a whole list from the venue, and keep it; raises Unlisted."""
        try:
            found = {_place(row): row async for row in self._asked()}
            if not found:
                raise Unlisted(f"{self.venue} lists nothing")
        except (Unlisted, ValueError, OSError) as error:
            self.fails += 1
            raise Unlisted(str(error)) from error
        gone = [
            {**row, "status": InstrumentStatus.DELISTED.value}
            for row in self.rows
            if _place(row) not in found
        ]
        self.rows, self.asked, self.fails = [*found.values(), *gone], time.time_ns(), 0
        try:
            self._keep()
        except OSError as error:
            self._tell(True, "instruments", f"{self.file} cannot be written: {error.strerror}")

    async def _asked(self) -> AsyncIterator[Row]:
        """The rows as the process of topics.markets tells them."""
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "topics.markets", env=os.environ | OPTIONS, limit=LINE,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdin.write(orjson.dumps(self._order))
            child.stdin.close()
            end: str | None = "the process that asked ended early"
            async for line in child.stdout:
                await asyncio.sleep(0)  # frames come meanwhile
                market = orjson.loads(line)
                if "end" in market:
                    end = market["end"]
                elif (row := self._row_of(market)) is not None:
                    yield row
            if end is not None:
                raise Unlisted(f"{self.venue} does not tell its instruments: {end}")
        finally:
            if not child.stdout.at_eof():
                with suppress(ProcessLookupError):
                    child.kill()
            await child.wait()

    def _counted(self) -> str:
        return f"{self.venue}: {len(self.rows)} instruments"

    def _load(self) -> bool:
        """Take the file's rows; False where there is none that can be read."""
        try:
            kept = orjson.loads(self.file.read_bytes())
            self.rows, self.asked = list(kept["rows"]), int(kept["asked"])
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return bool(self.rows)

    def _keep(self) -> None:
        """Write the file whole or not at all."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        part = self.file.with_suffix(f".{os.getpid()}")
        part.write_bytes(orjson.dumps({"asked": self.asked, "rows": self.rows}))
        part.replace(self.file)


def filled(rows: Sequence[Row], filed: Sequence[Row]) -> list[Row]:
    """The rows, with what only a file of the user's tells: fields that are None, whole symbols."""
    more = {_place(row): row for row in filed}
    found = [_filled(row, more.pop(_place(row), {})) for row in rows]
    return [*found, *more.values()]


def _place(row: Row) -> tuple[str, str]:
    """Two markets of a venue may list one symbol."""
    return row["market"], row["symbol"]


def _filled(row: Row, filed: Row) -> Row:
    given = {name: filed[name] for name, value in row.items() if value is None and filed.get(name)}
    if not given:
        return row
    return {**row, **given, "source": f"{row['source']}; {', '.join(given)}: {filed['source']}"}
