"""`tapeline models promote|rollback|shadow|retire|history`: a command, a line, a version."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.selection import row_of, selected
from engine.stage import Cell
from schemas import names
from schemas.commands import DESK, Command, Halt, SelectModel
from tests.unit.terminal_desk import SmallDesk
from tests.unit.test_cli_control import clean, desk_of, said
from tests.unit.test_control import STAGE, records
from tests.unit.test_control import said as given
from tests.unit.test_selection import constant
from topics.models.history import FILE, BadHistory, Entry, History
from topics.models.store import Store

assert clean
D = "d" * 32


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Of the home that `clean` has set: three versions."""
    store = Store(tmp_path)
    for up in (1.0, -1.0, 0.5):
        store.save("mine", constant(up), {})
    return store


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_URL", "")


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> SmallDesk:
    desk = desk_of(monkeypatch, "a")
    desk.cells[DESK] = Cell.fresh(desk.stage, DESK)
    return desk


def test_a_promotion_is_kept_and_rolled_back_step_by_step(store: Store, offline: None) -> None:
    one, two, three = store.versions("mine")
    for version in (one, two):
        assert "no desk runs" in said("models", "promote", "mine", version, "--why", "x").output
    assert store.load("mine").version == two
    said("models", "rollback", "mine")
    assert store.load("mine").version == one
    said("models", "rollback", "mine")
    assert store.load("mine").version == three, "what was asked before the first promotion"
    assert "nothing of mine was promoted" in said("models", "rollback", "mine", code=1).output
    lines = said("models", "history", "mine", "--json").output.splitlines()
    told = [(each["did"], each["version"], each["before"]) for each in map(json.loads, lines)]
    assert told == [
        ("promote", one, three), ("promote", two, one), ("rollback", one, two),
        ("rollback", three, one),
    ]  # fmt: skip


def test_what_is_promoted_again_is_one_step_to_roll_back(store: Store, offline: None) -> None:
    one, two, three = store.versions("mine")
    for version in (one, two, two):  # again, once a desk runs that it is to be told to
        note = said("models", "promote", "mine", version).output
    assert f"say `tapeline models promote mine {two}` then" in " ".join(note.split())
    said("models", "rollback", "mine")
    assert store.load("mine").version == one
    said("models", "rollback", "mine")
    assert store.load("mine").version == three


def test_a_running_desk_hears_the_version_with_its_digest(store: Store, desk: SmallDesk) -> None:
    two = store.versions("mine")[1]
    out = said("models", "promote", "mine", two, "--why", "better").output
    (sent,) = desk.given
    assert (sent.key, sent.by) == (f"{DESK}:*", "ann")
    assert sent.command == SelectModel(
        model="mine", version=two, digest=store.load("mine", two).digest, why="better"
    )
    assert f"{DESK}: model.mine = " in out
    said("models", "shadow", "mine", store.versions("mine")[0])
    assert store.load("mine").version == two, "a challenger is not promoted"
    assert [each.did for each in History(store.folder / "mine").entries()] == ["promote", "shadow"]


def test_what_the_desk_does_not_take_changes_nothing(store: Store, desk: SmallDesk) -> None:
    desk.asleep = (DESK,)
    said("models", "promote", "mine", store.versions("mine")[0], "--wait", "0.1", code=1)
    assert store.promoted("mine") is None
    assert History(store.folder / "mine").entries() == []


def test_damaged_and_retired_versions_are_not_selected(store: Store, offline: None) -> None:
    one, two, three = store.versions("mine")
    (store.folder / "mine" / one / "model.json").write_bytes(b"{}")
    assert "is damaged" in said("models", "promote", "mine", one, code=1).output
    assert "is asked" in said("models", "retire", "mine", three, code=1).output
    said("models", "promote", "mine", two)
    said("models", "retire", "mine", three)
    assert "is retired" in said("models", "promote", "mine", three, code=1).output
    (store.folder / "mine" / "promoted").unlink()
    assert store.load("mine").version == two, "the newest that is not retired"
    assert store.load("mine", three).version == three, "for runs that have asked it"
    assert "no desk runs" in said("models", "shadow", "mine", two, code=1).output


def test_a_history_that_was_cut_is_told(store: Store) -> None:
    history = History(store.folder / "mine")
    entry = Entry.now(by="ann", did="promote", version="v", digest=D)
    history.append(entry)
    assert history.entries() == [entry]
    with (store.folder / "mine" / FILE).open("ab") as file:
        file.write(b'{"at": 1')
    with pytest.raises(BadHistory, match="line 2 is no entry"):
        history.entries()


def test_the_account_of_the_desk_selects_models_and_no_other_does() -> None:
    cell = Cell.fresh(STAGE, DESK)
    good = SelectModel(model="mine", version="0001-00000000", digest=D)
    (row,) = records(cell.take(names.COMMANDS, given(good, account=DESK)))
    assert (row.key, selected(row).digest) == (row_of("mine", "champion"), D)
    wrong: list[tuple[Command, str]] = [
        (Halt(why="x"), DESK), (good, "a"), (good.model_copy(update={"digest": "x"}), DESK),
        (good.model_copy(update={"model": "../x"}), DESK),
        (good.model_copy(update={"version": ""}), DESK),
    ]  # fmt: skip
    for seq, (command, account) in enumerate(wrong, 1):
        (row,) = records(
            Cell.fresh(STAGE, account).take(names.COMMANDS, given(command, seq, account))
        )
        assert (row.setting, row.value) == ("refused", "bad_command")
