"""Level events as columns, and market makers that act on them at millions of events a second.

The rules are those of the one simulated venue (engine.venue), compiled: a test plays the same
orders through both and compares every event. What is not here: stops, protection, margin, impact.

    columns = gathered(ticks_records)               # once a recording
    desk = Desk(columns, rules)                     # the venue and what the strategy knows of it
    desk.run(grid.act, grid.Settings())             # acts every so many ns
    earned(desk.log(), contract, fees)              # money, exactly

A strategy is a function of two arguments, the desk (a number, for view's functions) and its
settings (a NamedTuple of numbers); it is compiled with numba.

layout   where what lies in memory           columns   ticks records as rows of integers
book     levels and best prices              queues    an order's place in its level's queue
filling  orders that rest, fills, events     arriving  a command meets the market
passing  the recorded market goes by         view      what a strategy sees and may do
driving  time, and when it acts              kernel    compiled, or found in the cache
desk     memory for a run, and its log
earned   what it comes to in money           grid, avellaneda   two market makers

Prices are whole ticks and quantities whole lots of the columns, times ns.
"""
