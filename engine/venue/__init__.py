"""The one simulated venue: (state, market event or command) -> events, its habits passed in.

A command sent at t reaches the venue at due = latency.arrival(t) and meets the market as it was
then: before a ticks record with seen_time > due is applied, the due commands are carried out. So
what becomes of an order depends on the recorded market alone, not on when anything was delivered.

An order that rests waits in the recorded market. Inside a ticks record trades, quotes and book
updates pass in file order; each may move an order up in its queue, fill it or wake a stop up. The
recorded market goes on as if our orders had not been there.

commands   what travels to the venue        events    what it says
market     the state of one market          turn      one moment of it: fills and what is said
parts      liquidity and latency             working   how an order takes, rests and waits
queues     when a resting order's turn comes  snapshot  a market as JSON values
arrivals   a command meets the market       passage   a ticks record passes
protection stop and target of a position    funding   payments on a position
following  stops that trail, times that end
simulation the venue: place and follow

Prices are integers of 10^-20 quote, quantities of 10^-18 base (or contracts), times ns.
"""
