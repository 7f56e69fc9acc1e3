"""Where a play goes on: what its topics hold already, so that nothing is written twice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cache

from schemas import names
from schemas.codec import decode
from schemas.errors import TapelineError
from schemas.instruments import Instrument, InstrumentStatus
from schemas.raw import RawFrame
from topics.reading import latest
from topics.recording import instruments
from topics.settings import Settings


class Resuming:
    """How far market.raw holds each key of a feed run; a key is asked for at its first record."""

    def __init__(self, settings: Settings, run: str) -> None:
        self.run = run

        @cache
        def last(key: str) -> RawFrame | None:
            found = latest(settings, names.RAW, [key]).get(key)
            return None if found is None else decode(RawFrame, bytes(found.value() or b""))

        self._last = last

    def first_seq(self, key: str) -> int:
        """The sequence of a key's first record of this run."""
        last = self._last(key)
        if last is None:
            return 0
        return last.seq - last.run_seq if last.run == self.run else last.seq + 1

    def seek(self, keys: Iterable[str], now: int) -> None:
        """Look the keys up; raises TapelineError where one holds records of a time after `now`."""
        for key in dict.fromkeys(keys):
            last = self._last(key)
            if last is not None and last.seen_time > now:
                raise TapelineError(
                    f"market.raw holds records of {key} that are ahead of this machine's clock: "
                    "set the clock right, or collect into fresh topics (TAPELINE_PREFIX)"
                )

    def new(self, record: RawFrame) -> bool:
        """market.raw lacks it; raises TapelineError where another run has gone past its time."""
        last = self._last(record.key)
        if last is None or (last.run == record.run and record.run_seq > last.run_seq):
            return True
        if last.run != record.run and last.seen_time >= record.seen_time:
            raise TapelineError(
                f"market.raw already holds later records of {record.key}: "
                "play into fresh topics (TAPELINE_PREFIX)"
            )
        return last.run != record.run


def filed(settings: Settings, but: Collection[str] = ()) -> list[Instrument]:
    """The instruments of the settings' file, but for those of some venues."""
    if settings.instruments is None:
        return []
    return [row for row in instruments(settings.instruments) if row.venue not in but]


def news(settings: Settings, rows: Iterable[Instrument]) -> list[Instrument]:
    """As `changed`, without what is not traded and was never there."""
    trading = InstrumentStatus.TRADING
    return [row for row in changed(settings, rows) if row.seq or row.status is trading]


def changed(settings: Settings, rows: Iterable[Instrument]) -> Iterator[Instrument]:
    """The rows that market.instruments lacks or has otherwise, with key and seq, without id yet."""
    keyed = {f"{row.venue}:{row.symbol}": row for row in rows}
    there = latest(settings, names.INSTRUMENTS, keyed)
    for key, row in keyed.items():
        last = there.get(key)
        known = None if last is None else decode(Instrument, bytes(last.value() or b""))
        if known is None:
            yield row.model_copy(update={"seq": 0, "key": key})
        elif known != row.model_copy(update={"id": known.id, "seq": known.seq, "key": key}):
            yield row.model_copy(update={"seq": known.seq + 1, "key": key})
