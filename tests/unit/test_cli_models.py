"""`tapeline models`: the same files and seed give the same bytes, whatever the threads."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from threadpoolctl import threadpool_limits
from typer.testing import CliRunner

from gateway.cli import app
from gateway.models.card import code
from tests.unit.learning import write_candles
from topics.models.store import Store

run = CliRunner()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_candles(tmp_path_factory.mktemp("candles") / "one_1h.csv.gz", 1000)


def trained(home: Path, file: Path, *more: str) -> Path:
    done = run.invoke(app, ["models", "train", str(file), "--into", str(home), *more])
    assert done.exit_code == 0, done.output
    return home / "mine"


def test_twice_the_same_bytes_whatever_the_threads(home: Path, file: Path, tmp_path: Path) -> None:
    with threadpool_limits(1):
        one = trained(tmp_path / "a", file, "--rounds", "5", "--json")
    with threadpool_limits(4):
        two = trained(tmp_path / "b", file, "--rounds", "5")
    for name in ("model.json", "card.json"):
        assert (one / name).read_bytes() == (two / name).read_bytes()


def test_a_model_that_there_is_something_to_learn_from_foretells_it(home: Path, file: Path) -> None:
    given = ["--data", str(file), "--kind", "logistic", "--horizon", "1", "--json"]
    done = run.invoke(app, ["models", "train", *given])
    assert done.exit_code == 0, done.output
    card = orjson.loads(done.stdout)
    direction = card["walk_forward"]["direction"]
    assert direction["skill"] > 0
    assert direction["auc"] > 0.6
    assert direction["log_loss"] < direction["base_log_loss"]
    assert card["data"][0]["file"] == file.name
    assert card["code"]["digest"] == code()
    stored = Store(home).load("mine")
    assert (stored.version, stored.card["digest"]) == (card["version"], card["digest"])
    again = run.invoke(app, ["models", "show", "mine", "--json"])
    assert orjson.loads(again.stdout) == card
    lines = run.invoke(app, ["models", "--json"]).stdout.splitlines()
    assert [orjson.loads(line)["name"] for line in lines] == ["hourly", "hourly-logistic", "mine"]
    assert "direction" in run.invoke(app, ["models", "show", "mine"]).output


def test_the_drift_of_candles_from_a_model_is_told(home: Path, file: Path) -> None:
    given = ["models", "drift", "hourly", str(file), "--window", "500"]
    done = run.invoke(app, [*given, "--json"])
    told = orjson.loads(done.stdout)
    assert (done.exit_code, told["drifted"]) == (1, True), "candles by hand are no market"
    assert 0 < told["drifted_share"] <= 1
    assert told["highest"] >= told["last"] >= 0.25
    assert len(told["inputs"]) == 19
    assert "windows of 500 bars, drifted from 0.25 on" in run.invoke(app, given).output
    short = run.invoke(app, [*given[:-1], "1000"])
    assert short.exit_code == 1
    assert "bars of 1h with all inputs: give --window" in " ".join(short.output.split())


def test_a_damaged_model_is_listed_as_such(home: Path) -> None:
    kept = Store(home).save("mine", b"{}", {})
    done = run.invoke(app, ["models", "list", "--json"])
    assert done.exit_code == 1
    row = orjson.loads(done.stdout.splitlines()[-1])
    assert row["version"] == kept.version
    assert "Field required" in row["problem"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "name files of candles"),
        (["absent.csv"], "there is no file of candles absent.csv"),
        (["--shipped", "."], "name the folder of the candles"),
        (["absent.csv", "--name", "../x"], "no name of a model"),
        (["FILE", "--interval", "7min"], "bars of 7m cannot be made of them"),
        (["FILE", "--interval", "2d"], "too few for 5 splits"),
    ],
)
def test_what_cannot_be_trained_is_told_in_one_line(
    home: Path, file: Path, given: list[str], said: str
) -> None:
    given = [str(file) if each == "FILE" else each for each in given]
    done = run.invoke(app, ["models", "train", *given])
    assert done.exit_code == 1
    assert said in " ".join(done.output.split())
    assert "Traceback" not in done.output
