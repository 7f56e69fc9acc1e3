"""Answers of REST: the recorded ones, else what the recording says at that moment."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from infra.replaying.dialects.table import DIALECTS
from infra.replaying.play import Play
from schemas.raw import ReceivedFrame, Source


def answer(address: str, plays: Sequence[Play]) -> web.Response:
    """A book or the latest trades of the name that is asked for; 404 for all else.

    While the recording has not come to a book yet, the answer that was recorded next is given.
    """
    play = plays[0]
    channel = address.rsplit("/", 1)[-1]
    name = play.reel.feed.name_in(ReceivedFrame(0, Source.REST, channel, "{}"))
    dialect = DIALECTS[play.reel.feed.name](play.reel.market, address)
    text = None
    if name is not None and "trades" in address.partition("?")[0]:
        text = None if dialect.trades is None else dialect.trades(play.trades(name))
    elif name is not None:
        book = None if dialect.answer is None else play.book(name)
        if book is not None and dialect.answer is not None:
            text = dialect.answer(book)
        else:
            text = play.books.recorded(name, play.position)
    if text is None:
        return web.Response(status=404, text=f"nothing is recorded of {address}")
    return web.Response(text=text, content_type="application/json")
