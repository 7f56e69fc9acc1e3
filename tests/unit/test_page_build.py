"""The page is built once, and anew only when its sources have changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from gateway.page import build as module
from gateway.page import node
from gateway.page.build import FOLDERS, LOCK, MARK, SOURCES, build, built, digest
from gateway.page.node import LEAST, Node, found
from gateway.page.weight import weight
from infra.local.errors import LocalError
from infra.local.lock import FileLock


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A folder with sources of a page."""
    for folder in FOLDERS:
        (tmp_path / folder).mkdir()
    for name in (*SOURCES, "src/main.ts"):
        (tmp_path / name).write_text(name)
    return tmp_path


class Builder(Node):
    """Stands for npm: writes what a build would."""

    ran: list[str] = []

    def run(self, place: Path, *args: str) -> str:
        self.ran.append(args[0] if args[0] == "ci" else args[1])
        if args[0] == "ci":
            (place / "node_modules").mkdir(exist_ok=True)
        if args[:2] == ("run", "build"):
            (place / args[-2]).mkdir()
            (place / args[-2] / "index.html").write_text("<!doctype html>")
        return ""


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What npm was asked for."""
    monkeypatch.setattr(Builder, "ran", [])
    monkeypatch.setattr(module, "found", lambda: Builder(Path("/node"), ("npm",)))
    return Builder.ran


def test_a_build_is_kept_until_a_source_changes(web: Path, ran: list[str]) -> None:
    assert built(web) is None
    dist = build(lambda _: None, web)
    assert build(lambda _: None, web) == dist == built(web)
    assert ran == ["ci", "types", "build"]
    (web / "src" / "main.ts").write_text("changed")
    assert built(web) is None
    build(lambda _: None, web)
    assert ran == ["ci", "types", "build", "types", "build"]
    (web / "package-lock.json").write_text("changed")
    build(lambda _: None, web)
    assert ran[5:] == ["ci", "types", "build"]


def test_who_comes_while_another_builds_takes_that_build(web: Path, ran: list[str]) -> None:
    with ThreadPoolExecutor() as pool:
        first = FileLock(web / LOCK)
        assert first.take()
        others = [pool.submit(build, lambda _: None, web) for _ in range(2)]
        assert not wait(others, 0.3).done
        first.free()
    assert {each.result() for each in others} == {built(web)}
    assert ran == ["ci", "types", "build"]


def test_a_file_that_is_renamed_changes_the_digest(web: Path) -> None:
    before = digest(web)
    (web / "src" / "main.ts").rename(web / "src" / "other.ts")
    assert digest(web) != before


def test_an_installed_page_needs_no_sources(web: Path, ran: list[str]) -> None:
    build(lambda _: None, web)
    (web / "src" / "main.ts").unlink()
    (web / "src").rmdir()
    (web / "dist" / MARK).unlink()
    assert built(web) == web / "dist"


def test_without_sources_and_build_the_remedy_is_told(web: Path) -> None:
    (web / "src" / "main.ts").unlink()
    (web / "src").rmdir()
    with pytest.raises(LocalError, match="use a checkout, and `make page`"):
        build(lambda _: None, web)


def test_without_a_node_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr(node, "_wheel", lambda: None)
    with pytest.raises(LocalError, match=rf"no Node {LEAST[0]}\.\d+ or newer .* pip install"):
        found()


def test_an_old_node_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = Node(Path("/wheel"), ("npm",))
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(node, "_version", lambda _: (LEAST[0] - 2, 99))
    monkeypatch.setattr(node, "_wheel", lambda: wheel)
    assert found() == wheel


def test_a_node_whose_npm_does_not_run_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = Node(Path("/wheel"), ("npm",))
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(node, "_version", lambda it: LEAST if it.endswith("node") else ())
    monkeypatch.setattr(node, "_wheel", lambda: wheel)
    assert found() == wheel


def test_what_npm_says_is_in_the_error(tmp_path: Path) -> None:
    failing = Node(Path("/bin/sh"), ("/bin/sh", "-c", "echo no such package; exit 3"))
    with pytest.raises(LocalError, match="no such package"):
        failing.run(tmp_path, "ci")


def test_the_weight_is_that_of_all_files(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>")
    light = weight(tmp_path)
    (tmp_path / MARK).write_text("1a2b" * 1000)
    assert weight(tmp_path) == light
    (tmp_path / "assets" / "b.js").write_text("".join(map(str, range(2000))))
    assert weight(tmp_path) > light + 1000


def test_what_was_built_by_hand_is_built_anew(web: Path, ran: list[str]) -> None:
    build(lambda _: None, web)
    (web / "dist" / MARK).unlink()
    assert built(web) is None
