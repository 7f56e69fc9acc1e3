"""News and filings as they come: JSON lines, RSS 2.0 and Atom. Whoever wrote them is a stranger.

https://www.rssboard.org/rss-specification · RFC 4287 (Atom). XML by defusedxml, which takes no
document type and no entity of its own: an entity may stand for gigabytes, or for a file of ours.
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import orjson

from engine.advice.texts import BODY, TITLE, Text
from engine.feeds.fields import moment, rfc3339
from schemas.errors import Poison, TapelineError

ATOM = "{http://www.w3.org/2005/Atom}"
MOST = 500
"""Items that are read of a feed."""
_TAG = re.compile(r"<[^<>]{0,2000}>")
_OFFSET = re.compile(r"(.{19})(?:\.(\d{1,9}))?([+-])(\d\d):(\d\d)").fullmatch


class BadTexts(TapelineError):
    """A source whose content cannot be read."""


def of_lines(source: str, content: bytes) -> tuple[Text, ...]:
    """Of JSON lines: {"time": RFC 3339 or ns, "title", "body" and "symbols" (optional)}. Lines that
    are none are left out; BadTexts where all are.
    """
    rows = [line for line in content.splitlines() if line.strip()]
    found = [text for line in rows[-MOST:] if (text := _of_line(source, line)) is not None]
    if rows and not found:
        raise BadTexts(f'{source}: no line is like {{"time": "2024-08-09T00:00:00Z", "title": ""}}')
    return tuple(found)


def _of_line(source: str, line: bytes) -> Text | None:
    try:
        row = orjson.loads(line)
        time = row["time"]
        return Text(
            time=time if isinstance(time, int) else when(str(time)),
            source=source,
            title=str(row["title"])[: TITLE * 4],
            body=str(row.get("body") or "")[: BODY * 4],
            symbols=tuple(map(str, row.get("symbols") or ())),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, Poison):
        return None


def of_feed(source: str, content: bytes) -> tuple[Text, ...]:
    """Of RSS or Atom; items without a time are left out, since nobody knows when they were known.
    BadTexts where it is neither.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise BadTexts(f"{source}: no RSS or Atom: {type(error).__name__}") from None
    items = [*root.iter("item"), *root.iter(f"{ATOM}entry")]
    return tuple(text for item in items[:MOST] if (text := _of_item(source, item)) is not None)


def _of_item(source: str, item: Element) -> Text | None:
    said = {each.tag.removeprefix(ATOM): "".join(each.itertext()) for each in item}
    told = next((said[name] for name in ("pubDate", "published", "updated") if said.get(name)), "")
    try:
        time = when(told)
    except Poison:
        return None
    body = next((said[name] for name in ("description", "summary", "content") if name in said), "")
    return Text(
        time=time, source=source, title=bare(said.get("title", ""))[: TITLE * 4],
        body=bare(body)[: BODY * 4],
    )  # fmt: skip


def bare(text: str) -> str:
    """Without tags. What is left is data, not HTML: nobody renders it."""
    return _TAG.sub(" ", text[: BODY * 16])


def when(text: str) -> int:
    """ns of a time as feeds tell it: RFC 3339 with an offset, or RFC 822; Poison if it is none."""
    text = text.strip()
    if text[10:11] in ("T", "t", " ") and text[4:5] == "-":
        return _instant(text[:10] + "T" + text[11:].upper())
    try:
        parsed = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        raise Poison(f"{text[:40]!r} is no time") from None
    if parsed.tzinfo is None:
        raise Poison(f"{text[:40]!r} has no time zone")
    return int(parsed.timestamp()) * 10**9


def _instant(text: str) -> int:
    found: Any = _OFFSET(text)
    if found is None:
        return rfc3339(text)
    away = (int(found[4]) * 60 + int(found[5])) * 60 * 10**9
    return moment(found[1], found[2] or "") + (away if found[3] == "-" else -away)
