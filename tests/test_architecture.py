"""The map's import directions, read from the source by ast."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("schemas", "topics", "engine", "agents", "executor", "infra", "gateway")
MAY: dict[str, set[str]] = {
    "schemas": set(),
    "topics": {"schemas"},
    "engine": {"schemas"},
    "agents": {"schemas", "topics", "engine"},
    "executor": {"schemas", "topics", "engine"},
    "infra": {"schemas", "topics", "engine"},
    "gateway": {"schemas", "topics", "engine", "infra"},
}
IO = {
    "faust", "mode", "confluent_kafka", "aiokafka", "ccxt", "redis", "socket", "asyncio", "random",
    "time", "datetime", "secrets", "uuid", "os", "pathlib", "subprocess", "threading", "requests",
    "aiohttp", "urllib", "http", "logging", "io",
}  # fmt: skip


def sources(package: str) -> Iterator[Path]:
    yield from sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Dotted names of all modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


@pytest.mark.parametrize("package", OURS)
def test_a_package_imports_only_what_the_map_allows(package: str) -> None:
    for path in sources(package):
        rooms = {name.split(".")[0] for name in imported(path)} & set(OURS)
        assert rooms <= MAY[package] | {package}, path


def test_engine_and_schemas_do_no_io() -> None:
    for package in ("engine", "schemas"):
        for path in sources(package):
            assert not {name.split(".")[0] for name in imported(path)} & IO, path


def stages() -> Iterator[Path]:
    """The agents themselves; `agents/advising` is the one room behind one of them, advice."""
    yield from sorted((ROOT / "agents").glob("*.py"))


def test_no_stage_imports_another_stage() -> None:
    for path in sources("agents"):
        own = [name for name in imported(path) if name.startswith("agents")]
        if path.stem == "advice" or path.parent.name == "advising":
            own = [name for name in own if not name.startswith("agents.advising")]
        assert not own, path


def test_agents_and_executor_have_empty_package_files() -> None:
    for package in ("agents", "executor"):
        assert (ROOT / package / "__init__.py").read_text().strip() == ""


def test_only_who_uses_keys_can_open_them() -> None:
    for path in (path for package in OURS for path in sources(package)):
        opens = "topics.keypairs" in imported(path)
        room = path.relative_to(ROOT).parts
        assert not opens or room[0] == "executor" or room[:2] == ("agents", "advising"), path


def test_an_agent_is_named_after_a_topic_it_writes() -> None:
    from topics import TOPICS

    nouns = {spec.name.split(".")[-1] for spec in TOPICS} | {"control", "hot", "archive"}
    for path in stages():
        assert path.stem in nouns | {"__init__"}, path


@pytest.mark.parametrize("package", OURS)
def test_packages_resolve_inside_the_repository(package: str) -> None:
    module = importlib.import_module(package)
    assert Path(str(module.__file__)).resolve().is_relative_to(ROOT)


def test_files_stay_short() -> None:
    for package in OURS:
        for path in sources(package):
            assert len(path.read_text().splitlines()) <= 300, path


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_functions_stay_short() -> None:
    """Under 30 lines of code, the signature and the docstring not counted."""
    for package in OURS:
        for path in sources(package):
            for function in functions(path):
                body = function.body[1:] if ast.get_docstring(function) else function.body
                lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
                assert lines <= 30, f"{path}: {function.name} has {lines} lines"
