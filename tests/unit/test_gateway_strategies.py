"""/v1/strategies: which an account trades, where, as the settings have it and people since."""

from __future__ import annotations

from typing import Any

from engine.risk import RiskSettings
from engine.strategies.catalogue import StrategySections
from gateway.api.app import make_api
from gateway.api.services import Services
from gateway.api.traded import strategies_of, traded
from tests.unit.gateway_api import client
from tests.unit.gateway_desk import desk
from topics.settings import Settings

SETTINGS = Settings(
    accounts=("paper", "b"),
    strategies={
        "swing": {"markets": ["BTC/*"], "advisors": {"rule": {}, "fast": {"kind": "momentum"}}},
        "own": {"kind": "private/place/stride.py:Stride"},
    },
    risk={
        "strategies": {"swing": {"trailing": True, "stop_percent": "1.5"}},
        "accounts": {"b": {"strategies": ["own"]}},
    },
)


def told(given: Services, account: str, name: str) -> dict[str, Any]:
    """A strategy as the routes have it."""
    section = given.settings.of("risk", RiskSettings)
    rows = dict(given.live.hub.items("settings", account))
    return traded(given.settings, section.of(account), name, rows)


def told_desk() -> Services:
    """A desk with these settings, where nobody has set anything."""
    given = desk()
    given.settings = SETTINGS
    return given


def say(given: Services, account: str, setting: str, value: str) -> None:
    """The desk has taken a command."""
    row = {"account": account, "setting": setting, "value": value, "seq": 1}
    given.live.hub.feed(("settings", account)).take(setting, row)


def test_a_strategy_is_told_as_the_settings_have_it() -> None:
    given = told_desk()
    assert told(given, "paper", "swing") == {
        "name": "swing", "state": "", "running": True, "markets": ["BTC/*"], "symbols": [],
        "advisors": ["fast", "rule"], "parameters": {},
        "configured": {"trailing": "true", "stop_percent": "1.5"},
    }  # fmt: skip
    own = told(given, "paper", "own")
    assert (own["markets"], own["advisors"]) == (["*"], ["stride"]), "no place of a file is told"
    assert not told(given, "b", "swing")["running"], "this account does not trade it"


def test_what_people_set_goes_over_the_settings() -> None:
    given = told_desk()
    say(given, "paper", "strategy/swing", "stopped")
    say(given, "b", "strategy/swing", "started:BTC/USDT,BTC/USDC")
    say(given, "b", "parameters/swing", '{"trailing":"false"}')
    assert not told(given, "paper", "swing")["running"]
    found = told(given, "b", "swing")
    assert (found["running"], found["symbols"]) == (True, ["BTC/USDC", "BTC/USDT"])
    assert found["parameters"] == {"trailing": "false"}


async def test_the_strategy_of_a_desk_without_any_in_its_settings_is_told_and_can_be_stopped() -> (
    None
):
    given = desk()
    given.settings = Settings(accounts=("paper", "b"))
    async with client(make_api(given), "trader") as web:
        rows = (await web.get("/v1/strategies?account=paper")).json()
        key = {"Idempotency-Key": "0123456789"}
        body = {"account": "paper"}
        answer = await web.post("/v1/strategies/main/stop", json=body, headers=key)
    assert [(row["name"], row["running"], row["markets"]) for row in rows] == [
        ("main", True, ["*"])
    ]
    assert answer.status_code == 202


def test_what_is_told_is_what_the_desk_builds() -> None:
    built = StrategySections().build()
    assert strategies_of(Settings()) == [each.name for each in built]
    (row,) = (told(one, "paper", "main") for one in [desk()])
    assert tuple(row["markets"]) == built[0].markets
    assert row["advisors"] == [each.name for each in built[0].advisors]
