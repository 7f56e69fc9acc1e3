"""Which connections bring what is wanted of a venue. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pydantic import ConfigDict, Field, RootModel

from engine.feeds.catalogue import FEEDS
from engine.feeds.feed import Feed
from engine.feeds.speech import Kind, Topic
from schemas.errors import TapelineError
from schemas.raw import Listing
from schemas.record import Message

MARKET_DATA = (Kind.TRADES, Kind.QUOTES, Kind.BOOK, Kind.FUNDING)


class FeedSettings(Message):
    """What is wanted of one venue: section [feeds.VENUE].

    symbols: unified symbols; markets: those of which every listed symbol is wanted too. kinds: of
    data, as far as a market has them. busy: symbols with connections of their own; others share.
    addresses: beginnings of the venue's addresses, each with what stands for it (a stand-in of
    tests, a proxy). requests: of REST, a second. silence: seconds without market data after which a
    connection is opened anew though it answers pings; 0: never. refresh: hours after which the
    venue is asked for its instruments again; 0: it is not asked at all, files tell them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    symbols: tuple[str, ...] = ()
    markets: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = MARKET_DATA
    busy: frozenset[str] = frozenset()
    addresses: dict[str, str] = {}
    requests: float = Field(2.0, gt=0)
    silence: float = Field(60.0, ge=0)
    refresh: float = Field(6.0, ge=0)


class Feeds(RootModel[dict[str, FeedSettings]]):
    """The desk's live feeds by venue."""


class Plan(NamedTuple):
    """One connection: its name, where to, and for which topics. names: of the venue's symbols that
    it brings, each with the key of its records. polled: what is asked for by REST while it is open.
    """

    name: str
    venue: str
    market: str
    address: str
    topics: tuple[Topic, ...]
    keys: Mapping[str, str]
    polled: tuple[Topic, ...] = ()


def planned(venue: str, wanted: FeedSettings, listings: Iterable[Listing]) -> list[Plan]:
    """The connections for what is wanted; raises TapelineError for what the venue has not."""
    feed = FEEDS.get(venue)
    if feed is None:
        choice = ", ".join(sorted(FEEDS))
        raise TapelineError(f"feeds.{venue}: there is no such venue; choose from {choice}")
    plans: list[Plan] = []
    for market, chosen in _by_market(feed, wanted, listings).items():
        parts = [part for each in _addressed(feed, market, wanted, chosen) for part in each]
        made = [
            _plan(feed, market, wanted, chosen, number, *part) for number, part in enumerate(parts)
        ]
        if made:
            made[0] = made[0]._replace(polled=_polled(feed, market, wanted, chosen))
        plans += made
    return plans


def stood_in(address: str, addresses: Mapping[str, str]) -> str:
    """The address, or what stands for it: of all beginnings that fit, the longest counts."""
    fitting = [start for start in addresses if address.startswith(start)]
    if not fitting:
        return address
    start = max(fitting, key=len)
    return addresses[start] + address[len(start) :]


def stood_for(address: str, addresses: Mapping[str, str]) -> str:
    """The venue's own address, of one that stands in for it."""
    fitting = [start for start, there in addresses.items() if address.startswith(there)]
    if not fitting:
        return address
    start = max(fitting, key=lambda start: len(addresses[start]))
    return start + address[len(addresses[start]) :]


def _by_market(
    feed: Feed, wanted: FeedSettings, listings: Iterable[Listing]
) -> dict[str, list[Listing]]:
    """The wanted symbols of each market in the order of the listings."""
    if unknown := [market for market in wanted.markets if market not in feed.markets]:
        choice = ", ".join(feed.markets)
        raise TapelineError(
            f"feeds.{feed.name}.markets: there is no {unknown[0]}; choose from {choice}"
        )
    found: dict[str, list[Listing]] = {}
    missing = dict.fromkeys((*wanted.symbols, *sorted(wanted.busy)))
    for each in listings:
        if each.venue == feed.name and (each.symbol in missing or each.market in wanted.markets):
            found.setdefault(each.market, []).append(each)
    for rows in found.values():
        for each in rows:
            missing.pop(each.symbol, None)
    if missing:
        raise TapelineError(
            f"feeds.{feed.name}: {next(iter(missing))} is not listed; add it to the listings"
        )
    return found


def _addressed(
    feed: Feed, market: str, wanted: FeedSettings, chosen: Sequence[Listing]
) -> Iterator[list[tuple[str, tuple[Topic, ...]]]]:
    """(address, topics) of connections: kinds of one address together."""
    speech = feed.speech_of(market)
    kinds = [kind for kind in dict.fromkeys(wanted.kinds) if kind in speech.kinds[market]]
    groups: dict[str, list[Kind]] = {}
    for kind in kinds:
        groups.setdefault(speech.address(market, kind), []).append(kind)
    for address, together in groups.items():
        single = [kind for kind in together if kind not in speech.whole]
        parts = speech.groups(market, [each.venue_symbol for each in chosen])
        whole = [Topic(kind, p) for kind in together if kind in speech.whole for p in parts]
        busy = [_topics(single, each) for each in chosen if each.symbol in wanted.busy]
        rest = [_topics(single, each) for each in chosen if each.symbol not in wanted.busy]
        alone = [part for topics in busy for part in _packed([topics], speech.most)]
        shared = _packed([*rest, *([whole] if whole else [])], speech.most)
        yield [(address, part) for part in (*alone, *shared)]


def _polled(
    feed: Feed, market: str, wanted: FeedSettings, chosen: Sequence[Listing]
) -> tuple[Topic, ...]:
    """What the market's sockets do not tell; beside its first connection."""
    kinds = [kind for kind in feed.speech_of(market).polled.get(market, {}) if kind in wanted.kinds]
    return tuple(topic for each in chosen for topic in _topics(kinds, each))


def _topics(kinds: Iterable[Kind], listing: Listing) -> list[Topic]:
    return [Topic(kind, listing.venue_symbol) for kind in kinds]


def _packed(groups: Iterable[Sequence[Topic]], most: int) -> list[tuple[Topic, ...]]:
    """Groups of topics on as few connections as their order allows; a group is parted only where it
    alone is more than fits.
    """
    found: list[tuple[Topic, ...]] = []
    for group in groups:
        for start in range(0, len(group), most):
            part = tuple(group[start : start + most])
            if found and len(found[-1]) + len(part) <= most:
                found[-1] += part
            else:
                found.append(part)
    return found


def _plan(
    feed: Feed,
    market: str,
    wanted: FeedSettings,
    chosen: Sequence[Listing],
    number: int,
    address: str,
    topics: tuple[Topic, ...],
) -> Plan:
    keys = {each.venue_symbol: f"{feed.name}:{each.symbol}" for each in chosen}
    address = stood_in(address, wanted.addresses)
    return Plan(f"{feed.name}-{market}-{number}", feed.name, market, address, topics, keys)
