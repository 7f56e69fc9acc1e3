"""What `tapeline store` does, with the settings of this process."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress
from sqlalchemy import Engine

from gateway.running.broker import opened as broker
from gateway.store.engine import engine
from gateway.store.migrate import migrate
from gateway.store.settings import StoreSettings
from gateway.store.sink.places import OtherTopics, empty, forget
from gateway.store.sink.run import Sink, caught_up, ends_of, follow, sinking
from gateway.store.sink.telling import exposed
from gateway.terminal.output import Output
from topics.logs import JsonLines
from topics.settings import refuse, settings


@contextmanager
def opened(synchronous: str = "FULL", address: str = "") -> Iterator[Engine]:
    """The store at an address, else that of the settings; let go of at the end."""
    if not address:
        known = settings()
        address = known.of("store", StoreSettings).address(known.home)
    store = engine(address, synchronous)
    try:
        yield store
    finally:
        store.dispose()


def emptied(home: Path) -> None:
    """Let the store of a home forget what came from topics that are gone; users and keys stay."""
    with opened(address=StoreSettings().address(home)) as store:
        migrate(store)
        empty(store)


def migrated(output: Output) -> int:
    """Bring the tables up to date and say what was done."""
    with opened() as store:
        done = migrate(store)
        name = store.url.render_as_string(hide_password=True)
    if output.json:
        output.object({"store": name, "before": done.before, "after": done.after})
    elif done.before == done.after:
        output.note(f"{name} is up to date")
    else:
        output.note(f"{name} is up to date now: {', '.join(done.after)}")
    return 0


def sunk(output: Output) -> int:
    """Write the topics into the store until a signal ends it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.INFO)
    known = settings()
    options = known.of("store", StoreSettings)
    with opened("NORMAL") as store, sinking(store, known, options) as sink:
        migrate(store)
        exposure = exposed(sink, known)
        try:
            follow(sink)
        except OtherTopics as error:
            refuse(str(error))
        except KeyboardInterrupt:
            if output.json:
                output.object({"what": "stopped"})
            return 0
        finally:
            exposure.end()


def rebuilt(everything: bool, output: Output) -> int:
    """Empty what the sink writes, and write it anew from all that the topics have."""
    with opened("NORMAL") as store, broker(settings(), output) as known:
        migrate(store)
        with sinking(store, known, known.of("store", StoreSettings)) as sink:
            empty(store) if everything else forget(store, sink.source)
            read = _watched(sink, output)
    if output.json:
        output.object({"what": "rebuilt", "records": read})
    else:
        output.note(f"the store is rebuilt from {read:,} records")
    return 0


def _watched(sink: Sink, output: Output) -> int:
    """Catch up with the topics, and show how far it is; gives the records' number."""
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    done = 0
    with Progress(*columns, console=Console(stderr=True), disable=output.json) as progress:
        task = progress.add_task("records", total=None)
        for done, whole in caught_up(sink, ends_of(sink.source)):
            progress.update(task, completed=done, total=whole)
            if output.json:
                output.object({"what": "read", "records": done, "of": whole})
    return done
