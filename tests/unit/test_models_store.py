"""The models' store: what is kept is what was given, and what is damaged or hostile is refused."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from engine.decisions import DecisionsStage
from engine.learning.model import parsed
from engine.strategies.catalogue import StrategySections
from gateway.proof.own_files import other_files
from schemas import names
from schemas.errors import CONFIGURATION_EXIT
from tests.unit.fake_broker import connected, worker
from tests.unit.learning import form
from tests.unit.small_desk import Topics
from topics.models.mentioned import mentioned
from topics.models.store import OF_PROJECT, SHIPPED, NoModel, Store, digest_of, write
from topics.settings import CONFIG_FILE, Settings

ONE, TWO = orjson.dumps(form()), orjson.dumps(form(horizon=3))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_versions_are_kept_in_order_and_the_same_bytes_once(store: Store) -> None:
    first, second = store.save("mine", ONE, {"kind": "x"}), store.save("mine", TWO, {})
    assert (first.version, second.version) == (
        f"0001-{digest_of(ONE)[:8]}",
        f"0002-{digest_of(TWO)[:8]}",
    )
    assert store.save("mine", ONE, {"kind": "y"}) == first
    assert store.versions("mine") == [first.version, second.version]
    assert store.load("mine").model == TWO
    assert store.load("mine", first.version).card == {"digest": digest_of(ONE), "kind": "x"}
    (store.folder / "mine" / "promoted").write_text(first.version + "\n")
    assert store.load("mine") == first
    assert store.names() == ["hourly", "hourly-logistic", "mine"]


def test_what_is_shipped_is_sound_and_comes_last(store: Store) -> None:
    for name in ("hourly", "hourly-logistic"):
        found = store.load(name)
        assert found.version == OF_PROJECT
        assert parsed(found.model).heads.keys() == {
            "direction", "volatility", "drawdown", "runup", "regime",
        }  # fmt: skip
    assert store.load() == store.load("hourly")
    kept = store.save("hourly", ONE, {})
    assert store.load("hourly") == kept
    assert sum(each.stat().st_size for each in SHIPPED.rglob("*.json")) < 400_000


def test_by_proof_only_a_newer_version_is_not_asked_because_it_came_later(tmp_path: Path) -> None:
    store = Store(tmp_path, proven=True)
    first, second = store.save("mine", ONE, {}), store.save("mine", TWO, {})
    store.save("hourly", ONE, {})
    assert (store.load("mine"), store.load("hourly").version) == (first, OF_PROJECT)
    store.promote(second)
    assert store.load("mine") == second


@pytest.mark.parametrize(
    ("name", "version", "said"),
    [
        ("none", "", "models are hourly, hourly-logistic, mine"),
        ("mine", "0009-00000000", "there are 0001-"),
        ("mine", "../mine", "no model mine ../mine"),
        ("..", "", "no name of a model"),
        ("a b", "", "no name of a model"),
        ("./nowhere", "", "cannot be read"),
    ],
)
def test_what_is_not_there_is_told(store: Store, name: str, version: str, said: str) -> None:
    store.save("mine", ONE, {})
    with pytest.raises(NoModel, match=said):
        store.load(name, version)


def test_damaged_files_are_refused_in_one_line(store: Store) -> None:
    kept = store.save("mine", ONE, {})
    folder = store.folder / "mine" / kept.version
    for file, text, said in (
        ("model.json", TWO, "is damaged"),
        ("card.json", b"{}", "is damaged"),
        ("card.json", b"[1]", "is no card"),
        ("card.json", b"\x80\x04K", "is no card"),
        ("model.json", b" " * (17 << 20), "larger than 16 MB"),
    ):
        before = (folder / file).read_bytes()
        (folder / file).write_bytes(text)
        with pytest.raises(NoModel, match=said) as refused:
            store.load("mine")
        assert "\n" not in str(refused.value)
        (folder / file).write_bytes(before)
    assert store.load("mine") == kept


def test_models_that_strategies_ask_are_found_at_any_depth() -> None:
    assert mentioned({
        "a": {"kind": "model"},
        "b": {"advisors": {"model": {"model": "mine"}, "rule": {}}},
        "c": {"advisors": {"x": {"kind": "model", "model": "mine", "version": "0001-aaaaaaaa"}}},
        "d": {"advisors": {"model": {"kind": "rule"}, "policy": {"model": "mine"}}},
    }) == [("", ""), ("mine", ""), ("mine", "0001-aaaaaaaa")]  # fmt: skip


TOML = """[strategies.mine.advisors]
model = { model = "mine", enter = 0.6 }
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tapeline.toml").write_text(TOML)
    monkeypatch.setenv(CONFIG_FILE, str(tmp_path / "tapeline.toml"))
    monkeypatch.setenv("TAPELINE_HOME", str(tmp_path))
    return tmp_path


def test_the_settings_load_the_model_and_their_hash_knows_it(home: Path) -> None:
    store = Store(home)
    store.save("mine", ONE, {})
    known = Settings()
    (strategy,) = known.sections(StrategySections).build()
    assert strategy.advisors[0].voice.model.horizon == 2  # type: ignore[attr-defined]
    before = known.digest
    store.save("mine", TWO, {})
    again = Settings()
    assert again.digest != before
    (strategy,) = again.sections(StrategySections).build()
    assert strategy.advisors[0].voice.model.horizon == 3  # type: ignore[attr-defined]


def test_the_settings_may_want_proof(home: Path) -> None:
    first = Store(home).save("mine", ONE, {})
    later = Store(home).save("mine", TWO, {})
    assert Settings().models.load("mine") == later
    (home / "tapeline.toml").write_text(TOML + '[registry]\npromote = "proven"\n')
    assert Settings().models.load("mine") == first


def test_a_path_is_a_folder_beside_the_settings_file(home: Path) -> None:
    write(home / "own" / "m", TWO, {})
    (home / "tapeline.toml").write_text(TOML.replace('"mine"', '"own/m"'))
    (strategy,) = Settings().sections(StrategySections).build()
    assert strategy.advisors[0].voice.model.horizon == 3  # type: ignore[attr-defined]


@pytest.mark.parametrize("bad", [b"{}", orjson.dumps(form(heads={}))])
def test_a_model_that_is_none_ends_the_worker_with_one_line(
    home: Path, capsys: pytest.CaptureFixture[str], bad: bytes
) -> None:
    Store(home).save("mine", bad, {})
    with pytest.raises(SystemExit) as ended:
        Settings().sections(StrategySections)
    assert ended.value.code == CONFIGURATION_EXIT
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "strategies.mine.advisors.model" in told


def test_a_model_that_is_not_there_ends_the_worker_too(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        Settings().sections(StrategySections)
    assert ended.value.code == CONFIGURATION_EXIT
    assert "there is no model mine" in capsys.readouterr().err


def test_verify_and_the_stages_tell_which_models_there_are(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Store(home).save("mine", ONE, {})
    then = Settings()
    stage = DecisionsStage(then.sections(StrategySections).build())
    event = (
        worker(connected(monkeypatch), stage)
        .started()
        .model_copy(update={"facts": {"models": then.asked_models}})
    )
    assert then.asked_models == kept.title
    topics = Topics()
    topics.put(names.EVENTS, event)
    assert other_files(then, topics) == []
    Store(home).save("mine", TWO, {})
    (line,) = other_files(Settings(), topics)
    assert f"in the run they were {kept.title}" in line
