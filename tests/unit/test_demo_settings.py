"""Which settings a demo has, where they come from, and who else finds them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.risk import RiskSettings
from engine.strategies.catalogue import StrategySections
from gateway.running.demo import demo_settings, environment
from gateway.terminal.output import Output
from infra.local.desk import Desk
from infra.recordings import DEMO_SETTINGS
from topics.settings import CONFIG_FILE, HOME, settings, settings_file

OWN = '[strategies.mine]\nmarkets = ["BTC/*"]\n'


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty directory to work in, and an environment that says nothing."""
    monkeypatch.chdir(tmp_path)
    for name in (CONFIG_FILE, "BROKER_URL", "REDIS_URL", "TAPELINE_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(HOME, "home")
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_the_home_s_own_file_is_before_the_directory_s(tmp_path: Path) -> None:
    assert not settings_file().exists()
    (tmp_path / "tapeline.toml").write_text("accounts = ['directory']")
    assert settings().accounts == ("directory",)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "tapeline.toml").write_text("accounts = ['home']")
    settings.cache_clear()
    assert settings().accounts == ("home",)


def test_the_file_that_is_named_is_before_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").mkdir()
    for name, account in (("named", "named"), ("home/tapeline", "home"), ("tapeline", "directory")):
        (tmp_path / f"{name}.toml").write_text(f"accounts = ['{account}']")
    monkeypatch.setenv(CONFIG_FILE, "named.toml")
    assert settings().accounts == ("named",)
    assert Desk(settings()).env()[CONFIG_FILE] == str(tmp_path / "named.toml")


def test_a_desk_s_workers_have_the_file_of_its_process(tmp_path: Path) -> None:
    assert CONFIG_FILE not in Desk(settings()).env()
    (tmp_path / "tapeline.toml").write_text(OWN)
    assert Desk(settings()).env()[CONFIG_FILE] == str(tmp_path / "tapeline.toml")


def test_a_demo_has_the_settings_that_come_with_it(tmp_path: Path) -> None:
    own = demo_settings(Output())
    home = tmp_path / "home" / "demo"
    assert own.home == home
    assert set(own.strategies) == {"breakout", "contrary", "panel", "pressure"}
    file = home / "tapeline.toml"
    assert file.read_bytes() == DEMO_SETTINGS.read_bytes()
    assert Desk(own).env()[CONFIG_FILE] == str(file)


def test_later_commands_in_the_demo_s_home_have_them_too(monkeypatch: pytest.MonkeyPatch) -> None:
    own = demo_settings(Output())
    monkeypatch.setenv(HOME, environment(own)[HOME])
    settings.cache_clear()
    assert settings().strategies == own.strategies
    assert environment(own) == {HOME: "home/demo"}


def test_one_s_own_settings_are_kept_to_where_they_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo_settings(Output())
    monkeypatch.setenv(HOME, "home")
    (tmp_path / "mine.toml").write_text(OWN)
    monkeypatch.setenv(CONFIG_FILE, "mine.toml")
    settings.cache_clear()
    own = demo_settings(Output())
    assert set(own.strategies) == {"mine"}
    assert not (own.home / "tapeline.toml").exists()
    assert environment(own) == {HOME: "home/demo", CONFIG_FILE: "mine.toml"}


def test_that_the_directory_s_settings_are_not_read_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tapeline.toml").write_text(OWN)
    assert set(demo_settings(Output()).strategies) == {"breakout", "contrary", "panel", "pressure"}
    assert "TAPELINE_CONFIG=tapeline.toml tapeline demo" in capsys.readouterr().err


def test_on_a_foreign_broker_the_topics_are_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_URL", "there:9092")
    own = demo_settings(Output())
    assert own.prefix.startswith("demo-")
    assert environment(own)["TAPELINE_PREFIX"] == own.prefix


def test_the_engine_takes_the_demo_s_settings() -> None:
    own = demo_settings(Output())
    strategies = own.sections(StrategySections).build()
    markets = [market for strategy in strategies for market in strategy.markets]
    assert sorted(markets) == ["BTC/USDT", "BTC/USDT:USDT", "ETH/USDT", "ETH/USDT:USDT"]
    assert all(one.settings.stop_atr and one.settings.target_atr for one in strategies)
    assert own.of("risk", RiskSettings).of("paper").strategy("breakout").trailing
    assert os.environ[HOME] == str(own.home)
