"""Records that never were on Kafka, from files, into an archive."""

from __future__ import annotations

import re
from pathlib import Path

from schemas.codec import encode
from schemas.errors import TapelineError
from schemas.record import Record
from topics.archive.files import made, write
from topics.archive.layout import shelf_of
from topics.archive.reading import Archive
from topics.archive.row import IMPORTED, row_of
from topics.archive.settings import ArchiveSettings
from topics.archive.waiting import Filing, Waiting

RUN = re.compile(rb'"run":"((?:[^"\\]|\\.)*+)","run_seq":\d').search


OVERLAP = 10**9
"""ns by which a run may begin before the end of the one before it: that has ended at a whole second
of the clock.
"""


class NotAfter(TapelineError):
    """What is imported is not later than what the archive has of its key."""


class Importer:
    """Files the records of one run of one topic, in the order in which they come.

    Their offsets are no positions in Kafka but times: a record's is its seen_time (ns), or one more
    than the last one's where that is as late. So all that was imported into a folder, at whatever
    time, comes out by time, and within a run as it went in; and the same run imported once more
    is the same rows.

    run: the feed run that the records name: by it they are known again.
    """

    def __init__(self, root: Path, prefix: str, topic: str, run: str) -> None:
        made(root)
        self._archive, self._topic, self._run = Archive(root, prefix), topic, run
        kept = ArchiveSettings()
        self._waiting = Waiting(kept.largest, kept.memory)
        self._offset = -1
        self._firsts: dict[str, int] = {}
        self.records = 0

    def first_seq(self, key: str) -> int:
        """The sequence of a key's first record of this run; raises TapelineError where it may not
        be imported here.
        """
        last, name = -1, key.encode()
        for row in self._archive.of(self._topic, name):
            if row.partition != IMPORTED:
                raise TapelineError(
                    f"{self._archive.root} has {self._topic} {key} from Kafka: import into "
                    "another folder (--archive)"
                )
            found = RUN(row.value or b"")
            if row.seq is not None and found and found[1].decode() == self._run:
                self._firsts[key] = row.offset
                return row.seq
            last = max(last, -1 if row.seq is None else row.seq)
            self._firsts[key] = row.offset + 1
        return last + 1

    def put(self, record: Record) -> None:
        """File a record; raises NotAfter, OSError."""
        first = self._firsts.pop(record.key, 0)
        self._offset = max(self._offset + 1, record.seen_time, first)
        if first > record.seen_time + OVERLAP:
            raise NotAfter(
                f"{self._archive.root} has {self._topic} {record.key} up to a later time: import "
                "what is after it, or into another folder (--archive)"
            )
        value, key = encode(record), record.key.encode()
        row = row_of(IMPORTED, self._offset, record.seen_time // 1_000_000, key, value)
        shelf = shelf_of(self._archive.prefix + self._topic, self._topic, row)
        self._file(self._waiting.take(shelf, row))
        self.records += 1

    def close(self) -> None:
        """File what waits; until then the end of the import is in no file."""
        self._file(self._waiting.all())

    def _file(self, filings: list[Filing]) -> None:
        for shelf, rows in filings:
            write(self._archive.root, shelf, rows)
