"""`tapeline models train-policy`: same bytes, nothing of the future, no edge where none is."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from typer.testing import CliRunner

from engine.learning.policy import policy
from gateway.cli import app
from gateway.models.acting import Market, Training, spans
from gateway.models.evolving import Recipe
from gateway.models.series import Series
from gateway.models.trading import Judged
from gateway.models.train import read
from gateway.models.train_policy import BTC, Asked, usual
from gateway.terminal.output import Output
from tests.unit.learning import changed_from, write_candles
from topics.models.store import Store
from topics.settings import CONFIG_FILE, Settings

run = CliRunner()
COUNT = 1000
XRP = "binance:XRP/USDT:USDT"
SMALL = ("--generations", "4", "--population", "32", "--starts", "1")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A market that turns back after each hour: the planted edge."""
    return write_candles(tmp_path_factory.mktemp("candles") / "one_1h.csv.gz", COUNT)


def trained(file: Path, into: Path, *more: str) -> dict[str, Any]:
    """The card."""
    given = ["models", "train-policy", str(file), *SMALL, "--into", str(into), "--json", *more]
    done = run.invoke(app, given)
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = orjson.loads(done.stdout)
    return told


def test_a_planted_edge_is_learnt_the_same_bytes_again_whatever_comes_later(
    home: Path, file: Path, tmp_path: Path
) -> None:
    """Of the span that neither search nor choice has seen the interval, net, is above 0; that span
    may be another, and the policy is the same to the byte."""
    card = trained(file, tmp_path / "a", "--test", "0.3")
    assert card["edge"] is True
    assert card["held_out"]["intervals"]["total_return"]["low"] > 0
    assert card["held_out"]["closed"] > 20
    assert float(card["held_out"]["fees"]) > 0
    assert card["spans"]["validation"][1] == card["spans"]["held_out"][0] == card["cutoff"]
    other = changed_from(file, tmp_path / "one_1h.csv.gz", 700, seed=3, back=0.0)
    later = trained(other, tmp_path / "b", "--test", "0.3")
    one, again = (tmp_path / each / "policy" for each in "ab")
    assert (one / "model.json").read_bytes() == (again / "model.json").read_bytes()
    assert later["held_out"] != card["held_out"]
    assert later["validation"] == card["validation"]


@pytest.mark.parametrize("seed", [4, 5])
def test_a_random_world_is_not_claimed_to_have_an_edge(
    home: Path, tmp_path: Path, seed: int
) -> None:
    file = write_candles(tmp_path / "random_1h.csv.gz", COUNT, seed=seed, back=0.0)
    card = trained(file, tmp_path)
    assert card["edge"] is False
    held_out = card["held_out"]
    assert card["silent"] or held_out["intervals"]["total_return"]["low"] <= 0


def test_each_file_pays_the_spread_of_its_own_market(
    home: Path, file: Path, tmp_path: Path
) -> None:
    """A tick of BTC is a tenth of the price of XRP."""
    cheap = tmp_path / "cheap_1h.csv.gz"
    head, *lines = gzip.decompress(file.read_bytes()).decode().splitlines()
    rows = [each.split(",") for each in lines]
    made = [[t, *(f"{float(each) / 100:.4f}" for each in prices), v] for t, *prices, v in rows]
    cheap.write_bytes(gzip.compress("\n".join([head, *map(",".join, made)]).encode(), mtime=0))
    given = ("--candles", BTC, "--candles", f"{XRP}=cheap_1h.csv.gz")
    known = usual(Settings())
    asked = Asked((file, cheap), None, given[1::2], Recipe(), 0.2, 0, "policy")
    low, high = read(asked.files, None, known, Output(json=True))
    cut = spans(low.close_time, 0.2, 0)

    def earned(one: Series, market: Market) -> Judged:
        training = Training([one], cut, market, Recipe(), lambda said, done: None)
        row = np.zeros(len(one.names) + 2)
        row[0] = -3.0
        return training.played(training.policy_of(row), cut.validation)

    market = asked.market(known)
    own, wrong = (earned(low, of).returns.growth for of in (market, Market(BTC, known)))
    assert wrong <= 1 < own
    assert [market.of(each) for each in (low, high)] == [XRP, BTC]


def test_a_policy_is_kept_listed_shown_and_asked(
    home: Path, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ["models", "train-policy", str(file), *SMALL, "--name", "mine", "--test", "0"]
    done = run.invoke(app, given)
    assert done.exit_code == 0, done.output
    stored = Store(home).load("mine")
    assert policy(stored.model).cutoff > 0
    lines = run.invoke(app, ["models", "--json"]).stdout.splitlines()
    row = orjson.loads(lines[-1])
    assert (row["name"], row["kind"], row["target"]) == ("mine", "policy", "actions")
    shown = run.invoke(app, ["models", "show", "mine"]).output
    assert "validation" in shown
    assert "buy and hold" in shown
    drift = run.invoke(app, ["models", "drift", "mine", str(file), "--window", "500", "--json"])
    assert orjson.loads(drift.stdout)["drifted"] is False
    promoted = run.invoke(app, ["models", "promote", "mine", stored.version])
    assert promoted.exit_code == 0, promoted.output
    assert Store(home).promoted("mine") == stored.version
    config = tmp_path / "tapeline.toml"
    config.write_text('[strategies.a.advisors]\npolicy = { model = "mine" }\n')
    monkeypatch.setenv(CONFIG_FILE, str(config))
    assert stored.title in Settings().asked_models


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "name files of candles"),
        (["FILE", "--validation", "0.5", "--test", "0.5"], "leave nothing to train on"),
        (["FILE", "--name", "../x"], "no name of a model"),
        (["FILE", "--interval", "12h"], "the training span has"),
        (["FILE", "--candles", "a:B/C", "--candles", "a:D/C"], "--candles a:D/C: give one KEY"),
        (["FILE", "--candles", "a:B/C=other.csv"], "--candles other.csv: give one KEY"),
        (["unread.csv", "--candles", "a:B/C=x.csv"], "--candles x.csv: give one KEY"),
    ],
)
def test_what_cannot_be_trained_is_told_in_one_line(
    home: Path, file: Path, given: list[str], said: str
) -> None:
    given = [str(file) if each == "FILE" else each for each in given]
    done = run.invoke(app, ["models", "train-policy", *given])
    assert done.exit_code == 1
    assert said in " ".join(done.output.split())
    assert "Traceback" not in done.output
