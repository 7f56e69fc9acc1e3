"""`tapeline up --detach`: the desk in a process of its own, left alone once its workers run."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import orjson

from gateway.running.desk import refuse_second, stages
from gateway.terminal.output import Output
from gateway.watching.follower import Follower
from infra.local.desk import running
from infra.local.errors import LocalError
from infra.local.supervise import What
from infra.local.waiting import wait_for
from schemas import names
from topics.settings import Settings, settings

PATIENCE = 120.0
"""Seconds for servers and topics, and again for the workers."""

TRIES = 2
"""Restarts of a worker that has not come up yet, after which it is not waited for."""

RECENT = 2000
"""Records at the end of system.events among which a worker's word is looked for."""


def detach(part: str, output: Output, without: Sequence[str] = (), hot: bool = False) -> int:
    """Run `up` in a process of its own; return when every worker has told that it runs.

    LocalError names the worker that does not, and its log; the desk runs on then.
    """
    known, chosen = settings(), stages(part, without, hot)
    refuse_second(known.home)
    log = known.home.resolve() / "logs" / "desk.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    said = log.stat().st_size if log.exists() else 0
    left_out = [f"--without={name}" for name in without]
    child = _launch(part, [*left_out, "--hot"] if hot else left_out, log)
    wait_for(lambda: child.poll() is not None or _launched(known, chosen), PATIENCE, 0.2)
    if child.poll() is not None or not _launched(known, chosen):
        raise LocalError(f"the desk did not start: the reason is in {log}")
    wait_for_workers(known, chosen, log, said)
    told = running(known.home)
    if output.json:
        output.object(told)
    else:
        count = f"{len(chosen)} workers run"
        output.note(f"{count} (process {child.pid}); `tapeline down` stops it; log: {log}")
    return 0


def _launch(part: str, options: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    command = (sys.executable, "-m", "gateway.cli", "up", part, *options, "--json")
    with log.open("ab") as stream:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True
        )


def _launched(known: Settings, chosen: Sequence[str]) -> bool:
    told = running(known.home)
    return bool(told and (told.get("workers") or not chosen))


def wait_for_workers(known: Settings, chosen: Sequence[str], log: Path, said: int) -> None:
    """Wait until each has told system.events that it runs; LocalError for one that does not.

    log: of the desk, read from byte `said` on for a worker that has refused to run.
    """
    desk = running(known.home) or {}
    since, missing = int(float(str(desk.get("created", 0))) * 1000), set(chosen)
    until = time.monotonic() + PATIENCE
    with Follower(known, [names.EVENTS], RECENT) as follower:
        while missing:
            missing -= {
                started(bytes(message.value() or b""))
                for _, message in follower.poll(0.2)
                if message.timestamp()[1] >= since
            }
            told = running(known.home)
            hopeless = set(chosen) if told is None else refused(log, said) | _tried(told)
            late = time.monotonic() > until
            for name in sorted(missing if late else missing & hopeless):
                file = log.with_name(f"{name}.log")
                raise LocalError(
                    f"{name} does not run: the reason is in {file}; `tapeline down` stops the rest"
                )


def started(value: bytes) -> str:
    """The stage that says that it runs; "" for any other event."""
    try:
        event = orjson.loads(value)
    except orjson.JSONDecodeError:
        return ""
    return str(event["stage"]) if event.get("kind") == "started" else ""


def refused(log: Path, said: int) -> set[str]:
    """The workers of which the desk's log says, from that byte on, that they refuse to run."""
    with log.open("rb") as stream:
        stream.seek(said)
        return set(_refusing(stream.readlines()))


def _refusing(lines: Iterable[bytes]) -> Iterable[str]:
    for line in lines:
        if line.startswith(b"{") and line.endswith(b"}\n"):
            told = orjson.loads(line)
            if told.get("what") == What.REFUSED:
                yield str(told["worker"])


def _tried(told: dict[str, object]) -> set[str]:
    """The workers that were started again too often."""
    restarts = told.get("restarts")
    if not isinstance(restarts, dict):
        return set()
    return {name for name, count in restarts.items() if count >= TRIES}
