"""The tables as this version wants them, whoever asks first: two at once do each other no harm."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, text

from gateway.store.engine import StoreError, writing

ROOM = Path(__file__).parent / "migrations"
LOCK = 0x7461_7065
"""Of PostgreSQL's advisory locks, ours; on SQLite the one writer is the lock."""


@dataclass(frozen=True)
class Migrated:
    """Steps of the tables before and after, by name, sorted."""

    before: tuple[str, ...]
    after: tuple[str, ...]


def migrate(store: Engine) -> Migrated:
    """Bring the tables up to date, all in one transaction; StoreError where they are of a later
    version than this one.
    """
    with writing(store) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        before = _steps(connection)
        try:
            command.upgrade(_config(connection), "heads")
        except CommandError as error:
            raise StoreError(
                f"the store is of another version of Tapeline ({error}): "
                "run that version, or name another database in [store] url"
            ) from error
        return Migrated(before, _steps(connection))


def current(store: Engine) -> bool:
    """Whether the tables are those of this version."""
    with store.connect() as connection:
        return set(_steps(connection)) == set(script().get_heads())


def script() -> ScriptDirectory:
    """The steps that this version knows."""
    return ScriptDirectory.from_config(_config())


def _steps(connection: Connection) -> tuple[str, ...]:
    return tuple(sorted(MigrationContext.configure(connection).get_current_heads()))


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(ROOM).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    places = (str(ROOM / room).replace("%", "%%") for room in ("desk", "people"))
    config.set_main_option("version_locations", "\n".join(places))
    return config
