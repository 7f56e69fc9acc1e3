"""What bounds let through of a reply: each fault by its table, and laws for any text."""

from __future__ import annotations

import json
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.advice.bounds import BoundsSettings, bounded
from engine.advice.reply import Reply, schema
from engine.spans import SECOND
from infra.language import words
from schemas.advice import AdviceFault as F
from schemas.decisions import Verdict
from tests.unit.briefed import BOUNDS, NOW, briefing, opinion, shown, sound

SHORT = {
    "direction": "short",
    "entry": "61661.50",
    "stop": "61735.79",
    "target": "61550.06",
    "reasons": ["RSI 47.5"],
}
MINUTE = 60 * SECOND


def test_a_sound_reply_is_an_opinion_with_its_prices() -> None:
    said = opinion(sound())
    assert (said.void, said.verdict, said.confidence) == (None, Verdict.LONG, 0.62)
    assert (said.entry, said.stop, said.target) == ("61661.60", "61587.31", "61773.04")
    assert (said.horizon, said.expires) == (30 * MINUTE, NOW + 15 * MINUTE)
    assert said.figures == {"rsi": "47.51", "atr": "37.1452"}
    assert len(said.reasons) == 3
    short = opinion(sound(**SHORT))
    assert (short.void, short.verdict, short.stop) == (None, Verdict.SHORT, "61735.79")


def test_one_that_does_not_enter_has_no_prices() -> None:
    for direction in ("exit", "hold"):
        said = opinion(sound(direction=direction))
        assert (said.void, said.verdict) == (None, Verdict(direction))
        assert (said.entry, said.stop, said.target) == (None, None, None)


def test_levels_may_be_left_to_the_desk() -> None:
    bare = {"symbol": sound()["symbol"], "direction": "long", "confidence": 0, "reasons": []}
    said = opinion({**bare, "horizon_minutes": 10, "figures": []})
    assert (said.void, said.entry, said.stop) == (None, None, None)
    assert said.expires == NOW + 10 * MINUTE


def text(**changed: Any) -> str:
    return json.dumps(sound(**changed))


