"""A strategy of one's own: one file and one setting, refused in one line where it cannot work."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.decisions import DecisionsStage
from engine.stage import Cell
from engine.strategies.catalogue import StrategySections
from gateway.proof.own_files import other_files
from schemas import names
from schemas.errors import CONFIGURATION_EXIT
from schemas.system import Severity, SystemEvent
from tests.unit.fake_broker import connected, worker
from tests.unit.judging import decisions, signal
from tests.unit.small_desk import Topics
from tests.unit.trading import BTC
from topics.own import told
from topics.settings import CONFIG_FILE, Settings

HEAD = """
from dataclasses import dataclass, field
from engine.strategies import Context, Judge, Judgment, OutlookSettings, Stance, Verdict


@dataclass
class Count:
    bars: int = 0


class Settings(OutlookSettings):
    every: int = 2


class Mine(Judge[Settings, Count]):
    def opinion(self, state, context):
        state.bars += 1
"""
GOOD = (
    HEAD
    + """
        if state.bars % self.settings.every:
            return None
        return Judgment(Verdict.LONG, 0.7, reasons=(f"{state.bars} records",))
"""
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CONFIG_FILE, str(tmp_path / "tapeline.toml"))
    return tmp_path


def known(folder: Path, toml: str, code: str = GOOD) -> Settings:
    (folder / "mine.py").write_text(code)
    (folder / "tapeline.toml").write_text(toml)
    return Settings()


ONE = '[strategies.mine]\nkind = "mine.py:Mine"\n'


def test_one_file_and_one_setting(folder: Path) -> None:
    cell = Cell.fresh(DecisionsStage(known(folder, ONE).sections(StrategySections).build()), BTC)
    made = [one for n in range(4) for one in decisions(cell.take(names.SIGNALS, signal(n)))]
    assert [each.verdict.value for each in made] == ["hold", "long", "hold", "long"]
    assert made[1].strategy == "mine"
    assert (made[1].votes[0].advisor, made[1].votes[0].reasons[1]) == ("mine", "2 records")


def test_one_setting_may_be_in_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPELINE_STRATEGIES__MINE__KIND", "mine.py:Mine")
    (strategy,) = known(folder, "").sections(StrategySections).build()
    assert type(strategy.advisors[0]).__name__ == "Mine"


def test_its_settings_stand_beside_its_kind(folder: Path) -> None:
    toml = '[strategies.a.advisors]\nb = { kind = "mine.py:Mine", every = 3, weight = 2 }\n'
    (strategy,) = known(folder, toml).sections(StrategySections).build()
    (advisor,) = strategy.advisors
    assert (advisor.name, advisor.weight, advisor.settings.every) == ("b", 2.0, 3)  # type: ignore[attr-defined]


def test_another_file_is_another_digest(folder: Path) -> None:
    first = known(folder, ONE).digest
    assert known(folder, ONE).digest == first
    assert known(folder, ONE, GOOD + "\n").digest != first
    known(folder, "")
    assert Settings().digest not in (first, "")


NO_OPINION = """
from engine.strategies import Judge, OutlookSettings, Stance
class Mine(Judge[OutlookSettings, Stance]): ...
"""
WRONG = {
    "no file": ('[strategies.a]\nkind = "absent.py:Mine"\n', GOOD, "absent.py is no file in"),
    "no class": ('[strategies.a]\nkind = "mine.py:Yours"\n', GOOD, "mine.py has no class Yours"),
    "syntax": (ONE, "def f(:\n", "mine.py line 1: invalid syntax"),
    "import": (ONE, "\nimport no_such_module\n", "mine.py line 2: ModuleNotFoundError: No module"),
    "no strategy": (ONE, "class Mine: ...", "it is no strategy: it lacks initial, judge, dump"),
    "a function": (ONE, "def Mine(): ...", "it is no strategy: it lacks initial"),
    "no opinion": (ONE, NO_OPINION, "it is no strategy: it lacks opinion"),
    "both": (ONE + "advisors = { rule = {} }\n", GOOD, "it has a kind or advisors, not both"),
    "unknown setting": (
        '[strategies.a.advisors]\nb = { kind = "mine.py:Mine", eery = 3 }\n', GOOD,
        "setting strategies.a.advisors.b: eery: Extra inputs are not permitted",
    ),
    "raises": (ONE, HEAD + "        1 / 0\n", "ZeroDivisionError in opinion, line 18: div"),
    "says a word": (ONE, HEAD + "        return 'long'\n", "mine.py:Mine: AttributeError in seen"),
    "too sure": (
        ONE, HEAD + "        return Judgment(Verdict.LONG, 7.0)\n",
        "mine.py:Mine: its confidence 7.0 is not from 0 to 1",
    ),
    "a hidden state": (
        ONE, HEAD + "        self.n = getattr(self, 'n', 0) + 1\n"
        "        return Judgment(Verdict.LONG, self.n / 1000)\n",
        "it says otherwise when its state has been through dump and load",
    ),
    "no JSON": (
        ONE, HEAD + "\n    def dump(self, state):\n        return {1, 2}\n",
        "its state is not JSON: Object of type set",
    ),
    "books": (ONE, HEAD + "\n    def books(self, market):\n        return 'BTC/USDT'\n",
              "books must give a tuple of symbols"),
    "books that nobody makes": (
        '[strategies.a]\nkind = "arbitrage"\nmarkets = ["binance:BTC/USDT"]\n', GOOD,
        "setting strategies: a reads the book of BTC/USDT: name it in books.symbols",
    ),
    "books of patterns": (
        ONE + 'markets = ["BTC/*"]\n',
        HEAD + "\n    def books(self, market):\n        return ('BTC/USDT',)\n",
        "mine reads books: BTC/* must be a market as binance:BTC/USDT:USDT",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("toml", "code", "told"), WRONG.values(), ids=WRONG)
def test_what_cannot_work_ends_the_process_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], toml: str, code: str, told: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        known(folder, toml, code).sections(StrategySections)
    assert ended.value.code == CONFIGURATION_EXIT
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line
    assert "tapeline.toml" in line


def test_a_file_that_failed_can_be_mended(folder: Path) -> None:
    with pytest.raises(SystemExit):
        known(folder, ONE, "1 / 0").sections(StrategySections)
    with pytest.raises(SystemExit):  # no half of a module stays behind
        known(folder, ONE, "1 / 0").sections(StrategySections)
    assert known(folder, ONE).sections(StrategySections).build()


def test_verify_says_that_the_file_is_another_one(folder: Path) -> None:
    """What the stages told when they started, beside what is there now."""
    then = known(folder, ONE)
    event = SystemEvent(
        key="decisions", stage="decisions", severity=Severity.INFO, kind="started", text="",
        facts={"strategies": told(then.own)},
    )  # fmt: skip
    topics = Topics()
    topics.put(names.EVENTS, event)
    assert other_files(then, topics) == []
    (line,) = other_files(known(folder, ONE, GOOD + "\n"), topics)
    assert line.startswith("mine.py:Mine is another file than in the run")
    assert other_files(then, Topics()) == []


async def test_a_stage_tells_its_files_when_it_starts(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = known(folder, ONE)
    stage = DecisionsStage(mine.sections(StrategySections).build())
    one = worker(connected(monkeypatch), stage)
    assert one.started().facts["strategies"] == told(mine.own)
    one.settings = known(folder, "")
    assert "strategies" not in one.started().facts
