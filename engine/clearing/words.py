"""The whole state with money as one row of integers.

Those of engine.matching.words, but with 2 in front, then
    assets, liquidations,
    for each asset: fund, house, deposited,
    for each symbol: kind, settle, unit, base, lot, maker, taker, liquidation, interval,
        how many tiers, and those as cap, rate, leverage; mark, funded,
    how many wallets, and those that are not empty, as account, asset, money, held,
    how many rows, and those that are not blank, as symbol, account, cost, margin, leverage, mode.

What orders hold follows from the orders: a resting one holds at its limit for what is open of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.clearing.contract import Contract, Kind, Terms, Tier

VERSION = 2
CONTRACT_WORDS = 10
TIER_WORDS = 3
FUND_WORDS = 3
WALLET_WORDS = 4
ROW_WORDS = 6


def contract_words(contract: Contract) -> Iterator[int]:
    """The words of a contract."""
    yield from (int(contract.kind), contract.settle, contract.unit, contract.base, contract.lot)
    yield from (contract.maker, contract.taker, contract.liquidation, contract.interval)
    yield len(contract.tiers)
    for tier in contract.tiers:
        yield from (tier.cap, tier.rate, tier.leverage)


def terms_of(words: Sequence[int], symbols: int) -> tuple[Terms, list[tuple[int, int]], int]:
    """The terms that lie in the words behind the matching engine's; each symbol's mark and time
    of funding; and where the tables begin."""
    at, contracts, marks = 2 + FUND_WORDS * words[0], [], []
    for _ in range(symbols):
        contract, at = contract_of(words, at)
        contracts.append(contract)
        marks.append((words[at], words[at + 1]))
        at += 2
    return Terms(tuple(contracts), words[0]), marks, at


def contract_of(words: Sequence[int], at: int) -> tuple[Contract, int]:
    """The contract whose words begin there, and where they end."""
    kind, settle, unit, base, lot, maker, taker, fee, interval, count = words[
        at : at + CONTRACT_WORDS
    ]
    at += CONTRACT_WORDS
    end = at + TIER_WORDS * count
    tiers = tuple(Tier(*words[n : n + TIER_WORDS]) for n in range(at, end, TIER_WORDS))
    found = Contract(Kind(kind), settle, unit, base, lot, maker, taker, fee, interval, tiers)
    return found, end


def tables(words: Sequence[int]) -> tuple[list[Sequence[int]], list[Sequence[int]]]:
    """The wallets and the rows."""
    found, at = [], 0
    for size in (WALLET_WORDS, ROW_WORDS):
        end = at + 1 + size * words[at]
        found.append([words[n : n + size] for n in range(at + 1, end, size)])
        at = end
    return found[0], found[1]