TABLE: list[tuple[F, str]] = [
    (F.TOO_LONG, " " * 16_000 + text()),
    (F.TOO_LONG, text(reasons=["x"] * 9)),
    (F.TOO_LONG, text(reasons=["x" * 401])),
    (F.TOO_LONG, text(figures=[{"name": f"n{n}", "value": "0"} for n in range(41)])),
    (F.NOT_JSON, ""),
    (F.NOT_JSON, text()[:-1]),
    (F.NOT_JSON, text() + "."),
    (F.NOT_JSON, "```json\n" + text() + "\n```"),
    (F.NOT_JSON, text().replace("0.62", "NaN")),
    (F.NOT_JSON, text().replace("0.62", "-Infinity")),
    (F.NOT_JSON, text().replace("0.62", "0." + "6" * 60)),
    (F.NOT_JSON, text().replace('"leverage"', '"confidence": 1, "leverage"')),
    (F.NOT_JSON, "[" * 5 + "]" * 5),
    (F.NOT_JSON, text(symbol="\ud800")[:-1] + "\ud800"),
    (F.WRONG_SCHEMA, "[]"),
    (F.WRONG_SCHEMA, "null"),
    (F.WRONG_SCHEMA, text(size="100")),
    (F.WRONG_SCHEMA, text(confidence="0.62")),
    (F.WRONG_SCHEMA, text(stop=61587.31)),
    (F.WRONG_SCHEMA, text(horizon_minutes=30.5)),
    (F.WRONG_SCHEMA, text(direction="LONG")),
    (F.WRONG_SCHEMA, text(stop="6.158731e4")),
    (F.WRONG_SCHEMA, text(stop="-61587.31")),
    (F.WRONG_SCHEMA, text(stop="61,587.31")),
    (F.WRONG_SCHEMA, text(stop="６１５８７.31")),
    (F.WRONG_SCHEMA, text(reasons=["\x1b[2J"])),
    (F.WRONG_SCHEMA, text(reasons=["all \u202e is well"])),
    (F.WRONG_SCHEMA, text(figures=[{"name": "rsi", "value": "47.51"}] * 2)),
    (F.WRONG_SCHEMA, text(figures=[{"name": "rsi", "value": "high"}])),
    (F.OTHER_SYMBOL, text(symbol="ETH/USDT:USDT")),
    (F.OTHER_SYMBOL, text(symbol="ВTC/USDT:USDT")),
    (F.OTHER_SYMBOL, text(symbol="btc/usdt:usdt")),
    (F.OUT_OF_RANGE, text(confidence=1.01)),
    (F.OUT_OF_RANGE, text(confidence=-0.01)),
    (F.OUT_OF_RANGE, text(confidence=1e308)),
    (F.OUT_OF_RANGE, text().replace("0.62", "1e999")),
    (F.OUT_OF_RANGE, text(horizon_minutes=0)),
    (F.OUT_OF_RANGE, text(horizon_minutes=1441)),
    (F.OUT_OF_RANGE, text(leverage=0)),
    (F.OUT_OF_RANGE, text(leverage=-1)),
    (F.OUT_OF_RANGE, text().replace('"leverage": 2', '"leverage": 1e999')),
    (F.OUT_OF_RANGE, text(stop="0")),
    (F.OUT_OF_RANGE, text(stop="0.0")),
    (F.OUT_OF_RANGE, text(entry="60000")),
    (F.OUT_OF_RANGE, text(target="81773.04")),
    (F.LEVERAGE, text(leverage=3.5)),
    (F.LEVERAGE, text(leverage=1000)),
    (F.WRONG_SIDE, text(stop="61735.89")),
    (F.WRONG_SIDE, text(stop="61661.60")),
    (F.WRONG_SIDE, text(stop="61661.50")),
    (F.WRONG_SIDE, text(target="61550.16")),
    (F.WRONG_SIDE, text(target="61661.60")),
    (F.WRONG_SIDE, text(**{**SHORT, "stop": "61587.21"})),
    (F.WRONG_SIDE, text(**{**SHORT, "target": "61735.79"})),
    (F.WRONG_SIDE, text(stop="61700.00", entry="61900.00")),
    (F.STOP_DISTANCE, text(stop="61661.00")),
    (F.STOP_DISTANCE, text(stop="55000")),
    (F.STOP_DISTANCE, text(stop="60891")),
    (F.UNGROUNDED, text(stop="61587.33")),
    (F.UNGROUNDED, text(target="61774.04")),
    (F.UNGROUNDED, text(entry="61662.77")),
    (F.UNGROUNDED, text(figures=[{"name": "rsi", "value": "47.61"}])),
    (F.UNGROUNDED, text(figures=[{"name": "rsi", "value": "37.1452"}])),
    (F.UNGROUNDED, text(figures=[{"name": "open interest change", "value": "12.5"}])),
    (F.UNGROUNDED, text(reasons=["RSI 71 is overbought."])),
    (F.UNGROUNDED, text(reasons=["Analysts see 99123.45."])),
    (F.UNGROUNDED, text(reasons=["It fell 4.83 % today."])),
    (F.UNGROUNDED, text(reasons=["Volume of ６７８ BTC."])),
    (F.UNGROUNDED, text(reasons=["SMA200 holds."])),
    (F.UNGROUNDED, text(reasons=["MACD signal at -7."])),
    (F.UNGROUNDED, text(reasons=["Sell 1e9 now."])),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "reply"), TABLE, ids=lambda each: str(each)[:40])
def test_each_fault_by_its_name(fault: F, reply: str) -> None:
    said = opinion(reply)
    assert said.void is fault, said
    assert said.verdict is Verdict.HOLD
    assert (said.confidence, said.entry, said.stop, said.target) == (0.0, None, None, None)
    assert said.detail
    assert len(said.detail) <= 200
    assert said.detail.isprintable()


def test_an_answer_that_took_too_long_is_stale() -> None:
    late = NOW + 120 * SECOND
    assert opinion(sound(), answered=late).void is None
    assert opinion(sound(), answered=late + 1).void is F.STALE
    assert bounded(text(), briefing(), BOUNDS, advisor="llm", lasts=5).expires == NOW + 5


def test_without_a_book_nobody_enters() -> None:
    closed = briefing(bid=None, ask=None)
    bare = sound(entry=None, stop=None, target=None, reasons=[])
    assert opinion(bare, briefing=closed).void is F.OUT_OF_RANGE
    assert opinion({**bare, "direction": "exit"}, briefing=closed).verdict is Verdict.EXIT


def test_without_an_atr_percents_alone_bound_the_stop() -> None:
    cold = briefing(atr=None)
    near = sound(stop="60890.83", target=None, reasons=[], figures=[])
    assert opinion(near).void is F.STOP_DISTANCE
    assert opinion(near, briefing=cold).void is None


SAID = [
    "The mid is 61661.55.",
    "SMA fast 61650.4, 11.15 below.",
    "SMA slow is 0.0337 % away, 3.37 bps.",
    "Fast is 31.9 under slow, 0.859 ATR.",
    "Spread 0.1, that is 0.0162 bps.",
    "Book: 1.133 to 3.634, a ratio of 0.3118, imbalance -0.5246.",
    "Buyers took 269.898, sellers 354.345.",
    "Open interest 77.1k; bid depth 1.49 million.",
    "Funding 0.01 %, 1 bps.",
    "RSI(14) stood at 47.5, rsi 48 or so.",
    "Confidence 62 %, horizon 30 minutes or 0.5 hours, leverage 2.",
    "The stop is 74.29 away, 0.12 %, 2 ATR; 1.5 for the risk.",
    "30 bars of 1m; pressure over 5s is -0.548.",
    "Mark 61664.27 under the index 61689.31 by 25.04.",
]


