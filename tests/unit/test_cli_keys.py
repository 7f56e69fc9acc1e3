"""`tapeline keys`: made, entered without an echo, sealed, shown; nothing secret is printed."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from agents.advising.keys import key_of as provider_key
from engine.advice.section import AdviceSettings
from executor.keys import key_of
from executor.venues.key import Key
from gateway.cli import app
from infra.local.waiting import wait_for
from tests.unit.canary import GIVEN, NAME, PASSPHRASE, SECRET, escaped
from topics.sealed import KeysError, private_file, sealed_file
from topics.secrecy import known
from topics.settings import settings

run = CliRunner()
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("TAPELINE_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    settings.cache_clear()
    known.forget()
    yield tmp_path
    settings.cache_clear()
    known.forget()


def said(*words: str, code: int = 0, given: Any = None) -> Result:
    text = given if isinstance(given, str) else json.dumps(given)
    result = run.invoke(app, ["keys", *words], input=text)
    assert result.exit_code == code, result.output
    assert not escaped(result.output + result.stderr)
    return result


def made(*words: str, given: Any = None, code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said(*words, "--json", given=given, code=code).stdout)
    return found


def test_new_seal_show(home: Path) -> None:
    pair = made("new", "main")
    assert pair["new"]
    again = made("new", "main")
    assert (again["public"], again["new"]) == (pair["public"], False)
    sealed = made("seal", "main", "--exchange", "okx", "--stdin", given=GIVEN)
    assert sealed["to"] == pair["fingerprint"]
    shown = made("show", "main")
    assert (shown["exchange"], shown["key"], shown["fits"]) == ("okx", sealed["key"], True)
    assert key_of(home, "main", "okx") == Key(NAME, SECRET, PASSPHRASE)
    assert sealed_file(home, "main").stat().st_mode & 0o777 == 0o600


def test_a_provider_s_key_is_the_advice_stage_s(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = AdviceSettings()
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.setenv("DEEPSEEK_API_KEY", "of-the-environment")
    pair = made("new", "advice:deepseek")
    sealed = made("seal", "advice:deepseek", "--stdin", given={"key": SECRET})
    assert (sealed["to"], sealed["exchange"]) == (pair["fingerprint"], "advice")
    assert made("show", "advice:deepseek")["fits"]
    assert provider_key(home, section, "deepseek") == SECRET
    assert not escaped(known.redact(f"Bearer {SECRET}"))
    said("seal", "advice:deepseek", "--stdin", given={"key": SECRET, "secret": "x"}, code=1)
    said("new", "advice:../x", code=1)
    with pytest.raises(KeysError, match="no key for anthropic: `tapeline keys new advice:anth"):
        provider_key(home, section, "anthropic")


def test_a_key_of_the_environment_goes_no_further(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPSEEK_API_KEY", SECRET)
    for _ in range(2):
        assert provider_key(home, AdviceSettings(), "deepseek") == SECRET
    assert os.environ["DEEPSEEK_API_KEY"] == ""
    assert not escaped(known.redact(SECRET))


def test_sealed_on_another_machine(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which has the public key only, and no home of ours."""
    public = said("new", "main").stdout.strip()
    monkeypatch.setenv("TAPELINE_HOME", str(tmp_path / "elsewhere"))
    settings.cache_clear()
    file = tmp_path / "carried"
    words = ("main", "--exchange", "okx", "--to", public, "--stdin", "--file", str(file))
    said("seal", *words, given=GIVEN)
    assert not (tmp_path / "elsewhere").exists()
    assert not made("show", "main", "--file", str(file), code=1)["fits"]
    assert key_of(home, "main", "okx", file) == Key(NAME, SECRET, PASSPHRASE)


@pytest.mark.parametrize(
    "given", ["", "{", GIVEN | {"more": "x"}, {"key": NAME}, [SECRET], {**GIVEN, "key": 5}]
)
def test_what_is_no_key_is_not_repeated(home: Path, given: Any) -> None:
    said("new", "main")
    words = ("seal", "main", "--exchange", "okx", "--stdin")
    assert "a key is given as texts" in said(*words, given=given, code=1).stderr
    assert not sealed_file(home, "main").exists()


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_broken_entry_shows_nothing_in_a_traceback(
    debug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said("new", "main")
    monkeypatch.setenv("TAPELINE_DEBUG", debug)
    words = ("keys", "seal", "main", "--exchange", "okx", "--stdin")
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli", *words],
        input=json.dumps(GIVEN)[:-3], capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 1
    assert ("Traceback" in done.stderr) == bool(debug)
    assert not escaped(done.stdout + done.stderr)


def test_each_failure_names_the_remedy(home: Path) -> None:
    words = ("seal", "main", "--exchange", "okx", "--stdin")
    assert "tapeline keys new main" in said(*words, given=GIVEN, code=1).stderr
    assert "tapeline keys seal" in said("show", "main", code=1).stderr
    assert "no public key" in said(*words, "--to", "abc", given=GIVEN, code=1).stderr
    said("new", "main")
    assert "with --stdin" in said("seal", "main", "--exchange", "okx", code=1).stderr
    private_file(home, "main").chmod(0o644)
    assert "chmod 600" in said("new", "main", code=1).stderr


def test_a_key_is_never_an_argument() -> None:
    for words in (("--key", NAME), ("--secret", SECRET), (SECRET,)):
        result = run.invoke(app, ["keys", "seal", "main", "--exchange", "okx", *words])
        assert result.exit_code == 2


def test_a_terminal_is_asked_without_an_echo(home: Path) -> None:
    said("new", "main")
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        words = ["keys", "seal", "main", "--exchange", "okx"]
        os.execv(sys.executable, [sys.executable, "-m", "gateway.cli", *words])
    seen = b""
    for prompt, answer in ((b"API key: ", NAME), (b"Secret: ", SECRET), (b"any: ", PASSPHRASE)):
        while prompt not in seen:
            seen += os.read(terminal, 1000)
        os.write(terminal, answer.encode() + b"\n")
    assert wait_for(lambda: os.waitpid(child, os.WNOHANG)[0] == child, 30)
    seen += os.read(terminal, 10000)
    os.close(terminal)
    assert b"sealed to" in seen
    assert not escaped(seen.decode())
    assert key_of(home, "main", "okx") == Key(NAME, SECRET, PASSPHRASE)
