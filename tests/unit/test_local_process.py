"""Children: none outlives its parent, and nobody else's process is ever touched."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from infra.local.errors import LocalError
from infra.local.pids import kill, leftover, write
from infra.local.priority import BEHIND
from infra.local.process import LARGE, Child
from infra.local.waiting import wait_for
from topics.pids import Pid

SLEEP = ("sleep", "60")


def sleeper(tmp_path: Path) -> Child:
    return Child(SLEEP, tmp_path / "out.log", tmp_path / "pid.json")


def parent(code: str) -> subprocess.Popen[str]:
    """A parent in its own process; what it prints first is given by `told`."""
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=os.getcwd()
    )


def told(process: subprocess.Popen[str]) -> Pid:
    assert process.stdout is not None
    return Pid.of(int(process.stdout.readline()))


def test_output_and_exit_code(tmp_path: Path) -> None:
    child = Child(("sh", "-c", "echo $A; exit 7"), tmp_path / "out.log", env={"A": "b"})
    child.start()
    assert wait_for(lambda: child.poll() is not None, 5)
    assert (child.poll(), child.tail(), child.running) == (7, "b\n", False)


def test_stop_asks_first(tmp_path: Path) -> None:
    child = sleeper(tmp_path)
    child.start()
    assert child.stop() == -signal.SIGTERM


def test_stop_kills_who_does_not_listen(tmp_path: Path) -> None:
    deaf = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
    child = Child(("sh", "-c", deaf), tmp_path / "out.log")
    child.start()
    assert wait_for(lambda: child.tail() == "ready\n", 5)
    assert child.stop(wait=0.2) == -signal.SIGKILL


def test_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="no-such-program cannot be run"):
        Child(("no-such-program",), tmp_path / "out.log").start()


def test_large_log_is_begun_anew(tmp_path: Path) -> None:
    log = tmp_path / "out.log"
    log.write_bytes(b"x" * (LARGE + 1))
    child = Child(("echo", "new"), log)
    child.start()
    assert wait_for(lambda: child.poll() is not None, 5)
    assert log.read_text() == "new\n"
    assert (tmp_path / "out.old.log").stat().st_size == LARGE + 1


def test_leftover_is_ended_by_the_next_start(tmp_path: Path) -> None:
    first = sleeper(tmp_path)
    first.start()
    second = sleeper(tmp_path)
    second.start()
    try:
        assert first.poll() == -signal.SIGKILL
        assert leftover(tmp_path / "pid.json") == Pid.of(second.pid)
    finally:
        second.kill()


def test_same_number_of_another_birth_is_left_alone(tmp_path: Path) -> None:
    stranger = sleeper(tmp_path)
    stranger.start()
    try:
        stale = Pid(stranger.pid, Pid.of(stranger.pid).created - 3600)
        write(stale, tmp_path / "pid.json")
        assert leftover(tmp_path / "pid.json") is None
        kill(stale)
        assert stranger.running
    finally:
        stranger.kill()


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"pid": 1}', "null"])
def test_broken_record_names_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / "pid.json").write_text(text)
    assert leftover(tmp_path / "pid.json") is None


def test_child_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    child = sleeper(tmp_path)
    thread = threading.Thread(target=child.start)
    thread.start()
    thread.join()
    try:
        assert not wait_for(lambda: not child.running, 0.3)
    finally:
        child.kill()


def test_child_has_a_session_of_its_own(tmp_path: Path) -> None:
    child = sleeper(tmp_path)
    child.start()
    try:
        assert os.getsid(child.pid) == child.pid
    finally:
        child.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the leash does it")
def test_kernel_ends_child_of_killed_parent(tmp_path: Path) -> None:
    launcher = parent(
        "import time; from pathlib import Path; from infra.local.process import Child\n"
        f"child = Child({SLEEP}, Path({str(tmp_path / 'out.log')!r}))\n"
        "child.start(); print(child.pid, flush=True); time.sleep(60)"
    )
    child = told(launcher)
    assert child.alive()
    launcher.kill()
    launcher.wait()
    assert wait_for(lambda: not child.alive(), 5)


def test_leash_ends_child_of_killed_parent() -> None:
    launcher = parent(
        "import subprocess, time\n"
        "from infra.local.leash import Leash; from topics.pids import Pid\n"
        f"child = subprocess.Popen({SLEEP}, start_new_session=True)\n"
        "Leash().hold(Pid.of(child.pid))\n"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    child = told(launcher)
    (watcher,) = [each for each in psutil.Process(launcher.pid).children() if each.pid != child.pid]
    assert child.alive()
    launcher.kill()
    launcher.wait()
    assert wait_for(lambda: not child.alive(), 10)
    assert wait_for(lambda: not watcher.is_running(), 10)


def test_who_stands_behind_has_the_processor_after_others(tmp_path: Path) -> None:
    child = Child(SLEEP, tmp_path / "out.log", behind=True)
    child.start()
    try:
        assert os.getpriority(os.PRIO_PROCESS, child.pid) == os.nice(0) + BEHIND
        group = Path(f"/proc/{child.pid}/autogroup")
        assert not group.exists() or group.read_text().split()[-1] == str(BEHIND)
    finally:
        child.kill()


def test_others_are_beside_their_parent(tmp_path: Path) -> None:
    child = sleeper(tmp_path)
    child.start()
    try:
        assert os.getpriority(os.PRIO_PROCESS, child.pid) == os.nice(0)
    finally:
        child.kill()
