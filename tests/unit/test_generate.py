"""`tapeline generate`: a planted edge is adopted, and every look is counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine.research.record import read
from engine.research.splits import Window
from engine.strategies.catalogue import StrategySections
from gateway.research.candidates import NoCandidate, of_file
from gateway.research.looks import Look, looked
from tests.unit.swinging import DESK, FIRST, HOUR, KEY, generated, run, swinging
from topics.settings import Settings, settings

SWINGS = """
[candidates.with_the_swing]
about = "what swings is bought at its turns"
long = "close > before(close, 1)"
leave_long = "close < before(close, 1)"
short = "close < before(close, 1)"
leave_short = "close > before(close, 1)"
stop_percent = 20
[candidates.against_it]
long = "close < before(close, 1)"
leave_long = "close > before(close, 1)"
stop_percent = 20
[candidates.other_channel]
parameters = { "advisors.momentum.entry_bars" = 25 }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with swinging(tmp_path_factory.mktemp("generate")) as found:
        (found / "swings.toml").write_text(SWINGS)
        yield found


@pytest.fixture(scope="module")
def found(folder: Path) -> dict[str, Any]:
    code, told = generated(folder, "one", "--from", str(folder / "swings.toml"), "--json")
    assert code == 0, told
    of: dict[str, Any] = orjson.loads(told.splitlines()[-1])
    return of


def test_a_planted_edge_is_adopted_and_in_the_settings(folder: Path, found: dict[str, Any]) -> None:
    assert found["verdict"] == "adopted"
    assert found["candidate"]["section"]["advisors"]["declared"]["about"].startswith("what swings")
    record = read(Path(found["file"]).read_bytes())
    assert record.evidence["tried_on_train"] == 3
    (window, other) = record.windows
    assert window["until"] == other["since"]
    assert min(each["candidate"] for each in record.windows) > 0.05
    code, told = run("adopt", found["file"], "--json")
    assert (code, orjson.loads(told)["written"]) == (0, True), told
    settings.cache_clear()
    (built,) = settings().sections(StrategySections).build()
    assert (built.name, [each.kind for each in built.advisors]) == ("swing", ["declared"])
    (folder / "desk.toml").write_text(DESK)
    settings.cache_clear()


def test_the_same_question_is_the_same_look_and_another_is_a_further_one(
    folder: Path, found: dict[str, Any]
) -> None:
    """And the second time nothing is played: the directory has all trials."""
    again = generated(folder, "one", "--from", str(folder / "swings.toml"), "--json")
    assert orjson.loads(again[1].splitlines()[-1])["digest"] == found["digest"]
    few = ("--size", "3", "--generations", "1", "--finalists", "1", "--min-trips", "1")
    code, told = generated(folder, "two", *few, "--json")
    other = orjson.loads(told.splitlines()[-1])
    assert (other["look"]["number"], other["look"]["tries"]) == (2, 1 + found["look"]["tries"])
    assert other["look"]["level"] == pytest.approx(0.05 / 6)
    assert (other["candidate"]["origin"], other["evidence"]["tried_on_train"]) == ("search", 3)
    assert code == int(other["verdict"] != "adopted")


def test_what_swings_there_need_not_swing_elsewhere(folder: Path, found: dict[str, Any]) -> None:
    """Where it only falls, what is sold once is never bought back."""
    falls = folder / "eth.csv"
    rows = (f"{FIRST + n * HOUR},{9000 - n},{9001 - n},{8990 - n},{8999 - n},1" for n in range(80))
    falls.write_text("\n".join(["time,open,high,low,close,volume", *rows]))
    btc, eth = f"{KEY}={folder / 'btc.csv'}", f"binance:ETH/USDT:USDT={falls}"
    until = ("--to", "2019-10-20T16:00:00Z")
    code, told = run("transfer", found["file"], "--on", btc, "--on", eth, *until, "--json")
    assert code == 0, told
    here, there = (orjson.loads(line) for line in told.splitlines() if line.startswith("{"))
    assert (here["market"], here["trips"] > 3, here["earned"]["low"] > 0) == (KEY, True, True)
    assert there["trips"] == 0
    assert 0 < there["earned"]["value"] < here["earned"]["value"]
    code, told = run("transfer", found["file"], "--on", "eth.csv")
    assert (code, "write KEY=FILE" in told) == (1, True)


def test_looks_count_where_data_are_the_same_and_spans_meet(tmp_path: Path) -> None:
    def look(question: str, data: str, since: int, until: int) -> tuple[int, int]:
        before = looked(tmp_path, Look(question, data, Window(since, until), 3))
        return before.times, before.candidates

    assert look("a", "btc", 0, 10) == (0, 0)
    assert look("b", "btc", 9, 20) == (1, 3)
    assert look("c", "btc", 20, 30) == (0, 0)
    assert look("d", "eth", 0, 10) == (0, 0)
    assert look("e", "btc", 0, 30) == (3, 9)
    assert look("b", "btc", 9, 20) == (1, 3)


BAD = {
    "long = 'rsj < 3'": "nearest is rsi",
    "[candidates.a]\nlong = 'rsi < 3'": "candidates.a: it has no stop",
    "[candidates.a.parameters]\nquorum = 7": "strategies.swing.quorum",
    "[candidates.a.parameters]\nmarkets = 'ETH/*'": "no kind or market",
    "[candidates.a.parameters]\n'advisors.x.kind' = 'evil.py:Evil'": "no kind or market",
    "candidates = 3": "tables by name",
    "[": "cannot be read",
}


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_candidate_is_told_in_one_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text(text)
    known = Settings(strategies={"swing": {"advisors": {"momentum": {}}}})
    with pytest.raises(NoCandidate) as told:
        of_file(file, known, "swing")
    assert BAD[text] in str(told.value)
    assert "\n" not in str(told.value)
