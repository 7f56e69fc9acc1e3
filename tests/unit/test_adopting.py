"""`tapeline adopt`: only what was judged, only what was let through; nothing else is touched."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from engine.research.record import AdoptionRecord, NotSealed, Proposed, digest_of, read
from engine.strategies.declaration import of_values
from gateway.cli import app
from gateway.research.candidates import section_of
from gateway.research.toml_text import NotPut, put, toml
from gateway.research.verdicts import strategies_of
from topics.settings import CONFIG_FILE, Settings, settings

SECTION = section_of(
    of_values({"long": {"all": ["rsi < 30", "close > ema_slow"]}, "stop_atr": 2.0}),
    ("BTC/USDT:USDT",),
)
FILE = """# mine
[risk]
leverage = 2

[strategies.swing]       # the old one
kind = "momentum"

# about the other
[strategies.other]
kind = "rule"
"""


def record(**fields: Any) -> AdoptionRecord:
    proposed = Proposed(label="c", origin="search", section=SECTION, digest=digest_of(SECTION))
    given_: dict[str, Any] = {
        "strategy": "swing", "candidate": proposed, "evidence": {}, "terms": {}, "look": {},
        "findings": (), "windows": (), "verdict": "adopted",
        "present": {"settings": digest_of(strategies_of(settings()))},
    }  # fmt: skip
    return AdoptionRecord(**{**given_, **fields}).sealed()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A settings file, which is this process's."""
    file = tmp_path / "tapeline.toml"
    file.write_text(FILE)
    monkeypatch.setenv(CONFIG_FILE, str(file))
    settings.cache_clear()
    yield file
    settings.cache_clear()


def adopted(desk: Path, of: AdoptionRecord | bytes, *more: str) -> tuple[int, str]:
    file = desk.parent / "adoption.json"
    file.write_bytes(of if isinstance(of, bytes) else of.text)
    found = CliRunner().invoke(app, ["adopt", str(file), *more])
    return found.exit_code, found.output + str(found.exception or "")


def test_it_is_put_in_the_old_one_s_place_and_the_rest_stays(desk: Path) -> None:
    code, told = adopted(desk, record())
    assert (code, "from the next start" in told) == (0, True)
    text = desk.read_text()
    assert text.startswith("# mine\n[risk]")
    assert "# about the other\n[strategies.other]" in text
    assert "old one" not in text
    assert tomllib.loads(text)["strategies"]["swing"] == SECTION
    assert (desk.parent / "tapeline.before.toml").read_text() == FILE
    settings.cache_clear()
    assert settings().strategies["swing"] == SECTION
    code, told = adopted(desk, record())
    assert (code, "in the settings already" in told) == (1, True)


def test_who_may_not_read_the_settings_may_not_read_them_afterwards(desk: Path) -> None:
    desk.chmod(0o600)  # of a broker's password
    assert adopted(desk, record())[0] == 0
    files = (desk, desk.parent / "tapeline.before.toml")
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600, 0o600]


def test_shown_it_writes_nothing(desk: Path) -> None:
    code, told = adopted(desk, record(), "--show")
    assert (code, "[strategies.swing.advisors.declared]" in told) == (0, True)
    assert desk.read_text() == FILE


REFUSED: dict[str, dict[str, Any]] = {
    "the gate has refused it: too few": {"verdict": "refused", "reasons": ("too few",)},
    "the gate has refused it: a model": {"tainted": "a model knew the future"},
    "settings are others": {"present": {"settings": "0"}},
}


@pytest.mark.parametrize("told", REFUSED)
def test_what_is_not_let_through_is_not_written(desk: Path, told: str) -> None:
    code, said = adopted(desk, record(**REFUSED[told]))
    assert (code, told in said, desk.read_text() == FILE) == (1, True, True), said


def test_a_record_that_was_changed_is_none(desk: Path) -> None:
    other = orjson.loads(record(verdict="refused", reasons=("no",)).text)
    for forged in (
        {**other, "verdict": "adopted", "reasons": []},
        {**other, "candidate": {**other["candidate"], "section": {"kind": "momentum"}}},
    ):
        code, said = adopted(desk, orjson.dumps(forged))
        assert (code, "changed after" in said, desk.read_text() == FILE) == (1, True, True), said
    swapped = Proposed(
        label="c", origin="file", section={"kind": "rule"}, digest=digest_of(SECTION)
    )
    with pytest.raises(NotSealed, match="not that of the strategy"):
        read(record(candidate=swapped).text)


@given(st.binary(max_size=200))
def test_any_bytes_are_no_record_in_one_line(text: bytes) -> None:
    with pytest.raises(NotSealed) as told:
        read(text)
    assert "\n" not in str(told.value)


def test_a_live_account_is_asked_for(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live = Settings(live={"main": {}}, accounts=("paper", "main"))
    monkeypatch.setattr("gateway.research.adopting.settings", lambda: live)
    of = record(present={"settings": digest_of(strategies_of(live))})
    code, said = adopted(desk, of)
    assert (code, "the live account main would trade swing" in said) == (1, True), said
    named = live.model_copy(update={"risk": {"accounts": {"main": {"strategies": ["other"]}}}})
    monkeypatch.setattr("gateway.research.adopting.settings", lambda: named)
    assert adopted(desk, record(present={"settings": digest_of(strategies_of(named))}))[0] == 0


SHOWN = st.text(st.characters(codec="utf-8", exclude_characters="\x7f"))
VALUES = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(2**60), 2**60),
        st.floats(allow_nan=False, allow_infinity=False),
        SHOWN,
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text("abc-_. é", max_size=4), inner, max_size=3),
    ),
    max_leaves=8,
)


@given(VALUES)
def test_a_value_is_read_as_it_was_written(value: Any) -> None:
    assert tomllib.loads(f"x = {toml(value)}") == {"x": value}


def test_a_section_in_another_form_is_left_alone() -> None:
    for text in ('strategies = { swing = { kind = "rule" } }', 'strategies.swing.kind = "rule"'):
        with pytest.raises(NotPut, match="another form"):
            put(text, "swing", SECTION, "x")
    assert tomllib.loads(put("", "swing", SECTION, "x")) == {"strategies": {"swing": SECTION}}
    twice = put(put(FILE, "swing", SECTION, "x"), "swing", {"kind": "rule"}, "y")
    assert twice.count("# adopted: ") == 1