@pytest.mark.parametrize("reason", SAID)
def test_what_is_copied_or_derived_is_grounded(reason: str) -> None:
    said = opinion(sound(reasons=[reason]))
    if "(14)" in reason:  # no name of this briefing tells the period
        assert said.void is F.UNGROUNDED
        said = opinion(sound(reasons=[reason.replace("(14)", "")]))
    assert said.void is None, said.detail


def test_changes_since_the_bars_are_grounded() -> None:
    rows = shown()["bars"]
    first, last = float(rows[0]["open"]), float(rows[-1]["close"])
    high = max(float(row["high"]) for row in rows)
    for value in (f"{last - first:.2f}", f"{(last / first - 1) * 100:.4f}", f"{high:.2f}"):
        assert opinion(sound(reasons=[f"So much: {value}."])).void is None, value


@pytest.mark.parametrize(("digits", "most"), [(2, 0.05), (3, 0.03), (4, 0.01)])
def test_few_numbers_are_grounded_by_chance(digits: int, most: float) -> None:
    """Random numbers of all magnitudes of a briefing, in a reason that names two figures."""
    draw, passed, tries = Random(digits), 0, 1500
    for _ in range(tries):
        number = Decimal(draw.randrange(10 ** (digits - 1), 10**digits))
        told = format(number.scaleb(draw.randrange(-5, 7) - digits + 1), "f")
        passed += opinion(sound(reasons=[f"Price, RSI and ATR tell: {told}."])).void is None
    assert 0 < passed / tries <= most


def test_few_prices_are_grounded_by_chance() -> None:
    """Random stops on the right side, within the bounds of distance, at the market's own digits."""
    draw, passed, tries = Random(1), 0, 1500
    for _ in range(tries):
        stop = f"{draw.uniform(60919, 61630):.2f}"
        passed += opinion(sound(stop=stop, reasons=[])).void is None
    assert passed / tries <= 0.02


@given(st.text(max_size=200))
def test_any_text_gives_an_opinion(said: str) -> None:
    assert opinion(said or " ").void is not None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["61587.31", "61661.60", "1e9", "-0", "0", "long", "short", "BTC/USDT:USDT"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(sorted(Reply.model_fields)), VALUES, min_size=1))
def test_any_fields_give_an_opinion_within_limits(changed: dict[str, Any]) -> None:
    """The limits are worked out here again, in decimals."""
    said = opinion(sound(**changed))
    assert 0 <= said.confidence <= 1
    assert said.expires <= NOW + 15 * MINUTE
    if said.void is not None or said.verdict not in (Verdict.LONG, Verdict.SHORT):
        assert (said.entry, said.stop, said.target) == (None, None, None)
        return
    way = 1 if said.verdict is Verdict.LONG else -1
    entry = Decimal(said.entry or ("61661.60" if way > 0 else "61661.50"))
    assert abs(entry / Decimal("61661.55") - 1) <= Decimal("0.01")
    if said.stop is not None:
        away = way * (entry - Decimal(said.stop)) / entry
        assert Decimal("0.0004999") <= away <= Decimal("0.1000001")
    if said.target is not None:
        assert 0 < way * (Decimal(said.target) - entry) <= entry * Decimal("0.26")


def test_providers_are_asked_for_the_form_that_is_read() -> None:
    """Strict structured output takes the schema as it is; each of its names is a reply's."""
    made = schema()
    assert words.loose(made) == words.optional(made) == ""
    assert set(made["properties"]) == set(Reply.model_fields)
    assert not {"minimum", "maximum", "maxItems", "default"} & set(str(made).split("'"))


def test_settings_are_held_to() -> None:
    wide = BoundsSettings(leverage=5, horizon_minutes=(1, 10))
    assert bounded(text(leverage=5), briefing(), wide, advisor="llm").void is F.OUT_OF_RANGE
    short = text(leverage=5, horizon_minutes=10)
    assert bounded(short, briefing(), wide, advisor="llm").void is None


@pytest.mark.parametrize("name", ["horizon_minutes", "stop_percent", "stop_atr"])
def test_settings_that_let_nothing_or_all_through_are_refused(name: str) -> None:
    for span in ((10, 1), (0, 1), (-1, 1), (1, float("nan"))):
        with pytest.raises(ValueError, match=r"least comes first|finite|integer"):
            BoundsSettings.model_validate({name: span})
