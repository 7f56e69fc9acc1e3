"""`tapeline advise`: one question by hand, at the end of a recording, to a stand-in provider."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.advice.advise import BY_HAND, NotAsked, Wanted, asked_of
from gateway.advice.advise_market import NoMarket, chosen
from gateway.cli import app
from infra import recordings
from infra.language.script import Reply, Script
from infra.language.server import Running, StandIn, serve
from schemas.signals import Signal
from topics.settings import Settings, settings

BTC = "BTC/USDT:USDT"
SAID = {
    "symbol": "{{symbol}}", "direction": "long", "confidence": 0.6, "entry": None, "stop": None,
    "target": None, "horizon_minutes": 10, "leverage": None,
    "reasons": ["[red]bids[/red] lean"], "figures": [{"name": "bid", "value": "{{bid}}"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def provider() -> Iterator[Running]:
    """A stand-in in a thread of its own: the question is put by another process."""
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, daemon=True).start()
    script = Script(replies=(Reply(text=json.dumps(SAID), tokens_in=2000, tokens_out=50),))
    made = serve(StandIn.of(script))
    running = asyncio.run_coroutine_threadsafe(made, loop).result(10)
    yield running
    asyncio.run_coroutine_threadsafe(running.close(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Running) -> Iterator[Path]:
    """Settings with one advisor, and the first frames of a recording; gives its file."""
    news = tmp_path / "news.jsonl"
    rows = [("2024-08-08T23:50:00Z", "early"), ("2024-08-09T00:50:00Z", "from the future")]
    lines = [json.dumps({"time": time, "title": title}) for time, title in rows]
    news.write_text("\n".join(lines))
    (tmp_path / "tapeline.toml").write_text(
        f"""
        [advice.prices.m]
        input = "1"
        output = "2"
        [advice.texts.wire]
        file = "{news}"
        [advice.providers.own]
        kind = "compatible"
        base_url = "{provider.address}/v1"
        local = true
        [advice.advisors.council]
        provider = "own"
        model = "m"
        markets = ["BTC/*"]
        interval = "1s"
        texts = ["wire"]
        roles = ["technical", "judge"]
        """
    )
    monkeypatch.setenv("TAPELINE_CONFIG", str(tmp_path / "tapeline.toml"))
    monkeypatch.setenv("TAPELINE_HOME", str(tmp_path))
    settings.cache_clear()
    source = Path(recordings.__file__).parent / "usdm" / "btcusdt_20240808.gz"
    short = tmp_path / "usdm" / "btcusdt_20240808.gz"
    short.parent.mkdir()
    with gzip.open(source, "rb") as stream, gzip.open(short, "wb") as made:
        made.writelines(islice(stream, 3000))
    yield short
    settings.cache_clear()


def test_a_question_and_its_answer(desk: Path, provider: Running) -> None:
    done = CliRunner().invoke(app, ["advise", BTC, str(desk), "--venue", "binance", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["sound"] is True
    assert told["opinion"]["verdict"] == "long"
    assert [call["role"] for call in told["calls"]] == ["technical", "judge"]
    assert (told["tokens"], told["cost"]) == (4100, "0.0042")
    assert told["opinion"]["figures"] == {"bid": told["briefing"]["bid"]}
    assert [text["title"] for text in told["briefing"]["texts"]] == ["early"]
    people = CliRunner().invoke(app, ["advise", BTC, str(desk), "--venue", "binance"])
    assert people.exit_code == 0, people.output
    assert "sound: long, confidence 0.6" in people.stdout
    assert "[red]bids[/red] lean" in people.stdout
    assert provider.provider.number == 4


def test_a_dry_run_asks_nobody(desk: Path, provider: Running) -> None:
    before = provider.provider.number
    done = CliRunner().invoke(
        app, ["advise", BTC, str(desk), "--venue", "binance", "--dry-run", "--json"]
    )
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)["roles"]
    assert [row["role"] for row in rows] == ["technical", "judge"]
    assert "Your role: technical analyst" in rows[0]["system"]
    assert f'"symbol":"{BTC}"' in rows[0]["user"]
    assert 0 < float(rows[0]["cost"]) < float(rows[0]["most_cost"])
    assert rows[0]["tokens_in"] < rows[0]["most_tokens"]
    assert provider.provider.number == before


def test_without_a_key_it_says_what_to_do(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEEPSEEK_API_KEY", raising=False)
    said = ["advise", BTC, str(desk), "--venue", "binance", "--provider", "deepseek"]
    done = CliRunner().invoke(app, [*said, "--model", "m"])
    assert done.exit_code == 1
    assert done.stderr.startswith("tapeline: no key for deepseek: `tapeline keys new advice:deep")
    assert len(done.stderr.strip().splitlines()) == 1


def known(**more: Any) -> Settings:
    local = {"kind": "compatible", "base_url": "http://localhost:1/v1", "local": True}
    one = {"provider": "own", "model": "m", "markets": ["BTC/*"]}
    other = {"provider": "own", "model": "n", "markets": ["*"]}
    section = {"providers": {"own": local}, "advisors": {"one": one, "other": other}, **more}
    return Settings(advice=section)


def wanted(symbol: str = "BTC/USDT", **more: Any) -> Wanted:
    told: dict[str, Any] = dict.fromkeys(Wanted._fields)
    return Wanted(**{**told, "symbol": symbol, "files": (), "dry": False, **more})


def test_who_is_asked() -> None:
    assert asked_of(wanted("ETH/USDT"), known())[0] == "other"
    assert asked_of(wanted("binance:ETH/USDT"), known())[0] == "other"
    assert asked_of(wanted(advisor="one"), known())[0] == "one"
    name, section = asked_of(wanted(provider="own", model="x"), known())
    assert (name, section.advisors[BY_HAND].model) == (BY_HAND, "x")
    assert asked_of(wanted(provider="own"), known())[1].advisors[BY_HAND].model == "m"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (wanted(), "who is to be asked: --advisor one|other"),
        (wanted(advisor="nobody"), "no advisor is called nobody; the settings have one, other"),
        (wanted(provider="openai"), "which model of openai: --model NAME"),
        (wanted(provider="openai", model="x"), "x has no price"),
        (wanted(provider="nobody", model="x"), "no provider is called nobody"),
    ],
)
def test_who_cannot_be_asked(asked: Wanted, said: str) -> None:
    with pytest.raises(NotAsked, match=said.replace("|", r"\|")):
        asked_of(asked, known())


def test_which_market() -> None:
    rows = {key: Signal(key=key, venue="", symbol="") for key in ("a:X/Y", "b:X/Y", "b:Z/Y")}
    assert chosen("Z/Y", rows).key == "b:Z/Y"
    assert chosen("a:X/Y", rows).key == "a:X/Y"
    with pytest.raises(NoMarket, match="several venues; name one of a:X/Y, b:X/Y"):
        chosen("X/Y", rows)
    with pytest.raises(NoMarket, match="no signal of Q; there are a:X/Y"):
        chosen("Q", rows)
    with pytest.raises(NoMarket, match="none yet"):
        chosen("Q", {})
