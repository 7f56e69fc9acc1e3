"""`tapeline optimize --candles`: trials on candles are the desk's own, walk forward over months."""

from __future__ import annotations

import math
import pickle
import shutil
from itertools import chain
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from engine.analytics import Span, equity_curve
from engine.candle_ticks import Shown, parsed
from engine.portfolio import PortfolioSettings
from engine.replay.desk import Desk
from engine.research.marks import marked
from engine.research.splits import Window
from gateway.backtests import taped
from gateway.backtests.backtest import Results, listed
from gateway.backtests.tapes import NotPlayed
from gateway.cli import app
from gateway.research.market import SharedMarket
from gateway.research.search import Search
from gateway.research.source import CandleFiles
from gateway.research.trial import marks, traded
from gateway.terminal.output import Output
from schemas import names
from schemas.codec import encode
from schemas.errors import Poison
from schemas.orders import OrderDecision
from schemas.portfolio import Portfolio
from schemas.refusals import Reason
from schemas.statuses import Status
from schemas.ticks import BookState, Ticks
from tests.unit.small_desk import SETTINGS
from topics.settings import Settings, settings

KEY = "binance:BTC/USDT:USDT"
HOUR = 3600 * 10**9
FIRST = 1_571_302_800 * 10**9
COUNT = 240
ADVISORS = {"momentum": {"entry_bars": 8, "exit_bars": 4, "filter_atr": 0.0}}
STRATEGY = {"advisors": ADVISORS, "stop_atr": 2, "target_atr": 4}
FAST = {"ema_fast": 3, "ema_slow": 6, "atr": 5}
KNOWN = SETTINGS.model_copy(update={
    "strategies": {"swing": STRATEGY}, "signals": {"indicators": FAST},
    "risk": {"minimum_strength": 0, "minimum_confidence": 0, "leverage": 3},
})  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten days of a market that swings."""
    rows, close = ["time,open,high,low,close,volume"], 8000.0
    for number in range(COUNT):
        first, close = close, 8000 + 400 * math.sin(number / 9) + 60 * math.sin(number * 1.7)
        high, low = max(first, close) + 25, min(first, close) - 25
        told = ",".join(f"{each:.1f}" for each in (first, high, low, close))
        rows.append(f"{(FIRST + number * HOUR) // 10**9},{told},12.5")
    found = tmp_path_factory.mktemp("candles") / "btc.csv"
    found.write_text("\n".join(rows))
    return found


def source(file: Path) -> tuple[CandleFiles, Settings]:
    made = CandleFiles((file,), KEY)
    return made, made.adapted(KNOWN)


WINDOW = Window(FIRST + 100 * HOUR, FIRST + 200 * HOUR)


def tried(file: Path, folder: Path, known: Settings) -> list[Status]:
    """The statuses of a trial."""
    market = SharedMarket(CandleFiles((file,), KEY), folder, "data")
    found = traded(market, known, WINDOW, market.source.tape(known, WINDOW.until))
    return [row for row in found if isinstance(row, Status)]


def test_a_trial_on_candles_is_the_backtest_of_them_to_the_byte(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, known = source(file)
    found = tried(file, tmp_path, known)
    told: list[Results] = []

    def shown(results: Results, *_: object) -> int:
        told.append(results)
        return 0

    monkeypatch.setattr(taped, "settings", lambda: KNOWN)
    monkeypatch.setattr(taped, "shown", shown)
    taped.taped(KEY, [file], False, Output(json=True), None, Span(*WINDOW))
    assert [encode(row) for row in found] == [encode(row) for row in told[0].statuses]
    fills = [row for row in found if row.type == "fill"]
    assert len(fills) > 4
    assert all(WINDOW.since <= row.seen_time < WINDOW.until for row in fills)
    assert not [*tmp_path.iterdir()]


def test_a_trial_is_worth_what_its_account_is_told_and_marked_at_each_candle(
    file: Path, tmp_path: Path
) -> None:
    of, known = source(file)
    market, tape = SharedMarket(of, tmp_path, "data"), of.tape(known, WINDOW.until)
    assert tape is not None
    rows = [*traded(market, known, WINDOW, tape)]
    statuses = [row for row in rows if isinstance(row, Status)]
    rules = known.of("portfolio", PortfolioSettings)
    start = rules.start("paper")
    told = equity_curve((row for row in rows if isinstance(row, Portfolio)), start)
    curve = marked(statuses, marks(tape, WINDOW.since), start, rules)
    at, ends = dict(curve), {row.time + HOUR - 1: row for row in of.candles.rows}
    assert {time: at[time] for time, _ in told} == dict(told)
    between = [time for time in at if time in ends]
    assert len(between) > 20
    assert set(at) == {*between, *(row.seen_time for row in statuses)}


def test_a_trial_that_reads_more_than_bars_is_a_desk_of_all_stages(
    file: Path, tmp_path: Path
) -> None:
    of, known = source(file)
    flow: dict[str, Any] = {"advisors": {**ADVISORS, "flow": {}}, "quorum": 0}
    known = known.model_copy(update={"strategies": {"swing": {**STRATEGY, **flow}}})
    assert not of.by_bars(known)
    found = tried(file, tmp_path, known)
    raw = ((names.RAW, row) for row in of.raw(known) if row.seen_time < WINDOW.until)
    desk = Desk(of.stages(known), known.accounts, since=WINDOW.since)
    whole = [row for _, row in desk.run(chain(listed(known), raw)) if isinstance(row, Status)]
    assert [encode(row) for row in found] == [encode(row) for row in whole]
    assert [row for row in found if row.type == "fill"]


def test_the_files_are_read_once_in_a_search(file: Path, tmp_path: Path) -> None:
    """A trial's process has what the search has read, as the ground brings it."""
    here = CandleFiles((Path(shutil.copy(file, tmp_path / "here.csv")),), KEY)
    known = here.adapted(KNOWN)
    here.digest(known)
    there = pickle.loads(pickle.dumps(here))
    here.files[0].unlink()
    tape = there.tape(known, WINDOW.until)
    assert tape is not None
    assert tape.run == source(file)[0].run
    assert next(there.raw(known)).run == here.run


