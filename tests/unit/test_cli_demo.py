"""What a demo checks: the counts of the recording, and that nothing was lost on the way."""

from __future__ import annotations

import gzip
import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from gateway.recorded.expectation import COUNTS, expected, faults
from gateway.recorded.files import Span
from gateway.recorded.inputs import inspected, spanned
from gateway.recorded.playing import Play, Player, last_words, seen_time
from gateway.running.census import Census, percentile
from gateway.running.demo import STILL, Patience
from gateway.running.summary import Report
from infra.local.desk import Desk
from infra.local.errors import LocalError
from infra.recordings import DEMO, HERE, MARKET
from schemas.codec import encode
from schemas.raw import RawFrame, Source
from topics.settings import Settings

SECOND = 10**9
KIND = {"trade": "trades", "bookTicker": "quotes", "depthUpdate": "depth_updates"}


def counted(file: Path) -> dict[str, int]:
    """What is in a recording, by the venue's own words alone: no code of ours reads it."""
    found: Counter[str] = Counter()
    times = []
    with gzip.open(file) as lines:
        for line in lines:
            time, _, text = line.partition(b" ")
            times.append(int(time))
            frame = orjson.loads(text)
            kind = KIND[frame["data"].get("e", "bookTicker")] if "data" in frame else "snapshots"
            found[kind] += 1
    return {**found, "frames": len(times), "first": times[0], "last": times[-1]}


@pytest.mark.parametrize("file", DEMO, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_the_counts_beside_the_recordings_are_true(file: Path) -> None:
    known = orjson.loads((file.parent / COUNTS).read_bytes())
    assert known[file.name] == counted(file)


def span(*files: Path) -> Span:
    return spanned(inspected(files, Settings(broker_url="nowhere:9"), None))


def test_the_expectation_is_the_sum_over_the_files() -> None:
    wanted = expected()
    known = [orjson.loads((file.parent / COUNTS).read_bytes())[file.name] for file in DEMO]
    assert wanted.events["trades"] == sum(row["trades"] for row in known)
    assert wanted.span == span(*DEMO)


def test_the_demo_plays_spot_and_usdm_of_one_span() -> None:
    assert [file.parent.name for file in DEMO] == ["spot", "spot", "usdm", "usdm"]
    spans = [span(file) for file in DEMO]
    assert max(one.first for one in spans) - min(one.first for one in spans) < 2 * SECOND
    assert max(one.last for one in spans) - min(one.last for one in spans) < 2 * SECOND


@pytest.mark.parametrize("lost", ["usdm/btcusdt_20240808.gz", f"usdm/{COUNTS}"])
def test_a_missing_recording_or_its_counts_are_named(tmp_path: Path, lost: str) -> None:
    shutil.copytree(HERE / "usdm", tmp_path / "usdm")
    files = tuple(tmp_path / "usdm" / file.name for file in MARKET)
    assert expected(files).events == expected(MARKET).events
    (tmp_path / lost).unlink()
    with pytest.raises(LocalError, match=re.escape(lost)):
        expected(files)


def well() -> Census:
    return Census(
        events=Counter(expected().events),
        outcomes=Counter(approved=20, held=5),
        approved=["tl1"],
        states={"tl1": "filled"},
        trading={
            ("paper", "a"): Counter(orders=19, fills=25, stops=1),
            ("paper", "b"): Counter(orders=1, fills=1, targets=1),
        },
    )


def traded(**fewer: int) -> Census:
    """The same with less trading by one strategy."""
    census = well()
    census.trading["paper", "a"].update(fewer)
    return census


def test_a_run_that_holds_has_no_faults() -> None:
    assert faults(well(), expected()) == []


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (replace(well(), letters=["market.raw k: bad"]), "1 dead letters"),
        (replace(well(), notices=Counter(gap=2)), "2 gaps"),
        (traded(orders=-1), "19 orders, and there must be 20"),
        (traded(fills=-7), "19 fills, and there must be 20"),
        (traded(stops=-1), "0 stops fired, and there must be 1"),
        (
            replace(well(), trading={("paper", "a"): Counter(orders=20, fills=20, stops=2)}),
            "0 targets fired, and there must be 1",
        ),
        (replace(well(), events=Counter(expected().events) + Counter(trades=1)), "trades came"),
        (replace(well(), agreements={"a": "agrees", "b": "unknown"}), "the portfolio of b"),
        (replace(well(), states={}), "nothing is known of 1 approved"),
    ],
    ids=["letters", "gaps", "orders", "fills", "stops", "targets", "counts", "money", "statuses"],
)
def test_whatever_does_not_hold_is_told(broken: Census, words: str) -> None:
    (fault,) = faults(broken, expected())
    assert words in fault


