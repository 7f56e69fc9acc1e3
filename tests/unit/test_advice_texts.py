"""News and filings: files, RSS and Atom; what is too long, a trap or elsewhere is not read."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from agents.advising.feeds import BadTexts, of_feed, of_lines, when
from agents.advising.sources import Public, Sources, fetched
from engine.advice.settings import TextSource
from engine.spans import SECOND
from schemas.errors import Poison

T = 1_723_161_600 * SECOND  # 2024-08-09T00:00:00Z
RSS = b"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>Wire</title>
<item><title>Funding &amp; <![CDATA[<b>rates</b>]]></title>
<description>&lt;p&gt;Longs pay.&lt;/p&gt;</description>
<pubDate>Fri, 09 Aug 2024 02:00:00 +0200</pubDate></item>
<item><title>No time</title></item></channel></rss>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Filings</title>
<entry><title>8-K</title><updated>2024-08-09T00:00:01Z</updated>
<published>2024-08-08T23:59:59.5-00:30</published><summary>Filed.</summary></entry></feed>"""
BOMB = b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<rss><channel><item><title>&b;</title><pubDate>Fri, 09 Aug 2024 00:00:00 GMT</pubDate></item>
</channel></rss>"""
FILE = b"""<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><rss><item><title>&f;</title>
</item></rss>"""

DTD = b'<!DOCTYPE rss SYSTEM "http://127.0.0.1/rss.dtd"><rss/>'


def test_rss() -> None:
    (one,) = of_feed("wire", RSS)
    assert (one.time, one.source, one.title.split()) == (T, "wire", ["Funding", "&", "rates"])
    assert one.body.strip() == "Longs pay."


def test_atom_by_when_it_was_published() -> None:
    (one,) = of_feed("sec", ATOM)
    assert (one.time, one.title, one.body) == (T + 1799_500_000_000, "8-K", "Filed.")


@pytest.mark.parametrize(
    "content", [BOMB, FILE, DTD, b"", b"<html>", b"{}", b"\xff\xfe<", b"<a/>x"]
)
def test_what_is_no_feed_or_a_trap(content: bytes) -> None:
    with pytest.raises(BadTexts, match="wire: no RSS or Atom"):
        of_feed("wire", content)


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_refused(content: bytes) -> None:
    for read in (of_feed, of_lines):
        with suppress(BadTexts):
            read("wire", content)


def test_lines() -> None:
    rows: list[Any] = [
        {"time": "2024-08-09T00:00:00Z", "title": "a"},
        {"time": T + 1, "title": "b", "body": "c", "symbols": ["BTC"]},
        {"time": "yesterday", "title": "d"},
        {"title": "e"},
        [],
        {"time": T, "title": "f", "symbols": 5},
    ]
    deep = f'{{"time": {T}, "title": {"[" * 1000}{"]" * 1000}}}'  # JSON, but nothing to be shown
    content = "\n".join([*map(json.dumps, rows), "not JSON", deep]).encode()
    assert [(each.time, each.title, each.symbols) for each in of_lines("own", content)] == [
        (T, "a", ()), (T + 1, "b", ("BTC",)),
    ]  # fmt: skip
    with pytest.raises(BadTexts, match="own: no line is like"):
        of_lines("own", b"hello")
    assert of_lines("own", b"\n") == ()


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-08-09T00:00:00Z", T),
        ("2024-08-09 02:00:00+02:00", T),
        ("2024-08-08T18:30:00.25-05:30", T + SECOND // 4),
        ("Fri, 09 Aug 2024 00:00:00 GMT", T),
        ("Fri, 09 Aug 24 00:00:00 +0000", T),
    ],
)
def test_times(text: str, time: int) -> None:
    assert when(text) == time


@pytest.mark.parametrize(
    "text", ["", "soon", "2024-08-09", "2024-08-09T00:00:00", "Fri, 09 Aug 2024 00:00:00", "99999"]
)
def test_no_times(text: str) -> None:
    with pytest.raises(Poison):
        when(text)


@asynccontextmanager
async def serving(body: bytes = RSS, status: int = 200, **headers: str) -> AsyncIterator[str]:
    """A feed's address on this machine."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, status=status, headers=headers)

    app = web.Application()
    app.router.add_get("/feed", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/feed"
    finally:
        await runner.cleanup()


def local(url: str) -> TextSource:
    return TextSource(url=url, local=True, largest=4096)


async def test_a_feed_is_fetched() -> None:
    async with serving() as url:
        assert await fetched(local(url)) == RSS


@pytest.mark.parametrize(
    ("body", "status", "headers", "said"),
    [
        (b"x" * 5000, 200, {}, "longer than 4096"),
        (gzip.compress(b"x", mtime=0), 200, {"Content-Encoding": "gzip"}, "packed"),
        (b"", 302, {"Location": "http://127.0.0.1:1/"}, "says 302"),
        (b"", 500, {}, "says 500"),
    ],
)
async def test_a_feed_that_is_not_read(
    body: bytes, status: int, headers: dict[str, str], said: str
) -> None:
    async with serving(body, status, **headers) as url:
        with pytest.raises(BadTexts, match=said):
            await fetched(local(url))


async def test_a_name_that_points_home_is_not_called() -> None:
    with pytest.raises(OSError, match="no public address"):
        await Public().resolve("localhost", 443)
    source = TextSource.model_construct(url="http://localhost:1/feed", local=False, largest=9)
    with pytest.raises(aiohttp.ClientError):
        await fetched(source)


async def test_sources_are_looked_at_and_faults_told_once(tmp_path: Path) -> None:
    file, told = tmp_path / "own.jsonl", list[str]()
    async with serving() as url:
        known = {"own": TextSource(file=str(file)), "wire": local(url)}
        sources = Sources(known, lambda severity, kind, text, facts: told.append(text))
        for _ in range(2):
            await sources.look("own")
            await sources.look("wire")
        assert len(told) == 1
        assert told[0].startswith("texts own cannot be read: ")
        assert [each.source for each in sources.of(["own", "wire"])] == ["wire"]
        file.write_text('{"time": 5, "title": "a"}\n')
        await sources.look("own")
        file.write_text('{"time": 5, "title": "a"}\n{"time": 6, "title": "b"}\n')
        os.utime(file, ns=(1, 1))
        await sources.look("own")
        assert [each.title for each in sources.of(["own"])] == ["a", "b"]
        assert list(sources.of([])) == []
