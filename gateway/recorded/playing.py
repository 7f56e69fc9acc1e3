"""Recordings played into market.raw by the raw stage, run as a child process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from gateway.watching.follower import Follower
from infra import recordings
from infra.local.desk import Desk, faust_worker
from infra.local.errors import LocalError
from infra.local.process import Child
from schemas import names
from topics.settings import Settings


@dataclass(frozen=True)
class Play:
    """What to play and how. speed: times faster than recorded, 0 as fast as it goes.

    linger: ms of one raw record. run: name of the feed run, "" to name it by its content. venue,
    market: which the frames come from, None to be told by their address, by them or their folder.
    archive: a folder to play from in place of files, and the prefix of the run in it.
    """

    files: tuple[Path, ...]
    speed: float = 0.0
    linger: int | None = None
    run: str = ""
    instruments: Path | None = None
    market: str | None = None
    venue: str | None = None
    archive: tuple[Path, str] | None = None

    def env(self, settings: Settings) -> dict[str, str]:
        """The environment of the raw stage: that of a desk's worker, and what to play."""
        instruments = self.instruments or settings.instruments or recordings.INSTRUMENTS
        there = {"broker_url": settings.bootstrap, "redis_url": settings.redis}
        more = {
            "TAPELINE_RECORDINGS": orjson.dumps([str(file) for file in self.files]).decode(),
            "TAPELINE_INSTRUMENTS": str(instruments.resolve()),
            "TAPELINE_LISTINGS": str(recordings.LISTINGS),
            "TAPELINE_SPEED": str(self.speed),
            "TAPELINE_RUN": self.run,
        }
        if self.archive is not None:
            folder, run = self.archive
            more |= {"TAPELINE_REPLAYED": str(folder.resolve()), "TAPELINE_REPLAYED_RUN": run}
        if self.linger is not None:
            more["TAPELINE_LINGER"] = str(self.linger)
        if self.venue is not None:
            more["TAPELINE_VENUE"] = self.venue
        if self.market is not None:
            more["TAPELINE_MARKET"] = self.market
        return Desk(settings.model_copy(update=there)).env(**more)


class Player:
    """The raw stage at work; `seen` tells how far the market's time on market.raw has come."""

    def __init__(self, play: Play, settings: Settings, env: Mapping[str, str]) -> None:
        logs = settings.home.resolve() / "logs"
        self._child = Child(
            faust_worker("agents.raw"), logs / "raw.log", logs / "raw.pid.json", env
        )
        self._follower = Follower(settings, [names.RAW])
        self.seen, self.records = 0, 0

    def start(self) -> None:
        """Run it; LocalError if that cannot be."""
        self._child.start()

    def look(self) -> int | None:
        """Take in what it has played since the last look; its exit code once it has ended."""
        code = self._child.poll()
        while messages := self._follower.poll():
            self.records += len(messages)
            heads = (bytes(message.value() or b"")[:400] for _, message in messages[-20:])
            self.seen = max([self.seen, *map(seen_time, heads)])
        return code

    def finish(self, code: int) -> None:
        """Raise LocalError unless everything was played."""
        if code != 0:
            why = last_words(self._child.tail()) or f"the reason is in {self._child.log}"
            raise LocalError(f"the recording was not played to its end (exit code {code}): {why}")

    def stop(self) -> None:
        """End it if it still runs, and let go of the broker."""
        self._child.stop()
        self._follower.close()


def last_words(log: str) -> str:
    """Why the stage ended, from the end of its log; "" where it does not say."""
    told = [text for text in map(_text, log.splitlines()) if text.startswith("fail-stop ")]
    return told[-1].partition("): ")[2].strip() if told else ""


def _text(line: str) -> str:
    """What a log line says (topics.logs); "" for a line that is cut or not ours."""
    try:
        return str(orjson.loads(line)["text"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""


def seen_time(head: bytes) -> int:
    """seen_time of an encoded record, from its first bytes; 0 where it is not there."""
    _, found, rest = head.partition(b'"seen_time":')
    digits = rest.split(b",", 1)[0]
    return int(digits) if found and digits.isdigit() else 0
