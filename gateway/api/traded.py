"""Strategies as an account trades them: as the settings have it, and people since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from engine.risk import AccountSettings
from engine.rules import trading
from gateway.api.views import Row
from schemas.decisions import MAIN
from topics.settings import Settings

EVERYWHERE, ADVISOR = ("*",), "rule"
"""Markets and advisor of a strategy that names none (engine.strategies.catalogue)."""


def strategies_of(settings: Settings) -> list[str]:
    """Their names; of settings that have none, that of the one there is then."""
    return sorted(settings.strategies) or [MAIN]


def traded(settings: Settings, account: AccountSettings, name: str, rows: Row) -> Row:
    """A strategy of an account. rows: what people have set, by setting (engine.rules)."""
    state = _value(rows, f"strategy/{name}", "")
    trades, stopped, symbols = trading(account, name, state)
    given = settings.strategies.get(name, {})
    configured = account.strategy(name).model_dump(mode="json", exclude_unset=True)
    return {
        "name": name,
        "state": state,
        "running": trades and not stopped,
        "markets": list(given.get("markets", EVERYWHERE)),
        "symbols": sorted(symbols),
        "advisors": _advisors(given),
        "parameters": orjson.loads(_value(rows, f"parameters/{name}", "{}")),
        "configured": {each: _text(value) for each, value in configured.items()},
    }


def _advisors(given: Mapping[str, Any]) -> list[str]:
    """Their names; of a class of one's own the class, not where its file is."""
    if "kind" in given:
        return [str(given["kind"]).rpartition(":")[2].lower()]
    return sorted(given.get("advisors", (ADVISOR,)))


def _value(rows: Row, setting: str, otherwise: str) -> str:
    told: str = rows.get(setting, {}).get("value", otherwise)
    return told


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
