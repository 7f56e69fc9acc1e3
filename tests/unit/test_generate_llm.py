"""Strategies by a language model: its reply is hostile, its call is kept, what it knew counts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from engine.research.proposing import MOST, Wanted, prompt, read, schema
from engine.strategies.declaration import Declaration
from gateway.research.proposals import tainted
from schemas.advice import Call
from tests.unit.swinging import generated, swinging
from topics.settings import settings

GOOD = {
    "about": "what swings is bought at its turns\x1b[31m", "long": "close > before(close, 1)",
    "short": "close < before(close, 1)", "leave_long": None, "leave_short": None,
    "stop_atr": None, "stop_percent": 20, "target_atr": None, "target_percent": None,
    "most_bars": None,
}  # fmt: skip
HOSTILE: list[Any] = [
    {**GOOD, "long": "rsj < 30"}, {**GOOD, "long": "__import__('os').system('id')"},
    {**GOOD, "kind": "evil.py:Evil"}, {**GOOD, "weight": 1e9}, {**GOOD, "stop_percent": None},
    {**GOOD, "stop_percent": "NaN"}, {**GOOD, "long": {"all": []}}, {**GOOD, "about": 3},
    None, [], "buy", 7, {"candidates": [GOOD]},
]  # fmt: skip
ADVICE = """
[advice.providers.stand_in]
kind = "compatible"
base_url = "{address}"
local = true
[advice.advisors.strategist]
provider = "stand_in"
model = "swinger"
markets = ["*"]
cutoff = "2019-01-01"
"""


def reply(*rows: Any) -> str:
    return orjson.dumps({"candidates": [*rows]}).decode()


def test_of_a_hostile_reply_what_fits_the_form_alone_is_let_up() -> None:
    found, faults = read(reply(*HOSTILE, GOOD, GOOD))
    assert [each.declared["long"] for each in found] == [GOOD["long"]]
    assert found[0].about == "what swings is bought at its turns [31m"
    assert len(faults) == len(HOSTILE)
    assert not any("\n" in each for each in faults)
    many, left_out = read(reply(*({**GOOD, "stop_percent": n} for n in range(1, 30))))
    assert (len(many), left_out) == (MOST, (f"those after the first {MOST} are left out",))


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from((*GOOD, "x")), inner)
    ),
)


@limits(max_examples=40)
@given(st.one_of(
    st.text(), st.lists(VALUES, max_size=4).map(lambda rows: reply(*rows)), VALUES.map(str)
))  # fmt: skip
def test_any_reply_gives_declarations_or_reasons(text: str) -> None:
    found, faults = read(text)
    assert all(isinstance(each, Declaration) for each in found)
    assert all(0 < len(each) <= 400 and "\n" not in each for each in faults)


def test_the_schema_asks_for_what_the_form_takes() -> None:
    row = schema()["properties"]["candidates"]["items"]["properties"]
    assert set(row) == set(Declaration.model_fields) - {"confidence"} == set(GOOD)


def test_the_prompt_is_data_between_fences_and_shows_no_test_span() -> None:
    wanted = Wanted("binance:BTC/USDT", "1h", {"kind": "rule"}, {"bars": 120}, 4)
    asked = prompt(wanted)
    assert asked == prompt(wanted)
    assert "features.momentum_z" in asked.user
    assert asked.template.hash != prompt(wanted, asked.template.model_copy(
        update={"version": 2})).template.hash  # fmt: skip


def call(cutoff: int | None) -> Call:
    return Call(provider="p", model="m", role="r", prompt="s", prompt_version=1, prompt_hash="",
                asked="", cutoff=cutoff)  # fmt: skip


def test_a_model_that_may_know_the_test_spans_taints_them() -> None:
    assert tainted(call(100), 100) == ""
    assert "has learnt up to" in tainted(call(101), 100)
    assert "states no knowledge cut-off" in tainted(call(None), 100)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    """The desk, whose advisor is a stand-in that proposes one strategy and much else."""
    script = {"replies": [{"text": reply(*HOSTILE, GOOD), "tokens_in": 900, "tokens_out": 300}]}
    (tmp_path / "script.json").write_bytes(orjson.dumps(script))
    command = [sys.executable, "-m", "infra.language", str(tmp_path / "script.json")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        with swinging(tmp_path, ADVICE.format(address=address)) as found:
            yield found, server
        server.kill()


def test_what_a_model_proposes_goes_through_the_gate_and_is_asked_once(
    folder: tuple[Path, subprocess.Popen[str]],
) -> None:
    path, server = folder
    code, told = generated(path, "one", "--from", "llm", "--json")
    assert code == 0, told
    found = orjson.loads(told.splitlines()[-1])
    maker = found["candidate"]["maker"]
    assert (found["verdict"], found["candidate"]["origin"]) == ("adopted", "llm")
    assert (maker["model"], maker["tokens_in"], maker["prompt"]) == ("swinger", 900, "strategist")
    assert len(maker["left_out"]) == len(HOSTILE)
    kept = Call.model_validate_json((path / "one" / "proposals.json").read_bytes())
    assert kept.reply == reply(*HOSTILE, GOOD)
    server.kill()
    server.wait()
    again = generated(path, "one", "--from", "llm:strategist", "--json")[1]
    assert orjson.loads(again.splitlines()[-1])["digest"] == found["digest"]
    code, told = generated(path, "two", "--from", "llm", "--json")
    assert (code, "gave no reply (unreachable)" in told) == (1, True), told
    settings.cache_clear()
