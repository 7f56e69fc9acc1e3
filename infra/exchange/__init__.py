"""A local exchange that speaks the protocols of real venues. What is spoken: docs/exchange.md.

listing    markets, and what they are worth       clock     the venue's time
house      accounts trade with one another:       accounts  who trades, by API key
           commands in, facts out                 orders    orders and their fills
bookkeeping what events of the engine do to them  facts     what listeners are told
depth      what is displayed, with update ids     tape      public trades and candles
synthetic  a seeded market                        sockets   WebSocket connections
conditions orders that wait for a price           conditional what one of them is
risk       entry prices, liquidation              windows   counts of requests
recorded   a recorded market                      playback  recordings in time
faults     what goes wrong, on demand             books     what really happened, for judges
faulty     faults of requests, over HTTP          troubles  faults of the venue, done and undone
refusals   refusals in each venue's form          sizes     how much is kept
server     all of it as one aiohttp application   addresses where clients find it
dialects/  a folder for each venue's protocol

Money, margin, matching and liquidation are engine.clearing's, one engine a house. A house is one of
a venue's sections (spot, USD-M): its accounts share API keys with others', but no money.
"""
