"""`tapeline chaos feeds`: the live collector on the replaying venue, judged by what that one sent.

1. The replaying venue (a process), Kafka and the collector's worker: the play with its faults.
2. Workers of ticks, signals and decisions over what is on market.raw then.
3. All of it is read back and compared with the tapes of the venue and with the recording.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from engine.feeds.speech import Kind
from infra.local.desk import faust_worker
from infra.replaying.reel import Reel
from schemas import names
from schemas.codec import decode
from schemas.decisions import Decision, Verdict
from schemas.ticks import Ticks
from tests.chaos.feeds.books import Recorded, Walk
from tests.chaos.feeds.collected import Collected, collected
from tests.chaos.feeds.delivered import Delivered, connections, delivered
from tests.chaos.feeds.desk import Desk, configured, player, rows, spent, wait
from tests.chaos.feeds.playing import reels_of
from tests.chaos.feeds.spec import KINDS, Spec
from tests.chaos.servers import Servers, standing
from topics.reading import read_all

COLLECTOR = "agents.raw"
MUTANT = "tests.chaos.feeds.mutant_drops"
"""A collector with a planted fault, which must be found."""
Names = Mapping[tuple[str, str], str]
STRUCK = ("disconnect", "close", *KINDS)
HELD = 0.95
"""Of the rate that was asked for, what must have been played."""
MADE = (Verdict.LONG, Verdict.SHORT, Verdict.EXIT)


@dataclass
class Result:
    """What a trial found. rate: frames a second that were sent. cpu: seconds by process; lags: from
    the venue's socket to the receive time, ms.
    """

    spec: dict[str, Any]
    faults: list[str] = field(default_factory=list)
    struck: dict[str, int] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    books: dict[str, int] = field(default_factory=dict)
    decisions: dict[str, int] = field(default_factory=dict)
    sent: int = 0
    received: int = 0
    lost: int = 0
    rate: float = 0.0
    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    lags: dict[str, float] = field(default_factory=dict)


def hold(
    home: Path, spec: Spec, servers: Servers | None = None, collector: str = COLLECTOR,
    judged: bool = True,
) -> Result:  # fmt: skip
    """Hold a trial in an empty folder. servers: that run; else its own. collector: the module
    of the collector's worker. judged: also run the stages after it; else only frames are compared.
    """
    home.mkdir(parents=True, exist_ok=True)
    (home / "spec.json").write_bytes(spec.line())
    reels = reels_of(spec)
    with standing(home, servers) as addresses:
        desk = Desk(home, addresses, f"{home.name}.")
        told = _play(desk, reels, spec, collector)
        keys = keys_of(reels)
        if judged:
            desk.judged([*collected_keys(desk)])
        result = judge(desk, reels, spec, told, keys, judged)
    result.cpu = {name: round(value, 2) for name, value in desk.cpu.items()}
    return result


def _play(desk: Desk, reels: list[Reel], spec: Spec, collector: str) -> dict[str, Any]:
    """The replaying venue and the collector, until all is played; what the venue tells then."""
    home = desk.home
    with desk.worker("venue", player(home)) as venue:
        wait((home / "ready.json").is_file, [venue], 60)
        port = orjson.loads((home / "ready.json").read_bytes())["port"]
        desk.env = configured(home, reels, port, spec)
        with desk.worker("raw", faust_worker(collector)) as raw:
            wait((home / "told.json").is_file, [venue, raw], spec.seconds + spec.calm + 120)
            desk.cpu["raw"] = spent(raw)
    told: dict[str, Any] = orjson.loads((home / "told.json").read_bytes())
    desk.cpu["venue"] = told["cpu"]
    return told


def found(result: Result) -> list[str]:
    """The faults of a trial; that it did not happen as it should have is one."""
    missing = [name for name in STRUCK if not result.struck.get(name)]
    missing += [
        name for name in ("cuts", "resyncs", "stale", "right") if not result.books.get(name)
    ]
    missing += [] if result.lost else ["lost"]
    missing += [] if result.rate >= HELD * result.spec["rate"] else ["rate"]
    if not result.decisions.get("made") or len(result.decisions) < 3:
        missing.append("decisions")
    return [*result.faults, *(f"untried: {name}" for name in missing)]


def collected_keys(desk: Desk) -> set[str]:
    """The keys that market.raw has."""
    return {bytes(each.key() or b"").decode() for each in read_all(desk.settings, names.RAW)}


def keys_of(reels: list[Reel]) -> dict[tuple[str, str], str]:
    """Keys by market and name."""
    return {
        (f"{reel.feed.name} {reel.market}", row["venue_symbol"]): f"{row['venue']}:{row['symbol']}"
        for reel in reels
        for row in rows(reel)
    }


def judge(
    desk: Desk, reels: list[Reel], spec: Spec, told: dict[str, Any], keys: Names, judged: bool
) -> Result:
    """Read all back and compare."""
    raw = collected(desk.settings)
    found = delivered(raw, connections(desk.home, told, keys))
    result = Result(asdict(spec), found.faults[:], lost=found.lost, sent=found.sent)
    result.received = found.sent - found.lost
    result.seconds = round(told["seconds"], 2)
    result.rate = round(told["played"] / told["seconds"], 1)
    result.struck = dict(Counter(note["what"] for note in told["notes"]))
    result.ends = dict(Counter(each["end"] for each in told["connections"]))
    result.lags = spread(found.lags)
    if judged:
        fit = _books(desk, reels, spec, keys, raw, found, result)
        _decisions(desk, fit, result)
    return result


def _books(
    desk: Desk, reels: list[Reel], spec: Spec, keys: Names, raw: dict[str, list[Collected]],
    found: Delivered, result: Result,
) -> dict[str, set[int]]:  # fmt: skip
    """Walk all ticks records; give those of each key on which a decision may be made."""
    walks: dict[str, Walk] = {}
    for reel in reels:
        for row in rows(reel):
            key = keys[f"{reel.feed.name} {reel.market}", row["venue_symbol"]]
            recorded = Recorded(reel, row["venue_symbol"])
            walks[key] = Walk(key, recorded, found.places, int(spec.stale * 1e9))
    for message in read_all(desk.settings, names.TICKS):
        ticks = decode(Ticks, bytes(message.value() or b""))
        if (walk := walks.get(ticks.key)) is not None:
            walk.take(raw[ticks.key][ticks.seq], ticks)
    counts: Counter[str] = Counter()
    for key, walk in walks.items():
        counts += walk.found.counts
        result.faults += walk.found.faults
        if Kind.BOOK.value in {topic.kind for topic in walk.recorded.reel.topics}:
            counts["whole at the end"] += walk.found.whole
            if not walk.found.whole:
                result.faults.append(f"unmended: {key} has no book after {spec.calm} s of calm")
    result.books = dict(sorted(counts.items()))
    return {key: walk.found.fit for key, walk in walks.items()}


def _decisions(desk: Desk, fit: dict[str, set[int]], result: Result) -> None:
    """A decision is made on a book that is sound, fresh and right, or not at all."""
    counts: Counter[str] = Counter()
    for message in read_all(desk.settings, names.DECISIONS):
        decision = decode(Decision, bytes(message.value() or b""))
        made = decision.verdict in MADE
        counts["made" if made else str(decision.reason or decision.verdict)] += 1
        if made and decision.tick not in fit.get(decision.key, ()):
            told = f"{decision.key} {decision.seq} on record {decision.tick}"
            result.faults.append(f"judged: {decision.verdict.value} {told}")
    result.decisions = dict(sorted(counts.items()))


def spread(lags: list[int]) -> dict[str, float]:
    """Median, 99th percentile and the most, ms."""
    if not lags:
        return {}
    lags.sort()
    places = {"p50": len(lags) // 2, "p99": len(lags) * 99 // 100, "most": len(lags) - 1}
    return {name: round(lags[place] / 1e6, 3) for name, place in places.items()}
