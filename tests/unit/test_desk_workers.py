"""Which workers a local desk runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.local.desk import PARTS, Desk, Part, fused
from topics.metrics import targets
from topics.settings import Settings


def workers(home: Path, part: Part = Part.EXECUTOR, **more: object) -> dict[str, str | None]:
    """Names of the workers, each with the live account that it runs."""
    settings = Settings.model_validate({"home": home, **more})
    rows = Desk(settings, PARTS[part])._workers()
    return {row.name: row.env.get("TAPELINE_ACCOUNT") for row in rows}


def test_paper_accounts_share_an_executor(tmp_path: Path) -> None:
    assert workers(tmp_path) == {"executor": None, "portfolio": None}


def test_each_live_account_has_an_executor_of_its_own(tmp_path: Path) -> None:
    live = {"main": {"exchange": "binance"}, "side": {"exchange": "okx"}}
    found = workers(tmp_path, accounts=("paper", "main", "side"), live=live)
    assert found == {
        "executor": None,
        "portfolio": None,
        "executor-main": "main",
        "executor-side": "side",
    }


def test_without_a_paper_account_there_is_no_paper_executor(tmp_path: Path) -> None:
    live = {"main": {"exchange": "binance"}}
    found = workers(tmp_path, accounts=("main",), live=live)
    assert found == {"portfolio": None, "executor-main": "main"}


def test_live_feeds_are_collected_where_ticks_are_made(tmp_path: Path) -> None:
    feeds = {"binance": {"symbols": ["BTC/USDT"]}}
    for part in Part:
        found = workers(tmp_path, part, feeds=feeds)
        assert ("raw" in found) == (part is not Part.EXECUTOR)
        assert "raw" not in workers(tmp_path, part)


def test_books_are_consolidated_where_symbols_are_named(tmp_path: Path) -> None:
    def names(part: Part, hot: bool = False, **more: object) -> set[str]:
        settings = Settings.model_validate({"home": tmp_path, **more})
        stages = fused(PARTS[part]) if hot else PARTS[part]
        return {row.name for row in Desk(settings, stages)._workers()}

    named = {"symbols": ["BTC/USDT"]}
    assert "books" not in names(Part.WHOLE)
    assert "books" in names(Part.WHOLE, books=named)
    assert "books" in names(Part.PIPELINE, hot=True, books=named)
    assert "books" not in names(Part.EXECUTOR, books=named)


def test_topics_are_archived_where_a_directory_is_named(tmp_path: Path) -> None:
    assert "archive" not in workers(tmp_path)
    assert "archive" in workers(tmp_path, archive={"directory": str(tmp_path)})


def test_who_is_asked_has_a_worker_and_alone_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPSEEK_API_KEY", "secret")
    one = {"provider": "deepseek", "model": "m", "markets": ["*"]}
    advice = {"advisors": {"one": one}, "prices": {"m": {"input": 1, "output": 1}}}
    for part in Part:
        settings = Settings.model_validate({"home": tmp_path, "advice": advice})
        found = {row.name: row.env for row in Desk(settings, PARTS[part])._workers()}
        assert ("advice" in found) == (part is not Part.EXECUTOR)
        keys = {name: env["DEEPSEEK_API_KEY"] for name, env in found.items()}
        assert {name for name, key in keys.items() if key} == {"advice"} & {*found}
        assert "advice" not in workers(tmp_path, part)


def test_who_no_order_waits_for_has_the_processor_after_the_others(tmp_path: Path) -> None:
    one = {"provider": "deepseek", "model": "m", "markets": ["*"]}
    more = {
        "advice": {"advisors": {"one": one}, "prices": {"m": {"input": 1, "output": 1}}},
        "archive": {"directory": str(tmp_path)},
        "store": {"sink": True},
        "gateway": {"on": True},
    }
    settings = Settings.model_validate({"home": tmp_path, **more})
    behind = {row.name for row in Desk(settings)._workers() if row.behind}
    assert behind == {"advice", "archive", "store"}


def test_what_gone_processes_told_is_forgotten_before_workers_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    class Workers:
        def __init__(self, *_: object) -> None: ...

        def start(self) -> None:
            told.extend(each.worker for each in targets.read(tmp_path))

        def pids(self) -> dict[str, int]:
            return {}

        restarts = pids

    monkeypatch.setattr("infra.local.desk.Supervisor", Workers)
    for step in ("create", "check"):
        monkeypatch.setattr(f"infra.local.desk.admin.{step}", lambda settings: None)
    there = {"broker_url": "b:1", "redis_url": "redis://r", "metrics": {"on": False}}
    targets.write(tmp_path, "lives", "127.0.0.1:1")
    file = tmp_path / targets.FOLDER / "lives.json"
    gone = (
        file.read_text()
        .replace("lives", "gone")
        .replace(f'{targets.BORN}":"', f'{targets.BORN}":"9')
    )
    file.with_stem("gone").write_text(gone)
    Desk(Settings.model_validate({"home": tmp_path, **there})).start()
    assert told == ["lives"]
