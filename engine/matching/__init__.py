"""The matching engine: price-time priority over integers, deterministic, one command at a time.

Its rules, their sources and its figures are in docs/matching.md. engine.Matching is what others
use; it imports numba, which nothing else here does but what it stands on.

codes       commands, events, the widths that hold   instrument  a symbol's ticks and lots
engine      Matching, as Python sees it              words       the state as integers, its hash
kernel      the compiled entry points, cached        state       its memory, blank and restored

process     one command, many commands               saving      orders out of the memory and in
placing     a new order at the door                  changing    withdraw, reduce, amend
entering    an order meets the book                  trading     one step of it, with all rules
stops       orders that wait for a trade price       market      phases, auction, band, positions
ladder      queues by price and their bitmaps        registry    slots, and ids found
watching    commands about money, what follows
telling     events                                   layout      where what lies
memory      words by address
"""
