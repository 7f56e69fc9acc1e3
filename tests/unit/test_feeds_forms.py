"""Frames that are read at once are what they are in full; a form takes nothing that is refused."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

import infra.recordings as shipped
from engine.feeds import catalogue, forms
from schemas.errors import Poison
from tests.unit.venue_tables import VENUES
from topics.recording import read

LOADED = tuple(catalogue.FEEDS.values())
READERS = tuple(forms.FULL.items())
ODD = ('"', ",", "[", "]", "{", "}", "0", "9", ".", "-", "e", " ", "\\", "\u0661", "null", '"0",')


def texts(venue: str) -> Iterator[str]:
    """A venue's samples of tests, and some frames of its recordings."""
    module = VENUES[venue]
    for frame in module.SAMPLES:
        if isinstance(frame, str):
            yield frame
    for file in module.RECORDINGS:
        for number, received in enumerate(read(shipped.HERE / "venues" / file)):
            if number % 97 == 0 and received.encoding == "text":
                yield received.text


def outcome(reader: Callable[[str], object], text: str) -> object:
    try:
        return reader(text)
    except (Poison, ValueError, TypeError, LookupError):
        return "refused"


def changed(text: str) -> Iterator[str]:
    """The text with something put in, left out or put in place of something."""
    dice = random.Random(11)
    for at in dice.sample(range(len(text)), min(len(text), 60)):
        odd = dice.choice(ODD)
        yield text[:at] + text[at + 1 :]
        yield text[:at] + odd + text[at:]
        yield text[:at] + odd + text[at + 1 :]


@pytest.mark.parametrize("venue", VENUES)
def test_what_is_read_at_once_is_what_is_read_in_full(venue: str) -> None:
    seen = 0
    for text in dict.fromkeys(texts(venue)):
        for reader, (match, full) in READERS:
            if match(text):
                seen += 1
                assert reader(text) == full(text), text
                for other in filter(match, changed(text)):
                    assert outcome(reader, other) == outcome(full, other), other
    assert seen
