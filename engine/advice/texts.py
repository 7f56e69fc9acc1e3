"""News and filings as an advisor may be shown them: with their times, and treated as hostile.

Whoever writes a headline may write an instruction into it. What is shown is plain text of limited
length: no control characters, no invisible ones, no marks that turn the writing's direction.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from schemas.record import Message

TITLE = 200
BODY = 1200
"""Characters that are kept of each."""


class Text(Message):
    """One item. time: when it was published, ns; symbols: whom it concerns, () for everyone."""

    time: int
    source: str
    title: str
    body: str = ""
    symbols: tuple[str, ...] = ()

    def concerns(self, symbol: str) -> bool:
        """True where it names no symbol, or this one or its base."""
        return not self.symbols or symbol in self.symbols or symbol.split("/")[0] in self.symbols


def plain(text: str, most: int) -> str:
    """The text on one line, at most so many characters, without what cannot be seen.

    Compatibility forms are folded (NFKC): letters that only look like others' stay what they are.
    """
    folded = unicodedata.normalize("NFKC", text[: most * 4])
    seen = "".join(_visible(each) for each in folded)
    told = " ".join(seen.split())
    return told if len(told) <= most else told[: most - 1].rstrip() + "…"


def _visible(character: str) -> str:
    """Spaces for spaces and controls, nothing for the invisible (Cf, Co, Cs, Cn)."""
    kind = unicodedata.category(character)
    if kind in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    return "" if kind.startswith("C") else character


def shown(texts: Iterable[Text], symbol: str, now: int, since: int, most: int) -> Sequence[Text]:
    """Those that a briefing has: of this market, published by `now` and not before `since`, the
    newest first and at most so many; cleaned. The order does not depend on the order given.
    """
    known = [each for each in texts if since <= each.time <= now and each.concerns(symbol)]
    known.sort(key=lambda each: (-each.time, each.source, each.title, each.body))
    return tuple(cleaned(each) for each in known[:most])


def cleaned(text: Text) -> Text:
    """As it may be shown."""
    return Text(
        time=text.time,
        source=plain(text.source, 60),
        title=plain(text.title, TITLE),
        body=plain(text.body, BODY),
        symbols=text.symbols,
    )