def test_its_bars_are_the_candles_and_every_trade_shows_a_sound_book(file: Path) -> None:
    of, known = source(file)
    desk = Desk(of.stages(known)[:1], ())
    raw = ((names.RAW, row) for row in of.raw(known))
    made = [row for _, row in desk.run(raw) if isinstance(row, Ticks)]
    assert len(made) == 4 * COUNT
    assert all(row.book is BookState.OK for row in made if not row.clock)
    bars = [bar for row in made for bar in row.bars]
    told = [(bar.open_time, *map(float, (bar.open, bar.high, bar.low, bar.close, bar.volume)))
            for bar in bars]  # fmt: skip
    assert told == [(row.time, *map(float, row[1:])) for row in of.candles.rows[:-1]]
    assert not any(row.notices for row in made if not row.clock)


def test_a_decision_comes_at_the_next_candles_first_trade_and_not_before(file: Path) -> None:
    of, known = source(file)
    desk = Desk(of.stages(known)[:1], ())
    made = [row for _, row in desk.run((names.RAW, row) for row in of.raw(known))]
    closed = [row for row in made if isinstance(row, Ticks) and row.bars]
    assert all((row.seen_time - FIRST) % HOUR == 0 for row in closed)
    assert all(row.bars[0].close_time <= row.seen_time for row in closed)


def test_what_was_filled_within_a_candle_is_known_at_the_next_one(file: Path) -> None:
    of, known = source(file)
    raw = ((names.RAW, row) for row in of.raw(known))
    made = [row for _, row in Desk(of.stages(known), known.accounts).run(chain(listed(known), raw))]
    orders = [row for row in made if isinstance(row, OrderDecision)]
    assert sum(row.outcome == "approved" for row in orders) > 20
    assert not [row for row in orders if row.reason is Reason.ORDER_PENDING]


def test_the_command_walks_forward_over_candles(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "tapeline.toml"
    config.write_text("""
[optimize.strategies.swing]
stop_atr = [2, 4]
advisors.momentum.entry_bars = "4:12:4"
[strategies.swing]
target_atr = 4
advisors = { momentum = { exit_bars = 4, filter_atr = 0.0 } }
[risk]
minimum_strength = 0
minimum_confidence = 0
[signals.indicators]
ema_fast = 3
ema_slow = 6
atr = 5
""")
    monkeypatch.setenv("TAPELINE_CONFIG", str(config))
    settings.cache_clear()
    given = ("--candles", KEY, "--into", str(tmp_path / "study"), "--train", "4d", "--test", "2d",
             "--embargo", "4h", "--jobs", "1", "--json")  # fmt: skip
    told = CliRunner().invoke(app, ["optimize", str(file), *given])
    settings.cache_clear()
    assert told.exit_code == 0, told.output
    made = orjson.loads(told.stdout)["optimization"]
    assert made["period"] == "hour"
    assert made["trials_count"] == 12
    assert len(made["splits"]) == 2
    assert made["out_of_sample"]["periods"] == 2 * 48
    assert made["out_of_sample"]["trips"] > 0


def test_a_market_that_is_not_listed_and_a_frame_that_is_none_are_told(
    file: Path, tmp_path: Path
) -> None:
    given = ("--candles", "binance:NO/USDT", "--into", str(tmp_path), "--set", "rule.weight=1,2")
    told = CliRunner().invoke(app, ["optimize", str(file), *given])
    assert told.exit_code == 1
    assert "no instrument is called binance:NO/USDT" in told.stderr
    with pytest.raises(Poison):
        parsed("[1, 2]")
    assert Shown("0.1").quantity == "1000000"


@pytest.mark.parametrize("spread", ["wide", "0"])
def test_a_spread_that_is_none_is_refused_before_anything_is_played(
    file: Path, tmp_path: Path, spread: str
) -> None:
    """Also on the road by records, where no book would be one."""
    given = ("--candles", KEY, "--spread", spread, "--into", str(tmp_path / "study"))
    told = CliRunner().invoke(app, ["optimize", str(file), *given, "--set", "rule.weight=1,2"])
    assert told.exit_code == 1
    assert f"a spread of {spread} is none: write a number above 0" in told.stderr
    assert not (tmp_path / "study").exists()
    with pytest.raises(NotPlayed, match="is none"):
        CandleFiles((file,), KEY, spread).raw(KNOWN)


@pytest.mark.parametrize(
    "words", [("optimize",), ("generate", "--strategy", "x", "--train", "4h", "--test", "2h")]
)
def test_recordings_take_no_spread(file: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    given = ("--into", str(tmp_path / "study"), "--spread", "1")
    told = CliRunner().invoke(app, [words[0], str(file), *words[1:], *given])
    assert told.exit_code == 1
    assert "--spread is of candles, and these are books: add --candles" in told.stderr


def test_who_stops_a_search_is_told_that_it_can_go_on(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(_: Search) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Search, "run", stopped)
    given = ("--candles", KEY, "--into", str(tmp_path), "--set", "rule.weight=1,2")
    told = CliRunner().invoke(app, ["optimize", str(file), *given])
    assert told.exit_code != 0
    assert "0 of 2 trials are kept: the same command goes on" in told.stderr
