"""market.raw of an archive, and what advisors had said, to go in again as it was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from operator import itemgetter

from schemas import names
from schemas.codec import decode, encode
from schemas.errors import TapelineError
from schemas.instruments import Instrument
from schemas.raw import RawFrame
from topics import BY_NAME
from topics.archive.reading import Archive, NoArchive
from topics.archive.row import IMPORTED, Row, row_of
from topics.outlet import Outlet
from topics.pace import Placed, paced, publish_rows
from topics.reading import latest
from topics.resuming import changed, filed
from topics.settings import Settings

Closing = Callable[[Iterable[RawFrame]], Iterable[RawFrame]]
"""engine.framing.closing: the clock after the last records of keys."""

Last = tuple[int, bytes]
"""Sequence and bytes of a key's last record."""


def raw(archive: Archive, closing: Closing) -> Iterator[Row]:
    """The rows of market.raw, each once, in the order of their time; raises NoArchive for none.

    What was imported comes in the order in which it went in, and ends with the clock that closes
    the last bars; of what came from Kafka, keys of equal time come in the order of their names, for
    how they met is not known.
    """
    keys = archive.keys(names.RAW)
    if not keys:
        there = ", ".join(archive.topics()) or "nothing"
        raise NoArchive(
            f"{archive.root} holds no {archive.prefix}{names.RAW}: it has {there}; name the run "
            "by --run PREFIX"
        )
    streams = [_timed(archive, key) for key in keys]
    return _closed((row for _, row in merge(*streams, key=itemgetter(0))), closing)


def _closed(rows: Iterator[Row], closing: Closing) -> Iterator[Row]:
    last: dict[bytes, Row] = {}
    for row in rows:
        if row.partition == IMPORTED:
            last[row.key] = row
        yield row
    offset = max((row.offset for row in last.values()), default=0)
    for record in closing([decode(RawFrame, row.value) for row in last.values()]):
        offset += 1
        stamp = record.seen_time // 1_000_000
        yield row_of(IMPORTED, offset, stamp, record.key.encode(), encode(record))


def _timed(archive: Archive, key: bytes, topic: str = names.RAW) -> Iterator[tuple[int, Row]]:
    now, last = 0, -1
    for row in archive.of(topic, key):
        if row.value is None or (row.seq is not None and row.seq <= last):
            continue
        now, last = max(now, row.seen_time or 0), last if row.seq is None else row.seq
        yield row.offset if row.partition == IMPORTED else now, row


def instruments(archive: Archive) -> Iterator[tuple[int, Instrument]]:
    """What could be traded, with the time (ns) from which on: the first row of each key is there
    from the start, later ones since they came.
    """
    last: dict[bytes, int] = {}
    for row in archive.rows(names.INSTRUMENTS):
        if row.value and row.seq is not None and row.seq > last.get(row.key, -1):
            time = row.timestamp * 1_000_000 if row.key in last else 0
            last[row.key] = row.seq
            yield time, decode(Instrument, row.value)


def advice(archive: Archive) -> Iterator[Row]:
    """The rows of ai.advice, each once, in the order of their time; none where nobody was asked."""
    streams = [_timed(archive, key, names.ADVICE) for key in archive.keys(names.ADVICE)]
    return (row for _, row in merge(*streams, key=itemgetter(0)))


def unplayed(
    rows: Iterator[Row], last: Callable[[bytes], Last | None], topic: str = names.RAW
) -> Iterator[Row]:
    """The rows that come after the last one of their key; raises TapelineError where that one is
    not what the archive has in its place.
    """
    known: dict[bytes, Last | None] = {}
    for row in rows:
        if row.key not in known:
            known[row.key] = last(row.key)
        there = known[row.key]
        if there is None or row.seq is None or row.seq > there[0]:
            yield row
        elif row.seq == there[0] and row.value != there[1]:
            raise TapelineError(
                f"{topic} holds other records of {row.key.decode(errors='replace')}: "
                "play into fresh topics (TAPELINE_PREFIX)"
            )


async def replay(
    outlet: Outlet,
    settings: Settings,
    listed: Callable[[Iterable[Instrument]], None],
    closing: Closing,
) -> None:
    """Write what the settings' archive holds and market.raw and ai.advice lack, at the settings'
    pace. Advice comes from the record alone: raises TapelineError where the desk asks for its own.

    listed: publishes instruments: those of the settings' file, and the archive's.
    """
    listed(changed(settings, [*filed(settings), *archived(settings)]))
    await publish_rows(outlet, paced(again(settings, closing), settings.speed))


def again(settings: Settings, closing: Closing) -> Iterator[Placed]:
    """The rows of the settings' archive that market.raw and ai.advice lack, in order of time."""
    archive = _of(settings)
    if settings.advice.get("advisors") and archive.keys(names.ADVICE):
        raise TapelineError(
            f"{archive.root} holds {names.ADVICE}, and this desk asks advisors of its own: take "
            "[advice.advisors] out of its settings to play what was said then"
        )
    found = [
        _placed(names.RAW, unplayed(raw(archive, closing), _last(settings, names.RAW))),
        _placed(
            names.ADVICE,
            unplayed(advice(archive), _last(settings, names.ADVICE), names.ADVICE),
        ),
    ]
    return (placed for _, placed in merge(*found, key=itemgetter(0)))


def _placed(topic: str, rows: Iterator[Row]) -> Iterator[tuple[int, Placed]]:
    """At the running maximum of their times."""
    now = 0
    for row in rows:
        now = max(now, row.seen_time or 0)
        yield now, Placed(topic, row)


def _last(settings: Settings, topic: str) -> Callable[[bytes], Last | None]:
    """What a topic holds last of a key."""

    def last(key: bytes) -> Last | None:
        name = key.decode(errors="backslashreplace")
        found = latest(settings, topic, [name]).get(name)
        value = b"" if found is None else bytes(found.value() or b"")
        return (decode(BY_NAME[topic].record, value).seq, value) if value else None

    return last


def archived(settings: Settings) -> list[Instrument]:
    """The last row of each instrument in the settings' archive."""
    rows = (row for _, row in instruments(_of(settings)))
    return [*{row.key: row for row in rows}.values()]


def _of(settings: Settings) -> Archive:
    assert settings.replayed is not None
    return Archive(settings.replayed, settings.replayed_run)
