"""Supervisor: who is started again, when, and who is not."""

from pathlib import Path

import pytest

from infra.local.supervise import Happening, Supervisor, What, Worker


class Clock:
    """Time that moves when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Fake:
    """A process whose end the test decides."""

    order: list[str]

    def __init__(self, name: str, order: list[str]) -> None:
        self.name, self.order = name, order
        self.pid = 0
        self.code: int | None = None

    def start(self) -> None:
        self.pid += 1
        self.code = None

    def poll(self) -> int | None:
        return self.code

    def ask(self) -> None:
        self.order.append(f"ask {self.name}")

    def stop(self, wait: float) -> int | None:
        self.order.append(self.name)
        return 0


class Desk:
    """A supervisor of fakes."""

    def __init__(self, *names: str) -> None:
        self.clock = Clock()
        self.stopped: list[str] = []
        self.fakes = {name: Fake(name, self.stopped) for name in names}
        self.supervisor = Supervisor(
            [Worker(name, ("true",)) for name in names],
            Path("logs"),
            clock=self.clock,
            process=lambda worker, logs: self.fakes[worker.name],
        )

    def crash(self, name: str, code: int = 70) -> float:
        """Ends a worker, and gives the seconds until the supervisor has started it again."""
        self.fakes[name].code = code
        assert self.supervisor.poll() == [Happening(name, What.CRASHED, code)]
        before = self.clock.now
        while not (happened := self.supervisor.poll()):
            self.clock.now += 0.1
        assert happened == [Happening(name, What.RESTARTED)]
        return round(self.clock.now - before, 3)


def test_starts_in_order() -> None:
    desk = Desk("raw", "ticks")
    assert desk.supervisor.start() == [
        Happening("raw", What.STARTED),
        Happening("ticks", What.STARTED),
    ]
    assert desk.supervisor.poll() == []
    assert desk.supervisor.pids() == {"raw": 1, "ticks": 1}


def test_delay_doubles_up_to_ten_seconds() -> None:
    desk = Desk("raw")
    desk.supervisor.start()
    delays = [desk.crash("raw") for _ in range(8)]
    assert delays == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0], abs=0.11)
    assert desk.supervisor.restarts() == {"raw": 8}


def test_delay_is_short_again_after_thirty_healthy_seconds() -> None:
    desk = Desk("raw")
    desk.supervisor.start()
    for _ in range(5):
        desk.crash("raw")
    desk.clock.now += 29.0
    assert desk.crash("raw") == pytest.approx(6.4, abs=0.11)
    desk.clock.now += 30.0
    assert desk.crash("raw") == pytest.approx(0.2, abs=0.11)


@pytest.mark.parametrize("code", [70, 1, -9, -15, 137])
def test_crash_is_started_again(code: int) -> None:
    desk = Desk("raw")
    desk.supervisor.start()
    desk.crash("raw", code)
    assert desk.supervisor.pids() == {"raw": 2}


@pytest.mark.parametrize(
    ("code", "what"),
    [(0, What.FINISHED), (78, What.REFUSED), (64, What.REFUSED), (2, What.REFUSED)],
)
def test_end_that_would_repeat_is_told_once_and_left(code: int, what: What) -> None:
    desk = Desk("raw", "ticks")
    desk.supervisor.start()
    desk.fakes["raw"].code = code
    assert desk.supervisor.poll() == [Happening("raw", what, code)]
    desk.clock.now += 1000.0
    assert desk.supervisor.poll() == []
    assert desk.supervisor.pids() == {"ticks": 1}
    assert desk.supervisor.restarts() == {"raw": 0, "ticks": 0}
    assert not desk.supervisor.idle
    desk.fakes["ticks"].code = code
    desk.supervisor.poll()
    assert desk.supervisor.idle


def test_stops_in_opposite_order_and_starts_no_more() -> None:
    desk = Desk("raw", "ticks", "signals")
    desk.supervisor.start()
    desk.fakes["ticks"].code = 70
    desk.supervisor.poll()
    desk.supervisor.stop()
    desk.clock.now += 1000.0
    asked = ["ask signals", "ask ticks", "ask raw"]
    assert desk.stopped == [*asked, "signals", "ticks", "raw"]
    assert desk.supervisor.poll() == []
    assert desk.supervisor.idle


def test_real_processes(tmp_path: Path) -> None:
    workers = [
        Worker("good", ("sleep", "60")),
        Worker("bad", ("sh", "-c", "echo $WORD; exit 70"), {"WORD": "sorry"}),
    ]
    supervisor = Supervisor(workers, tmp_path)
    supervisor.start()
    try:
        while supervisor.restarts()["bad"] < 2:
            supervisor.poll()
        assert (tmp_path / "bad.log").read_text().startswith("sorry\nsorry\n")
        assert supervisor.restarts()["good"] == 0
    finally:
        supervisor.stop()
    assert supervisor.pids() == {}
