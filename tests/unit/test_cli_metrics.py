"""`tapeline metrics`: every process of a home, and why one is not well."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from schemas import names
from topics.metrics import targets
from topics.metrics.exposure import Exposure
from topics.settings import Settings


def test_the_command_shows_every_process_and_why_one_is_not_ready(home: Path) -> None:
    exposure = Exposure(Settings(home=home), "ticks")
    exposure.tally("ticks").given[names.TICKS] += 3
    exposure.begin()
    try:
        run = CliRunner()
        well = run.invoke(app, ["metrics", "records_out"])
        assert well.exit_code == 0, well.output
        assert "stage=ticks, topic=market.ticks" in well.output
        exposure.checks["broker"] = lambda: "it does not answer"
        ill = run.invoke(app, ["metrics", "--json"])
        assert ill.exit_code == 1
        assert '"ready":false,"parts":{"broker":"it does not answer"}' in ill.stdout
        assert '"metric":"tapeline_records_out_total"' in ill.stdout
        assert "process_open_fds" not in ill.stdout
        assert "process_open_fds" in run.invoke(app, ["metrics", "--json", "--all"]).stdout
    finally:
        exposure.end()


def test_no_proxy_is_between(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # nobody is there
    monkeypatch.setattr("urllib.request._opener", None)  # it is made once, of the environment
    exposure = Exposure(Settings(home=home), "ticks")
    exposure.begin()
    try:
        assert CliRunner().invoke(app, ["metrics"]).exit_code == 0
    finally:
        exposure.end()


def test_the_command_says_what_to_do_where_nothing_runs(home: Path) -> None:
    found = CliRunner().invoke(app, ["metrics"])
    assert found.exit_code == 1
    assert "start a desk with `tapeline up`" in found.output


def test_the_command_says_that_a_process_has_ended(home: Path) -> None:
    targets.write(home, "ticks", "127.0.0.1:9")
    file = home / "metrics" / "ticks.json"
    file.write_bytes(file.read_bytes().replace(b'born":"', b'born":"9'))
    found = CliRunner().invoke(app, ["metrics"])
    assert found.exit_code == 1
    assert "the reason is in logs/ticks.log" in " ".join(found.output.split())
