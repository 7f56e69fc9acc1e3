"""Accounts and margin on the matching engine: money held, settled, funded, liquidated; exact.

Its rules, their sources and its figures are in docs/clearing.md. It is switched on by
`Matching(..., terms=Terms(...))`, works on the same memory, and is asked by the matching code
through the address of one compiled function, so that who does not ask for it pays nothing.

codes       commands, events, reasons        contract     what a symbol is worth: fees, tiers
listing     contracts from instruments       state        its memory, blank; its words out and in
layout      where what lies                  kernel       the compiled function, cached

asked       the one entry point              money        products and shares that do not overflow
tables      rows, wallets, sums, events      worth        values, margins, what is free
holding     an order holds, and lets go      settling     a trade, its fee, what is owed
paying      deposits, leverage, modes        marking      mark prices and funding
liquidating whose position is closed, how    deleveraging what nobody else would take
"""
