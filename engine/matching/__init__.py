"""The matching engine: price-time priority over integers, deterministic, one command at a time.

codes       commands, events and the widths that hold    instrument  a symbol's ticks and lots
"""
