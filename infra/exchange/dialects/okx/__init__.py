"""OKX v5: USDT-margined swaps of an account in net mode, over REST and WebSocket.

venue       the section with its routes           listed     its instruments
codes       codes and their words                 signing    keys, timestamps, HMAC
errors      refusals, of the house too
request     parameters of a request               limits     requests a window, by endpoint: 429
filters     what an order must keep to            section    what endpoints share
shapes      rows that several ways share          rest       tables as aiohttp routes
market      /market                               public     /public
account     /account, money and positions         settings   /account, leverage and modes
orders      /trade, commands                      asked      /trade, queries
algos       the same of conditional orders        algo_asked the same of conditional orders
algo_terms  what those ask for, and send          algo_rows  how they are told
streams     WebSocket connections                 login      who is on a connection
channels    public channels                       private    an account's channels
bookstream  books with sequence ids, checksums    operations orders over WebSocket

https://www.okx.com/docs-v5/en/
"""
