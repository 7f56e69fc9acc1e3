"""What `tapeline store` does, with the settings of this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from gateway.output import Output
from gateway.store.engine import engine
from gateway.store.migrate import migrate
from gateway.store.settings import StoreSettings
from topics.settings import settings


@contextmanager
def opened() -> Iterator[Engine]:
    """The store of the settings, let go of at the end."""
    known = settings()
    store = engine(known.of("store", StoreSettings).address(known.home))
    try:
        yield store
    finally:
        store.dispose()


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