def test_what_is_traded_under_other_settings_is_not_judged() -> None:
    assert faults(replace(well(), trading={}), expected(trading={})) == []


def test_the_report_names_a_filled_order_to_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.running.summary.shutil.which", lambda name: f"/bin/{name}")
    census = replace(well(), filled=["tl1"], began=1000, ended=3000)
    report = Report.of(census, expected(), {"TAPELINE_HOME": "somewhere"})
    command, _ = report.next()[0]
    assert command == "TAPELINE_HOME=somewhere tapeline why tl1"
    told = report.as_json()
    assert told["holds"] is True
    assert (told["home"], told["stops"], told["targets"]) == ("somewhere", 1, 1)
    assert told["events_per_second"] == round(census.market_events / 2)


def test_a_stage_that_stands_still_is_named() -> None:
    patience = Patience()
    patience.see(("signals", 10))
    patience.see(("signals", 9))
    patience.since -= STILL + 1
    patience.see(("signals", 8))
    patience.since -= STILL + 1
    with pytest.raises(LocalError, match="signals stands still with 8"):
        patience.see(("signals", 8))


def test_percentiles_are_nearest_ranks() -> None:
    values = list(range(1, 101))
    assert (percentile(values, 0.5), percentile(values, 0.99)) == (51, 100)
    assert percentile([], 0.5) == 0


def test_the_time_of_a_record_is_read_from_its_head() -> None:
    raw = RawFrame(seen_time=42, key="binance:A/B", run="r", run_seq=0, source=Source.WS,
                   channel="stream")  # fmt: skip
    assert seen_time(encode(raw)[:400]) == 42
    assert seen_time(b"nothing of ours") == 0


def test_the_share_of_a_span() -> None:
    assert [Span(100, 200, 3).share(now) for now in (0, 150, 500)] == [0.0, 0.5, 1.0]


def test_the_player_is_told_what_to_play(tmp_path: Path) -> None:
    settings = Settings(broker_url="b:1", redis_url="redis://r:2", home=tmp_path, prefix="p.")
    env = Play((Path("/a.gz"), Path("/b.gz")), speed=2.5, linger=50).env(settings)
    assert env["BROKER_URL"] == "b:1"
    assert orjson.loads(env["TAPELINE_RECORDINGS"]) == ["/a.gz", "/b.gz"]
    assert (env["TAPELINE_SPEED"], env["TAPELINE_LINGER"]) == ("2.5", "50")
    assert "TAPELINE_MARKET" not in env
    assert Play((), market="cm").env(settings)["TAPELINE_MARKET"] == "cm"
    assert env["TAPELINE_PREFIX"] == "p."


def test_the_player_has_the_environment_of_a_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAPELINE_CONFIG", "own.toml")
    settings = Settings(broker_url="b:1", redis_url="redis://r:2", home=tmp_path)
    worker = Desk(settings).env()
    assert worker.items() <= Play((Path("/a.gz"),)).env(settings).items()
    assert worker["TAPELINE_CONFIG"] == str(tmp_path / "own.toml")


class Ended:
    """A raw stage that has ended."""

    log = Path("/logs/raw.log")

    def __init__(self, tail: str) -> None:
        self.tail = lambda: tail


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("fail-stop (exit code 78): no such thing\n", "(exit code 78): no such thing"),
        ("another", "(exit code 78): the reason is in /logs/raw.log"),
    ],
)
def test_the_end_of_the_player_is_told_with_its_reason_or_where_it_is(text: str, end: str) -> None:
    player = object.__new__(Player)
    vars(player)["_child"] = Ended(orjson.dumps({"text": text}).decode())
    with pytest.raises(LocalError) as caught:
        player.finish(78)
    assert str(caught.value).endswith(end)


def test_the_player_s_last_words_are_told() -> None:
    told = "fail-stop (exit code 78): market.raw already holds later records"
    log = 'x","text":"cut"}\n{"level":"critical","text":"' + told + '"}\n'
    assert last_words(log) == "market.raw already holds later records"
    assert last_words("nothing of the kind") == ""
