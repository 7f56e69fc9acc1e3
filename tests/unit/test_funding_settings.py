"""[funding] in the settings: whoever makes a venue of them has its rates, the paper worker too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from engine.depth.habits import Unreckoned, rules_of
from engine.execution import ExecutionStage
from engine.venue.settings import ExecutionSettings
from gateway.backtests.stages import Stages
from gateway.proof.own_files import other_files
from gateway.research.verdicts import strategies_of
from gateway.running import desk
from gateway.terminal.output import Output
from schemas import names
from schemas.errors import CONFIGURATION_EXIT
from tests.unit.fake_broker import connected, worker
from tests.unit.small_desk import Topics
from tests.unit.trading import BTC, ETH
from topics import funding
from topics.settings import CONFIG_FILE, Settings

RATES = """time,rate
2024-08-08 00:00,0.0001
2024-08-08 08:00,-0.00012
2024-08-08 16:00,0.00005
"""
NAMED = f'[funding."{BTC}"]\nfile = "rates.csv"\n'

WORKER = """
import orjson, sys
from executor.paper.app import stage
sys.stdout.buffer.write(orjson.dumps(stage.settings.model_dump(mode="json")))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings that name the file of rates beside them."""
    (tmp_path / "rates.csv").write_text(RATES)
    (tmp_path / "tapeline.toml").write_text(NAMED)
    monkeypatch.setenv(CONFIG_FILE, str(tmp_path / "tapeline.toml"))
    return tmp_path


def process() -> subprocess.CompletedProcess[bytes]:
    """The paper worker's stage as its process makes it."""
    return subprocess.run(
        [sys.executable, "-c", WORKER], env=os.environ | {"BROKER_URL": "127.0.0.1:1"},
        capture_output=True, check=False,
    )  # fmt: skip


def test_the_paper_worker_has_the_venue_of_a_backtest(folder: Path) -> None:
    ended = process()
    assert ended.returncode == 0, ended.stderr
    mine = Stages.of(Settings()).execution.settings
    assert orjson.loads(ended.stdout) == mine.model_dump(mode="json")
    assert mine.funding is not None
    assert [rate for _, rate in mine.funding.rates[BTC]] == ["0.0001", "-0.00012", "0.00005"]


def test_a_file_that_is_none_ends_the_worker_in_one_line(folder: Path) -> None:
    (folder / "rates.csv").write_text("time,price\n")
    ended = process()
    assert ended.returncode == CONFIGURATION_EXIT, ended.stderr
    (line,) = ended.stderr.decode().splitlines()
    assert line.startswith(f"setting funding: {folder / 'rates.csv'} has no column of rates: ")


def test_a_desk_of_a_file_that_is_none_starts_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = named(folder, "none.csv", "time,price\n")
    monkeypatch.setattr(desk, "settings", lambda: known)
    monkeypatch.setattr(desk, "Desk", lambda *_: pytest.fail("it was started"))
    with pytest.raises(SystemExit) as ended:
        desk.up("whole", Output(json=True))
    assert ended.value.code == CONFIGURATION_EXIT
    assert "none.csv has no column of rates" in capsys.readouterr().err


def named(folder: Path, name: str, text: str, more: str = "") -> Settings:
    """Settings that name a file of that text. A process reads each file once: each has a name."""
    (folder / name).write_text(text)
    (folder / "tapeline.toml").write_text(NAMED.replace("rates.csv", name) + more)
    return Settings()


def paid(known: Settings) -> dict[str, list[str]]:
    schedule = known.of("execution", ExecutionSettings).funding
    assert schedule is not None
    return {key: [rate for _, rate in rates] for key, rates in schedule.rates.items()}


def test_a_path_begins_at_the_settings_else_where_the_process_is(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    (elsewhere / "rates.csv").write_text(RATES.replace("0.0001", "0.7"))
    assert paid(Settings())[BTC][0] == "0.0001"
    (folder / "rates.csv").unlink()
    assert paid(Settings())[BTC][0] == "0.7"


def test_a_file_goes_before_rows_of_the_same_market(folder: Path) -> None:
    rows = "".join(f'"{key}" = [[5, "0.9"]]\n' for key in (BTC, ETH))
    known = named(folder, "rates.csv", RATES, f"[execution.funding.rates]\n{rows}")
    assert paid(known) == {BTC: ["0.0001", "-0.00012", "0.00005"], ETH: ["0.9"]}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('zome = "UTC"\n', f"setting funding.{BTC}.zome: Extra inputs are not permitted"),
        ('zone = "Atlantis"\n', "setting funding: 'Atlantis' is no zone: name it like +03:00"),
        ('[execution]\nfunding = "none"\n', "setting execution.funding: Input should be"),
        ("[execution.funding]\nrates = 7\n", "setting execution.funding.rates: Input should be"),
    ],
)
def test_a_wrong_setting_ends_the_process_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], more: str, told: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        named(folder, "rates.csv", RATES, more).of("execution", ExecutionSettings)
    assert ended.value.code == CONFIGURATION_EXIT
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(told)


def test_a_process_reads_a_file_once(folder: Path) -> None:
    before = paid(Settings())
    (folder / "rates.csv").write_text(RATES.replace("0.0001", "0.7"))
    assert paid(Settings()) == before
    funding.rates_of.cache_clear()
    assert paid(Settings()) != before


def test_other_rates_are_another_digest(folder: Path) -> None:
    """Of what is paid: a row's rate or its time moves it, another spelling of the same does not."""
    first = named(folder, "rates.csv", RATES)
    found = {
        name: funding.told(named(folder, f"{name}.csv", text).rates)
        for name, text in {
            "same": RATES.replace("0.00005", "5e-05"),
            "rate": RATES.replace("0.0001", "0.0002"),
            "time": RATES.replace("2024-08-08 16:00", "2024-08-09 00:00"),
        }.items()
    }
    assert funding.told(first.rates) == found["same"]
    assert len({*found.values()}) == 3
    digest, desk = Settings().digest, strategies_of(Settings())
    (folder / "time.csv").write_text(RATES)
    assert (Settings().digest, strategies_of(Settings())) == (digest, desk)
    funding.rates_of.cache_clear()
    assert Settings().digest != digest
    assert strategies_of(Settings()) != desk


def test_a_depth_run_refuses_what_it_does_not_pay(folder: Path) -> None:
    with pytest.raises(Unreckoned, match="does not reckon with funding"):
        rules_of(Settings().of("execution", ExecutionSettings), 0)


def test_verify_says_that_the_rates_are_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the stages told when they started, beside what is there now."""
    then = named(folder, "rates.csv", RATES)
    stage = ExecutionStage(then.of("execution", ExecutionSettings))
    event = worker(connected(monkeypatch), stage).started()
    told = funding.told(then.rates)
    assert event.facts["funding"] == told
    topics = Topics()
    topics.put(names.EVENTS, event)
    assert other_files(then, topics) == []
    (line,) = other_files(named(folder, "b.csv", RATES.replace("0.0001", "0.2")), topics)
    assert line.startswith(f"rates of funding are now {BTC} ")
    assert line.endswith(f"in the run they were {told}: its paper accounts may pay otherwise")
    (folder / "tapeline.toml").write_text("")
    (line,) = other_files(Settings(), topics)
    assert line.startswith("rates of funding are now none, in the run they were ")
