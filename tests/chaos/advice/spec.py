"""What a trial of bad advisors is told: how fast the market is played, and who says what where."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from infra.language.script import Reply, Rule, Script
from tests.unit.hostile_replies import corpus

WEATHER = {
    "binance:BTC/USDT:USDT": "lying",
    "binance:ETH/USDT:USDT": "slow",
    "binance:BTC/USDT": "failing",
    "binance:ETH/USDT": "sound",
}
"""How the provider is at each market."""
BAD = tuple(key for key, weather in WEATHER.items() if weather != "sound")
LATE = 30.0
"""Seconds that the slow one takes."""
MANY = 10**9
KINDS = {"council": "compatible", "herald": "anthropic"}
"""The advisors of a market, by the protocol that they are asked by."""


@dataclass(frozen=True, slots=True)
class Spec:
    """speed: times faster than recorded. seconds: of the recording that are played; 0: all. window:
    seconds for which the advice stage runs, and then stands still, in turns; 0: it runs all the
    time. settle: of a window's beginning, seconds that are not measured: it makes good then what
    it has missed. leaning: the strategies need their advisors, which they must not: a planted
    fault.
    """

    speed: float = 2.0
    seconds: float = 0.0
    window: float = 5.0
    settle: float = 2.0
    leaning: bool = False


def advice(**changed: Any) -> str:
    """A sound reply, in the request's own numbers."""
    fields = {
        "symbol": "{{symbol}}", "direction": "long", "confidence": 0.9, "entry": None,
        "stop": "{{bid - 4*atr : 2}}", "target": "{{ask + 4*atr : 2}}", "horizon_minutes": 5,
        "leverage": None, "reasons": ["The bid is {{bid}}."], "figures": [],
    }  # fmt: skip
    return json.dumps({**fields, **changed})


def lies() -> tuple[Reply, ...]:
    """Hostile replies of each family, and such as would pass but for one thing."""
    near: list[dict[str, Any]] = [
        {"stop": "{{ask + 4*atr : 2}}"}, {"stop": "{{bid - 0.01*atr : 2}}"}, {"target": "{{bid}}"},
        {"stop": "{{bid - 3.17*atr : 2}}"}, {"leverage": 100}, {"symbol": "ETH/USDT:USDT"},
        {"confidence": 7}, {"horizon_minutes": 10**6}, {"quantity": "1000"}, {"entry": "1.00"},
        {"reasons": ["RSI is 911.4."]}, {"figures": [{"name": "atr", "value": "911.4"}]},
    ]  # fmt: skip
    bad = [each.text for each in corpus()[::9] if each.fault and len(each.text) < 50_000]
    told = [advice(**each) for each in near for _ in range(3)] + bad
    return tuple(Reply(text=text) for text in told)


def failures() -> tuple[Reply, ...]:
    """All that a provider does in place of an answer."""
    return (
        Reply(status=500), Reply(status=429), Reply(status=529), Reply(status=401),
        Reply(cut=0), Reply(text=advice(), cut=60), Reply(text=advice(), short=60),
        Reply(body=b"<html>502 Bad Gateway</html>", content_type="text/html"),
        Reply(text=""), Reply(body=b""), Reply(text=advice()[:-9], finish="length"),
        Reply(text="I cannot help with that.", finish="refusal"), Reply(status=503),
    )  # fmt: skip


def script() -> Script:
    """The provider's part."""
    replies: dict[str, tuple[Reply, ...]] = {
        "lying": lies(),
        "slow": (Reply(text=advice(), delay=LATE),),
        "failing": failures(),
        "sound": (
            Reply(text=advice(stop=None, target=None)),
            Reply(text=advice()),
            Reply(status=500),
            Reply(text=advice(direction="exit")),
            Reply(text=advice()),
            Reply(status=500),
        ),
    }
    rules = [
        Rule(prompt=rf'"symbol":\s*"{key.split(":", 1)[1]}"', replies=replies[weather], again=True)
        for key, weather in WEATHER.items()
    ]
    return Script(rules=tuple(rules))


def seats(weather: str) -> dict[str, str]:
    """The advisors at a market, with their protocols; each has a provider, and a circuit, of its
    own. Where somebody speaks soundly he is alone.
    """
    names = ("council",) if weather == "sound" else tuple(KINDS)
    return {f"{name}-{weather}": KINDS[name] for name in names}


def strategies(leaning: bool) -> dict[str, Any]:
    """One a market: what it has without advice, and a seat for each advisor."""
    return {
        weather: {
            "markets": [key],
            "advisors": {
                "momentum": {"entry_bars": 20, "exit_bars": 20},
                **{
                    name: {"kind": "advised", "advisor": name, "weight": 2.0}
                    for name in seats(weather)
                },
            },
            "stop_atr": 4, "target_atr": 6, "prices": "votes",
            "quorum": 0.3, "fall_back": not leaning,
        }
        for key, weather in WEATHER.items()
    }  # fmt: skip


def asked(port: int) -> dict[str, Any]:
    """The section [advice]: local providers, a question each ten seconds of the market."""
    address = f"http://127.0.0.1:{port}"
    bases = {"compatible": f"{address}/v1", "anthropic": address}
    common = {"local": True, "timeout": 3.0, "tries": 2, "failures": 8, "rest": 2.0}
    kinds = {name: kind for weather in WEATHER.values() for name, kind in seats(weather).items()}
    return {
        "cost": 1000, "tokens": MANY, "calls": 100_000, "time": MANY,
        "providers": {
            name: {"kind": kind, "base_url": bases[kind], **common} for name, kind in kinds.items()
        },
        "advisors": {
            name: {
                "provider": name, "model": "stand-in",
                "markets": [key for key, weather in WEATHER.items() if name in seats(weather)],
                "interval": "1s", "every": "10s", "window": 20, "lasts": "30s", "patience": 8.0,
            }
            for name in kinds
        },
        "bounds": {"stop_percent": [0.01, 10.0]},
    }  # fmt: skip
