"""Answers of REST: the recorded ones, else what the recording says at that moment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from infra.replaying.dialects.table import DIALECTS
from infra.replaying.play import Play
from infra.replaying.words import Dialect, Wanted
from schemas.raw import ReceivedFrame, Source

_book = re.compile("depth|order_?book").search
"""In the path of a request for a book."""


def answer(address: str, plays: Sequence[Play]) -> web.Response:
    """A book or the latest trades of the name that is asked for; 404 for all else."""
    play = plays[0]
    channel = address.split("/", 3)[-1]
    name = play.reel.feed.name_in(ReceivedFrame(0, Source.REST, channel, "{}"))
    dialect = DIALECTS[play.reel.feed.name](play.reel.market, address)
    text = None if name is None else _text(address, name, play, dialect)
    if text is None:
        return web.Response(status=404, text=f"nothing is recorded of {address}")
    return web.Response(text=text, content_type="application/json")


def _text(address: str, name: str, play: Play, dialect: Dialect) -> str | None:
    """Of a book to which the recording has not come yet, the answer that was recorded next."""
    asked = urlsplit(address)
    if "interest" in asked.path.lower():
        return None
    if not _book(asked.path):
        wanted = Wanted(name, dict(parse_qsl(asked.query)))
        return None if dialect.trades is None else dialect.trades(wanted, play.trades(name))
    book = None if dialect.answer is None else play.book(name)
    if book is not None and dialect.answer is not None:
        return dialect.answer(book)
    return play.books.recorded(name, play.position)
