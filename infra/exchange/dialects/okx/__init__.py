"""OKX v5: USDT-margined swaps of an account in net mode, over REST and WebSocket.

venue       the section with its routes           listed     its instruments
errors      codes and messages                    signing    keys, timestamps, HMAC
request     parameters of a request               limits     requests a window, by endpoint: 429
filters     what an order must keep to            section    what endpoints share
shapes      rows that several ways share          rest       tables as aiohttp routes
market      /market                               public     /public
account     /account, money and positions         settings   /account, leverage and modes
orders      /trade, commands                      asked      /trade, queries
streams     WebSocket connections                 login      who is on a connection
channels    public channels                       private    an account's channels
bookstream  books with sequence ids, checksums    operations orders over WebSocket

https://www.okx.com/docs-v5/en/
"""
