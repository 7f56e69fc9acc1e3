"""The section [advice]: what is wrong is told in one line; addresses; how long to wait."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.advice.address import address, allowed, is_public
from engine.advice.backoff import MOST, pause
from engine.advice.budget import nano
from engine.advice.section import AdviceSettings
from engine.spans import DAY, SECOND

PRICES = {"m": {"input": "0.28", "output": "0.42"}}


def section(**advisor: Any) -> AdviceSettings:
    told = {"provider": "deepseek", "model": "m", "markets": ["BTC/*"], **advisor}
    return AdviceSettings.model_validate({"advisors": {"one": told}, "prices": PRICES})


def test_an_advisor_of_a_known_provider_needs_little() -> None:
    known = section()
    (role,) = known.roles("one")
    assert (role.name, role.template.name, role.provider, role.model) == (
        "advisor", "advisor", "deepseek", "m",
    )  # fmt: skip
    assert known.provider("deepseek").address == "https://api.deepseek.com"
    assert known.provider("deepseek").environment == "DEEPSEEK_API_KEY"
    assert known.provider("deepseek").form == "object"
    assert known.asked("binance:BTC/USDT") == ("one",)
    assert known.asked("binance:ETH/USDT") == ()
    assert (known.advisors["one"].period, known.advisors["one"].by_bars) == (300 * SECOND, True)
    assert known.ledger().limits.cost == nano("1")
    assert known.price("m").cost(1_000_000, 1_000_000) == nano("0.7")
    assert known.used == ("deepseek",)


def test_roles_may_speak_with_other_models() -> None:
    judge = {"name": "judge", "provider": "openai", "model": "m"}
    roles = section(roles=["technical", judge, {"name": "last", "prompt": "judge"}]).roles("one")
    assert [(each.name, each.provider, each.template.name) for each in roles] == [
        ("technical", "deepseek", "technical"), ("judge", "openai", "judge"),
        ("last", "deepseek", "judge"),
    ]  # fmt: skip


def test_the_cut_off_is_the_end_of_its_day() -> None:
    assert section(cutoff="1970-01-02").advisors["one"].learnt == 2 * DAY
    assert section().advisors["one"].learnt is None


@pytest.mark.parametrize(
    ("advisor", "told"),
    [
        ({"provider": "nobody"}, "no provider is called nobody: known are anthropic"),
        ({"model": "x"}, 'x has no price: set [advice.prices."x"]'),
        ({"roles": ["oracle"]}, "no prompt is called oracle: known are advisor"),
        ({"texts": ["wire"]}, "no texts are called wire"),
        ({"every": 0}, "bars, 1 and more"),
        ({"every": "soon"}, "a span of time is like 90s"),
        ({"cutoff": "2025-13-01"}, "there is no 2025-13-1"),
        ({"markets": []}, "at least 1 item"),
        ({"provider": "anthropic", "seed": 1}, "neither temperature nor seed"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(advisor: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        section(**advisor)
    assert told in wrong.value.errors()[0]["msg"]


@pytest.mark.parametrize(
    "provider",
    [
        {"kind": "compatible"},
        {"kind": "compatible", "base_url": "http://example.com/v1"},
        {"kind": "compatible", "base_url": "http://example.com/v1", "local": True},
        {"kind": "compatible", "base_url": "https://10.0.0.1/v1"},
        {"kind": "openai", "base_url": "https://user:word@example.com"},
        {"kind": "openai", "base_url": "file:///etc/passwd"},
        {"kind": "oracle"},
    ],
)
def test_providers_that_may_not_be_called(provider: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        AdviceSettings.model_validate({"providers": {"mine": provider}})


OWN = (
    "localhost", "ollama", "127.0.0.1", "10.1.2.3", "192.168.0.9", "[::1]", "169.254.169.254",
    "box.local", "x.internal", "0x7f.1", "127.1", "2130706433", "[::ffff:10.0.0.1]", "0.0.0.0",
)  # fmt: skip


@pytest.mark.parametrize("host", OWN)
def test_machines_of_one_s_own_are_called_only_where_that_is_allowed(host: str) -> None:
    for url in (f"http://{host}:11434/v1", f"https://{host}/v1"):
        assert allowed(url, True).host == host.strip("[]").lower()
        with pytest.raises(ValueError, match="local = true"):
            allowed(url, False)


@pytest.mark.parametrize(
    "url",
    [
        "https://a b.com", "https://a.com/\nx", "https://a.com#x", "https://a.com:99999", "//a.com",
        "https://a.com@b.com", "gopher://a.com", "https://", "https://-a.com", "https://a.com\\@b",
    ],
)  # fmt: skip
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ValueError, match=r"address|port"):
        address(url)


def test_public_addresses() -> None:
    assert all(is_public(each) for each in ("8.8.8.8", "2606:4700::1111"))
    own = ("10.0.0.1", "::ffff:127.0.0.1", "fe80::1%eth0", "224.0.0.1", "100.64.0.1", "x")
    assert not any(is_public(each) for each in own)


@given(st.integers(1, 40), st.floats(0, 1), st.none() | st.floats(0, MOST))
def test_waiting_grows_is_bounded_and_never_shorter_than_asked(
    tried: int, chance: float, asked: float | None
) -> None:
    wait = pause(tried, chance, asked)
    assert wait is not None
    assert 0.25 <= wait <= MOST
    assert asked is None or wait >= asked
    more = pause(tried + 1, chance, asked)
    assert more is not None
    assert more >= wait


def test_who_asks_for_more_than_that_is_not_asked_again() -> None:
    assert pause(1, 0.5, MOST + 1) is None
