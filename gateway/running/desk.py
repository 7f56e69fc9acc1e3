"""`tapeline up` and `tapeline down`: the local desk as long as a person wants it."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.live import Live

from gateway.terminal.downloads import Downloads
from gateway.terminal.output import Output
from gateway.watching.board import Board
from gateway.watching.view import View
from gateway.watching.watch import Watch
from infra.local.desk import PARTS, Desk, Part, down, fused, running
from infra.local.errors import LocalError
from infra.local.kafka import Kafka
from infra.local.supervise import Happening, What
from topics.settings import Settings, settings

TURN = 0.1
BAD = (What.CRASHED, What.REFUSED)


def refuse_second(home: Path) -> None:
    """Raise LocalError when a desk runs in `home` already."""
    told = running(home)
    if told is not None:
        raise LocalError(
            f"a desk runs in {home} already (process {told['pid']}): `tapeline down` stops it, "
            "or set TAPELINE_HOME to another directory"
        )


def readable(known: Settings) -> None:
    """End the process in one line where a file that the settings name cannot be used (strategies,
    models, funding rates), before a server starts: every worker would refuse to run.
    """
    _ = known.digest


def stages(part: str, without: Sequence[str], hot: bool = False) -> tuple[str, ...]:
    """The workers of a part but those to leave out; LocalError for one that it has not."""
    whole = fused(PARTS[Part(part)]) if hot else PARTS[Part(part)]
    for name in without:
        if name not in whole:
            raise LocalError(f"--without {name}: no such stage; choose from {', '.join(whole)}")
    return tuple(name for name in whole if name not in without)


def up(part: str, output: Output, without: Sequence[str] = (), hot: bool = False) -> int:
    """Run the desk until Ctrl-C or SIGTERM; 1 when a worker has refused to run."""
    known, chosen = settings(), stages(part, without, hot)
    readable(known)
    refuse_second(known.home)
    desk, refused = Desk(known, chosen), False
    with stopping(desk, output), contextlib.suppress(KeyboardInterrupt):
        start(desk, output)
        _ready(desk, output)
        for happening in _run(desk, output):
            refused |= happening.what is What.REFUSED
            tell(happening, desk, output)
    if output.json:
        output.object({"what": "stopped"})
    return int(refused)


def start(desk: Desk, output: Output) -> None:
    """Start servers, topics and workers, with their progress on stderr."""
    with Downloads(output) as progress:
        desk.start(progress)


@contextlib.contextmanager
def stopping(desk: Desk, output: Output) -> Iterator[None]:
    """Stop the desk in order however the block ends; a SIGTERM meanwhile changes nothing."""
    try:
        yield
    finally:
        before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if not output.json:
            output.note("stopping the workers, then the servers ...")
        desk.stop()
        signal.signal(signal.SIGTERM, before)


def tell(happening: Happening, desk: Desk, output: Output) -> None:
    """Say what became of a worker, and where its log is when it is bad news."""
    log = desk.home / "logs" / f"{happening.worker}.log"
    if output.json:
        output.object({"what": happening.what, "worker": happening.worker, "code": happening.code})
        return
    code = "" if happening.code is None else f" (exit code {happening.code})"
    where = f": {log}" if happening.what in BAD else ""
    output.note(f"{happening.worker} {happening.what}{code}{where}")


def _ready(desk: Desk, output: Output) -> None:
    told = {
        "what": "ready",
        "broker": desk.settings.bootstrap,
        "redis": desk.settings.redis,
        "workers": desk.workers.pids(),
    }
    if output.json:
        output.object(told)
    else:
        output.note(f"ready: Kafka on {told['broker']}, {len(desk.workers.pids())} workers")


def _run(desk: Desk, output: Output) -> Iterator[Happening]:
    """What becomes of the workers; shown live on a terminal."""
    if not output.live:
        while True:
            yield from desk.poll()
            check(desk)
            time.sleep(TURN)
    title = f"Tapeline on {desk.settings.bootstrap} · Ctrl-C stops it · logs: {desk.home / 'logs'}"
    view = View(title, Board())
    with Watch(desk, view) as watch, Live(view, refresh_per_second=4, transient=True):
        while True:
            for happening in desk.poll():
                view.notes.append(f"{happening.worker} {happening.what} {happening.code or ''}")
                yield happening
            check(desk)
            watch.look()
            time.sleep(TURN)


def check(desk: Desk) -> None:
    """Raise LocalError when a server of the desk has ended by itself."""
    for server in (desk.kafka, desk.redis):
        if server is not None and not server.running:
            if isinstance(server, Kafka) and server.full:
                raise LocalError(
                    f"Kafka has ended: there is no room left for {server.data}; what it has "
                    "acknowledged is kept: make room, and `tapeline up` goes on from there"
                )
            raise LocalError(
                f"{server.name} has ended by itself: the reason is in {server.data}; "
                "`tapeline up` starts the desk again"
            )


def end(output: Output) -> int:
    """Stop the desk of this home; LocalError when none runs."""
    home = settings().home
    if not down(home):
        raise LocalError(f"no desk runs in {home}: `tapeline up` starts one")
    if output.json:
        output.object({"what": "stopped", "home": str(home)})
    else:
        output.note(f"the desk in {home} has stopped; its data stays")
    return 0
