"""market.ticks -> market.books: the book of a symbol over its venues.

A symbol's venues are on several partitions, so every worker reads all of market.ticks, and holds
the leases of the symbols that its settings name: those of no other worker.
"""

from __future__ import annotations

from typing import Any

from engine.books import BooksRerun, BooksSettings, BooksStage
from engine.stage import Cell
from topics.app import make_app
from topics.leased import Leased
from topics.settings import refuse, settings

app = make_app("books")
known = settings().of("books", BooksSettings)
if not known.symbols:
    refuse('no symbol to consolidate: name them in books.symbols, as in ["BTC/USDT"]')
stage = BooksStage(known)
worker = Leased(
    app,
    settings(),
    stage,
    Cell,
    standing=known.symbols,
    broadcast=frozenset((stage.main, *stage.sides)),
    redo=BooksRerun,
)


@app.agent(app.topic(*worker.topics, value_type=bytes), name="books", concurrency=1)
async def books(stream: Any) -> None:
    """Each ticks record of a symbol that is consolidated gives one record."""
    await worker.run(stream)
