"""Who is asked when, on a stand-in provider and without a broker: periods, one at a time, money."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from agents.advising.asking import Asking
from agents.advising.desk import Desk, Standing
from agents.advising.line import Line
from agents.advising.talkers import talker
from engine.advice.briefing import digest
from engine.advice.budget import Spending, dollars, nano
from engine.advice.section import AdviceSettings
from engine.circuit import Change
from engine.spans import SECOND
from infra.language.asked import Asked
from infra.language.script import Reply, Script
from infra.language.server import Running, StandIn
from schemas.advice import Advice
from schemas.advice import AdviceFault as Fault
from schemas.codec import decode, encode
from schemas.decisions import Verdict
from schemas.portfolio import Portfolio
from schemas.signals import Signal
from schemas.system import Severity
from schemas.ticks import Bar
from tests.unit.providing import NOW, Slept
from tests.unit.talking import KEY, provider

BTC, ETH = "binance:BTC/USDT:USDT", "binance:ETH/USDT:USDT"
MINUTE = 60 * SECOND
LONG = json.dumps(
    {
        "symbol": "{{symbol}}", "direction": "long", "confidence": 0.7, "entry": None,
        "stop": "{{bid - 2*atr : 1}}", "target": "{{ask + 3*atr : 1}}", "horizon_minutes": 30,
        "leverage": None, "reasons": ["momentum"], "figures": [],
    }
)  # fmt: skip


@dataclass
class Told:
    """What the desk has said, and what was known of markets before."""

    advice_: list[Advice] = field(default_factory=list)
    held: dict[str, Spending] = field(default_factory=dict)
    most_held: int = 0
    events: list[tuple[str, str]] = field(default_factory=list)
    before: dict[str, Standing] = field(default_factory=dict)
    failures: list[BaseException] = field(default_factory=list)

    def advice(self, record: Advice) -> None:
        self.advice_.append(decode(Advice, encode(record)))

    def hold(self, key: str, id: str, advisor: str, worst: Spending) -> None:
        self.held[id] = worst
        self.most_held = max(self.most_held, len(self.held))

    def done(self, key: str, id: str) -> None:
        del self.held[id]

    def ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failures.append(error)

    def event(self, severity: Severity, kind: str, text: str, facts: dict[str, str]) -> None:
        self.events.append((kind, text))

    async def flush(self) -> None:
        await asyncio.sleep(0)

    async def standing(self, key: str) -> Standing:
        return self.before.get(key, Standing())


@dataclass
class Play:
    """A desk whose only provider is a stand-in."""

    desk: Desk
    told: Told
    running: Running
    slept: Slept
    seq: int = 0

    def signal(self, key: str = BTC, at: int = NOW) -> None:
        """A signal at that time."""
        self.seq += 1
        self.desk.take(
            Signal(
                id=f"{self.seq:024x}", key=key, seq=self.seq, seen_time=at, venue="binance",
                symbol=key.partition(":")[2], bid=("61720.4", "2"), ask=("61720.5", "3"),
                last="61720.4", indicators={"atr": 35.0},
            )
        )  # fmt: skip

    def bar(self, key: str = BTC, at: int = NOW) -> None:
        """A bar of a minute that closed at that time, and a signal."""
        self.desk.take(
            Bar(
                key=key, seen_time=at, venue="binance", symbol=key.partition(":")[2],
                interval="1m", open_time=at - MINUTE, close_time=at, open="61700", high="61730",
                low="61690", close="61720.4", volume="5", buy_volume="1", trades=2, vwap="61710",
            )
        )  # fmt: skip
        self.signal(key, at)

    async def settle(self) -> None:
        """Until nobody is asked any more."""
        while self.desk.busy:
            await asyncio.wait([*self.desk.busy.values()])
            await asyncio.sleep(0)
        if self.told.failures:
            raise self.told.failures[0]


@asynccontextmanager
async def play(
    answer: Script | Callable[[Asked], Reply] | None = None, before: Any = None, wall: int = NOW,
    provider_: dict[str, Any] | None = None, hour: dict[str, Any] | None = None, **advisor: Any,
) -> AsyncIterator[Play]:  # fmt: skip
    given = answer or Script(replies=(Reply(text=LONG, tokens_in=1000, tokens_out=100),))
    async with provider(given if isinstance(given, Script) else StandIn(given)) as running:
        local = {"kind": "compatible", "base_url": f"{running.address}/v1", "local": True}
        one = {"provider": "own", "model": "m", "markets": ["*"], "every": 1, **advisor}
        section = AdviceSettings.model_validate(
            {
                "providers": {"own": {**local, **(provider_ or {})}},
                "advisors": {"one": one},
                "prices": {"m": {"input": "1", "output": "2"}},
                **(hour or {}),
            }
        )
        slept, told = Slept(), Told(before=before or {})
        known, client = section.provider("own"), talker(section.provider("own"), KEY)
        desk: Desk

        def changed(name: str, change: Change) -> None:
            desk.circuit(name, change)

        lines = {"own": Line("own", known, client, slept.clock, changed)}
        asking = Asking(section, lines, slept.clock)
        desk = Desk(asking, told, section.ledger(), lambda: wall + int(sum(slept.seconds) * 1e9))
        try:
            yield Play(desk, told, running, slept)
        finally:
            await client.close()


async def test_an_answer_becomes_a_record_with_all_that_made_it() -> None:
    async with play(every="1m", roles=["technical", "judge"], cutoff="1970-01-01") as one:
        one.signal()
        await one.settle()
    (told,) = one.told.advice_
    assert (told.key, told.seq, told.cause) == (BTC, 0, f"{1:024x}")
    assert (told.asked_time, told.seen_time) == (NOW, NOW)
    assert told.context_hash == digest(told.briefing)
    assert (told.opinion.verdict, told.opinion.confidence) == (Verdict.LONG, 0.7)
    assert (told.opinion.stop, told.opinion.target) == ("61650.4", "61825.5")
    assert told.opinion.expires == NOW + 15 * MINUTE
    assert [(call.role, call.tokens_in, call.cost) for call in told.calls] == [
        ("technical", 1000, "0.0012"), ("judge", 1000, "0.0012"),
    ]  # fmt: skip
    assert told.calls[0].cutoff == 86_400 * SECOND
    assert told.calls[0].prompt_hash != told.calls[1].prompt_hash
    assert "views" in one.running.provider.asked[1].text
    assert dollars(one.desk.ledger.total(NOW).cost) == "0.0024"
    assert one.told.held == {}
    assert one.told.most_held == 1


async def test_each_is_asked_once_a_period_and_one_at_a_time() -> None:
    def slow(_: Asked) -> Reply:
        return Reply(text=LONG, delay=0.1)

    async with play(slow, every=2) as one:
        for n in range(6):  # bars 0 to 5: periods begin at the bars whose time is even
            one.bar(at=(28_719_360 + n) * MINUTE)
            one.signal(at=(28_719_360 + n) * MINUTE + SECOND)
            if n in (1, 3):
                assert len(one.desk.busy) == 1
                await one.settle()
        await one.settle()
    times = [told.asked_time // MINUTE - 28_719_360 for told in one.told.advice_]
    assert times == [1, 3, 5]
    assert [told.seq for told in one.told.advice_] == [0, 1, 2]
    assert len({told.id for told in one.told.advice_}) == 3


async def test_markets_do_not_wait_for_one_another() -> None:
    async with play(every="1m", markets=["BTC/*", "ETH/*"]) as one:
        for key in (BTC, ETH, "binance:SOL/USDT:USDT"):
            one.signal(key)
        assert len(one.desk.busy) == 2
        await one.settle()
    assert sorted(told.key for told in one.told.advice_) == [BTC, ETH]


async def test_the_answer_counts_from_the_time_when_it_is_there() -> None:
    async with play(Script(replies=(Reply(text=LONG, delay=0.2),)), every="1h") as one:
        one.signal()
        await asyncio.sleep(0.05)
        one.signal(at=NOW + 7 * SECOND)
        await one.settle()
        one.signal(at=NOW + 8 * SECOND)
    (told,) = one.told.advice_
    assert (told.asked_time, told.seen_time) == (NOW, NOW + 7 * SECOND)


async def test_after_a_restart_it_goes_on() -> None:
    before = {BTC: Standing(41, NOW + 5, {"one": NOW})}
    async with play(before=before, every="1m") as one:
        one.signal(at=NOW + SECOND)  # the same period
        await one.settle()
        assert one.told.advice_ == []
        one.signal(at=NOW + MINUTE)
        await one.settle()
    assert [told.seq for told in one.told.advice_] == [42]


async def test_time_does_not_go_back_along_a_key() -> None:
    async with play(before={BTC: Standing(0, NOW + MINUTE)}, every="1m") as one:
        one.signal()
        await one.settle()
    assert one.told.advice_[0].seen_time == NOW + MINUTE


async def test_a_spent_budget_asks_nobody_and_is_told_once() -> None:
    async with play(every="1m", hour={"cost": "0.02"}) as one:
        for n in range(12):
            one.signal(at=NOW + n * MINUTE)
            await one.settle()
        asked = one.running.provider.number
        assert 0 < asked < 12
        assert one.desk.ledger.total(NOW).cost <= nano("0.02")
        assert [kind for kind, _ in one.told.events] == ["budget"]
        await one.slept.sleep(3600)
        one.signal(at=NOW + 20 * MINUTE)
        await one.settle()
        assert one.running.provider.number == asked + 1
    faults = [told.opinion.void for told in one.told.advice_]
    assert faults == [None] * asked + [Fault.BUDGET_SPENT] * (12 - asked) + [None]
    assert one.told.events[-1] == ("budget", "one is asked again")
    assert "limit 0.02 USD" in one.told.advice_[asked].opinion.detail


async def test_a_provider_that_fails_is_told_once_left_in_peace_and_told_well() -> None:
    script = Script(replies=(*[Reply(status=401)] * 3, Reply(text=LONG)))
    async with play(script, every="1m", provider_={"failures": 3, "rest": 30}) as one:
        for n in range(5):
            one.signal(at=NOW + n * MINUTE)
            await one.settle()
        await one.slept.sleep(31)
        one.signal(at=NOW + 5 * MINUTE)
        await one.settle()
    faults = [told.opinion.void for told in one.told.advice_]
    assert faults == [Fault.PROVIDER_ERROR] * 3 + [Fault.CIRCUIT_OPEN] * 2 + [None]
    assert [kind for kind, _ in one.told.events] == ["provider", "circuit", "circuit", "provider"]
    assert all(told.opinion.verdict is Verdict.HOLD for told in one.told.advice_[:5])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("I would buy.", Fault.NOT_JSON),
        (LONG.replace("{{symbol}}", "DOGE/USDT"), Fault.OTHER_SYMBOL),
        (LONG.replace("bid - 2*atr", "ask + 2*atr"), Fault.WRONG_SIDE),
    ],
)
async def test_a_reply_out_of_bounds_is_void_and_kept(text: str, fault: Fault) -> None:
    async with play(Script(replies=(Reply(text=text),)), every="1m") as one:
        one.signal()
        await one.settle()
    (told,) = one.told.advice_
    assert told.opinion.void is fault
    assert told.opinion.verdict is Verdict.HOLD
    assert told.calls[0].reply
    assert told.calls[0].fault is None


async def test_patience_ends_a_chain() -> None:
    script = Script(replies=(Reply(text=LONG), Reply(text=LONG, delay=5)))
    async with play(script, every="1m", roles=["risk", "judge"], patience=0.4) as one:
        one.signal()
        await one.settle()
    (told,) = one.told.advice_
    assert told.opinion.void is Fault.TIMEOUT
    assert told.opinion.detail.startswith("judge: no answer in 0.")
    assert [call.fault for call in told.calls] == [None, Fault.TIMEOUT]
    assert nano(told.calls[1].cost) > nano("0.001")


async def test_what_is_another_worker_s_now_is_let_go_and_counted() -> None:
    async with play(Script(replies=(Reply(text=LONG, delay=9),)), every="1m") as one:
        one.signal()
        await asyncio.sleep(0.1)
        one.desk.leave(lambda key: key != BTC)
        await one.settle()
        assert one.told.advice_ == []
        assert len(one.told.held) == 1  # for whoever asks next
        assert one.desk.ledger.total(NOW).cost >= nano("0.0024")
        assert one.desk.ledger.open == {}  # an hour later it is forgotten


async def test_who_holds_what_is_shown_where_settings_say_so() -> None:
    row = Portfolio(
        key="paper:BTC/USDT:USDT", type="position", account="paper", venue="binance",
        symbol="BTC/USDT:USDT", quantity="0.25", seen_time=NOW,
    )  # fmt: skip
    async with play(every="1m", account="paper") as one:
        one.desk.take(row)
        one.signal()
        one.signal(ETH)
        await one.settle()
    shown = {told.key: json.loads(told.briefing)["position"] for told in one.told.advice_}
    assert shown[BTC]["quantity"] == "0.25"
    assert shown[ETH] is None


async def test_what_is_not_foreseen_is_told_to_the_post() -> None:
    async with play(every="1m") as one:

        async def broken(key: str) -> Standing:
            raise RuntimeError("the broker is away")

        one.told.standing = broken  # type: ignore[method-assign]
        one.signal()
        with pytest.raises(RuntimeError):
            await one.settle()
