"""The audit log in the store: appended to in the transaction of what it tells, never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields

from sqlalchemy import Connection, Select, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gateway.auth.chain import Entry
from gateway.auth.rights import Principal
from gateway.server.together import Together
from gateway.store.engine import writing_async
from gateway.store.tables.audit import Audited

LOCK = 0x6175_6469
"""Of PostgreSQL's advisory locks, the log's: one appends at a time. SQLite has one writer."""
LONGEST = 300
"""Characters of a text that somebody else wrote."""
PIECE = 500
NAMES = tuple(each.name for each in fields(Entry))


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a user's id, or "" for nobody that is known; how they came in; whence."""

    user: str
    by: str
    address: str

    @classmethod
    def of(cls, principal: Principal) -> Actor:
        """Of who is signed in."""
        return cls(principal.user, principal.by, principal.address)


@dataclass(frozen=True, slots=True)
class Deed:
    """What is to be told: who did what, to what, and what became of it."""

    actor: Actor
    action: str
    target: str
    outcome: str
    facts: Mapping[str, str]


class Audit:
    """Appends entries. told: called after each, so that system.events is told soon."""

    def __init__(
        self, store: AsyncEngine, clock: Callable[[], int], told: Callable[[], None] = lambda: None
    ) -> None:
        self._store, self._clock, self.told = store, clock, told
        self._appending: Together[Deed, Entry] = Together(self._appended)

    async def add(
        self, session: AsyncSession, actor: Actor, action: str, target: str,
        outcome: str = "done", facts: Mapping[str, str] | None = None,
    ) -> Entry:  # fmt: skip
        """Append within a transaction that writes: both are there, or neither is."""
        entry, *_ = await self._linked(session, [Deed(actor, action, target, outcome, facts or {})])
        return entry

    async def alone(
        self, actor: Actor, action: str, target: str, outcome: str = "done",
        facts: Mapping[str, str] | None = None,
    ) -> Entry:  # fmt: skip
        """Append in a transaction that has nothing else: of what is done elsewhere. Those that come
        at once share it.
        """
        return await self._appending.ask(Deed(actor, action, target, outcome, facts or {}))

    async def _appended(self, deeds: list[Deed]) -> list[Entry]:
        async with writing_async(self._store) as session:
            return await self._linked(session, deeds)

    async def _linked(self, session: AsyncSession, deeds: list[Deed]) -> list[Entry]:
        if session.get_bind().dialect.name == "postgresql":
            await session.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        row = await session.scalar(select(Audited).order_by(Audited.seq.desc()).limit(1))
        last, entries = entry_of(row) if row else None, []
        for deed in deeds:
            last = self._entry(deed).linked(last)
            entries.append(last)
        session.add_all(map(_row, entries))
        await session.flush()
        self.told()
        return entries

    def _entry(self, deed: Deed) -> Entry:
        given = {clean(name): clean(value) for name, value in deed.facts.items()}
        actor = deed.actor
        return Entry(
            0, self._clock(), actor.user, actor.by, actor.address, deed.action, clean(deed.target),
            deed.outcome, given,
        )  # fmt: skip


def clean(value: str) -> str:
    """A text of somebody else's, as it is kept: not too long, and nothing that is no text."""
    return "".join(letter if letter.isprintable() else "?" for letter in value[:LONGEST])


def entry_of(row: Audited) -> Entry:
    """The entry that a row holds."""
    return Entry(**{name: getattr(row, name) for name in NAMES})


def _row(entry: Entry) -> Audited:
    told = {name: getattr(entry, name) for name in NAMES}
    return Audited(**told | {"facts": dict(entry.facts)}, witnessed=False)


def page(actor: str | None, before: int | None, limit: int) -> Select[Audited]:
    """The newest entries, of one actor or all, before a number."""
    asked = select(Audited).order_by(Audited.seq.desc()).limit(limit)
    if actor is not None:
        asked = asked.where(Audited.actor == actor)
    return asked if before is None else asked.where(Audited.seq < before)


def entries(connection: Connection) -> Iterator[Entry]:
    """The whole log in its order, in pieces; of a plain process."""
    after = -1
    while True:
        table = Audited.__table__
        asked = select(table).where(table.c.seq > after).order_by(table.c.seq).limit(PIECE)
        rows = connection.execute(asked).mappings().all()
        yield from (Entry(**{name: row[name] for name in NAMES}) for row in rows)
        if len(rows) < PIECE:
            return
        after = int(rows[-1]["seq"])


async def unwitnessed(session: AsyncSession) -> list[Entry]:
    """The first of those that system.events does not have yet."""
    asked = select(Audited).where(Audited.witnessed.is_(False)).order_by(Audited.seq).limit(PIECE)
    return [entry_of(row) for row in await session.scalars(asked)]


async def witnessed(session: AsyncSession, entries: list[Entry]) -> None:
    """system.events has them."""
    first, last = entries[0].seq, entries[-1].seq
    await session.execute(
        update(Audited).where(Audited.seq.between(first, last)).values(witnessed=True)
    )
